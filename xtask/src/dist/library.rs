//! The Debian packages of the library for C and C++, `libmapcast1` and `libmapcast-dev`, in `target/dist`.
//!
//! `crates/capi/install.sh` installs the library into a directory; the files of the first package are moved from there
//! to a directory of their own, and both are packed (see `deb`).
//!
//! Price: none beside the release build, which comes before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::deb::{Machine, Package, VERSION, below};
use super::root;
use crate::Outcome;
use crate::tools::{Fallible, done, target_directory};

/// The package of the workspace that is the library.
pub(super) const CRATE: &str = "mapcast-capi";

/// Packs what was built of it, for this machine or for another target.
pub(super) fn pack(target: Option<&str>) -> Fallible<Vec<PathBuf>> {
    let directory = target_directory()?;
    let release = directory.join(target.unwrap_or_default()).join("release");
    let (stage, dist) = (release.join("mapcast-capi-deb"), directory.join("dist"));
    if stage.exists() {
        fs::remove_dir_all(&stage)?; // no file of an older version may remain
    }
    fs::create_dir_all(&dist)?;
    let machine = Machine::of(target);
    let [files, dev] = ["libmapcast1", "libmapcast-dev"].map(|name| stage.join(name));
    install(&release.join("libmapcast_capi.a"), &machine, &dev)?;
    move_runtime(&machine, &dev, &files)?;
    let packages = [(files.clone(), runtime(&machine, &files)?), (dev, development())];
    packages.iter().map(|(files, package)| machine.pack(files, package, &dist)).collect()
}

fn runtime(machine: &Machine, files: &Path) -> Fallible<Package<'static>> {
    let library = below(files, &machine.libraries()).join("libmapcast.so.1.0.0");
    let relations = format!("Multi-Arch: same\nDepends: {}\n", machine.depends(&library)?);
    let description = "live state of a host's processes, for C and C++ programs\n \
        One process publishes a record, a plain struct, into a memory-mapped file; any number\n \
        of others read the latest whole record. This is the shared library.";
    let (name, section, of) = ("libmapcast1", "libs", CRATE);
    Ok(Package { name, section, relations, description, of })
}

fn development() -> Package<'static> {
    let description = "live state of a host's processes, for C and C++ programs (development)\n \
        One process publishes a record, a plain struct, into a memory-mapped file; any number\n \
        of others read the latest whole record. These are the headers, the archive, and what\n \
        pkg-config and CMake read.";
    let depends = format!("libmapcast1 (= {VERSION}), libc6-dev");
    let relations = format!("Multi-Arch: same\nDepends: {depends}\n");
    let (name, section, of) = ("libmapcast-dev", "libdevel", CRATE);
    Package { name, section, relations, description, of }
}

fn install(archive: &Path, machine: &Machine, into: &Path) -> Outcome {
    let mut install = Command::new("sh");
    install.arg(root().join("crates/capi/install.sh")).arg(archive);
    install.args(["/usr", &machine.libraries()]).env("DESTDIR", into);
    install.env("CC", format!("{}gcc", machine.prefix));
    done(&mut install)?;
    let libraries = below(into, &machine.libraries());
    done(machine.tool("strip").arg("--strip-unneeded").arg(libraries.join("libmapcast.so.1.0.0")))?;
    done(machine.tool("strip").arg("--strip-debug").arg(libraries.join("libmapcast.a")))
}

/// The library itself, and what dpkg does with it.
fn move_runtime(machine: &Machine, from: &Path, to: &Path) -> Outcome {
    let libraries = machine.libraries();
    fs::create_dir_all(below(to, &libraries))?;
    for name in ["libmapcast.so.1", "libmapcast.so.1.0.0"] {
        fs::rename(below(from, &libraries).join(name), below(to, &libraries).join(name))?;
    }
    fs::create_dir_all(to.join("DEBIAN"))?;
    fs::write(to.join("DEBIAN/shlibs"), "libmapcast 1 libmapcast1\n")?;
    Ok(fs::write(to.join("DEBIAN/triggers"), "activate-noawait ldconfig\n")?)
}
