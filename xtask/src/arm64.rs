//! `cargo xtask arm64`: the tests that an emulated arm64 machine can run.
//!
//! What differs between machines compiles for arm64, and so do the programs; the core's tests run there; then the
//! programs of the arm64 package share a region with each other and with those of this machine. A missing target,
//! cross compiler or emulator is named, and is no failure.
//!
//! ```text
//!   clippy --target         crates with code for a machine, or types of C, and their tests
//!   test --target           layout, channel, region   in qemu-aarch64
//!   dist --target           mapcast_VERSION_arm64.deb --unpack--> producer, consumer
//!   e2e pair                arm64 - arm64, arm64 - this machine, this machine - arm64
//! ```
//!
//! The emulator has the memory order of its host, which is stronger than arm64's: these tests cover code,
//! system calls and the bytes of the file. The models (`cargo xtask loom`) cover the memory order: they
//! try every one that the language allows, on any machine.
//!
//! Price: minutes; an emulated program starts in half a second.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools::{E2E, Fallible, cargo, done, target_directory};
use crate::{Outcome, dist};

const TARGET: &str = "aarch64-unknown-linux-gnu";
const EMULATOR: &str = "qemu-aarch64";
/// Where Debian's cross compiler has the libraries of the other machine.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// Packages with code for a machine, or with types of C that are others elsewhere.
const OF_A_MACHINE: [&str; 7] = [
    "e2e",
    "mapcast-bench",
    "mapcast-capi",
    "mapcast-cli",
    "mapcast-daemon",
    "mapcast-region",
    "mapcast-shared",
];

/// Packages without processes of their own; the test programs of each.
const CORE: [&str; 3] = ["mapcast-layout", "mapcast-channel", "mapcast-region"];
const TESTS: [&str; 7] = ["--lib", "--test", "it", "--test", "alloc", "--test", "chdir"];

/// Tests of the core that the emulator cannot pass, and why.
const NOT_EMULATED: [(&str, &str); 5] = [
    ("sigbus::tests", "each starts its own program again, which is one for arm64"),
    ("a_page_that_is_missing_cannot_be_populated", "qemu-user ignores madvise"),
    ("no_store_to_a_prepared_file_is_the_first_of_its_page", "qemu-user ignores madvise"),
    ("watch::", "qemu-user 7.2 has no futex_waitv"),
    // The child waits in qemu's `path()` for a mutex that a thread of its parent held (7.2.22: 3 of 6 runs).
    (
        "a_child_can_publish_at_any_state_of_its_parents_threads",
        "qemu-user forks without its own lock for paths",
    ),
];

/// Tests that fork beside the threads of their process: none but their own shall be there, for the same reason.
const ALONE: &str = "fork::";

/// Which of the two programs are those of arm64.
const PAIRS: [(&str, &[&str]); 3] =
    [("both", &["producer", "consumer"]), ("consumer", &["consumer"]), ("producer", &["producer"])];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Outcome {
    if let Some(missing) = missing() {
        println!("skipped: {missing}");
        return Ok(());
    }
    let packages = OF_A_MACHINE.iter().flat_map(|package| ["--package", package]);
    let options = ["--all-targets", "--", "-D", "warnings"];
    done(at_target("clippy").args(packages).args(options))?;
    test_core()?;
    let package = dist::make(Some(TARGET))?;
    println!("{}", package.display());
    meet(&package)
}

/// What this machine lacks.
fn missing() -> Option<String> {
    let (_, compiler) = dist::linker(Some(TARGET))?;
    // Without rustup, the toolchain may have the target nevertheless.
    let _ = Command::new("rustup").args(["target", "add", TARGET]).output();
    let library =
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let library = library.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if !library.is_ok_and(|path| Path::new(&path).is_dir()) {
        return Some(format!("this toolchain has no target {TARGET}"));
    }
    let tools = [(compiler.as_str(), "gcc-aarch64-linux-gnu"), (EMULATOR, "qemu-user")];
    let absent = tools.into_iter().find(|(tool, _)| !answers(tool));
    absent.map(|(tool, package)| format!("no {tool} here (Debian: {package})"))
}

