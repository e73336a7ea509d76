//! The models that must hold, and the mutants that must break a claim.
//!
//! Invariant: every line that loom weakens (crates/channel) is weakened here too, and every claim of
//! docs/model/publish.pml, front.pml, changes.pml, names.pml and `left_out.pml` is broken by some mutant, so that none of
//! them is vacuous.

use std::fmt;

pub(super) const PUBLISH: &str = "publish.pml";
const FRONT: &str = "front.pml";
const OFFSETS: &str = "offsets.pml";
const CHANGES: &str = "changes.pml";
const NAMES: &str = "names.pml";
const TOTALS: &str = "totals.pml";
const LEFT_OUT: &str = "left_out.pml";
const WAIT: &str = "wait.pml";

/// A model as it is, or from another beginning.
pub(super) struct Model {
    pub(super) file: &'static str,
    pub(super) defines: &'static [&'static str],
}

pub(super) const MODELS: [Model; 9] = [
    Model { file: PUBLISH, defines: &[] },
    Model { file: PUBLISH, defines: &["BASE=3", "LAST=8"] },
    Model { file: FRONT, defines: &[] },
    Model { file: OFFSETS, defines: &[] },
    Model { file: CHANGES, defines: &[] },
    Model { file: NAMES, defines: &[] },
    Model { file: TOTALS, defines: &[] },
    Model { file: LEFT_OUT, defines: &[] },
    Model { file: WAIT, defines: &[] },
];

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        self.defines.iter().try_for_each(|define| write!(f, " {define}"))
    }
}

/// A model with one step weakened, or a ring that is too small.
pub(super) struct Mutant {
    pub(super) file: &'static str,
    pub(super) name: &'static str,
    /// Each of these, the other claims switched off, must be broken. Empty: the model has but one.
    claims: &'static [&'static str],
}

