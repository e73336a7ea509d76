//! `fork` copies a process with its writers; what they own stays with the process that opened them.
//!
//! Invariants:
//! 0. In a forked child, [`OwnFile::is_here`] is false for every file that an ancestor opened, and
//!    true for those that the child opens itself.
//! 1. In a forked child the number of every [`OwnFile`] of the parent leads to an unused eventfd.
//!    So the parent's lock, which the kernel keeps until the last descriptor of
//!    its open file description is closed, ends with the parent.
//!
//! ```text
//!              generation                    descriptor 5, an OwnFile
//!   parent     1     its writer publishes    --> region, locked
//!   child      0     Forked                  --> eventfd
//!              2     its own writer publishes, on another descriptor
//! ```
//!
//! The kernel clears the generation's page in a child (`MADV_WIPEONFORK`), also after a raw `clone`.
//! The descriptors are changed by a handler that `pthread_atfork` runs in the child. A raw `clone`
//! runs no handlers: such a child cannot publish either, but it keeps the lock while it lives.
//!
//! Once the handlers are registered, no thread is in the [`Gate`] while the process forks, so a child
//! finds every list behind it whole and open to it, however many threads its parent has.
//!
//! Price: one page and one descriptor for the process; a load and a comparison each publish.
//!
//! # Safety
//! The handlers run in the thread that forks. In the child they use atomics and `dup3` only, which
//! POSIX allows after the fork of a process with threads.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // process-local words between a thread and the fork handlers

mod gate;

pub(crate) use gate::Gate;

use crate::error::RegionError;
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};
use std::fs::File;
use std::ops::Deref;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

/// The process that opened a file.
#[derive(Clone, Copy, Debug)]
struct Owner {
    word: &'static AtomicU64,
    generation: u64,
}

impl Owner {
    /// This process.
    fn this(word: &'static AtomicU64) -> Self {
        if word.load(Ordering::Relaxed) == 0 {
            // Counted in ordinary memory, which a child inherits: no two processes of one line of
            // descent have the same number.
            let next = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
            let _ = word.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed);
        }
        Self { word, generation: word.load(Ordering::Relaxed) }
    }

    #[inline]
    fn is_here(&self) -> bool {
        self.word.load(Ordering::Relaxed) == self.generation
    }
}

/// Generations that this process and its ancestors have used.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A writer's file, whose lock no child inherits.
#[derive(Debug)]
pub(crate) struct OwnFile {
    /// `None` only while it is dropped.
    file: Option<File>,
    place: &'static AtomicI32,
    owner: Owner,
}

impl OwnFile {
    /// The file that `open` opens at `path`. No `fork` of this process falls between its opening and
    /// its registration.
    pub(crate) fn open(
        path: &Path,
        open: impl FnOnce() -> Result<File, RegionError>,
    ) -> Result<Self, RegionError> {
        Self::open_if(path, || open().map(Some)).map(|own| own.expect("some file or an error"))
    }

    /// As [`OwnFile::open`], where `open` may find that there is nothing to open.
    pub(crate) fn open_if(
        path: &Path,
        open: impl FnOnce() -> Result<Option<File>, RegionError>,
    ) -> Result<Option<Self>, RegionError> {
        let owner = Owner::this(install(path)?.generation);
        let _gate = Gate::enter();
        let file = open()?;
        Ok(file.map(|file| {
            let place = free_place();
            place.store(file.as_raw_fd(), Ordering::Relaxed);
            Self { file: Some(file), place, owner }
        }))
    }

    /// Whether this is the process that opened it, not a child of that process.
    #[inline]
    pub(crate) fn is_here(&self) -> bool {
        self.owner.is_here()
    }
}

impl Deref for OwnFile {
    type Target = File;

