/*
 * The protocol of mapcast for SPIN: publish, take-over, latest, next and tail, all interleavings.
 *
 * Invariant: every record that a reader gets is whole and was published under its number, no number is
 * published twice, and the numbers that a reader gets neither decrease nor leave a gap; also with a
 * writer that dies between any two of its steps, any number of times.
 *
 *   writer   issues stores, dies anywhere, comes back as its own successor
 *     |
 *   pending  stores on their way: they become visible in any order that fences and releases leave
 *     |
 *   mem      head | stamp, a, b of slot 0 | stamp, a, b of slot 1 | ...      (a, b: the record)
 *     |
 *   reader   its loads happen in any order that its fences leave; latest, next or a new attach, for ever
 *
 * Price: the numbers end at LAST, a record is two words, and readers cannot see each other, so
 * there is one. Run it with `cargo xtask spin`; README.md lists what it does not model.
 *
 * -DMUTANT_W1, and so on, weakens one step, by the names of docs/protocol.md, and -DONLY=WHOLE leaves one
 * claim alone: an error that SPIN then finds is a violation of that claim.
 */

#ifndef SLOTS
#define SLOTS 4
#endif
#ifndef BASE
#define BASE 0 /* the ring begins after this number */
#endif
#ifndef LAST
#define LAST (BASE + 6) /* the newest number ever published */
#endif
#ifndef KEPT
#define KEPT 3 /* publishes that a reader's copy survives, as a ring of four slots promises */
#endif

/* The claims. Each is broken by some mutant in xtask/src/spin, so that none is vacuous. */
#define ALL 0
#define ONCE 1 /* numbers are completed one after the other, none of them twice */
#define HEAD_IS_COMPLETE 2 /* head names a complete slot at every moment */
#define WHOLE 3 /* a returned record is whole, and the one with its number */
#define THE_ONE 4 /* of all attempts at that number it is the one that was completed */
#define NOT_BACK 5 /* latest returns no record older than one that either call has returned to this reader */
#define FIRST_LOOK 6 /* latest retries only if the ring is empty, or the writer has lapped it */
#define FEW_LOOKS 7 /* each further look finds head KEPT - 1 further on, or something in a ring that was empty */
#define GONE 8 /* next copies twice at the most: a record that changes under the copy is gone */
#define NOT_MISSING 9 /* next: a record published when the call began is returned, or missed */
#define NOT_EMPTY 10 /* latest: there is a record if there was one when the call began */
#define GOES_ON 11 /* a lapped reader advances, and only over published records */
#define KEPT_ARE_KEPT 12 /* and over none that is kept */
#define SUM 13 /* records returned and missed leave no gap and no overlap */
#ifndef ONLY
#define ONLY ALL
#endif
#define CLAIM(name, holds) SAY_ONCE(#name); assert((ONLY != ALL && ONLY != name) || (holds))

/* A mark: the search reached this. SPIN's own list of steps never taken leaves out those in a d_step. */
#define REACHED(name) SAY_ONCE(#name)
#define SAY_ONCE(name) c_code { static int said; if (!said++) printf("reached %s\n", name); }

#define WRITING(n) (2 * (n) + 1)
#define COMPLETE(n) (2 * (n))
#define MAX(x, y) ((x) > (y) -> (x) : (y))

/* Where things are in mem. */
#define HEAD 0
#define STAMP(n) (1 + 3 * ((n) % SLOTS))
#define A(n) (STAMP(n) + 1)
#define B(n) (STAMP(n) + 2)
byte mem[1 + 3 * SLOTS];

/* A record's words hold its number and the attempt at it, modulo three. Attempts are distinguished at
   one number, which may be any: a mixture of two attempts is a mixture at some number. */
#define CONTENT(n, attempt) (4 * (n) + (attempt))
byte watched;

/* What no process can see, for the claims alone: the newest number ever completed, and by which attempt
   each of those in the ring was. A store of COMPLETE carries the attempt along, above the stamp. */
byte sealed = BASE;
byte sealed_by[SLOTS];
#define BY(attempt) (64 * (attempt))

inline when_sealed(number, by) {
    CLAIM(ONCE, number == sealed + 1);
    sealed = number;
    sealed_by[sealed % SLOTS] = by
}

inline when_visible() {
    CLAIM(HEAD_IS_COMPLETE, mem[HEAD] == BASE || mem[STAMP(mem[HEAD])] == COMPLETE(mem[HEAD]))
}

#include "stores.pml"

/* ---- The writer ------------------------------------------------------------------------------- */

/* One step, before which it may also die. What it has issued stays issued. */
#define STEP(place, value) if :: d_step { pending < DEPTH -> issue(place, value) } :: goto dead fi

