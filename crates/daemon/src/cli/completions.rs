//! `--completions`: TAB in a shell.
//!
//! A shell reads a few lines once. From then on it starts the program at each TAB, with [`VARIABLE`]
//! set and the words typed so far, and the program prints the candidates: options, their values,
//! files, and the regions that exist at this moment.
//!
//! Price: a start of the program for each TAB.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use clap::error::Result;
use clap::{Command, ValueEnum};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::{Bash, CompleteEnv, EnvCompleter, Fish, Shells, Zsh};

/// The variable with which a shell asks for candidates.
const VARIABLE: &str = "MAPCAST_COMPLETE";
const SHELLS: Shells<'_> = Shells(&[&Bash, &Zsh, &Fish]);

/// A shell that completes command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
}

impl Shell {
    /// What this shell reads to complete the command `name`, for which it starts `program`.
    ///
    /// # Errors
    /// None in practice: it is written to memory.
    pub fn registration(self, name: &str, program: &str) -> io::Result<String> {
        let shell: &dyn EnvCompleter = match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
        };
        let mut lines = Vec::new();
        shell.write_registration(VARIABLE, name, name, program, &mut lines)?;
        String::from_utf8(lines).map_err(io::Error::other)
    }
}

/// Prints the candidates if a shell asks for them; `false` if none does.
pub(super) fn answer(command: fn() -> Command) -> Result<bool> {
    let here = env::current_dir().ok();
    CompleteEnv::with_factory(command)
        .var(VARIABLE)
        .shells(SHELLS)
        .try_complete(env::args_os(), here.as_deref())
}

/// The lines for `shell` to complete this program, as it was started.
pub(super) fn lines(shell: Shell, program: &str) -> io::Result<String> {
    let started = PathBuf::from(env::args_os().next().unwrap_or_else(|| program.into()));
    let name = started.file_name().map_or(program.into(), OsStr::to_string_lossy);
    let is_path = started.components().count() > 1;
    let path = if is_path { env::current_dir()?.join(&started) } else { started.clone() };
    shell.registration(&name, &path.to_string_lossy())
}

/// Completes a configuration: files that end in `.toml`.
pub fn configurations() -> ArgValueCompleter {
    ArgValueCompleter::new(files(vec!["toml"]))
}

/// Completes a region: the names of those that exist, and files that end in `.region`, or in one of
/// `others`.
pub fn regions(others: &'static [&'static str]) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let names = region::names().into_iter().map(OsString::from);
        let names = names.filter(|name| is_begun(name, typed)).map(CompletionCandidate::new);
        let endings = ["region"].iter().chain(others).copied().collect();
        names.chain(files(endings).complete(typed)).collect()
    })
}

fn files(endings: Vec<&'static str>) -> PathCompleter {
    let ends = move |path: &Path| {
        path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
    };
    PathCompleter::any().filter(ends)
}

fn is_begun(name: &OsStr, typed: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(typed.as_encoded_bytes())
}