    fn deref(&self) -> &File {
        self.file.as_ref().expect("a file until it is dropped")
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        // Closed before a fork can copy a number that is not registered any more.
        let _gate = Gate::enter();
        let Some(file) = self.file.take() else { return };
        // In a child the entry may belong to another file by now, but not with this number: it is
        // open.
        let number = file.as_raw_fd();
        let _ = self.place.compare_exchange(number, FREE, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Marks an entry without a descriptor.
const FREE: i32 = -1;

/// The numbers of all [`OwnFile`]s. The list only grows, and only inside the gate.
struct Places {
    numbers: [AtomicI32; 32],
    next: OnceLock<Box<Places>>,
}

static PLACES: Places = Places::new();

impl Places {
    const fn new() -> Self {
        Self { numbers: [const { AtomicI32::new(FREE) }; 32], next: OnceLock::new() }
    }
}

fn all_places() -> impl Iterator<Item = &'static Places> {
    std::iter::successors(Some(&PLACES), |places| places.next.get().map(|next| &**next))
}

/// Call only inside the gate.
fn free_place() -> &'static AtomicI32 {
    let is_free = |place: &&AtomicI32| place.load(Ordering::Relaxed) == FREE;
    let mut last = &PLACES;
    for places in all_places() {
        if let Some(place) = places.numbers.iter().find(is_free) {
            return place;
        }
        last = places;
    }
    &last.next.get_or_init(|| Box::new(Places::new())).numbers[0]
}

/// What the handlers need.
struct Installed {
    generation: &'static AtomicU64,
    /// What the numbers of the parent's files lead to in a child.
    blank: OwnedFd,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Makes what the handlers need, once; `path` is the region that is being opened, for errors.
fn install(path: &Path) -> Result<&'static Installed, RegionError> {
    if let Some(installed) = INSTALLED.get() {
        return Ok(installed);
    }
    let io = |call| move |err| RegionError::io(path, call, err);
    let _gate = gate().map_err(io("pthread_atfork"))?;
    if INSTALLED.get().is_none() {
        let blank = eventfd(0, EventfdFlags::CLOEXEC).map_err(io("eventfd"))?;
        let generation = wiped_word().map_err(io("mmap"))?;
        return Ok(INSTALLED.get_or_init(|| Installed { generation, blank }));
    }
    Ok(INSTALLED.get().expect("installed above"))
}

/// Enters the gate, which every fork from now on passes, too.
pub(crate) fn gate() -> Result<Gate, Errno> {
    /// Changed in the gate alone.
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    let gate = Gate::enter();
    if !REGISTERED.load(Ordering::Relaxed) {
        // SAFETY: the three are functions of the right type, and this library is never unloaded
        // while they are registered: it is linked statically into its users.
        let code = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
        if code != 0 {
            return Err(Errno::from_raw_os_error(code));
        }
        REGISTERED.store(true, Ordering::Relaxed);
    }
    Ok(gate)
}

/// A word that is 0 now, and 0 again in a child.
fn wiped_word() -> rustix::io::Result<&'static AtomicU64> {
    let (len, access) = (rustix::param::page_size(), ProtFlags::READ | ProtFlags::WRITE);
    // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
    let page = unsafe { mmap_anonymous(ptr::null_mut(), len, access, MapFlags::PRIVATE) }?;
    // SAFETY: the page was mapped just now, nothing refers to it yet, and what the advice does to it
    // happens in children only.
    match unsafe { madvise(page, len, Advice::LinuxWipeOnFork) } {
        // Unknown to this kernel, or refused: then the handler alone clears the word.
        Ok(()) | Err(Errno::INVAL | Errno::NOSYS | Errno::PERM) => {}
        Err(err) => return Err(err),
    }
    // SAFETY:
    // - a page is aligned and large enough, and its zeros are a valid `AtomicU64`;
    // - it is never unmapped, and never referred to but as this atomic.
    Ok(unsafe { &*page.cast::<AtomicU64>() })
}

extern "C" fn prepare() {
    std::mem::forget(Gate::enter());
}

extern "C" fn parent() {
    drop(Gate);
}