fn answers(tool: &str) -> bool {
    let mut command = Command::new(tool);
    command.arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// `cargo COMMAND` for arm64. Programs find the loader and the libraries by themselves: the emulator's
/// own option for that (`-L`) changes what `/` is.
fn at_target(command: &str) -> Command {
    let libraries = format!("{LIBRARIES}/lib");
    let loader = format!("--dynamic-linker={libraries}/ld-linux-aarch64.so.1");
    let mut cargo = cargo();
    cargo.args([command, "--locked", "--target", TARGET]).envs(dist::linker(Some(TARGET)));
    cargo.env(dist::cargo_variable(TARGET, "RUNNER"), EMULATOR);
    let flags = format!("-Clink-arg=-Wl,{loader},-rpath,{libraries}");
    cargo.env(dist::cargo_variable(TARGET, "RUSTFLAGS"), flags);
    cargo
}

fn test_core() -> Outcome {
    for (test, why) in NOT_EMULATED {
        println!("skipped: {test}: {why}");
    }
    done(core().args(["--skip", ALONE]))?;
    done(core().args(["--test-threads", "1", ALONE]))
}

/// `cargo test` of what can be emulated, where options of the tests can follow.
fn core() -> Command {
    let mut tests = at_target("test");
    tests.args(CORE.iter().flat_map(|package| ["--package", package])).args(TESTS).arg("--");
    tests.args(NOT_EMULATED.iter().flat_map(|(test, _)| ["--skip", test]));
    tests
}

/// The story of a producer and a consumer, with the programs of `package`.
fn meet(package: &Path) -> Outcome {
    let place = target_directory()?.join("arm64");
    let root = place.join("root");
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::create_dir_all(&root)?;
    done(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&root))?;
    for (name, emulated) in PAIRS {
        println!("of arm64: {}", emulated.join(" and "));
        let programs = starters(&place.join(name), &root, emulated)?;
        done(cargo().arg("test").args(E2E).arg("pair::").env("E2E_PROGRAMS", programs))?;
    }
    Ok(())
}

/// Scripts in `folder` that start the `emulated` programs below `root`: the process is the program's.
fn starters(folder: &Path, root: &Path, emulated: &[&str]) -> Fallible<PathBuf> {
    fs::create_dir_all(folder)?;
    for program in emulated {
        let path = root.join("usr/bin").join(format!("mapcast-{program}"));
        let (script, path) = (folder.join(program), path.display());
        let text = format!("#!/bin/sh\nexec {EMULATOR} -L {LIBRARIES} '{path}' \"$@\"\n");
        fs::write(&script, text)?;
        fs::set_permissions(&script, Permissions::from_mode(0o755))?;
    }
    Ok(folder.into())
}

#[cfg(test)]
mod tests {
    use super::{ALONE, NOT_EMULATED, OF_A_MACHINE};
    use crate::tidy::{files, read};

    #[test]
    fn every_test_that_is_not_emulated_exists() {
        for test in NOT_EMULATED.map(|(test, _)| test).into_iter().chain([ALONE]) {
            // A module is a file, and a test is a function.
            let (module, function) = (test.trim_end_matches("::tests"), format!("fn {test}()"));
            let module = format!("/{}.rs", module.trim_end_matches("::"));
            let of_the_core = files(&[".rs"]).into_iter().filter(|path| path.contains("crates/"));
            let has_it = |path: &String| path.ends_with(&module) || read(path).contains(&function);
            assert!(of_the_core.into_iter().any(|path| has_it(&path)), "{test} skips nothing");
        }
    }

    #[test]
    fn every_package_with_code_for_a_machine_is_compiled_for_arm64() {
        let marks = ["target_arch", "libc::", "c_char", "c_long", "asm!("];
        for path in files(&[".rs"]).iter().filter(|path| !path.starts_with("xtask")) {
            let folders = if path.starts_with("crates") { 2 } else { 1 };
            let folder: Vec<&str> = path.split('/').take(folders).collect();
            let manifest = read(&format!("{}/Cargo.toml", folder.join("/")));
            let is_it = |package: &&str| manifest.contains(&format!("name = \"{package}\""));
            let text = read(path);
            let mark = marks.iter().find(|mark| text.contains(**mark));
            assert!(mark.is_none() || OF_A_MACHINE.iter().any(is_it), "{path} has {mark:?}");
        }
    }
}