proctype writer() {
    byte n; /* the newest number, as this writer counts */
    byte attempt; /* the last one at the number watched; 0: none yet */
    byte by; /* this one */

take_over:
    /* The lock changes hands: what a dead process has stored is visible to the next one. */
    atomic { pending == 0 -> n = mem[HEAD] };
#ifndef MUTANT_T1
    if
    :: mem[STAMP(n + 1)] == COMPLETE(n + 1) ->
#ifndef MUTANT_T2
        STEP(HEAD + RELEASE, n + 1);
#endif
        n++
    :: else
    fi;
#endif
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
#ifndef MUTANT_W0
    STEP(STAMP(n), WRITING(n));
#endif
#ifdef MUTANT_W2
    STEP(STAMP(n) + FENCED, COMPLETE(n) + BY(by));
#endif
#ifdef MUTANT_W5
    STEP(HEAD + RELEASE, n);
#endif
#if defined(MUTANT_W1)
    STEP(A(n), CONTENT(n, by));
#else
    STEP(A(n) + FENCED, CONTENT(n, by));
#endif
    STEP(B(n), CONTENT(n, by));
#ifdef MUTANT_W3
    STEP(STAMP(n), COMPLETE(n) + BY(by));
#elif !defined(MUTANT_W2)
    STEP(STAMP(n) + RELEASE, COMPLETE(n) + BY(by));
#endif
#ifdef MUTANT_W4
    STEP(HEAD, n);
#elif !defined(MUTANT_W5)
    STEP(HEAD + RELEASE, n);
#endif
    goto publish;
dead:
    n = 0;
    goto take_over
}

/* ---- The reader ------------------------------------------------------------------------------- */

/* What has been loaded of a slot so far. */
#define FIRST 1 /* its stamp */
#define WORD_A 2
#define WORD_B 4
#define SECOND 8 /* its stamp again: after the first in any case, for the place is the same */
#define NOT_YET(load) ((got & (load)) == 0)
#define HAVE(loads) ((got & (loads)) == (loads))
#define COPIED HAVE(FIRST + WORD_A + WORD_B + SECOND)

#ifdef MUTANT_R1
#define AFTER_R1 true
#elif defined(MUTANT_R0)
#define GUESSED 16 /* the slot was looked at before head, by a guess that head has confirmed since */
#define AFTER_R1 (HAVE(FIRST) && (at == next || HAVE(GUESSED)))
#else
#define AFTER_R1 HAVE(FIRST)
#endif
#ifdef MUTANT_R2
#define AFTER_R2 HAVE(FIRST)
#else
#define AFTER_R2 HAVE(FIRST + WORD_A + WORD_B)
#endif
#ifdef MUTANT_R3
#define UNCHANGED true
#else
#define UNCHANGED (after == before)
#endif

#ifdef MUTANT_L1
#define IS_IT_L1 (before != 0)
#elif defined(MUTANT_L2)
#define IS_IT_L1 (before == COMPLETE(n))
#else
#define IS_IT_L1 (before != 0 && before == COMPLETE(n))
#endif
#ifdef MUTANT_L4
#define NEWEST mem[HEAD]
#else
#define NEWEST MAX(mem[HEAD], seen)
#endif
#ifdef MUTANT_N1
#define IS_IT_N1 (before != 0)
#else
#define IS_IT_N1 (before == COMPLETE(n))
#endif
#ifdef MUTANT_N3
#define IS_PAST_N3 false
#else
#define IS_PAST_N3 (before / 2 > n)
#endif

/* Where the reader is. */
mtype = { idle, latest, next, look_again, lapped };

inline forget() {
    got = 0; before = 0; after = 0; a = 0; b = 0; head = 0
}

inline come_back() {
    forget();
    at = idle; n = 0; tries = 0; there = false
}

/* The copy is done and its stamp has not changed. */
inline give() {
    CLAIM(WHOLE, n > BASE && a == b && a / 4 == n);
    CLAIM(THE_ONE, mem[STAMP(n)] != COMPLETE(n) || a % 4 == sealed_by[n % SLOTS]);
    if
    :: a % 4 > 1 -> REACHED(later_attempt)
    :: else
    fi;
    if
    :: at == latest ->
        CLAIM(NOT_BACK, n >= newest);
        if
        :: mem[HEAD] < n -> REACHED(newer_than_head)
        :: else
        fi;
        seen = n
    :: at == next ->
        last = n;
        accounted++;
#ifndef MUTANT_L5
        seen = MAX(seen, n)
#endif
    fi;
    newest = MAX(newest, n);
    come_back()
}

