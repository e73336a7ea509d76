//! The report of a verifier made by SPIN, and what it proves.
//!
//! Invariant: "no error" counts only for a complete search: all states, kept in full, with all steps of the
//! model taken and all its marks reached. What the report does not state counts as an error.
//!
//! ```text
//!   CLAIM(WHOLE, ...), REACHED(missed_one)   in the model: a mark
//!   reached WHOLE                            from the verifier, when it is reached first
//! ```

/// The report of one search.
#[derive(Debug)]
pub(super) struct Report<'a> {
    said: &'a str,
    /// States that are different from each other.
    pub(super) states: u64,
}

impl<'a> Report<'a> {
    pub(super) fn of(said: &'a str) -> Self {
        let states = said.lines().find_map(|line| line.trim().strip_suffix(" states, stored"));
        Self { said, states: states.and_then(|count| count.parse().ok()).unwrap_or(0) }
    }

    /// The report, if `model` holds and nothing was left out.
    pub(super) fn holds(self, model: &str) -> Result<Self, String> {
        let full = "Full statespace search for:";
        let wanted = [full, "assertion violations\t+", "invalid end states\t+", "errors: 0"];
        if let Some(missing) = wanted.iter().find(|wanted| !self.said.contains(**wanted)) {
            return Err(format!("the verifier does not print {missing:?}"));
        }
        let unwanted = ["Search not completed", "max search depth too small", "out of memory"];
        if let Some(bad) = unwanted.iter().find(|unwanted| self.said.contains(**unwanted)) {
            return Err(format!("the verifier prints {bad:?}"));
        }
        if let Some(mark) = marks(model).find(|mark| !self.passed(mark)) {
            return Err(format!("no state leads to the mark {mark}"));
        }
        match self.never_taken().first() {
            Some(step) => Err(format!("a step that is never taken: {step}")),
            None if self.states == 0 => Err("no states".to_owned()),
            None => Ok(self),
        }
    }

    /// Whether an assertion was broken; a deadlock does not count.
    pub(super) fn breaks_a_claim(&self) -> bool {
        let says = |what| self.said.lines().any(|line| line.contains(what));
        says("pan:1: assertion violated") && says("errors: 1")
    }

    fn passed(&self, mark: &str) -> bool {
        self.said.lines().any(|line| line.strip_prefix("reached ") == Some(mark))
    }

    /// Steps of the model that no state leads to, other than the ends of processes that never end.
    fn never_taken(&self) -> Vec<&'a str> {
        let steps = self.said.lines().filter(|line| line.contains(", state "));
        steps.filter(|line| !line.ends_with("\"-end-\"")).map(str::trim).collect()
    }
}

/// The marks that a model sets, other than in the definitions of the two macros.
fn marks(model: &str) -> impl Iterator<Item = &str> {
    let uses = model.lines().filter(|line| !line.starts_with("#define"));
    uses.filter_map(|line| {
        let (_, rest) = line.split_once("CLAIM(").or_else(|| line.split_once("REACHED("))?;
        rest.split([',', ')']).next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "#define CLAIM(name, holds) REACHED(name); assert(holds)
    CLAIM(WHOLE, a == b);
    :: head == n -> REACHED(missed_one)";

    const HOLDS: &str = "reached WHOLE
reached missed_one
Full statespace search for:
\tassertion violations\t+
\tinvalid end states\t+
State-vector 80 byte, depth reached 2014, errors: 0
  9688064 states, stored
unreached in proctype reader
\tpublish.pml:440, state 269, \"-end-\"
\t(1 of 269 states)";

    fn why(said: &str) -> String {
        Report::of(said).holds(MODEL).expect_err("this is no proof")
    }

    #[test]
    fn a_whole_search_without_an_error_holds() {
        assert_eq!(Report::of(HOLDS).holds(MODEL).map(|report| report.states), Ok(9_688_064));
    }

    #[test]
    fn a_search_that_left_something_out_proves_nothing() {
        assert!(why(&format!("error: max search depth too small\n{HOLDS}")).contains("depth"));
        assert!(why(&format!("Warning: Search not completed\n{HOLDS}")).contains("not completed"));
        assert!(why(&HOLDS.replace("Full", "Bit")).contains("Full"));
        assert!(why(&HOLDS.replace("violations\t+", "violations\t-")).contains("assertion"));
        assert!(why(&HOLDS.replace("errors: 0", "errors: 1")).contains("errors: 0"));
        assert_eq!(why(&HOLDS.replace("9688064", "0")), "no states");
        assert!(why("").contains("does not print"));
    }

    #[test]
    fn a_step_that_is_never_taken_makes_claims_empty() {
        let step = "\tpublish.pml:300, state 12, \"assert((n>0))\"\n";
        assert!(why(&HOLDS.replace("\t(1 of", &format!("{step}\t(1 of"))).contains("pml:300"));
    }

    #[test]
    fn a_mark_that_was_never_passed_makes_claims_empty() {
        assert_eq!(marks(MODEL).collect::<Vec<_>>(), ["WHOLE", "missed_one"]);
        let without = HOLDS.replace("reached missed_one\n", "");
        assert!(why(&without).contains("missed_one"));
        assert!(why(&HOLDS.replace("WHOLE", "WHOLESALE")).contains("mark WHOLE"));
    }

    #[test]
    fn only_a_broken_claim_catches_a_mutant() {
        let broken = "pan:1: assertion violated (n>0) (at depth 3)\ndepth reached 3, errors: 1";
        assert!(Report::of(broken).breaks_a_claim());
        assert!(
            !Report::of(&broken.replace("assertion violated", "invalid end state"))
                .breaks_a_claim()
        );
        assert!(!Report::of(HOLDS).breaks_a_claim());
    }
}
