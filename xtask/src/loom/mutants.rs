//! Every line of the protocol that can be weakened, how, and the models that must then fail.
//!
//! Invariant: every name in crates/channel/src (`// SYNC W1: ...` for what orders, `// CHOICE L1: ...` for
//! what decides) is listed here, and in docs/protocol.md with the same models. The tests below compare
//! the three, and check that each patch fits the sources exactly once.

use std::fmt;

use crate::mutant::Patch;

/// A line of the protocol, and what must fail without it.
pub(crate) struct Mutant {
    pub(crate) patch: Patch,
    /// Each of these, alone.
    pub(super) models: &'static [&'static str],
}

impl Mutant {
    pub(crate) const fn name(&self) -> &'static str {
        self.patch.name
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The mutant called `name`.
pub(crate) fn mutant(name: &str) -> Option<&'static Mutant> {
    MUTANTS.iter().find(|mutant| mutant.name() == name)
}

const NEXT: &str = "publish::next_returns_a_whole_record_or_none";
const AT_ONCE: &str = "publish::latest_succeeds_at_the_first_attempt";
const BEHIND: &str = "publish::latest_is_never_older_than_next";
const AGREE: &str = "publish::next_returns_what_latest_has_returned";
const FRESH: &str = "publish::a_fresh_ring_has_nothing_until_its_first_record_is_whole";
const LATER: &str = "publish::a_ring_that_begins_later_has_nothing_until_its_first_record_is_whole";
const LAPPED_NEXT: &str = "lapping::next_from_a_reused_slot_is_whole_or_lapped";
const LAPPED_LATEST: &str = "lapping::latest_from_a_reused_slot_is_whole";
const ACCOUNTS: &str = "lapping::tail_accounts_for_every_record_of_a_lapped_ring";
const RESUMES: &str = "lapping::a_lapped_reader_resumes_after_the_missed_records";
const LEFT_OUT: &str = "left_out::what_was_left_out_is_missed_once_the_record_after_it_is_there";
const LEFT_OUT_TAKEN_OVER: &str = "left_out::a_takeover_keeps_the_record_behind_what_was_left_out";
const TWICE: &str = "takeover::a_takeover_never_uses_a_number_twice";
const BACK: &str = "takeover::no_reader_goes_back_at_a_takeover";
const TWO_DEATHS: &str = "takeover::a_takeover_of_a_takeover_never_uses_a_number_twice";

const FRONT: &str = "front::latest_from_the_front_is_whole_at_the_first_attempt";
const FRONT_BEHIND: &str = "front::latest_from_the_front_never_goes_back_behind_next";
const FRONT_EMPTY: &str = "front::a_front_that_nothing_was_published_to_gives_nothing";
const FRONT_AGREES: &str = "front::next_has_what_the_front_gave";
const FRONT_TAKEN_OVER: &str =
    "front::a_takeover_is_never_seen_in_the_front_as_two_records_or_one_gone_back";

const KEEPS: &str = "offsets::a_change_leaves_every_kept_record_its_number";
const KEEPS_OLDER: &str =
    "offsets::a_change_leaves_the_records_before_the_last_change_their_number";
const WAITS: &str = "offsets::no_change_is_made_while_records_go_with_both_numbers";
const AHEAD: &str = "offsets::a_record_whose_time_lies_ahead_keeps_its_number";

const OFFSETS: &str = "offsets.rs";
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

const CHANGES: &str = "changes.rs";
const INSTANCES: &str = "instances.rs";
const NAMES: &str = "names.rs";
const PUBLISHER: &str = "publisher.rs";
const RING: &str = "ring.rs";
const SEEN: &str = "seen.rs";
const TAIL: &str = "tail.rs";

const fn mutant_of(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    models: &'static [&'static str],
) -> Mutant {
    Mutant { patch: Patch { name, file, from, to }, models }
}

