//! C programs of this crate, compiled and run: they make the mistakes that Rust does not let us
//! make, and some of them die of it.
//!
//! Invariant: a program that dies leaves no core file, and harms no other process.

use crate::{Failure, Place, ended};
use nix::sys::resource::{Resource, setrlimit};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where `NAME.c` and `lesson.h` are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/c");

/// `c/NAME.c`, compiled.
#[derive(Debug)]
pub struct Program {
    program: PathBuf,
    /// Where the program is; deleted with this.
    place: Place,
}

/// What a run of a C program printed, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its lines.
    pub lines: Vec<String>,
    /// "exit code 0", "killed by SIGBUS".
    pub ended: String,
}

impl Program {
    /// Compiles `c/NAME.c` with the machine's C compiler.
    ///
    /// # Errors
    /// If there is no compiler called `cc`, or it refuses the program or warns of it.
    pub fn compile(name: &str) -> Result<Self, Failure> {
        let place = Place::new()?;
        let program = place.path().join(name);
        let source = Path::new(SOURCES).join(format!("{name}.c"));
        let output = Command::new("cc")
            .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([&program, &source])
            .output()
            .map_err(|err| format!("cc: {err}; install gcc or clang"))?;
        if output.status.success() {
            Ok(Self { program, place })
        } else {
            Err(format!("cc: {}", String::from_utf8_lossy(&output.stderr)).into())
        }
    }

    /// Runs it in an empty directory, with `case` as its only argument.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn run(&self, case: &str) -> Result<Run, Failure> {
        // It is inherited, and this process has no use for a core file either.
        setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
        let dir = tempfile::tempdir_in(self.place.path())?;
        let output = Command::new(&self.program).arg(case).current_dir(dir.path()).output()?;
        Ok(Run { lines: lines_of(&output), ended: ended(output.status) })
    }
}

fn lines_of(output: &Output) -> Vec<String> {
    let both = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    both.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::Program;

    #[test]
    fn a_program_is_compiled_run_and_its_end_told() {
        let program = Program::compile("question_1").unwrap();
        let run = program.run("touch").unwrap();
        assert_eq!(run.ended, "killed by SIGBUS", "{run:?}");
        assert_eq!(program.run("no such case").unwrap().ended, "exit code 2");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_of_the_compiler() {
        let err = Program::compile("no_such_program").unwrap_err();
        assert!(err.to_string().contains("no_such_program"), "{err}");
    }
}
