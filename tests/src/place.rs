//! A directory for one test.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Once;

use rustix::fs::Mode;
use rustix::process::umask;
use tempfile::TempDir;

/// A directory that belongs to one test alone and is deleted with it; in memory if possible, as
/// regions are. It is the working directory of the test's processes and their default directory
/// for regions that have only a name.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
}

impl Place {
    /// A new, empty directory, its owner's alone.
    pub fn new() -> Self {
        usual_umask();
        match builder().tempdir_in("/dev/shm") {
            Ok(dir) => Self { dir },
            Err(_) => Self::on_disk(),
        }
    }

    /// The same in the directory of temporary files, where programs can be executed, which a memory
    /// file system may forbid.
    pub fn on_disk() -> Self {
        usual_umask();
        Self { dir: builder().tempdir_in(disk()).expect("a temporary directory") }
    }

    /// Lets all users enter it, for tests with a second user.
    #[must_use]
    pub fn open_to_all(self) -> Self {
        fs::set_permissions(self.dir(), Permissions::from_mode(0o755)).expect("chmod");
        self
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The path of `name` in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Writes or replaces (by rename) the file `name`; returns its path.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let (path, aside) = (self.path(name), self.path(&format!(".{name}.aside")));
        fs::write(&aside, text).expect("write");
        fs::rename(&aside, &path).expect("rename");
        path
    }

    /// Copies the shipped configuration `name` (such as "stu.toml") here; returns its path.
    pub fn shipped(&self, name: &str) -> PathBuf {
        self.write(name, fs::read_to_string(shipped_config(name)).expect("a shipped config"))
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

/// The directory of temporary files, unless tests mount over it.
fn disk() -> PathBuf {
    let usual = std::env::temp_dir();
    let usual = usual.canonicalize().unwrap_or(usual);
    let is_mounted_over = ["/dev/shm", "/run"].iter().any(|dir| usual.starts_with(dir));
    if is_mounted_over { "/var/tmp".into() } else { usual }
}

/// Sets the usual umask, so that a second user can read the files of tests but not write to them.
/// Set once, it does not disturb other tests.
fn usual_umask() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        umask(Mode::from_raw_mode(0o022));
    });
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("mapcast-e2e-").permissions(Permissions::from_mode(0o700));
    builder
}

/// The names in a directory, hidden ones too.
pub fn names_in(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).expect("a directory");
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("utf-8"))
        .collect()
}

/// Where the shipped configuration `name` is in the source tree.
pub fn shipped_config(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../config")).join(name)
}
