//! `cargo xtask python`: the package for Python, built as a wheel, tested as it is installed.
//!
//! The tests, among them mypy, the examples of docs/python.md and the notebook, run in virtual environments of the
//! oldest and of the newest Python that is found, from 3.9 on. With `--bench` a table of nanoseconds is printed
//! instead.
//!
//! Price: minutes the first time, for the libraries of the tests and a release build; later one minute.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::tools::{
    Fallible, done, environment, metadata, printed, python_with, target_directory, transcript,
};
use crate::workers;

/// What builds the wheel, in the version this was tried with.
const MATURIN: &str = "maturin==1.16.0";

/// The versions of Python that are looked for by name.
const MINORS: std::ops::Range<u32> = 9..20;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Time latest and publish beside ringfire and Python's own struct, in place of the tests
    #[arg(long)]
    bench: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let target = target_directory()?;
    let wheel = wheel(&target.join("wheels"))?;
    let pythons = pythons()?;
    if arguments.bench {
        let (version, python) = pythons.last_key_value().ok_or(NONE)?;
        return bench(&installed(&target, *version, python, &wheel)?);
    }
    let (oldest, newest) = (pythons.first_key_value(), pythons.last_key_value());
    let mut chosen: Vec<_> = oldest.into_iter().chain(newest).collect();
    chosen.dedup();
    workers::each(chosen, |(version, python)| {
        let printed = test(&target, &installed(&target, *version, python, &wheel)?)?;
        println!("Python 3.{version}: {}\n{printed}", python.display());
        Ok(())
    })?;
    Ok(())
}

const NONE: &str = "no Python from 3.9 on; on Debian: apt-get install python3 python3-venv";

/// The wheel, built anew.
fn wheel(into: &Path) -> Fallible<PathBuf> {
    let maturin = python_with(MATURIN)?.with_file_name("maturin");
    if into.exists() {
        fs::remove_dir_all(into)?;
    }
    let manifest = folder().join("Cargo.toml");
    done(
        Command::new(maturin)
            .args(["build", "--locked", "--manifest-path"])
            .arg(manifest)
            .arg("--out")
            .arg(into),
    )?;
    let built = fs::read_dir(into)?.next().ok_or("maturin built no wheel")?;
    Ok(built?.path())
}

/// Where the package is.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("crates").join("python")
}

/// The Pythons of this machine, by their minor version.
fn pythons() -> Fallible<BTreeMap<u32, PathBuf>> {
    let by_name = MINORS.map(|minor| format!("python3.{minor}"));
    let mut candidates: Vec<PathBuf> = by_name.map(PathBuf::from).collect();
    candidates.push("python3".into());
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    for version in
        pyenv.and_then(|pyenv| fs::read_dir(pyenv.join("versions")).ok()).into_iter().flatten()
    {
        candidates.push(version?.path().join("bin/python3"));
    }
    let minor = |python: &PathBuf| {
        let ask = [
            "-c",
            "import sys; print(sys.version_info.minor if sys.version_info.major == 3 else 0)",
        ];
        let minor: u32 = printed(Command::new(python).args(ask)).ok()?.trim().parse().ok()?;
        (minor >= MINORS.start).then_some(minor)
    };
    Ok(candidates.into_iter().filter_map(|python| Some((minor(&python)?, python))).collect())
}

/// A Python of this version with the wheel and what its tests need.
fn installed(target: &Path, minor: u32, base: &Path, wheel: &Path) -> Fallible<PathBuf> {
    let directory = target.join("tools").join(format!("python3.{minor}"));
    let needs = folder().join("tests/requirements.txt");
    let python = environment(base, &directory, &["-r".as_ref(), needs.as_os_str()])?;
    // The wheel may have changed and kept its version.
    let again = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--force-reinstall",
        "--no-deps",
    ];
    done(Command::new(&python).args(again).arg(wheel))?;
    Ok(python)
}

/// Runs the tests where no source of the package is in reach; returns what they print.
fn test(target: &Path, python: &Path) -> Fallible<String> {
    let folder = folder();
    transcript(
        // Not the program `pytest`: it names its Python by a path, which is another one in a copied directory.
        Command::new(python)
            .current_dir(target)
            .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-c"])
            .args([folder.join("pyproject.toml"), folder.join("tests")]),
    )
}

/// Times the package. That of ringfire is in the sources of its crate, and in no registry.
fn bench(python: &Path) -> Outcome {
    let packages = metadata(&["--locked"])?.packages;
    let ringfire = packages.iter().find(|package| package.name == "ringfire");
    let ringfire = ringfire.ok_or("ringfire is no dependency any more")?;
    let sources = ringfire.manifest_path.with_file_name("python");
    done(
        Command::new(python)
            .arg(folder().join("examples/bench.py"))
            .env("PYTHONPATH", sources)
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}
