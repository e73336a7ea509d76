/*
 * Numbers that are left out, for SPIN: a writer that copies another region's records and has not got some.
 *
 * Invariant: a follower gets each record or counts it as missed, and does not wait for a number that was left
 * out once a record after it is there; no record is lost at a take-over and no number is used twice; also with
 * a writer that dies between any two of its steps, any number of times.
 *
 *   writer   marks the slots of the numbers it leaves out, then the record, then head; dies anywhere; its
 *            successor looks for the record behind the marks, and may leave out other numbers
 *   mem      head | slot 0 | slot 1 | slot 2 | slot 3 | word
 *   reader   next: the slot's stamp, and head if it shows a later record; for ever
 *
 * Price: a slot is one word here, its stamp: that a record comes out of it whole is what publish.pml shows.
 * There is no front. The numbers end at LAST.
 *
 * -DMUTANT_K1, and so on, weakens one step, and -DONLY=ONCE leaves one claim alone.
 */

#define SLOTS 4
#define KEPT 3 /* a reader that was lapped resumes at the oldest of so many numbers */
#ifndef LAST
#define LAST 6 /* the newest number ever published */
#endif

/* The claims. */
#define ALL 0
#define ONCE 1 /* the numbers of completed records rise: none is used twice, or after a later one */
#define HEAD_IS_COMPLETE 2 /* head names a complete slot, or a later record is complete and on its way to memory */
#define NOT_MISSING 3 /* next is not pending if this record or a later one was complete when the call began */
#define KEPT_ARE_KEPT 4 /* next misses only a number that was left out, or one whose slot a later record needs */
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
#define WORD (1 + SLOTS) /* of any record; for the fence before it */
byte mem[2 + SLOTS];

/* What no process can see, for the claims alone. */
byte sealed; /* the newest number that memory has had complete */
byte completed; /* the same, as the writer has stored it */
short marked; /* a bit for each number that some writer has left out, also if it died then */
#define SEALS 64 /* above a stamp: the store completes a record */

inline when_sealed(number, by) {
    sealed = number
}

inline when_visible() {
    if
    :: mem[HEAD] == 0 || mem[STAMP(mem[HEAD])] == COMPLETE(mem[HEAD])
    :: else ->
        /* The record after the newest one may be seen to begin before head is seen to name the newest. */
        REACHED(head_is_late);
        CLAIM(HEAD_IS_COMPLETE, completed > mem[HEAD])
    fi
}

#include "stores.pml"

/* ---- The writer ------------------------------------------------------------------------------- */

#define STEP(place, value) if :: d_step { pending < DEPTH -> issue(place, value) } :: goto dead fi
#define AFTER_MARKS (m > n + 1 -> FENCED : 0) /* each mark is followed by a fence */

#ifdef MUTANT_K2
#define IS_LEFT_OUT false
#else
#define IS_LEFT_OUT (m < n + SLOTS && mem[STAMP(m)] == WRITING(m + SLOTS))
#endif

proctype writer() {
    byte n; /* the newest number, as this writer counts */
    byte s; /* the next one */
    byte m; /* a number that is left out between them, or may be */

take_over:
    atomic {
        pending == 0 ->
        n = mem[HEAD];
        m = n + 1;
        do
        :: IS_LEFT_OUT -> m++
        :: else -> break
        od
    };
    if
    :: mem[STAMP(m)] == COMPLETE(m) ->
        if
        :: m > n + 1 -> REACHED(kept_behind_marks)
        :: else
        fi;
        if
        :: d_step { pending < DEPTH -> issue(HEAD + RELEASE, m); n = m; m = 0 }
        :: goto dead
        fi
    :: else -> m = 0
    fi;
publish:
    atomic {
        if
        :: n + 1 <= LAST -> s = n + 1
        :: n + 2 <= LAST -> s = n + 2
        :: n + 3 <= LAST -> s = n + 3
#ifdef MUTANT_GAP
        :: n + 4 <= LAST -> s = n + 4
#endif
        :: goto dead
        fi;
        m = n + 1
    };
#ifndef MUTANT_K1
    do
    :: m < s ->
        if
        :: d_step {
            pending < DEPTH ->
            issue(STAMP(m) + AFTER_MARKS, WRITING(m + SLOTS));
            marked = marked | (1 << m);
            m++
           }
        :: goto dead
        fi
    :: else -> break
    od;
#endif
    if
    :: d_step {
        pending < DEPTH ->
        issue(STAMP(s) + AFTER_MARKS, WRITING(s));
        if
        :: (marked >> s) & 1 -> REACHED(left_to_the_successor)
        :: else
        fi
       }
    :: goto dead
    fi;
    STEP(WORD + FENCED, 0);
    if
    :: d_step {
        pending < DEPTH ->
        CLAIM(ONCE, s > completed);
        completed = s;
        issue(STAMP(s) + RELEASE, COMPLETE(s) + SEALS)
       }
    :: goto dead
    fi;
    if
    :: d_step { pending < DEPTH -> issue(HEAD + RELEASE, s); n = s; s = 0; m = 0 }
    :: goto dead
    fi;
    goto publish;
dead:
    n = 0; s = 0; m = 0;
    goto take_over
}

/* ---- The reader ------------------------------------------------------------------------------- */

#define FIRST 1 /* the slot's stamp */
#define AND_HEAD 2 /* head; no fence keeps this load behind the other */
#define NOT_YET(load) ((got & (load)) == 0)
#define WAS_LEFT_OUT ((marked >> n) & 1)

inline come_back() {
    marked = (marked >> (last + 1)) << (last + 1); /* no claim is about the others any more */
    n = 0; got = 0; oldest = 0; there = false
}

proctype reader() {
    byte last; /* followed up to here */
    byte n, got, oldest;
    bool there; /* for the claims: when the call began there was this record or a later one */

end:
    do
    :: d_step { n == 0 -> n = last + 1; there = sealed >= n }
    :: d_step {
        n > 0 && NOT_YET(AND_HEAD) ->
        oldest = MAX(MAX(mem[HEAD], KEPT) - KEPT, n);
        got = got + AND_HEAD
       }
    :: d_step {
        n > 0 && NOT_YET(FIRST) ->
        if
        :: mem[STAMP(n)] == COMPLETE(n) -> last = n; come_back()
        :: mem[STAMP(n)] != COMPLETE(n) && mem[STAMP(n)] / 2 > n -> got = got + FIRST
        :: else ->
            CLAIM(NOT_MISSING, !there);
            come_back()
        fi
       }
    :: d_step {
        got == FIRST + AND_HEAD ->
        last = oldest;
        if
        :: last > n -> REACHED(missed_more)
        :: last > sealed -> REACHED(missed_before_the_record_came)
        :: last == n && there && WAS_LEFT_OUT -> REACHED(missed_what_was_left_out)
        :: else
        fi;
        CLAIM(KEPT_ARE_KEPT, WAS_LEFT_OUT || n < completed);
        CLAIM(KEPT_ARE_KEPT, last == n || last + KEPT <= sealed);
        come_back()
       }
    od
}

init {
    atomic { run memory(); run writer(); run reader() }
}