pub(super) const MUTANTS: [Mutant; 57] = [
    mutant_of(
        "W0",
        PUBLISHER,
        "sync::store(slot.stamp, stamp::writing(sequence));",
        "let _ = sequence;",
        &[LAPPED_NEXT, LAPPED_LATEST, FRONT],
    ),
    mutant_of("W1", PUBLISHER, "sync::release_fence();", "", &[LAPPED_NEXT, LAPPED_LATEST, FRONT]),
    mutant_of(
        "W2",
        PUBLISHER,
        "fill(ring, &slot, published_at, record);\n    seal(&slot, sequence);",
        "seal(&slot, sequence);\n    fill(ring, &slot, published_at, record);",
        &[NEXT, TWICE],
    ),
    mutant_of(
        "W3",
        PUBLISHER,
        "sync::store_release(slot.stamp,",
        "sync::store(slot.stamp,",
        &[NEXT, TWICE],
    ),
    mutant_of("W4", PUBLISHER, "sync::store_release(head,", "sync::store(head,", &[AT_ONCE, AGREE]),
    mutant_of(
        "W5",
        PUBLISHER,
        "    fill(ring, &slot, published_at, record);\n    seal(",
        "    announce(head, sequence);\n    fill(ring, &slot, published_at, record);\n    seal(",
        &[AT_ONCE, AGREE],
    ),
    mutant_of("R0", RING, "sync::acquire_fence();\n        head", "head", &[AT_ONCE, AGREE]),
    mutant_of(
        "R1",
        RING,
        "sync::acquire_fence();\n        let published_at",
        "let published_at",
        &[NEXT, TWICE],
    ),
    mutant_of(
        "R2",
        RING,
        "sync::acquire_fence();\n        // SYNC R3",
        "// SYNC R3",
        &[LAPPED_NEXT, LAPPED_LATEST, FRONT],
    ),
    mutant_of(
        "R3",
        RING,
        "(sync::load(slot.stamp) == found).then_some(published_at)",
        "Some(published_at).filter(|_| found != 0)",
        &[LAPPED_NEXT, LAPPED_LATEST, FRONT],
    ),
    mutant_of(
        "L1",
        RING,
        "complete.\n        if stamp::is_never(found) || found != stamp::complete(sequence) {",
        "complete.\n        if stamp::is_never(found) {",
        &[LAPPED_LATEST],
    ),
    mutant_of("L2", "stamp.rs", "stamp == NEVER", "stamp == NEVER && false", &[FRESH, LATER]),
    mutant_of("L3", RING, "once_more(retries, record_len).map(Some)", "Ok(None)", &[LAPPED_LATEST]),
    mutant_of(
        "L4",
        RING,
        "self.head().max(seen.sequence())",
        "self.head() + 0 * seen.sequence()",
        &[BEHIND, BACK],
    ),
    mutant_of(
        "L5",
        TAIL,
        "for `latest`.\n                self.has_returned(publication.sequence);",
        "for `latest`.",
        &[BEHIND, BACK],
    ),
    mutant_of(
        "N1",
        RING,
        "complete.\n            if stamp::is_never(found) || found != stamp::complete(sequence) {",
        "complete.\n            if stamp::is_never(found) {",
        &[NEXT, LAPPED_NEXT],
    ),
    mutant_of(
        "N2",
        RING,
        "retries = once_more(retries, part.record_len())?;",
        "retries = 0 * retries;\n            return Ok(Step::Pending);",
        &[LAPPED_NEXT],
    ),
    mutant_of(
        "N3",
        RING,
        "if stamp::is_past(found, after.wrapping_add(1)) {",
        "if stamp::is_past(found, u64::MAX) {",
        &[LAPPED_NEXT],
    ),
    mutant_of(
        "N4",
        RING,
        "self.head().saturating_sub(u64::from(self.mask))",
        "self.head()",
        &[LAPPED_NEXT, RESUMES],
    ),
    mutant_of("N5", RING, "oldest.max(after.wrapping_add(1))", "oldest", &[RESUMES]),
    mutant_of(
        "N6",
        TAIL,
        "self.last.wrapping_add(missed)",
        "self.last.wrapping_add(missed + 1)",
        &[LAPPED_NEXT, ACCOUNTS],
    ),
    mutant_of(
        "K1",
        PUBLISHER,
        "begin(&ring.slot(number, 0), one_round_later(ring, number));",
        "let _ = number;",
        &[LEFT_OUT],
    ),
    mutant_of(
        "K2",
        PUBLISHER,
        "&& is_left_out(ring, unannounced)",
        "&& false",
        &[LEFT_OUT_TAKEN_OVER],
    ),
    mutant_of(
        "T1",
        PUBLISHER,
        "if found != stamp::complete(unannounced) {",
        "if found != u64::MAX {",
        &[TWICE, BACK],
    ),
    mutant_of(
        "F1",
        PUBLISHER,
        "    seal(&slot, sequence);\n    // CHOICE F1",
        "    if let Some(front) = &front {\n        begin(front, sequence);\n        fill(ring, front, published_at, record);\n        seal(front, sequence);\n    }\n    seal(&slot, sequence);\n    // CHOICE F1",
        &[FRONT_AGREES],
    ),
    mutant_of(
        "F2",
        SEEN,
        "if number < self.least {",
        "if number < 1 + 0 * self.least {",
        &[FRONT_BEHIND, FRONT_TAKEN_OVER],
    ),
    mutant_of(
        "F3",
        PUBLISHER,
        "sync::store(front.stamp, stamp::writing(unannounced));",
        "let _ = front;",
        &[FRONT_TAKEN_OVER],
    ),
    mutant_of("F4", SEEN, "if number < 1 { 1 }", "if number < 1 { 0 }", &[FRONT_EMPTY]),
    mutant_of(
        "F5",
        PUBLISHER,
        "sync::store(front.stamp, stamp::writing(unannounced));",
        "sync::store(front.stamp, stamp::complete(head));",
        &[FRONT_TAKEN_OVER],
    ),
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
    mutant_of("T2", PUBLISHER, "announce(ring.memory().head(), unannounced);", "", &[TWO_DEATHS]),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutant::root;

    const FILES: [&str; 10] =
        [CHANGES, INSTANCES, NAMES, OFFSETS, PUBLISHER, RING, SEEN, "stamp.rs", "sync.rs", TAIL];

    fn read(path: &str) -> String {
        std::fs::read_to_string(root().join(path)).expect("a file of this repository")
    }

    fn source(file: &str) -> String {
        read(&format!("crates/channel/src/{file}"))
    }

    /// The names in the comments of a source file.
    fn named(source: &str) -> Vec<String> {
        let comments = source.lines().filter_map(|line| line.trim_start().strip_prefix("// "));
        let marks = comments
            .filter_map(|text| text.strip_prefix("SYNC ").or_else(|| text.strip_prefix("CHOICE ")));
        marks.filter_map(|mark| Some(mark.split_once(':')?.0.to_owned())).collect()
    }

    #[test]
    fn every_named_line_of_the_protocol_has_a_mutant_and_every_mutant_is_one() {
        let mut names: Vec<String> = FILES.iter().flat_map(|file| named(&source(file))).collect();
        let mut mutants: Vec<&str> = MUTANTS.iter().map(Mutant::name).collect();
        names.sort_unstable();
        mutants.sort_unstable();
        assert_eq!(names, mutants);
    }

    #[test]
    fn every_patch_fits_its_file_exactly_once() {
        for mutant in &MUTANTS {
            let source = source(mutant.patch.file);
            let patched = mutant.patch.apply(&source).expect("a patch that fits");
            assert_ne!(patched, source, "{} changes nothing", mutant.name());
        }
    }

    #[test]
    fn every_mutant_has_a_row_in_the_document_with_its_models() {
        let document = read("docs/protocol.md");
        for mutant in &MUTANTS {
            let start = format!("| {} |", mutant.name());
            let row = document.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/protocol.md has no row {start}"));
            let cells = row.split('`').skip(1).step_by(2).filter(|code| code.contains("::"));
            assert_eq!(cells.collect::<Vec<_>>(), mutant.models, "in: {row}");
        }
    }

    #[test]
    fn no_ordering_stands_outside_a_named_line() {
        // A relaxed load or store means nothing by itself; what orders it has a name right above.
        let orders = ["sync::store_release(", "sync::release_fence(", "sync::acquire_fence("];
        let mut found = 0;
        for file in FILES {
            let source = source(file);
            let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
            for (at, line) in lines.iter().enumerate() {
                if orders.iter().any(|order| line.starts_with(order)) {
                    let comment =
                        lines[..at].iter().rev().take_while(|above| above.starts_with("//"));
                    let is_named = comment.clone().any(|above| above.starts_with("// SYNC "));
                    assert!(is_named, "{file}:{}: an ordering without a name", at + 1);
                    found += 1;
                }
            }
        }
        let names = "W1, W3, W4, R0, R1, R2, C1, C2, C3, I1, I2, G0, G1, G2, G3, G4, G10";
        assert_eq!(found, names.split(", ").count(), "{names}");
    }

    #[test]
    fn atomics_are_named_in_one_file_only() {
        for file in FILES.iter().filter(|file| **file != "sync.rs") {
            assert!(!source(file).contains("Ordering"), "{file}");
        }
    }
}
