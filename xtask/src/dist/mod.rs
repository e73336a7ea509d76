//! `cargo xtask dist`: the Debian package, `mapcast_VERSION_ARCH.deb`, in `target/dist`.
//!
//! `xtask/deb/Cargo.toml` lists what is in it. The parts that are made and not kept, the pages
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
use crate::tools::{Fallible, cargo, done, target_directory, tool};

/// The tool that writes the archive, in the version this was tried with.
const CARGO_DEB: &str = "3.8.0";

/// The programs in it, by the names of their packages here.
const PROGRAMS: [&str; 3] = ["producer", "consumer", "copier"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

/// Makes the package and prints where it is.
pub(crate) fn run(_: &Arguments) -> Outcome {
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

fn build() -> Outcome {
    let packages = PROGRAMS.iter().flat_map(|program| ["--package", program]);
    done(cargo().args(["build", "--release", "--locked"]).args(packages))
}

/// Writes what the package holds beside programs and files of the source tree.
fn generate(into: &Path) -> Outcome {
    if into.exists() {
        // Nothing of an older version shall slip in.
        fs::remove_dir_all(into)?;
    }
    for command in pages::commands() {
        pages::write(&command, into)?;
    }
    fs::write(into.join("NOTICES"), notices::text()?)?;
    // cargo-deb compresses pages, but not those below target/release. Without a time (-n), equal
    // pages are equal files.
    let pages = pages::commands().map(|command| into.join(format!("man/{}.1", command.get_name())));
    done(Command::new("gzip").args(["-9", "-n"]).args(pages))
}

fn pack(target: &Path) -> Fallible<PathBuf> {
    let dist = target.join("dist");
    fs::create_dir_all(&dist)?;
    let output = Command::new(tool("cargo-deb", CARGO_DEB)?)
        .args(["--package", "mapcast-deb", "--no-build", "--quiet", "--output"])
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