const fn publish(name: &'static str, claims: &'static [&'static str]) -> Mutant {
    Mutant { file: PUBLISH, name, claims }
}

const fn front(name: &'static str, claims: &'static [&'static str]) -> Mutant {
    Mutant { file: FRONT, name, claims }
}

const fn offsets(name: &'static str) -> Mutant {
    Mutant { file: OFFSETS, name, claims: &[] }
}

const fn changes(name: &'static str, claims: &'static [&'static str]) -> Mutant {
    Mutant { file: CHANGES, name, claims }
}

const fn names(name: &'static str, claims: &'static [&'static str]) -> Mutant {
    Mutant { file: NAMES, name, claims }
}

const fn totals(name: &'static str) -> Mutant {
    Mutant { file: TOTALS, name, claims: &[] }
}

const fn left_out(name: &'static str, claims: &'static [&'static str]) -> Mutant {
    Mutant { file: LEFT_OUT, name, claims }
}

const fn wait(name: &'static str) -> Mutant {
    Mutant { file: WAIT, name, claims: &[] }
}

pub(super) const MUTANTS: [Mutant; 65] = [
    publish("MUTANT_W0", &["WHOLE"]),
    publish("MUTANT_W1", &["WHOLE"]),
    publish("MUTANT_W2", &["WHOLE"]),
    publish("MUTANT_W3", &["WHOLE", "THE_ONE"]),
    publish("MUTANT_W4", &["HEAD_IS_COMPLETE", "FIRST_LOOK"]),
    publish("MUTANT_W5", &["HEAD_IS_COMPLETE", "FIRST_LOOK"]),
    publish("MUTANT_R0", &["FIRST_LOOK"]),
    publish("MUTANT_R1", &["WHOLE", "THE_ONE"]),
    publish("MUTANT_R2", &["WHOLE"]),
    publish("MUTANT_R3", &["WHOLE"]),
    publish("MUTANT_L1", &["WHOLE"]),
    publish("MUTANT_L2", &["WHOLE"]),
    publish("MUTANT_L3", &["NOT_EMPTY"]),
    publish("MUTANT_L4", &["NOT_BACK"]),
    publish("MUTANT_L5", &["NOT_BACK"]),
    publish("MUTANT_HEAD_ONCE", &["FEW_LOOKS"]),
    publish("MUTANT_N1", &["WHOLE"]),
    publish("MUTANT_N2", &["NOT_MISSING"]),
    publish("MUTANT_N3", &["NOT_MISSING"]),
    publish("MUTANT_N4", &["KEPT_ARE_KEPT"]),
    publish("MUTANT_N5", &["GOES_ON"]),
    publish("MUTANT_N6", &["SUM"]),
    publish("MUTANT_T1", &["ONCE", "GONE"]),
    publish("MUTANT_T2", &["ONCE"]),
    publish("SLOTS=1", &["FIRST_LOOK"]),
    publish("SLOTS=2", &["FIRST_LOOK", "HEAD_IS_COMPLETE"]),
    front("MUTANT_F1", &["IN_RING"]),
    front("MUTANT_F2", &["NEVER_BACK"]),
    front("MUTANT_F3", &["NOT_OLD"]),
    front("MUTANT_F4", &["INTACT"]),
    front("MUTANT_F5", &["INTACT"]),
    offsets("MUTANT_C1"),
    offsets("MUTANT_C2"),
    offsets("MUTANT_C3"),
    offsets("MUTANT_C4"),
    offsets("MUTANT_C5"),
    offsets("MUTANT_C6"),
    offsets("MUTANT_C7"),
    changes("MUTANT_I1", &["ANNOUNCED"]),
    changes("MUTANT_I2", &["TRULY_LAPPED"]),
    changes("MUTANT_I3", &["ANNOUNCED"]),
    changes("MUTANT_I4", &["ANNOUNCED", "COUNTED"]),
    changes("MUTANT_I5", &["NAMED"]),
    changes("MUTANT_T3", &["ONCE", "NAMED"]),
    changes("MUTANT_T4", &["NAMED"]),
    names("MUTANT_G0", &["NAME_WHOLE"]),
    names("MUTANT_G1", &["NAME_WHOLE"]),
    names("MUTANT_G2", &["NAME_WHOLE"]),
    names("MUTANT_G3", &["NAME_WHOLE"]),
    names("MUTANT_G4", &["NAME_WHOLE"]),
    names("MUTANT_G5", &["OWN_RECORD"]),
    names("MUTANT_G6", &["NAME_ONCE"]),
    names("MUTANT_G7", &["NAME_ONCE"]),
    names("MUTANT_G8", &["OWN_RECORD"]),
    names("MUTANT_G9", &["NAME_WHOLE"]),
    totals("MUTANT_G10"),
    totals("MUTANT_G11"),
    totals("MUTANT_G12"),
    left_out("MUTANT_K1", &["ONCE", "NOT_MISSING"]),
    left_out("MUTANT_K2", &["ONCE", "NOT_MISSING"]),
    left_out("MUTANT_GAP", &["HEAD_IS_COMPLETE", "KEPT_ARE_KEPT"]),
    wait("MUTANT_LOOK"),
    wait("MUTANT_COMPARE"),
    wait("MUTANT_WAKE_FIRST"),
    wait("MUTANT_TAKE_OVER"),
];

impl Mutant {
    /// What it breaks, in words.
    pub(super) fn claims(&self) -> String {
        if self.claims.is_empty() { "the one claim".to_owned() } else { self.claims.join(", ") }
    }

    /// What each search for it is made with: the mutant, and the one claim that is left.
    pub(super) fn searches(&self) -> Vec<Vec<String>> {
        let mutant = self.name.to_owned();
        if self.claims.is_empty() {
            return vec![vec![mutant]];
        }
        let only = |claim| vec![mutant.clone(), format!("ONLY={claim}")];
        self.claims.iter().map(only).collect()
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.file, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spin::model_path;

    fn read(file: &str) -> String {
        std::fs::read_to_string(model_path(file)).expect("a file of this repository")
    }

    /// The claims that the model lists: `#define WHOLE 3 /* ... */` between its two marks.
    fn claims(model: &str) -> Vec<&str> {
        let list = model.split("#define ALL 0\n").nth(1).expect("a list of claims");
        let list = list.lines().map_while(|line| line.strip_prefix("#define "));
        list.filter_map(|line| line.split(' ').next()).collect()
    }

    #[test]
    fn every_line_that_loom_weakens_is_weakened_here_too() {
        for line in crate::loom::lines() {
            let name = format!("MUTANT_{line}");
            assert!(MUTANTS.iter().any(|mutant| mutant.name == name), "spin has no {name}");
        }
    }

    #[test]
    fn every_mutant_is_in_its_model_and_every_mutant_of_a_model_runs() {
        for file in [PUBLISH, FRONT, CHANGES, NAMES, TOTALS, LEFT_OUT, OFFSETS, WAIT] {
            let model = read(file);
            for mutant in MUTANTS.iter().filter(|mutant| mutant.file == file) {
                let name = mutant.name.split('=').next().expect("a name");
                assert!(model.contains(name), "{file} has no {name}");
            }
            let switches = model.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for name in switches.filter(|word| word.starts_with("MUTANT_")) {
                assert!(MUTANTS.iter().any(|mutant| mutant.name == name), "no run has {name}");
            }
        }
    }

    #[test]
    fn every_claim_is_made_and_broken_by_some_mutant() {
        for (file, count) in [(PUBLISH, 13), (FRONT, 4), (CHANGES, 5), (NAMES, 3), (LEFT_OUT, 4)] {
            let model = read(file);
            let claims = claims(&model);
            assert_eq!(claims.len(), count);
            let mutants = || MUTANTS.iter().filter(|mutant| mutant.file == file);
            for claim in &claims {
                assert!(model.contains(&format!("CLAIM({claim}, ")), "nothing claims {claim}");
                assert!(
                    mutants().any(|mutant| mutant.claims.contains(claim)),
                    "none breaks {claim}"
                );
            }
            assert!(mutants().flat_map(|mutant| mutant.claims).all(|claim| claims.contains(claim)));
        }
    }

    #[test]
    fn every_mutant_has_a_row_in_the_document_with_its_claims() {
        let document = read("README.md");
        for mutant in &MUTANTS {
            let start = format!("| `{}` |", mutant.name);
            let row = document.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("docs/model/README.md has no row {start}"));
            let claims = row.rsplit('|').nth(1).unwrap_or_default();
            let claims: Vec<&str> = claims.split('`').skip(1).step_by(2).collect();
            assert_eq!(claims, mutant.claims, "in: {row}");
        }
    }
}
