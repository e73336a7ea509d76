//! Which configurations the writer of a region publishes, by the command line of its process.
//!
//! Invariant: nothing is guessed: a process that is no producer, or whose files this user cannot see, is reported as
//! that. Files are compared as the process sees them, from its directory and its root.
//!
//! Price: a read of `/proc/PID/cmdline`, and a `stat` of each configuration.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{Error, ErrorKind};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use daemon::plain;
use producer::cli::Args;

/// See the [module](self).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Publishes {
    /// The configuration that is looked at.
    This,
    /// Others, as they were given to it.
    Others(String),
    /// What its standard input had when it started.
    Input,
    /// It is another program, of this name.
    NoProducer(String),
    /// This user cannot see it.
    Unknown,
}

impl Publishes {
    /// What the process `pid` publishes, seen from the configuration `config`.
    pub(super) fn of(pid: u64, config: &Path) -> Self {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let Some(words) = command_line(&process) else { return Self::Unknown };
        let name = Path::new(&words[0]).file_name().unwrap_or_default().to_string_lossy();
        let arguments = name.contains("producer").then(|| Args::try_parse_from(&words).ok());
        let Some(Args { configs, .. }) = arguments.flatten() else {
            return Self::NoProducer(plain(&name));
        };
        let found: Vec<_> = configs.iter().map(|path| names(&process, path, config)).collect();
        if found.iter().any(|found| matches!(found, Ok(true))) {
            return Self::This;
        }
        if configs.iter().any(|path| path == Path::new("-")) {
            return Self::Input;
        }
        if found.iter().any(|found| matches!(found, Err(error) if is_hidden(error))) {
            return Self::Unknown;
        }
        let given: Vec<_> = configs.iter().map(|path| plain(&path.to_string_lossy())).collect();
        Self::Others(if given.is_empty() {
            "what is built into it".into()
        } else {
            given.join(", ")
        })
    }
}

/// The words of the command line of `process`.
fn command_line(process: &Path) -> Option<Vec<OsString>> {
    let bytes = fs::read(process.join("cmdline")).ok()?;
    let words = bytes.strip_suffix(b"\0")?.split(|byte| *byte == 0);
    Some(words.map(|word| OsString::from_vec(word.to_vec())).collect())
}

/// Whether `path`, an argument of `process`, is the file `config` or its directory.
fn names(process: &Path, path: &Path, config: &Path) -> Result<bool, Error> {
    let seen = match path.strip_prefix("/") {
        Ok(below) => process.join("root").join(below),
        Err(_) => process.join("cwd").join(path),
    };
    let found = match fs::metadata(seen) {
        // The process of another user, on the same machine.
        Err(error) if is_hidden(&error) && path.is_absolute() => fs::metadata(path)?,
        found => found?,
    };
    let parent = config.parent().filter(|parent| !parent.as_os_str().is_empty());
    let own = if found.is_dir() { parent.unwrap_or(Path::new(".")) } else { config };
    let id = |file: &Metadata| (file.dev(), file.ino());
    Ok(id(&fs::metadata(own)?) == id(&found))
}

fn is_hidden(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}
