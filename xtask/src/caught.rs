//! A run over mutants: a line for each, and an error if one survives.

use std::fmt::Display;
use std::time::Instant;

use crate::Outcome;
use crate::tools::Fallible;

/// How a mutant was caught, or what was printed instead.
pub(crate) type Caught = Result<String, String>;

/// Runs `attempt` on each mutant.
pub(crate) fn all_caught<M: Display>(
    mutants: impl IntoIterator<Item = M>,
    mut attempt: impl FnMut(&M) -> Fallible<Caught>,
) -> Outcome {
    let (mut count, mut survivors) = (0, Vec::new());
    for mutant in mutants {
        count += 1;
        let start = Instant::now();
        let caught = attempt(&mutant)?;
        let seconds = start.elapsed().as_secs_f32();
        match caught {
            Ok(how) => println!("{mutant} caught {how} ({seconds:.1} s)"),
            Err(printed) => {
                println!("{printed}\n{mutant} NOT caught ({seconds:.1} s)");
                survivors.push(mutant.to_string());
            }
        }
    }
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
        assert!(all_caught(["W0"], attempt).is_ok());
        let err = all_caught(["W0", "W1", "W2"], attempt).expect_err("W1 survives");
        assert_eq!(err.to_string(), "not caught: W1; see above");
    }
}
