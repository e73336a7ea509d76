//! Turns SIGBUS into an error.
//!
//! When a mapped file is cut short, touching a page past its end raises SIGBUS. Once the first
//! region is mapped, this module handles that signal: if the address lies in one of our mappings,
//! its page and all that follow are replaced by zeros, the mapping is marked, and the access
//! continues with zeros, which are invalid everywhere in the format. The reader or writer checks
//! the mark, or the last word, after each copy and returns `Truncated`.
//! (The idea is systemd's, `src/basic/sigbus.c`, which lays one page at a time.) Every other SIGBUS
//! goes to the handler that was there before: see [`sigbus`].
//!
//! Why all that follow: a file that is truncated and extended over and over would fault in a
//! different page each time. One page at a time, the mapping splits into ever more pieces up to the
//! kernel's limit (`vm.max_map_count`), and the next fault kills the process. And a file that is
//! extended again before the reader checks its last word would look whole.
//!
//! Watches are added and freed in the gate of `fork`, by one thread at a time, and by none during a fork once its
//! handlers are registered; the handler never enters it.
//!
//! Invariant: a watch's `start` and `end` describe a mapping of ours, or `end` is 0. Watches are
//! never freed, only used again, so the handler may walk their list at any instruction.
//!
//! Price: one signal handler for the process, at the first mapping; an atomic load after each copy.
//!
//! # Safety
//! The handler runs at any instruction of any thread. It only loads and stores atomics, calls
//! `mmap` and `munlock` (system calls, no library state but `errno`, which it restores) and what
//! [`sigbus`] calls.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // plain process-local flags between a thread and its handler

use crate::fork::{self, Gate};
use crate::sigbus;
use rustix::param::page_size;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering, fence};

/// One watched mapping: an entry of a list that only grows.
struct Watch {
    start: AtomicUsize,
    /// One past the mapping's last byte; 0: this entry is free.
    end: AtomicUsize,
    /// `PROT_READ`, and `PROT_WRITE` of a writable mapping.
    protection: AtomicI32,
    faulted: AtomicBool,
    next: AtomicPtr<Watch>,
}

static WATCHES: AtomicPtr<Watch> = AtomicPtr::new(ptr::null_mut());

/// Keeps the bytes from `start` on guarded while it lives. Drop it before they are unmapped.
pub(crate) struct Guard(&'static Watch);

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("faulted", &self.faulted()).finish_non_exhaustive()
    }
}

impl Guard {
    /// Guards the addresses of a mapping with this protection.
    pub(crate) fn new(addresses: Range<usize>, protection: libc::c_int) -> io::Result<Self> {
        let _gate = fork::gate()?;
        sigbus::install(on_sigbus)?;
        let watch = free_watch().unwrap_or_else(new_watch);
        // Release: a handler that sees this start also sees that the former end is gone.
        watch.start.store(addresses.start, Ordering::Release);
        watch.protection.store(protection, Ordering::Relaxed);
        watch.faulted.store(false, Ordering::Relaxed);
        // Release: a handler that sees this end sees the start that belongs to it.
        watch.end.store(addresses.end, Ordering::Release);
        Ok(Self(watch))
    }

    /// Whether a page of this mapping was missing when it was touched.
    #[inline]
    pub(crate) fn faulted(&self) -> bool {
        self.0.faulted.load(Ordering::Acquire)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _gate = Gate::enter();
        self.0.end.store(0, Ordering::Release);
    }
}

/// Every watch there is, newest first.
fn watches() -> impl Iterator<Item = &'static Watch> {
    let follow = |link: &AtomicPtr<Watch>| {
        // SAFETY: a link is null or points at a watch that was leaked by `new_watch`.
        unsafe { link.load(Ordering::Acquire).as_ref() }
    };
    std::iter::successors(follow(&WATCHES), move |watch: &&'static Watch| follow(&watch.next))
}

fn free_watch() -> Option<&'static Watch> {
    watches().find(|watch| watch.end.load(Ordering::Relaxed) == 0)
}

