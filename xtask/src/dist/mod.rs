//! `cargo xtask dist`: the Debian package, `mapcast_VERSION_ARCH.deb`, in `target/dist`.
//!
//! What is in it stands in `xtask/deb/Cargo.toml`. The parts that are made and not kept, the pages
//! and completions out of the clap definitions and the notices of the libraries, are written to
//! `target/release/mapcast-deb` first, so that the list there can name them.
//!
//! Price: cargo-deb is built into `target/tools` the first time (138 s of CPU time on a 2-core
//! Linux 6.18 VM, 2026-11-22); afterwards the package takes as long as the release build.

mod notices;
mod pages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// The tool that writes the archive, in the version this was tried with.
const CARGO_DEB: &str = "3.8.0";

/// Makes the package and says where it is.
pub(crate) fn run() -> Outcome {
    let package = make()?;
    println!("{}", package.display());
    Ok(())
}

/// Makes the package.
pub(crate) fn make() -> Fallible<PathBuf> {
    let target = target_directory()?;
    build()?;
    generate(&target.join("release/mapcast-deb"))?;
    pack(&target)
}

/// Where cargo builds: `target`, or what `CARGO_TARGET_DIR` or a configuration says.
pub(crate) fn target_directory() -> Fallible<PathBuf> {
    let output = cargo().args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let target = metadata["target_directory"].as_str().ok_or("cargo metadata: no target")?;
    Ok(target.into())
}

fn build() -> Outcome {
    let packages = ["--package", "producer", "--package", "consumer"];
    done(cargo().args(["build", "--release", "--locked"]).args(packages))
}

/// Writes what the package holds beside programs and files of the source tree.
fn generate(into: &Path) -> Outcome {
    if into.exists() {
        // Nothing of an older version shall slip in.
        fs::remove_dir_all(into)?;
    }
    for command in [pages::producer(), pages::consumer()] {
        pages::write(&command, into)?;
    }
    fs::write(into.join("NOTICES"), notices::text()?)?;
    // cargo-deb compresses pages, but not those below target/release. Without a time (-n), equal
    // pages are equal files.
    let pages = [pages::producer(), pages::consumer()]
        .map(|command| into.join(format!("man/{}.1", command.get_name())));
    done(Command::new("gzip").args(["-9", "-n"]).args(pages))
}

fn pack(target: &Path) -> Fallible<PathBuf> {
    let dist = target.join("dist");
    fs::create_dir_all(&dist)?;
    let output = Command::new(cargo_deb(target)?)
        .args(["--package", "mapcast", "--no-build", "--quiet", "--output"])
        .arg(format!("{}/", dist.display()))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("cargo-deb: {said}").into());
    }
    // It prints the path of what it wrote.
    let printed = String::from_utf8_lossy(&output.stdout);
    let path = printed.lines().last().map(PathBuf::from).filter(|path| path.is_file());
    path.ok_or_else(|| format!("cargo-deb wrote no package: {printed}{said}").into())
}

/// The tool, built first if it is not there in the version wanted.
fn cargo_deb(target: &Path) -> Fallible<PathBuf> {
    let tools = target.join("tools");
    let program = tools.join("bin/cargo-deb");
    let there = Command::new(&program).arg("--version").output();
    let wanted = format!("cargo-deb {CARGO_DEB}");
    if there.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == wanted) {
        return Ok(program);
    }
    eprintln!("building {wanted} into {}", tools.display());
    let install = ["install", "cargo-deb", "--locked", "--force", "--version", CARGO_DEB, "--root"];
    // A directory of its own, so that the project's build is not locked meanwhile.
    done(cargo().args(install).arg(&tools).env("CARGO_TARGET_DIR", tools.join("build")))?;
    fs::remove_dir_all(tools.join("build"))?;
    Ok(program)
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn done(command: &mut Command) -> Outcome {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}
