/*
 * Names and generations for SPIN: an instance joins a block, is retired, and joins again somewhere.
 *
 * Invariant: a reader gets a name whole or not at all, and no record of another instance than the one
 * whose generation it found; and a name has no number twice, in whatever block it is; also with a writer
 * that dies between any two of its steps, as often as it likes.
 *
 *   writer   one instance at a time, always of the same name: join a block, publish, retire, join again
 *   mem      generation, head, name and two slots of each block | floor
 *   reader   a name: generation, words, generation; then its newest record, and the generation again
 *
 * Price: a slot is one word here, its stamp, as in front.pml. Numbers end at LAST, generations at 3. That
 * a take-over finds the block that is half done is changes.pml's: here it looks at both.
 *
 * -DMUTANT_G1, and so on, weakens one step, and -DONLY=OWN_RECORD leaves one claim alone.
 */

#ifndef LAST
#define LAST 2 /* the newest number ever published */
#endif

/* The claims. */
#define ALL 0
#define NAME_WHOLE 1 /* a name that is taken is the one of its generation, all of it */
#define OWN_RECORD 2 /* a record that is taken was published by the instance of that generation */
#define NAME_ONCE 3 /* the numbers of a name rise, whatever block it is in */
#ifndef ONLY
#define ONLY ALL
#endif
#define CLAIM(name, holds) SAY_ONCE(#name); assert((ONLY != ALL && ONLY != name) || (holds))
#define REACHED(name) SAY_ONCE(#name)
#define SAY_ONCE(name) c_code { static int said; if (!said++) printf("reached %s\n", name); }

#define COMPLETE(n) (2 * (n))
#define MAX(x, y) ((x) > (y) -> (x) : (y))

#define GENERATION(b) (b)
#define HEAD(b) (2 + (b))
#define A(b) (4 + (b))
#define B(b) (6 + (b))
#define STAMP(b, n) (8 + 2 * (b) + (n) % 2)
#define FLOOR 12
byte mem[13];

/* The words of a name hold the block's generation, so that a mixture shows. For the claims: the newest
   number of the name, and of which generation each number of a block is. */
byte newest;
byte owner_0[LAST + 1];
byte owner_1[LAST + 1];
#define OWNER(b, n) ((b) == 0 -> owner_0[n] : owner_1[n])

inline when_sealed(number, by) {
    CLAIM(NAME_ONCE, number > newest);
    newest = MAX(newest, number)
}

inline when_visible() {
    skip
}

#include "stores.pml"

/* ---- The writer ------------------------------------------------------------------------------- */

#define STEP(place, value) if :: d_step { pending < DEPTH -> issue(place, value) } :: goto dead fi
#define IS_IN_USE(generation) ((generation) % 2 == 1)

/* A record that a dead writer completed is kept. */
inline adopt(block) {
    if
    :: mem[STAMP(block, n[block] + 1)] == COMPLETE(n[block] + 1) ->
        STEP(HEAD(block) + RELEASE, n[block] + 1);
        n[block] = n[block] + 1
    :: else
    fi
}

proctype writer() {
    byte b, floor;
    byte n[2], g[2];

take_over:
    atomic {
        pending == 0 ->
        n[0] = mem[HEAD(0)]; n[1] = mem[HEAD(1)];
        g[0] = mem[GENERATION(0)]; g[1] = mem[GENERATION(1)];
        floor = mem[FLOOR]
    };
    adopt(0);
    adopt(1);
next:
    if
    :: IS_IN_USE(g[0]) -> b = 0; goto in_use
    :: IS_IN_USE(g[1]) -> b = 1; goto in_use
    :: !IS_IN_USE(g[0]) && !IS_IN_USE(g[1]) && g[0] < 3 -> b = 0
    :: !IS_IN_USE(g[0]) && !IS_IN_USE(g[1]) && g[1] < 3 -> b = 1
    :: goto dead
    fi;
    /* Join. */
#ifndef MUTANT_G6
    n[b] = MAX(n[b], floor);
#endif
#ifdef MUTANT_G8
    STEP(HEAD(b) + FENCED, n[b]);
#else
#ifdef MUTANT_G1
    STEP(STAMP(b, n[b]), 0);
#else
    STEP(STAMP(b, n[b]) + FENCED, 0);
#endif
    STEP(HEAD(b), n[b]);
#endif
    STEP(A(b), g[b] + 1);
    STEP(B(b), g[b] + 1);
#ifdef MUTANT_G2
    STEP(GENERATION(b), g[b] + 1);
#else
    STEP(GENERATION(b) + RELEASE, g[b] + 1);
#endif
    g[b] = g[b] + 1;
    goto next;
in_use:
    if
    :: n[b] < LAST ->
        /* Publish. */
        if
        :: d_step {
            pending < DEPTH ->
            if
            :: b == 0 -> owner_0[n[b] + 1] = g[b]
            :: else -> owner_1[n[b] + 1] = g[b]
            fi;
            issue(STAMP(b, n[b] + 1) + RELEASE, COMPLETE(n[b] + 1) + 64)
           }
        :: goto dead
        fi;
        STEP(HEAD(b) + RELEASE, n[b] + 1);
        n[b] = n[b] + 1
    :: true ->
        /* Retire. */
#ifndef MUTANT_G7
        floor = MAX(floor, n[b]);
        STEP(FLOOR, floor);
#endif
#ifndef MUTANT_G0
        STEP(GENERATION(b) + RELEASE, g[b] + 1);
#endif
        g[b] = g[b] + 1
    fi;
    goto next;
dead:
    b = 0; floor = 0; n[0] = 0; n[1] = 0; g[0] = 0; g[1] = 0;
    goto take_over
}

