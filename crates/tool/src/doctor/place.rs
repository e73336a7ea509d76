//! Where a region is: its file system, the room there, and what killed writers have left.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::statvfs::statvfs;

use super::id::Id;
use super::report::{Report, shell_word};
use crate::age::age_text;
use crate::file_facts::{DISK, OVERLAY, file_system};

/// Ends the temporary names of region files.
const TEMPORARY: &str = ".mapcast-new";
/// A temporary file of this age is in use for no region: making one takes milliseconds.
const OLD: Duration = Duration::from_secs(10);

/// Bytes of the smallest file: a page.
const LEAST: u64 = 4096;

/// Reports what is wrong with a directory in which regions are looked for, whether it has one or not.
pub(super) fn directory(directory: &Path, report: &mut Report) {
    room_for_one(directory, report);
    if let Some(directory) = directory.canonicalize().ok().filter(|directory| directory.is_dir()) {
        medium(&directory, report);
        leftovers(&directory, report);
    }
}

/// Reports that no file fits into `directory`, or where it would be made.
pub(super) fn room_for_one(directory: &Path, report: &mut Report) {
    let existing = directory.ancestors().find_map(|directory| directory.canonicalize().ok());
    if let Some(existing) = existing {
        room(&existing, LEAST, report);
    }
}

/// Reports that the regions in `directory` are not in memory.
pub(super) fn medium(directory: &Path, report: &mut Report) {
    let (id, fact) = match file_system(directory) {
        Some(DISK) => (Id::DiskBacked, "it is on a disk: write-back can delay its writers"),
        Some(OVERLAY) => {
            (Id::Overlayfs, "it is on overlayfs: a name can mean two files, each with its own lock")
        }
        _ => return,
    };
    report.add(id, directory, fact, elsewhere(directory));
}

/// What brings the regions of `directory` into another one.
fn elsewhere(directory: &Path) -> &'static str {
    let is_it = |other: &Path| other.canonicalize().is_ok_and(|other| other == directory);
    let given = env::var_os("MAPCAST_DIR").filter(|given| !given.is_empty());
    let is_default = || mapcast::list().is_ok_and(|it| it.directories.iter().any(|dir| is_it(dir)));
    match given {
        Some(given) if is_it(Path::new(&given)) => {
            "export MAPCAST_DIR=/dev/shm/NAME, of mode 0700, or unset it, and start the producers again"
        }
        _ if is_default() => "give a path in /dev/shm in the configuration of each producer",
        _ => "give a name, or a path in /run or /dev/shm, in the configuration of each producer",
    }
}

/// Reports that a new file of `bytes` does not fit into `directory`.
pub(super) fn room(directory: &Path, bytes: u64, report: &mut Report) {
    let Ok(found) = statvfs(directory) else { return };
    // A file system without a limit has no blocks: ramfs, and tmpfs with size=0.
    let is_limited = found.blocks() > 0;
    let free = found.blocks_available().saturating_mul(found.fragment_size());
    let step = format!("df -h {0}; df -i {0}; then free space there", shell_word(directory));
    if is_limited && free < bytes {
        let (free, bytes) = (daemon::counted(free, "byte"), daemon::counted(bytes, "byte"));
        let fact = format!("{free} free, and a region's new file takes {bytes}");
        report.add(Id::Full, directory, fact, step);
    } else if found.files() > 0 && found.files_available() == 0 {
        report.add(Id::Full, directory, "no inode is free for a region's new file", step);
    }
}

/// Reports temporary files in `directory` that no process has locked.
pub(super) fn leftovers(directory: &Path, report: &mut Report) {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            let path = directory.display();
            return report.unchecked(format!("leftover files in {path}: {error}"));
        }
    };
    let is_temporary = |name: &[u8]| name.starts_with(b".") && name.ends_with(TEMPORARY.as_bytes());
    let paths = entries.flatten().filter(|entry| is_temporary(entry.file_name().as_bytes()));
    let mut paths: Vec<_> = paths.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let Some(age) = age(&path).filter(|age| *age >= OLD) else { continue };
        // One that this user may not open is judged by its age alone.
        if open(&path).is_ok_and(|file| is_locked(&file)) {
            continue;
        }
        let fact = format!("a killed writer left it {} ago", age_text(age));
        report.add(Id::Leftover, &path, fact, format!("rm {}", shell_word(&path)));
    }
}

/// The age of a regular file; a time in the future counts as long ago.
fn age(path: &Path) -> Option<Duration> {
    let found = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    Some(found.modified().ok()?.elapsed().unwrap_or(Duration::MAX))
}

fn open(path: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Whether any process has a lock on `file`.
fn is_locked(file: &File) -> bool {
    let small = |value: i32| i16::try_from(value).expect("lock constants are small");
    let mut probe = libc::flock {
        l_type: small(libc::F_WRLCK),
        l_whence: small(libc::SEEK_SET),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    let asked = fcntl(file, FcntlArg::F_OFD_GETLK(&mut probe));
    asked.is_ok() && i32::from(probe.l_type) != libc::F_UNLCK
}
