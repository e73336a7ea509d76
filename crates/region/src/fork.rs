//! `fork` copies a process with its writers; what they own stays with the process that opened them.
//!
//! Invariants:
//! 0. In a forked child, [`OwnFile::is_here`] is false for every file that an ancestor opened, and
//!    true for those that the child opens itself.
//! 1. In a forked child the number of every [`OwnFile`] of the parent leads to another file.
//!    So the parent's lock, which the kernel keeps until the last descriptor of
//!    its open file description is closed, ends with the parent.
//!
//! ```text
//!              generation                    descriptor 5, an OwnFile
//!   parent     1     its writer publishes    --> region, locked
//!   child      0     Forked                  --> nothing of use
//!              2     its own writer publishes, on another descriptor
//! ```
//!
//! The kernel clears the generation's page in a child (`MADV_WIPEONFORK`), also after a raw `clone`.
//! The descriptors are changed by a handler that `pthread_atfork` runs in the child. A raw `clone`
//! runs no handlers, nor does a `fork` that had begun before the first file was opened: such a child cannot publish
//! either, but it keeps the lock while it lives.
//!
//! Once the handlers are registered, no thread is in the [`Gate`] while the process forks, so a child
//! finds every list behind it whole and open to it, however many threads its parent has.
//!
//! Price: one page for the process; a load and a comparison each publish; in a child one
//! more while the handler runs.
//!
//! # Safety
//! The handlers run in the thread that forks. In the child they use atomics, `eventfd`, `epoll_create1`, `dup3` and `close`
//! only: system calls, which are possible after the fork of a process with threads.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // process-local words between a thread and the fork handlers

mod gate;

pub(crate) use gate::Gate;

use crate::error::RegionError;
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};
use std::fs::File;
use std::ops::Deref;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, Ordering};

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
        let owner = Owner::this(install(path)?);
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

/// The numbers of all [`OwnFile`]s. The list only grows, and only inside the gate. (No `OnceLock`: a child may be born
/// while another thread of its parent sets one.)
struct Places {
    numbers: [AtomicI32; 32],
    next: AtomicPtr<Places>,
}

static PLACES: Places = Places::new();

impl Places {
    const fn new() -> Self {
        let next = AtomicPtr::new(ptr::null_mut());
        Self { numbers: [const { AtomicI32::new(FREE) }; 32], next }
    }

    fn next(&self) -> Option<&'static Self> {
        // SAFETY: null, or what `free_place` has leaked.
        unsafe { self.next.load(Ordering::Acquire).as_ref() }
    }
}

fn all_places() -> impl Iterator<Item = &'static Places> {
    std::iter::successors(Some(&PLACES), |places| places.next())
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
    last.next.store(Box::into_raw(Box::new(Places::new())), Ordering::Release);
    &last.next().expect("stored above").numbers[0]
}

/// The word that tells this process from its parent; null until the first file is opened.
static GENERATION: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());

fn generation() -> Option<&'static AtomicU64> {
    // SAFETY: null, or the word of a page that is never unmapped.
    unsafe { GENERATION.load(Ordering::Acquire).as_ref() }
}

/// Makes what the handlers need, once; `path` is the region that is being opened, for errors.
fn install(path: &Path) -> Result<&'static AtomicU64, RegionError> {
    if let Some(word) = generation() {
        return Ok(word);
    }
    let io = |call| move |err| RegionError::io(path, call, err);
    let _gate = gate().map_err(io("pthread_atfork"))?;
    if generation().is_none() {
        let word: *const AtomicU64 = wiped_word().map_err(io("mmap"))?;
        GENERATION.store(word.cast_mut(), Ordering::Release);
    }
    Ok(generation().expect("stored above"))
}

/// Enters the gate, which every fork from now on passes, too.
pub(crate) fn gate() -> Result<Gate, Errno> {
    /// Changed in the gate alone.
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    let gate = Gate::enter();
    if !REGISTERED.load(Ordering::Relaxed) {
        // SAFETY: the three are functions of the right type, and they stay where they are: the shared library is
        // linked with `-z nodelete`, and docs/c.md says so of what the archive is linked into.
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
    Gate::enter_to_fork();
}

extern "C" fn parent() {
    Gate::leave_after_fork();
}

/// Runs in the child: allocates nothing and takes no lock.
extern "C" fn child() {
    if let Some(generation) = generation() {
        let mut blank = None;
        generation.store(0, Ordering::Relaxed);
        for place in all_places().flat_map(|places| &places.numbers) {
            let number = place.swap(FREE, Ordering::Relaxed);
            if number != FREE {
                put_blank(number, &mut blank);
            }
        }
    }
    Gate::leave_after_fork();
}

/// Makes the number of an [`OwnFile`] of the parent lead to `blank`, which is made for the first: its user sees another
/// file, as documented there.
fn put_blank(number: i32, blank: &mut Option<OwnedFd>) {
    if blank.is_none() {
        *blank = unused_descriptor().ok();
    }
    // Where the child cannot have one more: what it was started with.
    let others = blank.as_ref().map(AsRawFd::as_raw_fd).into_iter().chain(0..3);
    for other in others {
        // SAFETY: `number` is that of an `OwnFile`, which keeps owning it. A failure leaves it unchanged.
        if unsafe { libc::dup3(other, number, libc::O_CLOEXEC) } == number {
            return;
        }
    }
}

/// A descriptor that nothing waits for, also where a sandbox refuses eventfd.
fn unused_descriptor() -> rustix::io::Result<OwnedFd> {
    eventfd(0, EventfdFlags::CLOEXEC).or_else(|_| epoll::create(epoll::CreateFlags::CLOEXEC))
}

#[cfg(test)]
mod tests;
