/*
 * The ring of changes for SPIN: two blocks, one writer, a reader that follows what has changed.
 *
 * Invariant: whatever a writer was doing when it died, the change after the newest names the block that
 * it may have left half done; and a reader that has gone through the changes has every record that they
 * announced, also if it was lapped; with a writer that dies between any two of its steps, as often as it
 * likes.
 *
 *   writer   names the block, publishes there, announces the change; dies anywhere; its successor repairs
 *            the block that is named, and no other
 *   mem      newest | word 0 | word 1 | head and slots of block 0 | of block 1
 *   reader   newest, the word of the next change, then what is new in that block; lapped: in both
 *
 * Price: a slot is one word here, its stamp, as in front.pml, and no slot is used twice. The ring of
 * changes has two words; changes end at LAST.
 *
 * -DMUTANT_I1, and so on, weakens one step, and -DONLY=NAMED leaves one claim alone.
 */

#ifndef LAST
#define LAST 5 /* the newest change ever announced */
#endif

/* The claims. */
#define ALL 0
#define ONCE 1 /* the numbers of a block are completed one after the other, none of them twice */
#define NAMED 2 /* a block that is ahead of what is announced is named by the change after the newest */
#define ANNOUNCED 3 /* a reader that has come to a change has what was published up to it, in both blocks */
#define TRULY_LAPPED 4 /* a change is missing from the ring only if a later one has its word */
#define COUNTED 5 /* changes returned and lapped leave no gap and no overlap */
#ifndef ONLY
#define ONLY ALL
#endif
#define CLAIM(name, holds) SAY_ONCE(#name); assert((ONLY != ALL && ONLY != name) || (holds))
#define REACHED(name) SAY_ONCE(#name)
#define SAY_ONCE(name) c_code { static int said; if (!said++) printf("reached %s\n", name); }

#define COMPLETE(n) (2 * (n))

#define NEWEST 0
#define WORD(c) (1 + (c) % 2)
#define HEAD(b) (3 + (b))
#define STAMP(b, n) (5 + 7 * (b) + (n))
byte mem[19];

/* A change holds its number and its block. */
#define CHANGE(c, b) (2 * (c) + (b))
#define NUMBER(word) ((word) / 2)
#define BLOCK(word) ((word) % 2)

/* For the claims: the newest number completed in each block, and published up to each change. */
byte sealed[2];
byte up_to_0[LAST + 2];
byte up_to_1[LAST + 2];
#define UP_TO(b, c) ((b) == 0 -> up_to_0[c] : up_to_1[c])
/* A store of COMPLETE carries the block along, above the stamp. */
#define BY(b) (64 * ((b) + 1))

inline when_sealed(number, by) {
    CLAIM(ONCE, number == sealed[by - 1] + 1);
    sealed[by - 1] = number
}

#define IS_ANNOUNCED(b) (sealed[b] == UP_TO(b, mem[NEWEST]))
#define IS_NAMED(b) (mem[WORD(mem[NEWEST] + 1)] == CHANGE(mem[NEWEST] + 1, b))

inline when_visible() {
    CLAIM(NAMED, (IS_ANNOUNCED(0) || IS_NAMED(0)) && (IS_ANNOUNCED(1) || IS_NAMED(1)))
}

#include "stores.pml"

/* ---- The writer ------------------------------------------------------------------------------- */

#define STEP(place, value) if :: d_step { pending < DEPTH -> issue(place, value) } :: goto dead fi

#ifdef MUTANT_I1
#define ANNOUNCE NEWEST
#else
#define ANNOUNCE (NEWEST + RELEASE)
#endif

/* The change after c is made. */
inline announce() {
    c++;
    if
    :: d_step { pending < DEPTH -> up_to_0[c] = n[0]; up_to_1[c] = n[1]; issue(ANNOUNCE, c) }
    :: goto dead
    fi
}

