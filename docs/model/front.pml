/*
 * The front for SPIN: the second copy of the newest record, in head's line, all interleavings.
 *
 * Invariant: what a reader is given from the front is whole, is in the ring too, and is not older than
 * head was when the call began or than what this reader was given; also with a writer that dies between
 * any two of its steps, as often as it likes.
 *
 *   writer   slot n, then the front, then head; dies anywhere, comes back as its own successor
 *   mem      head | slot 0 | slot 1 | ...  | stamp, a, b of the front
 *   reader   latest: the front, or else the slot of the newest known record; or next; for ever
 *
 * Price: a slot is one word here, its stamp: that a record comes out of it whole is what publish.pml
 * shows. The numbers end at LAST, and a record in the front is two words.
 *
 * -DMUTANT_F1, and so on, weakens one step, and -DONLY=INTACT leaves one claim alone.
 */

#ifndef SLOTS
#define SLOTS 4
#endif
#ifndef BASE
#define BASE 0 /* the ring begins after this number */
#endif
#ifndef LAST
#define LAST (BASE + 4) /* the newest number ever published */
#endif

/* The claims. */
#define ALL 0
#define INTACT 1 /* what the front gives is whole, the record that its stamp says, by the one who completed it */
#define IN_RING 2 /* and the ring has it: a take-over finds it, and `next` gives it */
#define NOT_OLD 3 /* latest gives nothing older than head was when the call began */
#define NEVER_BACK 4 /* latest gives nothing older than what this reader was given by either call */
#ifndef ONLY
#define ONLY ALL
#endif
#define CLAIM(name, holds) SAY_ONCE(#name); assert((ONLY != ALL && ONLY != name) || (holds))
#define REACHED(name) SAY_ONCE(#name)
#define SAY_ONCE(name) c_code { static int said; if (!said++) printf("reached %s\n", name); }

#define WRITING(n) (2 * (n) + 1)
#define COMPLETE(n) (2 * (n))
#define MAX(x, y) ((x) > (y) -> (x) : (y))

#define HEAD 0
#define STAMP(n) (1 + (n) % SLOTS)
#define FRONT (1 + SLOTS)
#define A (FRONT + 1)
#define B (FRONT + 2)
byte mem[4 + SLOTS];

#define CONTENT(n, attempt) (4 * (n) + (attempt))
byte watched; /* attempts are distinguished at this number, which may be any */
byte sealed = BASE; /* the newest number that a slot was completed with, and by which attempt */
byte sealed_by[SLOTS];
#define BY(attempt) (64 * (attempt))

inline when_sealed(number, by) {
    sealed = number;
    sealed_by[sealed % SLOTS] = by
}

inline when_visible() {
    skip
}

#include "stores.pml"

/* ---- The writer ------------------------------------------------------------------------------- */

#define STEP(place, value) if :: d_step { pending < DEPTH -> issue(place, value) } :: goto dead fi

inline publish_to_front() {
    STEP(FRONT, WRITING(n));
    STEP(A + FENCED, CONTENT(n, by));
    STEP(B, CONTENT(n, by));
    STEP(FRONT + RELEASE, COMPLETE(n))
}

#ifdef MUTANT_F5
#define FRONT_AFTER_DEATH COMPLETE(n)
#else
#define FRONT_AFTER_DEATH WRITING(n + 1)
#endif

proctype writer() {
    byte n, attempt, by;

take_over:
    atomic { pending == 0 -> n = mem[HEAD] };
    if
    :: mem[STAMP(n + 1)] == COMPLETE(n + 1) ->
#ifndef MUTANT_F3
        if
        :: mem[FRONT] != 0 -> STEP(FRONT, FRONT_AFTER_DEATH)
        :: else
        fi;
#endif
        STEP(HEAD + RELEASE, n + 1);
        n++
    :: else
    fi;
publish:
    atomic {
        if
        :: n < LAST -> n++
        :: goto dead
        fi;
        if
        :: n == watched -> attempt = attempt % 3 + 1; by = attempt
        :: else -> by = 1
        fi
    };
    STEP(STAMP(n), WRITING(n));
#ifdef MUTANT_F1
    publish_to_front();
#endif
    STEP(STAMP(n) + RELEASE, COMPLETE(n) + BY(by));
#ifndef MUTANT_F1
    publish_to_front();
#endif
    STEP(HEAD + RELEASE, n);
    goto publish;
dead:
    n = 0;
    goto take_over
}

/* ---- The reader ------------------------------------------------------------------------------- */

#define FIRST 1 /* the stamp of the front */
#define WORD_A 2
#define WORD_B 4
#define NOT_YET(load) ((got & (load)) == 0)
#define HAVE(loads) ((got & (loads)) == (loads))
#ifdef MUTANT_F2
#define SINCE 1
#else
#ifdef MUTANT_F4
#define SINCE seen
#else
#define SINCE MAX(seen, 1)
#endif
#endif
#define IS_IT_F2 (stamp % 2 == 0 && stamp / 2 >= SINCE)

mtype = { idle, front, ring };

inline come_back() {
    at = idle; n = 0; stamp = 0; a = 0; b = 0; got = 0; least = 0
}

inline give(number) {
    CLAIM(NOT_OLD, number >= least);
    CLAIM(NEVER_BACK, number >= newest);
    seen = number;
    newest = MAX(newest, seen);
    come_back()
}

inline give_from_front() {
    CLAIM(INTACT, stamp != 0 && a == b && a / 4 == stamp / 2 && (sealed < a / 4 || sealed > a / 4 + 2 || a % 4 == sealed_by[(a / 4) % SLOTS]));
    CLAIM(IN_RING, sealed >= stamp / 2);
    if
    :: mem[HEAD] < stamp / 2 -> REACHED(newer_than_head)
    :: else
    fi;
    give(stamp / 2)
}

proctype reader() {
    byte last = BASE, seen = 0, newest = 0; /* followed up to here; newest given, for latest, for the claims */
    mtype at = idle;
    byte n, stamp, a, b, got, least;

end:
    do
    :: d_step { at == idle -> at = front; least = mem[HEAD] }
    :: d_step {
        at == front && NOT_YET(FIRST) ->
        stamp = mem[FRONT];
        got = FIRST;
        if
        :: !IS_IT_F2 ->
            at = ring;
            if
            :: stamp != 0 && stamp % 2 == 0 -> REACHED(older_front)
            :: else
            fi
        :: else
        fi
       }
    :: d_step { at == front && HAVE(FIRST) && NOT_YET(WORD_A) -> a = mem[A]; got = got + WORD_A }
    :: d_step { at == front && HAVE(FIRST) && NOT_YET(WORD_B) -> b = mem[B]; got = got + WORD_B }
    :: d_step {
        at == front && HAVE(FIRST + WORD_A + WORD_B) ->
        if
        :: mem[FRONT] == stamp -> give_from_front()
        :: else -> REACHED(changed_under_the_copy); at = ring
        fi
       }
    /* The slot of the newest known record; one that is used again meanwhile is publish.pml's. */
    :: d_step {
        at == ring ->
        n = MAX(mem[HEAD], seen);
        if
        :: mem[STAMP(n)] == COMPLETE(n) && n > BASE -> give(n)
        :: else -> come_back()
        fi
       }
    :: d_step {
        at == idle && mem[STAMP(last + 1)] == COMPLETE(last + 1) ->
        last++;
        seen = MAX(seen, last);
        newest = MAX(newest, last)
       }
    od
}

init {
    mem[HEAD] = BASE;
    select (watched : BASE + 1 .. LAST);
    atomic { run memory(); run writer(); run reader() }
}
