//! Every line of the protocol that can be weakened, how, and the models that must then fail.
//!
//! Invariant: every name in crates/channel/src (`// SYNC W1: ...` for what orders, `// CHOICE L1: ...` for
//! what decides) is listed here, and in docs/protocol.md with the same models. The tests below compare
//! the three, and check that each patch fits the sources exactly once.

mod instances;
mod offsets;
mod ring;

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
    all().find(|mutant| mutant.name() == name)
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Mutant> {
    ring::MUTANTS.iter().chain(&offsets::MUTANTS).chain(&instances::MUTANTS)
}

const OFFSETS: &str = "offsets.rs";
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
        let mut mutants: Vec<&str> = all().map(Mutant::name).collect();
        names.sort_unstable();
        mutants.sort_unstable();
        assert_eq!(names, mutants);
    }

    #[test]
    fn every_patch_fits_its_file_exactly_once() {
        for mutant in all() {
            let source = source(mutant.patch.file);
            let patched = mutant.patch.apply(&source).expect("a patch that fits");
            assert_ne!(patched, source, "{} changes nothing", mutant.name());
        }
    }

    #[test]
    fn every_mutant_has_a_row_in_the_document_with_its_models() {
        let document = read("docs/protocol.md");
        for mutant in all() {
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
