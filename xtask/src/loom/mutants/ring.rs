//! Publishing a record, reading it, taking over: the ring and its front.

use super::{Mutant, PUBLISHER, RING, SEEN, TAIL, mutant_of};

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

pub(super) const MUTANTS: [Mutant; 30] = [
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
    mutant_of("T2", PUBLISHER, "announce(ring.memory().head(), unannounced);", "", &[TWO_DEATHS]),
];