/// Adds a free watch to the list. The caller is in the gate.
fn new_watch() -> &'static Watch {
    let watch = Box::into_raw(Box::new(Watch {
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        protection: AtomicI32::new(libc::PROT_NONE),
        faulted: AtomicBool::new(false),
        next: AtomicPtr::new(WATCHES.load(Ordering::Relaxed)),
    }));
    WATCHES.store(watch, Ordering::Release);
    // SAFETY: just made by `Box::into_raw`, and never freed.
    unsafe { &*watch }
}

/// The watch whose mapping holds `address`, and where that mapping ends.
fn watch_of(address: usize) -> Option<(&'static Watch, usize)> {
    watches().find_map(|watch| {
        let end = watch.end.load(Ordering::Acquire);
        let start = watch.start.load(Ordering::Relaxed);
        // Preflight at twice: a watch that is being used again may show the end of one mapping and
        // the start of another. The fence keeps the second look behind the load of `start`.
        fence(Ordering::Acquire);
        let unchanged = watch.end.load(Ordering::Relaxed) == end;
        (start <= address && address < end && unchanged).then_some((watch, end))
    })
}

extern "C" fn on_sigbus(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo.
    let info_ref = unsafe { &*info };
    // SAFETY: for SIGBUS the address member is the one in use; for a signal sent by `kill` it
    // holds other bytes, which then name no mapping of ours (and `si_code` says so).
    let address = unsafe { info_ref.si_addr() } as usize;
    let is_missing = info_ref.si_code == libc::BUS_ADRERR;
    if !(is_missing && watch_of(address).is_some_and(|watch| put_zeros(watch, address))) {
        sigbus::hand_on(on_sigbus, signal, info, context);
    }
}

/// Lays zeros of this process alone over the missing page and all that follow it in its mapping.
///
/// After that the mapping is two pieces at the most, whatever else is cut.
fn put_zeros((watch, end): (&Watch, usize), address: usize) -> bool {
    // The mark first: a thread that reads zeros from the new pages then finds it set.
    watch.faulted.store(true, Ordering::SeqCst);
    let protection = watch.protection.load(Ordering::Relaxed);
    let page = address & !(page_size() - 1);
    let missing = page..end;
    // SAFETY: a call without preconditions.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: it points at this thread's `errno`, which lives as long as the thread.
    let before = unsafe { errno.read() };
    let placed =
        place(&missing, protection, libc::MAP_PRIVATE) || place_at_the_limit(&missing, protection);
    // SAFETY: as above, for a write: the interrupted code must not see what the calls left there.
    unsafe { errno.write(before) };
    placed
}

/// Maps zeros over `missing`, from a page of a mapping of ours to its end.
fn place(missing: &Range<usize>, protection: libc::c_int, kind: libc::c_int) -> bool {
    // Without reserving: they stay zeros while nothing writes to them.
    let flags = kind | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    let (start, len) = (missing.start as *mut libc::c_void, missing.len());
    // SAFETY: from a page of a live mapping of ours to its end (the watch holds its bounds, which the
    // kernel rounds to whole pages), so MAP_FIXED replaces only memory that `Mapping` owns and will
    // unmap.
    let placed = unsafe { libc::mmap(start, len, protection, flags, -1, 0) };
    placed != libc::MAP_FAILED
}

/// The same in a process at its limit of memory. The limit of locked memory (`mlockall`) has
/// room for the new pages once the old ones are not locked; that of private memory does not count
/// shared ones.
#[cold]
fn place_at_the_limit(missing: &Range<usize>, protection: libc::c_int) -> bool {
    // SAFETY: changes no byte, and only whether pages of a mapping of ours may be swapped out.
    unsafe { libc::munlock(missing.start as *const libc::c_void, missing.len()) };
    place(missing, protection, libc::MAP_PRIVATE) || place(missing, protection, libc::MAP_SHARED)
}
