/*
 * Stores on their way from a writer to memory, oldest first, for the models of the ring and the front.
 *
 * A store becomes visible in any order that the fences and releases of the writer leave. The model
 * that includes this has `mem`, and two hooks: `when_sealed(n, by)` for a store of COMPLETE that
 * carries an attempt above the stamp, and `when_visible()` for its claims about memory.
 */

/* Six are enough. Of the ring alone, the seventh is the second record's first word, and waits for all
   before it. */
#define DEPTH 6
#define PLACE(i) (where[i] & 63)
#define RELEASE 64 /* becomes visible after everything before it */
#define FENCED 128 /* so does this, and everything after it too */
byte where[DEPTH];
byte what[DEPTH];
byte pending = 0;

inline issue(place, value) {
    where[pending] = place;
    what[pending] = value;
    if
    :: pending == 0 -> where[0] = PLACE(0)
    :: else
    fi;
    pending++
}

/* May number i become visible before those in front of it? */
#define PASSES(k, i) (where[k] < FENCED && PLACE(k) != PLACE(i))
#define LOOSE(i) (pending > i && where[i] < RELEASE)
#define FREE_0 (pending > 0)
#define FREE_1 (LOOSE(1) && PASSES(0, 1))
#define FREE_2 (LOOSE(2) && PASSES(0, 2) && PASSES(1, 2))
#define FREE_3 (LOOSE(3) && PASSES(0, 3) && PASSES(1, 3) && PASSES(2, 3))
#define FREE_4 (LOOSE(4) && PASSES(0, 4) && PASSES(1, 4) && PASSES(2, 4) && PASSES(3, 4))
#define FREE_5 (LOOSE(5) && PASSES(0, 5) && PASSES(1, 5) && PASSES(2, 5) && PASSES(3, 5) && PASSES(4, 5))

inline becomes_visible(i) {
    mem[PLACE(i)] = what[i] % 64;
    if
    :: what[i] >= 64 -> when_sealed(mem[PLACE(i)] / 2, what[i] / 64)
    :: else
    fi;
    k = i;
    do
    :: k + 1 < pending -> where[k] = where[k + 1]; what[k] = what[k + 1]; k++
    :: else -> break
    od;
    where[k] = 0;
    what[k] = 0;
    k = 0;
    pending--;
    where[0] = PLACE(0);
    when_visible()
}

proctype memory() {
    byte k;
end:
    do
    :: d_step { FREE_0 -> becomes_visible(0) }
    :: d_step { FREE_1 -> becomes_visible(1) }
    :: d_step { FREE_2 -> becomes_visible(2) }
    :: d_step { FREE_3 -> becomes_visible(3) }
    :: d_step { FREE_4 -> becomes_visible(4) }
    :: d_step { FREE_5 -> becomes_visible(5) }
    od
}
