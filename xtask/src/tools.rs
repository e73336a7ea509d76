//! Programs from the registry that commands here need, and libraries for Python: built or installed into
//! `target/tools`, once.
//!
//! Price: minutes of building the first time.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use semver::Version;
use serde::Deserialize;

use crate::Outcome;

pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// What `cargo metadata` prints.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    target_directory: PathBuf,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: Version,
    pub(crate) license: Option<String>,
    pub(crate) manifest_path: PathBuf,
    /// `None`: a package of this workspace.
    pub(crate) source: Option<String>,
}

pub(crate) fn metadata(options: &[&str]) -> Fallible<Metadata> {
    let printed = printed(cargo().args(["metadata", "--format-version", "1"]).args(options))?;
    Ok(serde_json::from_str(&printed)?)
}

/// Where cargo builds: `target`, or what `CARGO_TARGET_DIR` or a configuration sets.
pub(crate) fn target_directory() -> Fallible<PathBuf> {
    Ok(metadata(&["--no-deps"])?.target_directory)
}

/// The end-to-end tests, with the features that they have as part of the workspace: `cargo test --workspace` has
/// built them.
pub(crate) const E2E: [&str; 4] = ["--locked", "--workspace", "--test", "e2e"];

/// The program of package `name`, built first if it is not there in this version.
pub(crate) fn tool(name: &str, version: &str) -> Fallible<PathBuf> {
    let tools = target_directory()?.join("tools");
    let program = tools.join("bin").join(name);
    if program.is_file() && is_installed(&tools, name, version) {
        return Ok(program);
    }
    eprintln!("building {name} {version} into {}", tools.display());
    // A directory of its own, so that the project's build is not locked meanwhile.
    let build = tools.join("build");
    let install = ["install", name, "--locked", "--force", "--version", version, "--root"];
    done(cargo().args(install).arg(&tools).env("CARGO_TARGET_DIR", &build))?;
    fs::remove_dir_all(build)?;
    Ok(program)
}

/// A Python that has the library `requirement`, such as `mcap==1.6.0`, installed first if it is not there.
pub(crate) fn python_with(requirement: &str) -> Fallible<PathBuf> {
    let directory = target_directory()?.join("tools").join(requirement);
    environment(Path::new("python3"), &directory, &[OsStr::new(requirement)])
}

/// The Python of the virtual environment in `directory`, made with `base` if it is not there, in which pip
/// has installed this.
pub(crate) fn environment(
    base: &Path,
    directory: &Path,
    requirements: &[&OsStr],
) -> Fallible<PathBuf> {
    let python = directory.join("bin/python3");
    let install = || {
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        done(Command::new(&python).args(pip).args(requirements))
    };
    if install().is_err() {
        done(Command::new(base).args(["-m", "venv", "--clear"]).arg(directory))?;
        install()?;
    }
    Ok(python)
}

/// What cargo itself has written down about `tools`.
fn is_installed(tools: &Path, name: &str, version: &str) -> bool {
    let list = fs::read_to_string(tools.join(".crates.toml")).unwrap_or_default();
    list.lines().any(|line| line.starts_with(&format!("\"{name} {version} (")))
}

/// The cargo that runs this command.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What `command` prints; its failure is an error.
pub(crate) fn printed(command: &mut Command) -> Fallible<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(String::from_utf8_lossy(&output.stderr).into())
}

/// What `command` prints on both streams; if it fails, they are the error.
pub(crate) fn transcript(command: &mut Command) -> Fallible<String> {
    let Output { status, stdout, stderr } = command.output()?;
    let printed = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    if status.success() {
        Ok(printed)
    } else {
        Err(format!("{command:?}: {status}: {printed}").into())
    }
}

/// A program that cargo has built.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Built {
    /// The manifest of its package.
    pub(crate) manifest_path: PathBuf,
    pub(crate) executable: PathBuf,
}

/// The program that a line of cargo's `--message-format json` announces.
pub(crate) fn built(message: &str) -> Option<Built> {
    serde_json::from_str(message).ok()
}

/// Runs `command`, whose failure is an error.
pub(crate) fn done(command: &mut Command) -> Outcome {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_read_from_cargos_messages() {
        let message = |executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/c/Cargo.toml","executable":{executable}}}"#
            )
        };
        let program = built(&message(r#""/t/channel-1""#)).expect("a program");
        assert_eq!(program.manifest_path, PathBuf::from("/c/Cargo.toml"));
        assert_eq!(program.executable, PathBuf::from("/t/channel-1"));
        assert_eq!(built(&message("null")), None, "a library");
    }

    #[test]
    fn a_tool_counts_only_in_the_version_wanted() {
        let tools = tempfile::tempdir().expect("a directory");
        let list = "[v1]\n\"xcp 0.24.9 (registry+https://example.invalid/index)\" = [\"xcp\"]\n";
        fs::write(tools.path().join(".crates.toml"), list).expect("a list");
        let has = |name: &str, version: &str| is_installed(tools.path(), name, version);
        assert!(has("xcp", "0.24.9"));
        assert!(!has("xcp", "0.24.8") && !has("xcp", "0.24") && !has("cp", "0.24.9"));
    }
}
