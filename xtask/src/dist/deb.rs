//! Debian packages of a tree of files: `dpkg-deb` packs it, `dpkg-shlibdeps` finds what it depends on.
//!
//! For packages that cargo-deb's list of files does not describe: two of one tree, symbolic links, an extension module.
//!
//! Price: dpkg-dev and binutils.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{notices, root};
use crate::Outcome;
use crate::tools::{Fallible, printed};

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a package is, beside its files.
pub(super) struct Package<'p> {
    pub(super) name: &'p str,
    pub(super) section: &'p str,
    /// Lines of the control file, such as `Depends: ...`.
    pub(super) relations: String,
    pub(super) description: &'p str,
    /// The package of the workspace that is in it.
    pub(super) of: &'p str,
}

/// The machine that the packages are for.
pub(super) struct Machine {
    /// As Debian's directories of libraries are called: `x86_64-linux-gnu`.
    pub(super) triple: String,
    /// What its compiler's tools begin with; empty for this machine.
    pub(super) prefix: String,
}

impl Machine {
    pub(super) fn of(target: Option<&str>) -> Self {
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
    pub(super) fn libraries(&self) -> String {
        format!("/usr/lib/{}", self.triple)
    }

    pub(super) fn tool(&self, name: &str) -> Command {
        Command::new(format!("{}{name}", self.prefix))
    }

    /// The packages of the libraries that `library` needs, as dpkg-shlibdeps finds them: for another machine, in the
    /// libraries of its cross compiler, whose packages have other names here than there.
    pub(super) fn depends(&self, library: &Path) -> Fallible<String> {
        let work = tempfile::tempdir()?;
        let control = "Source: mapcast\n\nPackage: any\nArchitecture: any\n";
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
    pub(super) fn pack(
        &self,
        files: &Path,
        package: &Package<'_>,
        dist: &Path,
    ) -> Fallible<PathBuf> {
        let Package { name, section, relations, description, of } = package;
        let architecture = self.architecture();
        let doc = below(files, "/usr/share/doc").join(name);
        fs::create_dir_all(&doc)?;
        fs::copy(root().join("xtask/deb/copyright"), doc.join("copyright"))?;
        fs::write(doc.join("NOTICES"), notices::text(&[*of], &[])?)?;
        let control = format!(
            "Package: {name}\nVersion: {VERSION}\nArchitecture: {architecture}\n\
             Maintainer: The mapcast authors <mapcast@example.invalid>\nSection: {section}\n\
             Priority: optional\n{relations}Description: {description}\n"
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

/// Where `path` of the machine is, in a directory that is packed.
pub(super) fn below(files: &Path, path: &str) -> PathBuf {
    files.join(path.trim_start_matches('/'))
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
            // What dpkg runs, and nothing else, is executable.
            let is_script = ["postinst", "prerm"].iter().any(|name| entry.file_name() == *name);
            let mode = if is_script { 0o755 } else { 0o644 };
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}
