//! A run over mutants: a line for each, and an error if one survives.

use std::fmt::Display;
use std::time::Instant;

use crate::Outcome;
use crate::tools::Fallible;
use crate::workers;

/// How a mutant was caught, or what was printed instead.
pub(crate) type Caught = Result<String, String>;

/// Runs `attempt` on one mutant after the other.
pub(crate) fn all_caught<M: Display>(
    mutants: impl IntoIterator<Item = M>,
    attempt: impl Fn(&M) -> Fallible<Caught>,
) -> Outcome {
    let verdicts = mutants.into_iter().map(|mutant| verdict(&mutant, &attempt));
    judge(&verdicts.collect::<Fallible<Vec<_>>>()?)
}

/// The same on all processors, for attempts that do not get in each other's way.
pub(crate) fn all_caught_at_once<M: Display + Send>(
    mutants: impl IntoIterator<Item = M, IntoIter: Send>,
    attempt: impl Fn(&M) -> Fallible<Caught> + Sync,
) -> Outcome {
    judge(&workers::each(mutants, |mutant| verdict(&mutant, &attempt))?)
}

/// The name of the mutant if it survives.
fn verdict<M: Display>(
    mutant: &M,
    attempt: impl Fn(&M) -> Fallible<Caught>,
) -> Fallible<Option<String>> {
    let start = Instant::now();
    let caught = attempt(mutant)?;
    let seconds = start.elapsed().as_secs_f32();
    Ok(match caught {
        Ok(how) => {
            println!("{mutant} caught {how} ({seconds:.1} s)");
            None
        }
        Err(printed) => {
            println!("{printed}\n{mutant} NOT caught ({seconds:.1} s)");
            Some(mutant.to_string())
        }
    })
}

fn judge(verdicts: &[Option<String>]) -> Outcome {
    let survivors: Vec<&str> = verdicts.iter().flatten().map(String::as_str).collect();
    let count = verdicts.len();
    println!("{} of {count} mutants caught", count - survivors.len());
    if survivors.is_empty() {
        return Ok(());
    }
    Err(format!("not caught: {}; see above", survivors.join(", ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_survivor_fails_the_run_by_name() {
        let attempt =
            |name: &&str| Ok(if *name == "W1" { Err(String::new()) } else { Ok("by it".into()) });
        assert!(all_caught(["W0"], attempt).is_ok() && all_caught_at_once(["W0"], attempt).is_ok());
        let all = ["W0", "W1", "W2"];
        for outcome in [all_caught(all, attempt), all_caught_at_once(all, attempt)] {
            assert_eq!(outcome.expect_err("W1 survives").to_string(), "not caught: W1; see above");
        }
    }
}
