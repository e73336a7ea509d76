/*
 * The wall offsets for SPIN: a number that goes with the time of a record, while the clock is set.
 *
 * Invariant: the number of a record that the ring keeps is the same at every look of every reader; also
 * with a writer that dies between any two stores of a change, as often as it likes.
 *
 *   writer   publishes the record of time n, or sets the clock: before, since, current; dies anywhere
 *   mem      before | since | current | the newest record
 *   reader   any kept record: since, the number for that time, since again; without end
 *
 * Price: a record is its time, 1 to LAST, and the clock has three settings. That a reader has the record
 * itself, whole, is what publish.pml shows.
 *
 * -DMUTANT_C1, and so on, weakens one step.
 */

#ifndef LAST
#define LAST 4 /* the newest record ever published */
#endif
#ifndef KEEPS
#define KEEPS 2 /* records that the ring keeps */
#endif
#define NUMBERS 3

#define REACHED(name) SAY_ONCE(#name)
#define SAY_ONCE(name) c_code { static int said; if (!said++) printf("reached %s\n", name); }
#define MAX(x, y) ((x) > (y) -> (x) : (y))

#define BEFORE 0
#define SINCE 1
#define CURRENT 2
#define NEWEST 3
byte mem[4];

/* What no process can see, for the claim alone: the newest record that was issued, and the number that
   went with each when it was published. */
byte published;
byte number_of[LAST + 1];
#define OLDEST (published > KEEPS -> published - KEEPS + 1 : 1)

inline when_sealed(number, by) {
    skip
}

inline when_visible() {
    skip
}

#include "stores.pml"

/* ---- The writer ------------------------------------------------------------------------------- */

#define STEP(place, value) if :: d_step { pending < DEPTH -> issue(place, value) } :: goto dead fi
#ifdef MUTANT_C1
#define IN_ORDER 0
#else
#define IN_ORDER RELEASE
#endif
#ifdef MUTANT_C5
#define BOTH_C5 false
#else
#define BOTH_C5 (oldest < since && n >= since)
#endif
#ifdef MUTANT_C6
#define GIVES_UP_C6 true
#else
#define GIVES_UP_C6 (n >= since)
#endif
#ifdef MUTANT_C7
#define NEXT_C7 now
#else
#define NEXT_C7 MAX(now, n + 1)
#endif

proctype writer() {
    byte n, before, since, current, oldest, now, setting;

take_over:
    atomic {
        pending == 0 ->
        n = mem[NEWEST]; before = mem[BEFORE]; since = mem[SINCE]; current = mem[CURRENT]
    };
work:
    if
    :: atomic {
        n < LAST && pending < DEPTH ->
        n++;
        number_of[n] = (n >= since -> current : before);
        published = n;
        issue(NEWEST + RELEASE, n)
       };
       goto work
    :: atomic {
        select (setting : 1 .. NUMBERS);
        /* The time of the newest record may lie ahead of the writer's clock. */
        now = n;
        if
        :: n > 0 -> now = n - 1
        :: true
        fi;
        oldest = OLDEST
       };
       if
       :: d_step { setting == current || BOTH_C5 ->
           if
           :: setting != current -> REACHED(waits)
           :: else
           fi
          };
          goto work
       :: d_step { else -> before = (GIVES_UP_C6 -> current : before); since = NEXT_C7; current = setting }
       fi;
       STEP(BEFORE + IN_ORDER, before);
       STEP(SINCE + IN_ORDER, since);
       STEP(CURRENT + IN_ORDER, current);
       goto work
    :: goto dead
    fi;
dead:
    atomic { n = 0; before = 0; since = 0; current = 0; oldest = 0; now = 0; setting = 0 };
    goto take_over
}

/* ---- The reader ------------------------------------------------------------------------------- */

#define FIRST 1 /* since */
#define NUMBER 2 /* the number for that time */
#define SECOND 4 /* since again */
#define NOT_YET(load) ((got & (load)) == 0)
#define HAVE(loads) ((got & (loads)) == (loads))
#ifdef MUTANT_C2
#define AFTER_C2 true /* by a guess, which since confirms later */
#else
#define AFTER_C2 HAVE(FIRST)
#endif
#ifdef MUTANT_C3
#define AFTER_C3 HAVE(FIRST)
#else
#define AFTER_C3 HAVE(FIRST + NUMBER)
#endif
#ifdef MUTANT_C4
#define SAME_C4 true
#else
#define SAME_C4 (first == second)
#endif

inline come_back() {
    record = 0; first = 0; second = 0; number = 0; place = 0; got = 0
}

proctype reader() {
    byte record, first, second, number, place, got;

end:
    do
    :: d_step { record == 0 && mem[NEWEST] > 0 -> record = mem[NEWEST] }
    :: d_step { record == 0 && mem[NEWEST] > 1 -> record = mem[NEWEST] - 1 }
    :: d_step {
        record > 0 && NOT_YET(FIRST) ->
        first = mem[SINCE];
        got = got | FIRST;
        if
        :: HAVE(NUMBER) && place != (record < first -> BEFORE : CURRENT) -> come_back() /* a wrong guess */
        :: else
        fi
       }
    :: d_step {
        record > 0 && NOT_YET(NUMBER) && AFTER_C2 ->
        place = (NOT_YET(FIRST) || record >= first -> CURRENT : BEFORE);
        number = mem[place];
        got = got | NUMBER
       }
    :: d_step {
        record > 0 && NOT_YET(NUMBER) && NOT_YET(FIRST) && AFTER_C2 ->
        place = BEFORE;
        number = mem[place];
        got = got | NUMBER
       }
    :: d_step { record > 0 && NOT_YET(SECOND) && AFTER_C3 -> second = mem[SINCE]; got = got | SECOND }
    :: d_step {
        HAVE(FIRST + NUMBER + SECOND) ->
        if
        :: SAME_C4 ->
            /* One whose slot was reused meanwhile is not promised anything. */
            assert(record < OLDEST || number == number_of[record]);
            if
            :: place == BEFORE -> REACHED(an_older_record)
            :: else
            fi
        :: else -> REACHED(changed_under_the_look)
        fi;
        come_back()
       }
    od
}

init {
    mem[BEFORE] = 1;
    mem[CURRENT] = 1;
    atomic { run memory(); run writer(); run reader() }
}
