//! Which configurations a command line names: files, and those in directories.
//!
//! Invariant: they are in the order of the arguments, those of a directory by name, and none comes
//! twice. An argument that was a directory at the start is one until the end: if it is gone at a reload,
//! that is an error, and not a file that cannot be read.
//!
//! In a directory a configuration is what ends in `.toml` and does not begin with a dot: the backups
//! and temporary files of editors and package managers (`x.toml~`, `x.toml.dpkg-old`, `.x.toml.swp`) do
//! not count.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use settings::{EMBEDDED_ORIGIN, is_stdin};

use crate::cli::Args;
use crate::error::{Kind, ProducerError};

/// One configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Config {
    /// The one in the program.
    BuiltIn,
    /// A file, or standard input.
    File(PathBuf),
}

impl Config {
    /// The file; `None` for the one in the program.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::BuiltIn => None,
            Self::File(path) => Some(path),
        }
    }

    /// Why a reload cannot read it again, if that is so.
    pub(crate) fn read_once(&self) -> Option<&'static str> {
        match self {
            Self::BuiltIn => Some("the built-in configuration has no file to read again"),
            Self::File(path) if is_stdin(path) => {
                Some("standard input cannot be read again; keeping the configuration")
            }
            Self::File(_) => None,
        }
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str(EMBEDDED_ORIGIN),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// The arguments of a command line that name configurations.
#[derive(Debug)]
pub(crate) struct Configs(Vec<Argument>);

/// One of them.
#[derive(Debug)]
enum Argument {
    One(Config),
    Directory(PathBuf),
}

impl Configs {
    /// Those of `args`.
    ///
    /// # Errors
    /// [`Kind::OneRegion`]: an option is for one region, and there may be several.
    pub(crate) fn of(args: &Args) -> Result<Self, ProducerError> {
        let argument = |path: &PathBuf| {
            let is_directory = path.is_dir();
            let path = path.clone();
            if is_directory { Argument::Directory(path) } else { Argument::One(Config::File(path)) }
        };
        let mut arguments: Vec<_> = args.configs.iter().map(argument).collect();
        if arguments.is_empty() {
            arguments.push(Argument::One(Config::BuiltIn));
        }
        let configs = Self(arguments);
        let for_one = [("--region", args.region.is_some()), ("--memfd", args.memfd)];
        match for_one.iter().find(|(_, is_given)| *is_given && configs.may_be_many()) {
            Some((option, _)) => Err(Kind::OneRegion(option).into()),
            None => Ok(configs),
        }
    }

    /// Whether there may be more than one configuration, now or after a reload.
    pub(crate) fn may_be_many(&self) -> bool {
        !matches!(self.0[..], [Argument::One(_)])
    }

    /// The configurations, as the directories are now.
    pub(crate) fn list(&self) -> Result<Vec<Config>, ProducerError> {
        let mut configs = Vec::new();
        for argument in &self.0 {
            match argument {
                Argument::One(config) => configs.push(config.clone()),
                Argument::Directory(path) => {
                    configs.extend(in_directory(path)?.into_iter().map(Config::File));
                }
            }
        }
        let mut seen = HashSet::new();
        match configs.iter().find(|config| !seen.insert(*config)) {
            Some(config) => Err(Kind::GivenTwice(config.clone()).into()),
            None => Ok(configs),
        }
    }
}

/// The configurations in the directory `path`, by name.
fn in_directory(path: &Path) -> Result<Vec<PathBuf>, ProducerError> {
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|source| Kind::Directory { path: path.to_owned(), source })?;
    let names = entries.iter().map(fs::DirEntry::file_name).filter(|name| is_config(name));
    let mut paths: Vec<_> = names.map(|name| path.join(name)).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(Kind::NoConfigs(path.to_owned()).into());
    }
    Ok(paths)
}

fn is_config(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.ends_with(b".toml") && !name.starts_with(b".")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use clap::Parser;
    use tempfile::TempDir;

    use super::{Args, Config, Configs};

    fn files(names: &[&str]) -> TempDir {
        let dir = tempfile::tempdir().expect("directory");
        for name in names {
            fs::write(dir.path().join(name), "").expect("write");
        }
        dir
    }

    fn listed(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
        let words = paths.iter().map(|path| path.clone().into_os_string());
        let args = Args::try_parse_from(std::iter::once("producer".into()).chain(words));
        let configs = Configs::of(&args.expect("usage")).and_then(|configs| configs.list());
        let configs = configs.map_err(|error| error.to_string())?;
        Ok(configs.iter().filter_map(Config::path).map(PathBuf::from).collect())
    }

    #[test]
    fn a_directory_is_its_configurations_by_name_and_no_backup() {
        let names = [
            "b.toml",
            "a.toml",
            ".hidden.toml",
            ".a.toml.swp",
            "a.toml~",
            "#a.toml#",
            "a.toml.bak",
            "a.toml.dpkg-old",
            "README",
        ];
        let dir = files(&names);
        let path = |name: &str| dir.path().join(name);
        let want = [path("z.toml"), path("a.toml"), path("b.toml")];
        assert_eq!(listed(&[path("z.toml"), dir.path().into()]), Ok(want.to_vec()));
    }

    #[test]
    fn without_an_argument_it_is_the_one_in_the_program() {
        let args = Args::try_parse_from(["producer"]).expect("usage");
        let configs = Configs::of(&args).expect("usage");
        assert_eq!(configs.list().expect("a list"), [Config::BuiltIn]);
    }

    #[test]
    fn a_configuration_that_is_given_twice_and_a_directory_without_one_are_refused() {
        let dir = files(&["a.toml"]);
        let (inside, path) = (dir.path().join("a.toml"), dir.path().to_owned());
        let error = listed(&[path, inside.clone()]).expect_err("twice");
        assert_eq!(error, format!("{}: given twice; leave one out", inside.display()));
        let empty = files(&["a.toml~"]);
        let error = listed(&[empty.path().into()]).expect_err("empty");
        let path = empty.path().display().to_string();
        assert!(error.starts_with(&format!("{path}: holds no configuration; ")), "{error}");
    }
}
