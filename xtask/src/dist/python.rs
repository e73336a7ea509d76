//! The Debian package for Python, `python3-mapcast`, in `target/dist`: the files of the wheel, where Debian's Python 3
//! finds them.
//!
//! One extension module is for every Python from 3.9 on (its stable ABI). As in Debian's own packages, the modules are
//! compiled when the package is installed, and the compiled ones removed with it.
//!
//! Price: none beside the release build, which comes before.

use std::fs;
use std::path::{Path, PathBuf};

use super::deb::{Machine, Package, VERSION, below};
use super::root;
use crate::Outcome;
use crate::tools::{Fallible, done, target_directory};

/// Where Debian's Python 3 looks for modules of packages, whatever its version.
const MODULES: &str = "/usr/lib/python3/dist-packages";

const NAME: &str = "python3-mapcast";

/// The package of the workspace that is the library.
pub(super) const CRATE: &str = "mapcast-python";

/// Packs what was built of it, for this machine or for another target.
pub(super) fn pack(target: Option<&str>) -> Fallible<PathBuf> {
    let directory = target_directory()?;
    let release = directory.join(target.unwrap_or_default()).join("release");
    let (files, dist) = (release.join("mapcast-python-deb"), directory.join("dist"));
    if files.exists() {
        fs::remove_dir_all(&files)?; // no file of an older version may remain
    }
    fs::create_dir_all(&dist)?;
    let machine = Machine::of(target);
    let module = install(&release.join("lib_mapcast.so"), &files)?;
    done(machine.tool("strip").arg("--strip-unneeded").arg(&module))?;
    write_scripts(&files.join("DEBIAN"))?;
    machine.pack(&files, &package(&machine.depends(&module)?), &dist)
}

/// Puts the package's files where they belong, and returns the extension module.
fn install(built: &Path, files: &Path) -> Fallible<PathBuf> {
    let modules = below(files, MODULES);
    let (package, metadata) =
        (modules.join("mapcast"), modules.join(format!("mapcast-{VERSION}.dist-info")));
    fs::create_dir_all(&package)?;
    for entry in fs::read_dir(root().join("crates/python/mapcast"))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), package.join(entry.file_name()))?;
        }
    }
    fs::create_dir_all(&metadata)?;
    let text = format!("Metadata-Version: 2.1\nName: mapcast\nVersion: {VERSION}\n");
    fs::write(metadata.join("METADATA"), text)?;
    fs::write(metadata.join("INSTALLER"), "dpkg\n")?;
    let module = package.join("_mapcast.abi3.so");
    fs::copy(built, &module)?;
    Ok(module)
}

fn write_scripts(to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for (script, compile) in [("postinst", "py3compile"), ("prerm", "py3clean")] {
        let text = format!(
            "#!/bin/sh\nset -e\nif command -v {compile} >/dev/null; then {compile} -p {NAME}; fi\n"
        );
        fs::write(to.join(script), text)?;
    }
    Ok(())
}

fn package(libraries: &str) -> Package<'static> {
    let description = "live state of a host's processes, for Python\n \
        One process publishes a record into a memory-mapped file; any number of others read the\n \
        latest whole record, or follow all of them. With numpy and pandas, if they are there.";
    let relations = format!(
        "Depends: python3 (>= 3.9), {libraries}\nRecommends: python3-numpy\nSuggests: python3-pandas\n"
    );
    Package { name: NAME, section: "python", relations, description, of: CRATE }
}