/* The copy is done and its stamp has changed, or the slot did not hold the record; `found` is the last stamp. */
inline fail(found) {
    if
    :: at == latest ->
        CLAIM(FIRST_LOOK, (found == 0 && n == BASE) || found / 2 > n + KEPT);
        forget();
        at = look_again
    :: at == next && HAVE(SECOND) ->
        tries++;
        CLAIM(GONE, tries == 1);
#ifdef MUTANT_N2
        CLAIM(NOT_MISSING, !there);
        come_back()
#else
        forget()
#endif
    :: at == next && !HAVE(SECOND) ->
        if
        :: IS_PAST_N3 -> forget(); at = lapped
        :: else ->
            CLAIM(NOT_MISSING, !there);
            come_back()
        fi
    fi
}

inline settle() {
    if
    :: COPIED && UNCHANGED -> give()
    :: COPIED && !UNCHANGED -> fail(after)
    :: else
    fi
}

proctype reader() {
    byte last = BASE, seen = 0; /* a Tail: followed up to here, newest returned */
    mtype at = idle;
    byte n, before, after, a, b, got, tries, head;
    byte newest = 0, accounted = BASE; /* for the claims: newest returned; records returned and missed */
    bool there; /* for the claims: when the call began there was a record */

end:
    do
#ifdef MUTANT_R0
    :: atomic { at == idle -> at = latest; select (n : BASE .. LAST); there = mem[HEAD] > BASE }
#else
    :: d_step { at == idle -> at = latest; n = NEWEST; there = n > BASE }
#endif
    :: d_step {
        at == idle -> at = next; n = last + 1;
        there = mem[STAMP(n)] / 2 > n || mem[STAMP(n)] == COMPLETE(n)
       }

    /* The slot of n: its stamp, a copy, its stamp. */
    :: d_step {
        (at == latest || at == next) && NOT_YET(FIRST) ->
        before = mem[STAMP(n)];
        got = got + FIRST;
        if
#ifndef MUTANT_R0
        :: at == latest && !IS_IT_L1 -> fail(before)
#endif
        :: at == next && !IS_IT_N1 -> fail(before)
        :: else
        fi
       }
#ifdef MUTANT_R0
    :: d_step {
        at == latest && HAVE(FIRST) && NOT_YET(GUESSED) ->
        got = got + GUESSED;
        if
        :: n != NEWEST -> come_back()
        :: n == NEWEST && !IS_IT_L1 -> fail(before)
        :: else
        fi
       }
#endif
    :: d_step {
        (at == latest || at == next) && AFTER_R1 && NOT_YET(WORD_A) ->
        a = mem[A(n)];
        got = got + WORD_A
#ifdef MUTANT_R2
        ; settle()
#endif
       }
    :: d_step {
        (at == latest || at == next) && AFTER_R1 && NOT_YET(WORD_B) ->
        b = mem[B(n)];
        got = got + WORD_B
#ifdef MUTANT_R2
        ; settle()
#endif
       }
    :: d_step {
        (at == latest || at == next) && AFTER_R2 && NOT_YET(SECOND) ->
        after = mem[STAMP(n)];
        got = got + SECOND;
        settle()
       }

    /* Latest looks in vain: at head again, then at that slot's stamp. */
    :: d_step { at == look_again && NOT_YET(FIRST) -> head = NEWEST; got = FIRST }
    :: d_step {
        at == look_again && HAVE(FIRST) ->
        if
#if defined(MUTANT_L3)
        :: true ->
#elif defined(MUTANT_L2)
        :: false ->
#else
        :: mem[STAMP(head)] == 0 ->
#endif
            CLAIM(NOT_EMPTY, !there);
            come_back()
        :: else ->
            /* KEPT publishes have been issued, but the store of head by the last may be on its way. */
            head = n;
#ifndef MUTANT_HEAD_ONCE
            n = NEWEST;
#endif
            if
            :: head == BASE -> REACHED(first_record_came)
            :: else -> REACHED(latest_was_lapped)
            fi;
            CLAIM(FEW_LOOKS, n >= head + (head == BASE -> 1 : KEPT - 1));
            forget();
            at = latest
        fi
       }

    /* Next was lapped: head says how far. */
    :: d_step {
        at == lapped ->
        head = mem[HEAD];
#ifndef MUTANT_N4
        head = MAX(head, SLOTS - 1) - (SLOTS - 1);
#endif
#ifndef MUTANT_N5
        head = MAX(head, n);
#endif
        if
        :: head == n -> REACHED(missed_one)
        :: else -> REACHED(missed_more)
        fi;
        CLAIM(GOES_ON, head > last && head <= sealed);
        CLAIM(KEPT_ARE_KEPT, head == n || head + KEPT <= sealed);
#ifdef MUTANT_N6
        accounted = accounted + head - last - 1;
#else
        accounted = accounted + head - last;
#endif
        last = head;
        CLAIM(SUM, accounted == last);
        come_back()
       }
    od
}

init {
    mem[HEAD] = BASE;
    select (watched : BASE + 1 .. LAST);
    atomic { run memory(); run writer(); run reader() }
}
