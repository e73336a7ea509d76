//! `cargo xtask dist`: the Debian packages, in `target/dist`: `mapcast_VERSION_ARCH.deb`, those of the libraries
//! for C and C++ (see `library`) and for Python (see `python`), and with `--bridge` that of the bridge, in place of
//! the others.
//!
//! `xtask/deb/Cargo.toml` lists what is in the first and in the last. The parts that are made and not kept, the pages
//! and completions out of the clap definitions, the page of the configuration, the documents and the
//! notices of the libraries, are written to `target/release/mapcast-deb` first, so that the list there can name them. With `--target` that is
//! `target/TRIPLE/release`, the linker is Debian's cross compiler, and `Depends:` is found among the
//! libraries that it brings.
//!
//! Price: cargo-deb is built into `target/tools` the first time (138 s of CPU time on a 2-core
//! Linux 6.18 VM, 2026-11-22); afterwards the package takes as long as the release build, which for the bridge
//! includes Zenoh.

mod deb;
mod documents;
mod library;
mod notices;
mod pages;
mod python;
mod toml_page;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::tools::{Fallible, cargo, done, target_directory, tool};

/// The tool that writes the archive, in the version this was tried with.
const CARGO_DEB: &str = "3.8.0";

/// The programs that the package gives another name, by the names of their packages here.
const PROGRAMS: [&str; 3] = ["producer", "consumer", "copier"];

/// The package of the program that keeps its name, `mapcast`.
const TOOL: &str = "mapcast-cli";

/// The program that has a package of its own, by the name of its package here.
const BRIDGE: &str = "mapcast-bridge";

/// The packages of the workspace that are libraries for other languages.
const LIBRARIES: [&str; 2] = [library::CRATE, python::CRATE];

/// The file of the configuration's man page.
const CONFIGURATION_PAGE: &str = "mapcast.toml.5";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Make it for this target, such as aarch64-unknown-linux-gnu
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,

    /// Make only libmapcast1, libmapcast-dev and python3-mapcast
    #[arg(long)]
    library: bool,

    /// Make only mapcast-bridge, for which Zenoh is built
    #[arg(long, conflicts_with = "library")]
    bridge: bool,
}

/// Makes the packages and prints where they are.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let target = arguments.target.as_deref();
    let made = if arguments.bridge {
        build(target, &[BRIDGE])?;
        vec![pack_bridge(target)?]
    } else if arguments.library {
        build(target, &LIBRARIES)?;
        pack_libraries(target)?
    } else {
        build(target, &[&packages()[..], &LIBRARIES].concat())?;
        [vec![pack_programs(target)?], pack_libraries(target)?].concat()
    };
    for package in made {
        println!("{}", package.display());
    }
    Ok(())
}

/// Makes the package of the programs, for this machine or for another target.
pub(crate) fn make(target: Option<&str>) -> Fallible<PathBuf> {
    build(target, &packages())?;
    pack_programs(target)
}

/// Makes all packages for this machine, and returns that of the programs. One build: they share their crates.
pub(crate) fn make_all() -> Fallible<PathBuf> {
    build(None, &[&packages()[..], &LIBRARIES, &[BRIDGE]].concat())?;
    pack_libraries(None)?;
    pack_bridge(None)?;
    pack_programs(None)
}

/// The packages of the workspace that the programs are built of.
fn packages() -> Vec<&'static str> {
    PROGRAMS.into_iter().chain([TOOL]).collect()
}

/// Builds packages of the workspace for `target`.
fn build(target: Option<&str>, packages: &[&str]) -> Outcome {
    let mut command = cargo();
    command.args(["build", "--release", "--locked"]).args(of_target(target));
    let packages = packages.iter().flat_map(|package| ["--package", package]);
    done(command.args(packages).envs(linker(target)))
}

fn pack_programs(target: Option<&str>) -> Fallible<PathBuf> {
    let directory = target_directory()?;
    generate(&directory.join(target.unwrap_or_default()).join("release/mapcast-deb"))?;
    pack(target, &[], &directory.join("dist"))
}

fn pack_libraries(target: Option<&str>) -> Fallible<Vec<PathBuf>> {
    let mut packages = library::pack(target)?;
    packages.push(python::pack(target)?);
    Ok(packages)
}

fn pack_bridge(target: Option<&str>) -> Fallible<PathBuf> {
    let directory = target_directory()?;
    let into = directory.join(target.unwrap_or_default()).join("release/mapcast-bridge-deb");
    empty(&into)?;
    pages::write(&pages::bridge(), &into)?;
    fs::write(into.join("NOTICES"), notices::text(&[BRIDGE], &[])?)?;
    compress(&into, [format!("{BRIDGE}.1")])?;
    pack(target, &["--variant", "bridge"], &directory.join("dist"))
}

/// The option that cargo and cargo-deb share.
fn of_target(target: Option<&str>) -> impl Iterator<Item = &str> {
    target.into_iter().flat_map(|target| ["--target", target])
}

/// Debian's cross compiler for `target`, as the variable by which cargo finds its linker.
pub(crate) fn linker(target: Option<&str>) -> Option<(String, String)> {
    let target = target?;
    let compiler = format!("{}-gcc", target.replace("-unknown-", "-"));
    Some((cargo_variable(target, "LINKER"), compiler))
}

/// `CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER`, for example.
pub(crate) fn cargo_variable(target: &str, name: &str) -> String {
    format!("CARGO_TARGET_{}_{name}", target.to_uppercase().replace('-', "_"))
}

/// Writes the generated files of the package.
fn generate(into: &Path) -> Outcome {
    empty(into)?;
    for command in pages::commands() {
        pages::write(&command, into)?;
    }
    let configuration = fs::read_to_string(root().join("docs/configuration.md"))?;
    let configuration = toml_page::page(&pages::by_installed_name(&configuration));
    fs::write(into.join(format!("man/{CONFIGURATION_PAGE}")), configuration)?;
    documents::write(root(), &into.join("doc"))?;
    fs::write(into.join("NOTICES"), notices::text(&packages(), &notices::FILES)?)?;
    let pages = pages::commands().map(|command| format!("{}.1", command.get_name()));
    compress(into, pages.into_iter().chain([CONFIGURATION_PAGE.to_owned()]))
}

/// Makes the directory anew: no file of an older version may remain.
fn empty(directory: &Path) -> Outcome {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    Ok(fs::create_dir_all(directory)?)
}

/// Compresses these man pages. cargo-deb does that, too, but not below target/release. Without a time (-n), equal
/// pages are equal files.
fn compress(into: &Path, pages: impl IntoIterator<Item = String>) -> Outcome {
    let pages = pages.into_iter().map(|page| into.join("man").join(page));
    done(Command::new("gzip").args(["-9", "-n"]).args(pages))
}

/// The source tree.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root")
}

fn pack(target: Option<&str>, options: &[&str], dist: &Path) -> Fallible<PathBuf> {
    fs::create_dir_all(dist)?;
    let output = Command::new(tool("cargo-deb", CARGO_DEB)?)
        .args(["--package", "mapcast-deb", "--no-build", "--quiet"])
        .args(options)
        .args(of_target(target))
        .arg("--output")
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
