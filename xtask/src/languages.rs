//! `cargo xtask languages`: writers of Rust, C, C++ and Python take over one region from each other under kill -9, while
//! followers of each language read it.
//!
//! Builds the programs of `tests/languages` against the libraries in this tree, and runs the story `languages` of
//! `tests/e2e`, which without them has those of Rust and the readers of `docs/readers` alone.
//!
//! Price: the libraries are built; a C++ compiler and Python 3.9.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::tools::{E2E, Fallible, cargo, done, target_directory};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How often each writer takes over
    #[arg(long, default_value_t = 10)]
    rounds: u32,
}

/// Each side of a region, as a program of tests/languages.
const SIDES: [&str; 2] = ["writer", "follower"];

/// Builds all programs, and runs the story with them.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let target = target_directory()?;
    let into = target.join("languages");
    fs::create_dir_all(&into)?;
    done(cargo().args([
        "build",
        "--locked",
        "--package",
        "mapcast-capi",
        "--package",
        "mapcast-python",
    ]))?;
    let built = target.join("debug");
    compile(&install(&built, &into)?, &into)?;
    wrap(&python(&built, &into)?, &into)?;
    done(
        cargo()
            .arg("test")
            .args(E2E)
            .args(["languages::", "--", "--show-output"])
            .env("E2E_LANGUAGES", into)
            .env("E2E_ROUNDS", arguments.rounds.to_string()),
    )
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root")
}

/// The library for C and C++, as it is installed.
fn install(built: &Path, into: &Path) -> Fallible<PathBuf> {
    let tree = into.join("tree");
    let script = root().join("crates/capi/install.sh");
    done(Command::new("sh").arg(script).arg(built.join("libmapcast_capi.a")).arg(&tree))?;
    Ok(tree)
}

/// The programs in C and C++.
fn compile(tree: &Path, into: &Path) -> Outcome {
    let library = tree.join("lib");
    let run_path = format!("-Wl,-rpath,{}", library.display());
    for (compiler, standard, ending) in [("cc", "-std=c11", "c"), ("c++", "-std=c++17", "cpp")] {
        for side in SIDES {
            let source = root().join(format!("tests/languages/{side}.{ending}"));
            let mut command = Command::new(compiler);
            command.args([standard, "-D_DEFAULT_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"]);
            command.arg("-I").arg(tree.join("include")).arg(source).arg("-L").arg(&library);
            command.args([&run_path, "-lmapcast", "-o"]).arg(into.join(format!("{side}-{ending}")));
            done(&mut command)?;
        }
    }
    Ok(())
}

/// The package for Python, as a wheel would install it.
fn python(built: &Path, into: &Path) -> Fallible<PathBuf> {
    let path = into.join("python");
    let package = path.join("mapcast");
    fs::create_dir_all(&package)?;
    for entry in fs::read_dir(root().join("crates/python/mapcast"))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), package.join(entry.file_name()))?;
        }
    }
    fs::copy(built.join("lib_mapcast.so"), package.join("_mapcast.abi3.so"))?;
    Ok(path)
}

/// The programs in Python, which find the package there.
fn wrap(path: &Path, into: &Path) -> Outcome {
    for side in SIDES {
        let source = root().join(format!("tests/languages/{side}.py"));
        let program = into.join(format!("{side}-python"));
        let (path, source) = (path.display(), source.display());
        fs::write(
            &program,
            format!("#!/bin/sh\nPYTHONPATH='{path}' exec python3 '{source}' \"$@\"\n"),
        )?;
        fs::set_permissions(&program, Permissions::from_mode(0o755))?;
    }
    Ok(())
}
