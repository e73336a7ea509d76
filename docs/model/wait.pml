/*
 * Sleeping until the writer publishes, for SPIN: no wake is lost, at whatever step the writer dies.
 *
 * Invariant: once nothing more can happen, no reader sleeps while head names a record that it has not
 * got; also with a writer that dies between head and wake, if another one comes.
 *
 *   writer   head := n, then wake; dies anywhere; its successor wakes once, then publishes
 *   reader   head newer than what I have? else sleep if the word is still that head
 *
 * Price: head is a whole number here. In the file the futex word is its low half, and 2^32 publishes
 * between a reader's look and its sleep would look like none; the sleep has a time limit in any case.
 * The order of the two steps of a wake is the kernel's: it looks for sleepers after a full barrier.
 *
 * -DMUTANT_LOOK, and so on, weakens one step.
 */

#ifndef LAST
#define LAST 4 /* the newest number ever published */
#endif
#ifndef READERS
#define READERS 2
#endif

byte head = 0;
byte sealed = 0; /* the newest record that is complete; head may not name it yet */
byte has[READERS]; /* the newest number that each reader has got */
bool sleeps[READERS];

inline wake_all() {
    d_step {
        who = 0;
        do
        :: who < READERS -> sleeps[who] = false; who++
        :: else -> break
        od;
        who = 0
    }
}

/* What a writer may do instead of any step; the last one lives, else there is nothing to claim. */
#define OR_DIE :: deaths > 0 -> deaths--; goto take_over

active proctype writer() {
    byte n, who, deaths = 3;

take_over:
    n = head;
    if
    :: sealed > n -> n = sealed; if :: head = n OR_DIE fi
    :: else
    fi;
#ifndef MUTANT_TAKE_OVER
    if :: wake_all() OR_DIE fi;
#endif
publish:
    if
    :: n < LAST -> n++
    :: goto done
    OR_DIE
    fi;
    if :: sealed = n OR_DIE fi;
#ifdef MUTANT_WAKE_FIRST
    if :: wake_all() OR_DIE fi;
#endif
    if :: head = n OR_DIE fi;
#ifndef MUTANT_WAKE_FIRST
    if :: wake_all() OR_DIE fi;
#endif
    goto publish;
done:
    skip
}

active [READERS] proctype reader() {
    byte seen;
    byte me = _pid - 1;

    do
    :: seen = head;
       if
#ifndef MUTANT_LOOK
       :: seen > has[me] -> goto look
#endif
       :: else
       fi;
       /* FUTEX_WAIT: the kernel compares and goes to sleep in one step, as a wake sees it. */
       if
#ifdef MUTANT_COMPARE
       :: sleeps[me] = true
#else
       :: d_step { head == seen -> sleeps[me] = true }
       :: head != seen -> goto look
#endif
       fi;
end_asleep:
       !sleeps[me];
look:
       atomic { has[me] = head; seen = 0 }
    od
}

/* When nothing more can happen. */
active proctype claim() {
    byte i;

end_waiting:
    timeout;
    do
    :: i < READERS -> assert(!sleeps[i] || has[i] == head); i++
    :: else -> break
    od
}
