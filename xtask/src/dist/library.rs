//! The Debian packages of the library for C and C++, `libmapcast1` and `libmapcast-dev`, in `target/dist`.
//!
//! `crates/capi/install.sh` installs the library into a directory; the files of the first package are moved from there
//! to a directory of their own, and `dpkg-deb` packs both. Packages of two kinds of one tree, with symbolic links and
//! an entry for dpkg-shlibdeps, are more than cargo-deb's list of files says.
//!
//! Price: a release build of one crate; dpkg-dev and binutils, for `Depends:` and `strip`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{linker, notices, of_target, root};
use crate::Outcome;
use crate::tools::{Fallible, cargo, done, printed, target_directory};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a package is, beside its files.
struct Package<'p> {
    name: &'p str,
    section: &'p str,
    depends: String,
    description: &'p str,
}

/// Makes the packages, for this machine or for another target.
pub(crate) fn make(target: Option<&str>) -> Fallible<Vec<PathBuf>> {
    let directory = target_directory()?;
    let release = directory.join(target.unwrap_or_default()).join("release");
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--package", "mapcast-capi"]);
    done(build.args(of_target(target)).envs(linker(target)))?;
    let (stage, dist) = (release.join("mapcast-capi-deb"), directory.join("dist"));
    if stage.exists() {
        fs::remove_dir_all(&stage)?; // no file of an older version may remain
    }
    fs::create_dir_all(&dist)?;
    let machine = Machine::of(target);
    let [runtime, dev] = ["libmapcast1", "libmapcast-dev"].map(|name| stage.join(name));
    install(&release.join("libmapcast_capi.a"), &machine, &dev)?;
    move_runtime(&machine, &dev, &runtime)?;
    let packages = [(runtime.clone(), machine.runtime(&runtime)?), (dev, development())];
    packages.iter().map(|(files, package)| machine.pack(files, package, &dist)).collect()
}

/// The machine that the packages are for.
struct Machine {
    /// As Debian's directories of libraries are called: `x86_64-linux-gnu`.
    triple: String,
    /// What its compiler's tools begin with; empty for this machine.
    prefix: String,
}

impl Machine {
    fn of(target: Option<&str>) -> Self {
        match target {
            None => {
                let triple = format!("{}-linux-gnu", std::env::consts::ARCH);
                Self { triple, prefix: String::new() }
            }
            Some(target) => {
                let triple = target.replace("-unknown-", "-");
                Self { prefix: format!("{triple}-"), triple }
            }
        }
    }

    fn architecture(&self) -> &str {
        match self.triple.split('-').next().unwrap_or_default() {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        }
    }

    /// The directory of libraries, on the machine.
    fn libraries(&self) -> String {
        format!("/usr/lib/{}", self.triple)
    }

    fn tool(&self, name: &str) -> Command {
        Command::new(format!("{}{name}", self.prefix))
    }

    fn runtime(&self, files: &Path) -> Fallible<Package<'static>> {
        let depends = self.depends(&below(files, &self.libraries()).join("libmapcast.so.1.0.0"))?;
        let description = "live state of a host's processes, for C and C++ programs\n \
            One process publishes a record, a plain struct, into a memory-mapped file; any number\n \
            of others read the latest whole record. This is the shared library.";
        Ok(Package { name: "libmapcast1", section: "libs", depends, description })
    }

    /// The packages of the libraries that `library` needs, as dpkg-shlibdeps finds them: for another machine, in the
    /// libraries of its cross compiler, whose packages have other names here than there.
    fn depends(&self, library: &Path) -> Fallible<String> {
        let work = tempfile::tempdir()?;
        let control = "Source: mapcast\n\nPackage: libmapcast1\nArchitecture: any\n";
        fs::create_dir(work.path().join("debian"))?;
        fs::write(work.path().join("debian/control"), control)?;
        let mut find = Command::new("dpkg-shlibdeps");
        find.current_dir(work.path()).args(["-O", "--ignore-missing-info"]);
        find.arg(format!("-l/usr/{}/lib", self.triple)).arg("-e").arg(library);
        let found = printed(&mut find)?;
        let depends = found.trim().strip_prefix("shlibs:Depends=");
        let depends = depends.ok_or_else(|| format!("dpkg-shlibdeps printed {found:?}"))?;
        let architecture = self.architecture();
        let here = [format!(":{architecture}"), format!("-{architecture}-cross")];
        Ok(here.iter().fold(depends.to_owned(), |depends, mark| depends.replace(mark, "")))
    }

    /// Packs the files, and returns the package.
    fn pack(&self, files: &Path, package: &Package<'_>, dist: &Path) -> Fallible<PathBuf> {
        let Package { name, section, depends, description } = package;
        let architecture = self.architecture();
        let doc = below(files, "/usr/share/doc").join(name);
        fs::create_dir_all(&doc)?;
        fs::copy(root().join("xtask/deb/copyright"), doc.join("copyright"))?;
        fs::write(doc.join("NOTICES"), notices::text(&["mapcast-capi"], &[])?)?;
        let control = format!(
            "Package: {name}\nVersion: {VERSION}\nArchitecture: {architecture}\nMulti-Arch: same\n\
             Maintainer: The mapcast authors <mapcast@example.invalid>\nSection: {section}\n\
             Priority: optional\nDepends: {depends}\nDescription: {description}\n"
        );
        fs::create_dir_all(files.join("DEBIAN"))?;
        fs::write(files.join("DEBIAN/control"), control)?;
        readable(files)?;
        let to = dist.join(format!("{name}_{VERSION}_{architecture}.deb"));
        let mut pack = Command::new("dpkg-deb");
        pack.args(["--root-owner-group", "--build"]).arg(files).arg(&to);
        printed(&mut pack)?;
        Ok(to)
    }
}

fn development() -> Package<'static> {
    let description = "live state of a host's processes, for C and C++ programs (development)\n \
        One process publishes a record, a plain struct, into a memory-mapped file; any number\n \
        of others read the latest whole record. These are the headers, the archive, and what\n \
        pkg-config and CMake read.";
    let depends = format!("libmapcast1 (= {VERSION}), libc6-dev");
    Package { name: "libmapcast-dev", section: "libdevel", depends, description }
}

/// Where `path` of the machine is, in a directory that is packed.
fn below(files: &Path, path: &str) -> PathBuf {
    files.join(path.trim_start_matches('/'))
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

/// Gives directories and files the modes of a package, whatever the umask is here.
fn readable(directory: &Path) -> Outcome {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            readable(&entry.path())?;
        } else if kind.is_file() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}