/// Runs in the child: allocates nothing and takes no lock.
extern "C" fn child() {
    if let Some(Installed { generation, blank }) = INSTALLED.get() {
        generation.store(0, Ordering::Relaxed);
        for place in all_places().flat_map(|places| &places.numbers) {
            let number = place.swap(FREE, Ordering::Relaxed);
            if number != FREE {
                // SAFETY: `number` is that of an `OwnFile`, which keeps owning it. Its user sees
                // another file, as documented at `OwnFile`. A failure leaves it unchanged.
                unsafe { libc::dup3(blank.as_raw_fd(), number, libc::O_CLOEXEC) };
            }
        }
    }
    drop(Gate);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DynReader, DynWriter};
    use layout::{Record, Stu};
    use std::time::Duration;

    #[test]
    fn a_place_is_used_again_and_there_are_as_many_as_needed() {
        let open = || OwnFile::open(Path::new("x"), || Ok(tempfile::tempfile().unwrap())).unwrap();
        let many: Vec<OwnFile> = (0..100).map(|_| open()).collect();
        let count = || all_places().count();
        let before = count();
        assert!(before >= 4);
        let numbers: Vec<i32> = many.iter().map(|own| own.place.load(Ordering::Relaxed)).collect();
        assert!(many.iter().zip(&numbers).all(|(own, number)| own.as_raw_fd() == *number));
        drop(many);
        let again: Vec<OwnFile> = (0..100).map(|_| open()).collect();
        assert!(count() <= before + 1, "other tests may hold some");
        again[0].set_len(1).unwrap();
    }

    /// Opens a writer and a reader in `dir`, closes both, and returns whether they worked.
    fn publishes(dir: &Path, name: &str) -> bool {
        let path = dir.join(name);
        let mut writer = DynWriter::open(&path, &Stu::schema()).unwrap();
        let mut reader = DynReader::open(&path).unwrap();
        writer.publish(&[7; 28]).unwrap();
        reader.latest(&mut [0; 28]).is_ok_and(|found| found.is_some())
    }

    /// Forks a child that publishes in `dir`; does it come to an end before the deadline?
    fn forks_a_child_that_publishes(dir: &Path) -> bool {
        // SAFETY: the child allocates, which glibc allows, calls this crate, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let code = i32::from(!publishes(dir, "child"));
            // SAFETY: ends the process without running what its parent registered.
            unsafe { libc::_exit(code) };
        }
        ends_well(child)
    }

    /// Does this child exit with 0 before the deadline?
    pub(super) fn ends_well(child: libc::pid_t) -> bool {
        let child = nix::unistd::Pid::from_raw(child);
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        loop {
            match nix::sys::wait::waitpid(child, Some(nix::sys::wait::WaitPidFlag::WNOHANG)) {
                Ok(nix::sys::wait::WaitStatus::StillAlive) => {}
                ended => return ended == Ok(nix::sys::wait::WaitStatus::Exited(child, 0)),
            }
            if std::time::Instant::now() > deadline {
                nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL).unwrap();
                return false;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    #[test]
    fn a_child_can_publish_at_any_state_of_its_parents_threads() {
        let _children = crate::sigbus::tests::with_children();
        let (dir, done) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for name in ["a", "b", "c"] {
                let (dir, done) = (dir.path(), &done);
                scope.spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        assert!(publishes(dir, name));
                    }
                });
            }
            let all = (0..300).all(|_| forks_a_child_that_publishes(dir.path()));
            done.store(true, Ordering::Relaxed);
            assert!(all, "a child waits for what no thread of its own holds");
        });
    }

    #[test]
    fn the_owner_is_this_process_in_each_of_its_threads() {
        let open = || OwnFile::open(Path::new("x"), || Ok(tempfile::tempfile().unwrap())).unwrap();
        let (here, there) = (open(), std::thread::spawn(open).join().unwrap());
        assert_eq!(here.owner.generation, there.owner.generation);
        assert!(here.is_here() && there.is_here());
    }
}
