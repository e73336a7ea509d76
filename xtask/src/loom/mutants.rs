//! Every line of the protocol that can be weakened, and the models that must then fail.
//!
//! Invariant: a name that stands in crates/channel/src (`/// SYNC W1: ...` in sync.rs, `/// CHOICE
//! L1: ...` in choice.rs) stands here, and both stand in docs/protocol.md with the same models. The
//! tests below compare the three.

/// A line of the protocol, and what must fail without it.
pub(super) struct Mutant {
    /// As in `--cfg mutant="W1"`.
    pub(super) name: &'static str,
    /// Each of these, alone.
    pub(super) models: &'static [&'static str],
}

const NEXT: &str = "publish::next_gives_a_whole_record_or_none";
const AT_ONCE: &str = "publish::latest_never_needs_a_second_look";
const BEHIND: &str = "publish::latest_never_goes_back_behind_next";
const AGREE: &str = "publish::next_has_what_latest_gave";
const FRESH: &str = "publish::a_fresh_ring_has_nothing_until_its_first_record_is_whole";
const LATER: &str = "publish::a_ring_that_begins_later_has_nothing_until_its_first_record_is_whole";
const LAPPED_NEXT: &str = "lapping::next_from_a_slot_being_used_again_is_whole_or_lapped";
const LAPPED_LATEST: &str = "lapping::latest_from_a_slot_being_used_again_is_whole";
const ACCOUNTS: &str = "lapping::tail_accounts_for_every_record_of_a_lapped_ring";
const RESUMES: &str = "lapping::a_lapped_reader_resumes_beyond_what_it_missed";
const TWICE: &str = "takeover::a_takeover_never_uses_a_number_twice";
const BACK: &str = "takeover::a_takeover_is_never_seen_going_back";
const TWO_DEATHS: &str = "takeover::a_takeover_of_a_takeover_never_uses_a_number_twice";

pub(super) const MUTANTS: [Mutant; 23] = [
    Mutant { name: "W0", models: &[LAPPED_NEXT, LAPPED_LATEST] },
    Mutant { name: "W1", models: &[LAPPED_NEXT, LAPPED_LATEST] },
    Mutant { name: "W2", models: &[NEXT, TWICE] },
    Mutant { name: "W3", models: &[NEXT, TWICE] },
    Mutant { name: "W4", models: &[AT_ONCE, AGREE] },
    Mutant { name: "W5", models: &[AT_ONCE, AGREE] },
    Mutant { name: "R0", models: &[AT_ONCE, AGREE] },
    Mutant { name: "R1", models: &[NEXT, TWICE] },
    Mutant { name: "R2", models: &[LAPPED_NEXT, LAPPED_LATEST] },
    Mutant { name: "R3", models: &[LAPPED_NEXT, LAPPED_LATEST] },
    Mutant { name: "L1", models: &[LAPPED_LATEST] },
    Mutant { name: "L2", models: &[FRESH, LATER] },
    Mutant { name: "L3", models: &[LAPPED_LATEST] },
    Mutant { name: "L4", models: &[BEHIND, BACK] },
    Mutant { name: "L5", models: &[BEHIND, BACK] },
    Mutant { name: "N1", models: &[NEXT, LAPPED_NEXT] },
    Mutant { name: "N2", models: &[LAPPED_NEXT] },
    Mutant { name: "N3", models: &[LAPPED_NEXT] },
    Mutant { name: "N4", models: &[LAPPED_NEXT, RESUMES] },
    Mutant { name: "N5", models: &[RESUMES] },
    Mutant { name: "N6", models: &[LAPPED_NEXT, ACCOUNTS] },
    Mutant { name: "T1", models: &[TWICE, BACK] },
    Mutant { name: "T2", models: &[TWO_DEATHS] },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loom::workspace;

    fn read(path: &str) -> String {
        std::fs::read_to_string(workspace().join(path)).expect("a file of this repository")
    }

    /// The lines that a source file names, each in the comment of its function.
    fn named(source: &str, kind: &str) -> Vec<String> {
        let lines = source.lines().filter_map(|line| line.strip_prefix(kind));
        lines.filter_map(|line| line.split(':').next()).map(str::to_owned).collect()
    }

    #[test]
    fn every_named_line_of_the_protocol_has_a_mutant_and_every_mutant_is_one() {
        let (sync, choice) =
            (read("crates/channel/src/sync.rs"), read("crates/channel/src/choice.rs"));
        let mut names = named(&sync, "/// SYNC ");
        names.extend(named(&choice, "/// CHOICE "));
        let mut mutants: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        names.sort_unstable();
        mutants.sort_unstable();
        assert_eq!(names, mutants);
        for name in mutants {
            let switch = format!("mutant = \"{name}\"");
            assert!(sync.contains(&switch) || choice.contains(&switch), "nothing says {switch}");
        }
    }

    #[test]
    fn every_mutant_has_a_row_in_the_document_with_its_models() {
        let document = read("docs/protocol.md");
        for mutant in &MUTANTS {
            let start = format!("| {} |", mutant.name);
            let row = document.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/protocol.md has no row {start}"));
            let cells = row.split('`').skip(1).step_by(2).filter(|code| code.contains("::"));
            assert_eq!(cells.collect::<Vec<_>>(), mutant.models, "in: {row}");
        }
    }

    #[test]
    fn no_ordering_stands_outside_a_named_line() {
        // A relaxed load or store means nothing by itself; what orders it has a name.
        let sync = read("crates/channel/src/sync.rs");
        let orders = ["Order::Release", "Order::Acquire", "Order::AcqRel", "Order::SeqCst"];
        let ordering = |item: &&str| orders.iter().any(|order| item.contains(order));
        let mut orderings = sync.split("\n\n").filter(ordering).peekable();
        assert!(orderings.peek().is_some(), "sync.rs orders nothing");
        for item in orderings {
            assert!(item.starts_with("/// SYNC "), "an ordering without a name:\n{item}");
        }
    }
}