/* ---- The reader ------------------------------------------------------------------------------- */

#define FIRST 1 /* the generation */
#define WORD_A 2
#define WORD_B 4
#define NOT_YET(load) ((got & (load)) == 0)
#define HAVE(loads) ((got & (loads)) == (loads))
#ifdef MUTANT_G3
#define AFTER_G3 true
#else
#define AFTER_G3 HAVE(FIRST)
#endif
#ifdef MUTANT_G4
#define AFTER_G4 HAVE(FIRST)
#else
#define AFTER_G4 HAVE(FIRST + WORD_A + WORD_B)
#endif
#ifdef MUTANT_G9
#define IS_STILL true
#else
#define IS_STILL (mem[GENERATION(b)] == g)
#endif
#ifdef MUTANT_G5
#define HAS_BEEN true
#else
#define HAS_BEEN (mem[GENERATION(b)] == g || mem[GENERATION(b)] == g + 1)
#endif

mtype = { idle, name, known, head, record };

inline come_back() {
    at = idle; got = 0; g = 0; x = 0; y = 0; n = 0; b = 0; again = false
}

/* Both words and both looks at the generation are there. */
inline settle() {
    if
    :: again && HAVE(FIRST + WORD_A + WORD_B) ->
        CLAIM(NAME_WHOLE, x == g && y == g);
        at = known; got = 0; x = 0; y = 0; again = false
    :: else
    fi
}

proctype reader() {
    byte b, g, x, y, n, got;
    bool again; /* the generation was found once more */
    mtype at = idle;

end:
    do
    :: d_step { at == idle -> at = name; b = 0 }
    :: d_step { at == idle -> at = name; b = 1 }
    :: d_step {
        at == name && NOT_YET(FIRST) ->
        g = mem[GENERATION(b)];
        got = got + FIRST;
        if
        :: !IS_IN_USE(g) -> come_back()
        :: else
        fi
       }
    :: d_step { at == name && AFTER_G3 && NOT_YET(WORD_A) -> x = mem[A(b)]; got = got + WORD_A; settle() }
    :: d_step { at == name && AFTER_G3 && NOT_YET(WORD_B) -> y = mem[B(b)]; got = got + WORD_B; settle() }
    :: d_step {
        at == name && AFTER_G4 && HAVE(FIRST) && !again ->
        if
        :: IS_STILL -> again = true; settle()
        :: else -> REACHED(changed_under_the_copy); come_back()
        fi
       }
    /* The newest record of an instance whose generation is known, as often as it likes. */
    :: d_step { at == known -> n = mem[HEAD(b)]; at = head }
    :: d_step {
        at == head ->
        if
        :: mem[STAMP(b, n)] == COMPLETE(n) && n > 0 -> at = record
        :: else -> n = 0; at = known
        fi
       }
    :: d_step {
        at == record ->
        if
        :: HAS_BEEN ->
            CLAIM(OWN_RECORD, OWNER(b, n) == g);
            n = 0; at = known
        :: else -> REACHED(retired_under_the_copy); come_back()
        fi
       }
    :: d_step { at == known && mem[GENERATION(b)] != g -> come_back() }
    od
}

init {
    atomic { run memory(); run writer(); run reader() }
}
