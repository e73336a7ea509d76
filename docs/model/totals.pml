/*
 * Totals for SPIN: how many records a block has had at each of its retirements.
 *
 * Invariant: a total that a reader takes is how many records all instances of the block had had by then; also
 * with a writer that dies between any two of its steps, as often as it likes.
 *
 *   writer   an instance joins, is published to, is retired, and the next one joins; between two of them a
 *            number may be skipped
 *   mem      generation, head, base, the total at base | totals
 *   reader   the generation, the total of a retirement, the generation again; without end
 *
 * Price: a record is its number in head, for names.pml has the rest. There are two totals, of which one is
 * known, and three instances.
 *
 * -DMUTANT_G10, and so on, weakens one step.
 */

#define INSTANCES 3
#define RECORDS 2 /* the most of all of them */
#define TOTALS 2

#define REACHED(name) SAY_ONCE(#name)
#define SAY_ONCE(name) c_code { static int said; if (!said++) printf("reached %s\n", name); }

#define GENERATION 0
#define HEAD 1
#define BASE 2
#define BASE_TOTAL 3
#define TOTAL(r) (4 + (r) % TOTALS)
byte mem[6];

/* What no process can see, for the claim alone: the records that were published, and how many of them before
   each retirement. */
byte published;
byte published_at[INSTANCES + 1];

inline when_sealed(number, by) {
    skip
}

inline when_visible() {
    skip
}

#include "stores.pml"

/* ---- The writer ------------------------------------------------------------------------------- */

#define STEP(place, value) if :: d_step { pending < DEPTH -> issue(place, value) } :: goto dead fi

proctype writer() {
    byte g, n, base, base_total, total;

take_over:
    atomic {
        pending == 0 ->
        g = mem[GENERATION]; n = mem[HEAD]; base = mem[BASE]; base_total = mem[BASE_TOTAL];
        total = mem[TOTAL(g / 2)]
    };
next:
    if
    :: g % 2 == 0 && g < 2 * INSTANCES ->
        /* Join; the floor may be greater than head. */
        if
        :: n < RECORDS + INSTANCES -> n = n + 1
        :: true
        fi;
        base = n;
        base_total = total;
        STEP(HEAD + FENCED, n);
        STEP(BASE, base);
        STEP(BASE_TOTAL, base_total);
        STEP(GENERATION + RELEASE, g + 1);
        g = g + 1
    :: g % 2 == 1 && published < RECORDS ->
        if
        :: d_step { pending < DEPTH -> issue(HEAD + RELEASE, n + 1); published = published + 1 }
        :: goto dead
        fi;
        n = n + 1
    :: g % 2 == 1 ->
        total = base_total + n - base;
#ifndef MUTANT_G12
        STEP(TOTAL((g + 1) / 2), total);
#endif
        if
        :: d_step {
            pending < DEPTH ->
            issue(GENERATION + RELEASE, g + 1);
            published_at[(g + 1) / 2] = published
           }
        :: goto dead
        fi;
        g = g + 1
    :: goto dead
    fi;
    goto next;
dead:
    g = 0; n = 0; base = 0; base_total = 0; total = 0;
    goto take_over
}

/* ---- The reader ------------------------------------------------------------------------------- */

#define FIRST 1 /* the generation says that the total is there */
#define WORD 2
#define NOT_YET(load) ((got & (load)) == 0)
#ifdef MUTANT_G10
#define AFTER_G10 true
#else
#define AFTER_G10 (got & FIRST)
#endif
#ifdef MUTANT_G11
#define IS_KNOWN true
#else
#define IS_KNOWN (mem[GENERATION] / 2 < r + TOTALS - 1)
#endif

inline come_back() {
    r = 0; got = 0; total = 0
}

proctype reader() {
    byte r, got, total;

end:
    do
    :: d_step { r == 0 -> r = 1 }
    :: d_step { r == 0 -> r = 2 }
    :: d_step { r == 0 -> r = 3 }
    :: d_step {
        r > 0 && NOT_YET(FIRST) ->
        if
        :: mem[GENERATION] / 2 >= r -> got = got + FIRST
        :: else -> REACHED(not_retired); come_back()
        fi
       }
    :: d_step { r > 0 && AFTER_G10 && NOT_YET(WORD) -> total = mem[TOTAL(r)]; got = got + WORD }
    :: d_step {
        got == FIRST + WORD ->
        if
        :: IS_KNOWN -> REACHED(known); assert(total == published_at[r])
        :: else -> REACHED(no_longer_known)
        fi;
        come_back()
       }
    od
}

init {
    atomic { run memory(); run writer(); run reader() }
}