proctype writer() {
    byte c, b;
    byte n[2];

take_over:
    atomic { pending == 0 -> c = mem[NEWEST]; n[0] = mem[HEAD(0)]; n[1] = mem[HEAD(1)] };
#ifndef MUTANT_T3
    if
    :: NUMBER(mem[WORD(c + 1)]) == c + 1 ->
        b = BLOCK(mem[WORD(c + 1)]);
        if
        :: mem[STAMP(b, n[b] + 1)] == COMPLETE(n[b] + 1) ->
            REACHED(kept);
            STEP(HEAD(b) + RELEASE, n[b] + 1);
            n[b] = n[b] + 1
        :: else -> REACHED(nothing_to_keep)
        fi;
#ifdef MUTANT_T4
        c++
#else
        announce()
#endif
    :: else
    fi;
#endif
publish:
    if
    :: c < LAST -> b = 0
    :: c < LAST -> b = 1
    :: goto dead
    fi;
#ifndef MUTANT_I5
    STEP(WORD(c + 1), CHANGE(c + 1, b));
#endif
    /* The fence W1 lies between the word and the record. */
    STEP(STAMP(b, n[b] + 1) + FENCED, COMPLETE(n[b] + 1) + BY(b));
    STEP(HEAD(b) + RELEASE, n[b] + 1);
    n[b] = n[b] + 1;
    announce();
    goto publish;
dead:
    c = 0; b = 0; n[0] = 0; n[1] = 0;
    goto take_over
}

/* ---- The reader ------------------------------------------------------------------------------- */

#ifdef MUTANT_I3
#define IS_IT_I3 (word != 0)
#else
#define IS_IT_I3 (NUMBER(word) == last + 1)
#endif

mtype = { idle, announced, block, all };

inline come_back() {
    CLAIM(ANNOUNCED, got[0] >= UP_TO(0, last) && got[1] >= UP_TO(1, last));
    CLAIM(COUNTED, counted == last);
    at = idle; newest = 0; word = 0; b = 0
}

inline lapped() {
    CLAIM(TRULY_LAPPED, NUMBER(mem[WORD(last + 1)]) > last + 1);
    REACHED(lapped_by_some);
    counted = counted + newest - last;
#ifdef MUTANT_I4
    last = newest + 1;
#else
    last = newest;
#endif
    at = all; b = 0
}

/* The word of the next change is loaded, and the change is announced. */
inline take_word() {
    if
    :: IS_IT_I3 -> b = BLOCK(word); at = block
    :: else -> lapped()
    fi
}

proctype reader() {
    byte last, counted; /* a ChangeTail: every change up to here */
    byte got[2]; /* a Tail for each block */
    byte newest, word, b;
    mtype at = idle;

end:
    do
#ifdef MUTANT_I2
    :: d_step { at == idle && last < LAST -> word = mem[WORD(last + 1)]; at = announced }
    :: d_step {
        at == announced ->
        newest = mem[NEWEST];
        if
        :: newest > last -> take_word()
        :: else -> at = idle; newest = 0; word = 0
        fi
       }
#else
    :: d_step { at == idle && mem[NEWEST] > last -> newest = mem[NEWEST]; at = announced }
    :: d_step { at == announced -> word = mem[WORD(last + 1)]; take_word() }
#endif
    :: d_step {
        at == block ->
        if
        :: mem[STAMP(b, got[b] + 1)] == COMPLETE(got[b] + 1) -> got[b] = got[b] + 1
        :: else -> last++; counted++; come_back()
        fi
       }
    :: d_step {
        at == all ->
        if
        :: mem[STAMP(b, got[b] + 1)] == COMPLETE(got[b] + 1) -> got[b] = got[b] + 1
        :: else ->
            if
            :: b == 0 -> b = 1
            :: else -> come_back()
            fi
        fi
       }
    od
}

init {
    atomic { run memory(); run writer(); run reader() }
}
