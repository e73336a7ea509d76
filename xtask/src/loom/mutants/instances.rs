//! Instances: their names, and which of them have changed.

use super::{CHANGES, INSTANCES, Mutant, NAMES, RING, mutant_of};

const ANNOUNCED: &str = "instances::a_change_that_is_announced_has_its_record";
const NO_BLOCK_MISSED: &str = "instances::a_lapped_follower_gets_the_count_and_misses_no_block";
const BLOCK_TAKEN_OVER: &str = "instances::a_takeover_of_instances_never_uses_a_number_twice";
const DEAD_ANNOUNCED: &str = "instances::what_a_dead_writer_published_is_announced";
const NAME_WHOLE: &str = "instances::a_name_is_read_whole_or_not_at_all";
const OWN_RECORD: &str =
    "instances::a_record_of_the_next_instance_is_never_taken_for_one_of_the_last";
const EMPTY: &str = "instances::a_new_instance_has_no_record_of_the_one_before";
const TOTAL: &str = "instances::a_retired_instance_has_the_total_of_its_records";
const TOTAL_KNOWN: &str = "instances::a_total_that_is_no_longer_known_is_not_given";
const NAME_ONCE: &str = "instances::a_name_and_a_number_name_one_record";

pub(super) const MUTANTS: [Mutant; 20] = [
    mutant_of(
        "T3",
        INSTANCES,
        "begun.filter(|block| usize::from(*block) < memory.count())",
        "begun.filter(|block| usize::from(*block) > memory.count())",
        &[BLOCK_TAKEN_OVER],
    ),
    mutant_of("T4", INSTANCES, "changes.announce(change);\n        }", "}", &[DEAD_ANNOUNCED]),
    mutant_of(
        "I1",
        CHANGES,
        "sync::store_release(self.newest, change);",
        "sync::store(self.newest, change);",
        &[ANNOUNCED],
    ),
    mutant_of("I2", CHANGES, "sync::acquire_fence();", "", &[ANNOUNCED]),
    mutant_of(
        "I3",
        CHANGES,
        "word >> BLOCK_BITS != change << BLOCK_BITS >> BLOCK_BITS",
        "word == 0",
        &[NO_BLOCK_MISSED],
    ),
    mutant_of("I4", CHANGES, "self.last = newest;", "self.last = newest + 1;", &[NO_BLOCK_MISSED]),
    mutant_of(
        "I5",
        CHANGES,
        "sync::store(self.word(change), change << BLOCK_BITS | u64::from(block));",
        "let _ = (change, block);",
        &[BLOCK_TAKEN_OVER, DEAD_ANNOUNCED],
    ),
    mutant_of(
        "G0",
        NAMES,
        "Pairs with G4 and G10.\n        sync::store_release(self.generation, generation);",
        "Pairs with G4 and G10.\n        let _ = generation;",
        &[NAME_WHOLE],
    ),
    mutant_of("G1", INSTANCES, "sync::release_fence();", "", &[NAME_WHOLE]),
    mutant_of(
        "G2",
        NAMES,
        "with G3.\n        sync::store_release(self.generation, generation);",
        "with G3.\n        sync::store(self.generation, generation);",
        &[NAME_WHOLE],
    ),
    mutant_of(
        "G3",
        NAMES,
        "Pairs with G2.\n        sync::acquire_fence();",
        "Pairs with G2.",
        &[NAME_WHOLE],
    ),
    mutant_of(
        "G4",
        NAMES,
        "Pairs with G1.\n        sync::acquire_fence();",
        "Pairs with G1.",
        &[NAME_WHOLE],
    ),
    mutant_of(
        "G5",
        NAMES,
        "self.generation().wrapping_sub(generation) <= 1",
        "self.generation() != 0 * generation",
        &[OWN_RECORD],
    ),
    mutant_of(
        "G6",
        INSTANCES,
        "self.sequence(block).max(self.floor)",
        "self.sequence(block)",
        &[NAME_ONCE],
    ),
    mutant_of(
        "G7",
        INSTANCES,
        "self.raise_floor(memory, sequence);",
        "let _ = sequence;",
        &[NAME_ONCE],
    ),
    mutant_of("G8", RING, "sync::store(self.stamp(base), stamp::NEVER);", "", &[EMPTY]),
    mutant_of(
        "G9",
        NAMES,
        "self.generation() == generation",
        "self.generation() != 0 * generation",
        &[NAME_WHOLE],
    ),
    mutant_of(
        "G10",
        NAMES,
        "Pairs with G0.\n        sync::acquire_fence();",
        "Pairs with G0.",
        &[TOTAL],
    ),
    mutant_of("G11", NAMES, "later < TOTALS as u64 - 1", "later < u64::MAX", &[TOTAL_KNOWN]),
    mutant_of(
        "G12",
        NAMES,
        "sync::store(self.total_word(retirements(generation)), total);",
        "let _ = total;",
        &[TOTAL],
    ),
];
