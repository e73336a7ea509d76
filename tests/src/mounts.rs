//! File systems that only one test and its processes see.
//!
//! Invariant: nothing is mounted in the namespace of the test program. A test runs in a thread with
//! its own mount namespace, which the kernel frees with its last process, so a killed test leaves
//! no mount.
//!
//! Price: one thread; for an ordinary user, who may not mount, the test program again, as the root
//! of a user namespace.

use std::io::Write as _;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use crate::program::tool;

/// Set for the second run of a test, which is the root of its namespace.
const INSIDE: &str = "E2E_INSIDE_A_NAMESPACE";
const NOTHING: Option<&str> = None;

/// Runs `story`, a closure written in the test itself, where it may mount.
///
/// Prints a message on stderr if this user may not mount anything.
pub fn with_own_mounts<F: FnOnce() + Send>(story: F) {
    if nix::unistd::geteuid().is_root() {
        let done = std::thread::scope(|scope| scope.spawn(|| alone(story)).join());
        done.unwrap_or_else(|panic| resume_unwind(panic));
    } else if std::env::var_os(INSIDE).is_none() {
        run_as_root_of_a_namespace(&test_of::<F>());
    }
}

fn alone(story: impl FnOnce()) {
    if let Err(error) = unshare(CloneFlags::CLONE_NEWNS) {
        return say(&format!("not run: no mount namespace here: {error}"));
    }
    // Mounts from now on stay in this namespace.
    mount(NOTHING, "/", NOTHING, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NOTHING).expect("private");
    story();
}

/// The name of the test that contains a closure, from `e2e::faults::full::NAME::{{closure}}`.
fn test_of<F>() -> String {
    let name = std::any::type_name::<F>();
    let name = name.split_once("::").map_or(name, |(_, name)| name);
    name.trim_end_matches("::{{closure}}").to_owned()
}

fn run_as_root_of_a_namespace(test: &str) {
    let unshare = || {
        let mut command = tool("unshare");
        command.args(["--user", "--map-root-user", "--mount"]).stdin(Stdio::null());
        command
    };
    if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
        return say("not run: this machine lets an ordinary user mount nothing");
    }
    let program = std::env::current_exe().expect("this program");
    let mut again = unshare();
    again.arg(program).args(["--exact", test]).env(INSIDE, "1");
    let output = again.output().expect("started");
    // Repeats its messages here.
    let _ = std::io::stderr().write_all(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{test}:\n{said}");
}

/// A message for the person who runs the tests.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// A mounted file system. Dropping it unmounts it even if it is in use.
#[derive(Debug)]
pub struct Mount {
    dir: PathBuf,
}

impl Mount {
    /// Mounts an empty tmpfs with these options (`size=64k`) at `dir`, which is created.
    #[track_caller]
    pub fn tmpfs(dir: PathBuf, limits: &str) -> Self {
        std::fs::create_dir_all(&dir).expect("mkdir");
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some("e2e"), &dir, Some("tmpfs"), flags, Some(limits)).expect("mount tmpfs");
        Self { dir }
    }

    /// Mounts a pseudo file system such as `cgroup2` at `dir`; `None` if the kernel has none of
    /// this kind or refuses.
    pub fn kernels_own(kind: &str, dir: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&dir).expect("mkdir");
        mount(Some(kind), &dir, Some(kind), MsFlags::empty(), NOTHING).ok().map(|()| Self { dir })
    }

    /// Mounts the directory `from` again, read-only, at `dir`.
    #[track_caller]
    pub fn read_only(from: &Path, dir: PathBuf) -> Self {
        std::fs::create_dir_all(&dir).expect("mkdir");
        mount(Some(from), &dir, NOTHING, MsFlags::MS_BIND, NOTHING).expect("bind");
        let flags = MsFlags::MS_BIND
            | MsFlags::MS_REMOUNT
            | MsFlags::MS_RDONLY
            | MsFlags::MS_NOSUID
            | MsFlags::MS_NODEV;
        mount(NOTHING, &dir, NOTHING, flags, NOTHING).expect("read-only");
        Self { dir }
    }

    /// Mounts the file `from` on the file `over`, as containers do.
    #[track_caller]
    pub fn file(from: &Path, over: PathBuf) -> Self {
        mount(Some(from), &over, NOTHING, MsFlags::MS_BIND, NOTHING).expect("bind");
        Self { dir: over }
    }

    /// Mounts an overlay of `lower` and `upper` at `dir`; the directories are created. `None`, with
    /// a message on stderr, if the kernel refuses it.
    pub fn overlay(lower: &Path, upper: &Path, work: &Path, dir: PathBuf) -> Option<Self> {
        for made in [upper, work, &dir] {
            std::fs::create_dir_all(made).expect("mkdir");
        }
        let layers = [("lowerdir", lower), ("upperdir", upper), ("workdir", work)];
        let options = layers.map(|(name, at)| format!("{name}={}", at.display())).join(",");
        let kind = Some("overlay");
        match mount(kind, &dir, kind, MsFlags::empty(), Some(options.as_str())) {
            Ok(()) => Some(Self { dir }),
            Err(error) => {
                say(&format!("not run: no overlayfs here: {error}"));
                None
            }
        }
    }

    /// Mounts an ext4 of `kib` KiB on a loop device at `dir`; `None`, with a message on stderr, if
    /// there is no such device or no `mkfs.ext4`.
    pub fn disk(dir: PathBuf, kib: u64) -> Option<Self> {
        std::fs::create_dir_all(&dir).expect("mkdir");
        let image = dir.with_extension("image");
        let file = std::fs::File::create(&image).expect("an image");
        file.set_len(kib * 1024).expect("its size");
        let run = |program: &str, arguments: &[&str], last: &Path| {
            let mut command = tool(program);
            command.args(arguments).arg(&image).arg(last).stdin(Stdio::null());
            command.output().is_ok_and(|output| output.status.success())
        };
        let features = ["-q", "-F", "-b", "1024", "-m", "0", "-O", "^has_journal"];
        let size = PathBuf::from(format!("{kib}k"));
        if run("mkfs.ext4", &features, &size)
            && run("mount", &["-o", "loop,errors=remount-ro"], &dir)
        {
            return Some(Self { dir });
        }
        say("not run: no ext4 on a loop device here");
        None
    }

    /// Remounts it read-only, as after a disk error.
    #[track_caller]
    pub fn becomes_read_only(&self) {
        let mut command = tool("mount");
        command.args(["-o", "remount,abort"]).arg(&self.dir).stdin(Stdio::null());
        let output = command.output().expect("mount");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The path of `name` in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Fills it with one file, except for `left` bytes of whole blocks; returns the file.
    #[track_caller]
    pub fn fill(&self, left: u64) -> PathBuf {
        let path = self.path("filler");
        let mut file = std::fs::File::create(&path).expect("a filler");
        let mut chunk = vec![7; 4096];
        let full = loop {
            if let Err(error) = file.write_all(&chunk) {
                // The space left may be less than a chunk.
                chunk.truncate(chunk.len() / 2);
                if chunk.is_empty() {
                    break error;
                }
            }
        };
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull, "{full}");
        let len = file.metadata().expect("the filler").len();
        file.set_len(len.saturating_sub(left)).expect("cut");
        path
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // The namespace ends with the test in any case.
        let _ = umount2(&self.dir, MntFlags::MNT_DETACH);
    }
}
