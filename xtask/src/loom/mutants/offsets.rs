//! The changes of the wall clock.

use super::{Mutant, OFFSETS, mutant_of};

const KEEPS: &str = "offsets::a_change_leaves_every_kept_record_its_number";
const KEEPS_OLDER: &str =
    "offsets::a_change_leaves_the_records_before_the_last_change_their_number";
const WAITS: &str = "offsets::no_change_is_made_while_records_go_with_both_numbers";
const AHEAD: &str = "offsets::a_record_whose_time_lies_ahead_keeps_its_number";

pub(super) const MUTANTS: [Mutant; 7] = [
    mutant_of(
        "C1",
        OFFSETS,
        "with C2 and C3.\n        sync::store_release(",
        "with C2 and C3.\n        sync::store(",
        &[KEEPS],
    ),
    mutant_of("C2", OFFSETS, "sync::acquire_fence();\n            number", "number", &[KEEPS]),
    mutant_of(
        "C3",
        OFFSETS,
        "sync::acquire_fence();\n            // CHOICE C4",
        "// CHOICE C4",
        &[KEEPS],
    ),
    mutant_of(
        "C4",
        OFFSETS,
        "if sync::load(self.since) == since {",
        "if since <= u64::MAX {",
        &[KEEPS],
    ),
    mutant_of(
        "C5",
        OFFSETS,
        "if oldest < since && is_current_used {",
        "if oldest > newest {",
        &[WAITS],
    ),
    mutant_of(
        "C6",
        OFFSETS,
        "if is_current_used { self.current } else { self.before }",
        "self.current",
        &[KEEPS_OLDER],
    ),
    mutant_of("C7", OFFSETS, "now.max(newest.saturating_add(1))", "now", &[AHEAD]),
];
