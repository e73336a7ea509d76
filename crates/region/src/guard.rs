//! SIGBUS is an error, not a death.
//!
//! When a mapped file is cut short, touching a page past its end raises SIGBUS. Once the first
//! region is mapped, this module answers that signal: if the address lies in one of our mappings,
//! zeros are put over its page and all that follow, as a cut leaves them, the mapping is marked, and
//! the access goes on reading zeros, which are invalid everywhere in the format. The reader or
//! writer looks at the mark, or at the last word, after each copy and answers `Truncated`. A fault
//! anywhere else goes to the handler that was there before.
//! (The idea is systemd's, `src/basic/sigbus.c`, which lays one page at a time.)
//!
//! Why all that follow: whoever cuts the file and makes it long again, over and over, would have
//! each cut seen in another page. One page at a time, the mapping falls into ever more pieces until
//! the kernel gives no more (`vm.max_map_count`), and the next fault is a death. And a file that is
//! long again before the reader looks at its last word would pass for whole.
//!
//! Invariant: a watch's `start` and `end` describe a mapping of ours, or `end` is 0. Watches are
//! never freed, only used again, so the handler may walk their list at any instruction.
//!
//! Price: one signal handler for the process; an atomic load after each copy.
//!
//! # Safety
//! The handler runs at any instruction of any thread. It only loads and stores atomics, calls
//! `mmap` and `munlock` (system calls, no library state but `errno`, which it restores) and `sigaction`
//! (async-signal-safe by POSIX).
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // plain process-local flags between a thread and its handler

use rustix::param::page_size;
use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, OnceLock, PoisonError};

/// One watched mapping: an entry of a list that only grows.
struct Watch {
    start: AtomicUsize,
    /// One past the mapping's last byte; 0: this entry is free.
    end: AtomicUsize,
    writable: AtomicBool,
    faulted: AtomicBool,
    next: AtomicPtr<Watch>,
}

static WATCHES: AtomicPtr<Watch> = AtomicPtr::new(ptr::null_mut());
/// Serialises those who add and free watches; the handler never takes it.
static EDIT: Mutex<()> = Mutex::new(());
static FORMER: OnceLock<libc::sigaction> = OnceLock::new();

/// Keeps the bytes from `start` on guarded while it lives. Drop it before they are unmapped.
pub(crate) struct Guard(&'static Watch);

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("faulted", &self.faulted()).finish_non_exhaustive()
    }
}

impl Guard {
    /// Guards `len` bytes from address `start`; `writable` as the mapping is.
    pub(crate) fn new(start: usize, len: usize, writable: bool) -> io::Result<Self> {
        let _alone = EDIT.lock().unwrap_or_else(PoisonError::into_inner);
        install()?;
        let watch = free_watch().unwrap_or_else(new_watch);
        // Release: a handler that sees this start also sees that the former end is gone.
        watch.start.store(start, Ordering::Release);
        watch.writable.store(writable, Ordering::Relaxed);
        watch.faulted.store(false, Ordering::Relaxed);
        // Release: a handler that sees this end sees the start that belongs to it.
        watch.end.store(start.saturating_add(len), Ordering::Release);
        Ok(Self(watch))
    }

    /// Has a page of this mapping been missing when it was touched?
    #[inline]
    pub(crate) fn faulted(&self) -> bool {
        self.0.faulted.load(Ordering::Acquire)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _alone = EDIT.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Adds a free watch to the list. The caller holds `EDIT`.
fn new_watch() -> &'static Watch {
    let watch = Box::into_raw(Box::new(Watch {
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        writable: AtomicBool::new(false),
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
        // Looked at twice: a watch that is being used again may show the end of one mapping and
        // the start of another. The fence keeps the second look behind the load of `start`.
        fence(Ordering::Acquire);
        let unchanged = watch.end.load(Ordering::Relaxed) == end;
        (start <= address && address < end && unchanged).then_some((watch, end))
    })
}

/// Makes [`on_sigbus`] this process's SIGBUS handler, once. The caller holds `EDIT`.
fn install() -> io::Result<()> {
    if FORMER.get().is_some() {
        return Ok(());
    }
    let mut former = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only asks; `former` is valid for a write.
    let asked = unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), former.as_mut_ptr()) };
    if asked != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all-zero bytes are a valid `sigaction`, and the kernel has filled it in.
    let former = unsafe { former.assume_init() };
    // Known before ours can run: the handler needs it.
    FORMER.get_or_init(|| former);

    let mut ours = former;
    ours.sa_sigaction = on_sigbus as *const () as usize;
    ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: `ours` is a whole action whose handler keeps the contract of SA_SIGINFO.
    let set = unsafe { libc::sigaction(libc::SIGBUS, &raw const ours, ptr::null_mut()) };
    if set != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
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
    let is_fault = info_ref.si_code == libc::BUS_ADRERR;
    if !(is_fault && watch_of(address).is_some_and(|watch| put_zeros(watch, address))) {
        hand_on(signal, info, context);
    }
}

/// Lays zeros of this process alone over the missing page and all that follow it in its mapping.
///
/// After that the mapping is two pieces at the most, whatever else is cut.
fn put_zeros((watch, end): (&Watch, usize), address: usize) -> bool {
    // The mark first: whoever reads zeros from the new pages then finds it set.
    watch.faulted.store(true, Ordering::SeqCst);
    let write = if watch.writable.load(Ordering::Relaxed) { libc::PROT_WRITE } else { 0 };
    let page = address & !(page_size() - 1);
    let missing = page..end;
    // SAFETY: a call without preconditions.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: it points at this thread's `errno`, which lives as long as the thread.
    let before = unsafe { errno.read() };
    let placed = place(&missing, write, libc::MAP_PRIVATE) || place_at_the_limit(&missing, write);
    // SAFETY: as above, for a write: the interrupted code must not see what the calls left there.
    unsafe { errno.write(before) };
    placed
}

/// Maps zeros over `missing`, from a page of a mapping of ours to its end.
fn place(missing: &Range<usize>, write: libc::c_int, kind: libc::c_int) -> bool {
    // Without reserving: they are zeros for as long as nobody writes.
    let flags = kind | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    let (start, len) = (missing.start as *mut libc::c_void, missing.len());
    // SAFETY: from a page of a live mapping of ours to its end (the watch holds its bounds, which the
    // kernel rounds to whole pages), so MAP_FIXED replaces only memory that `Mapping` owns and will
    // unmap.
    let placed = unsafe { libc::mmap(start, len, libc::PROT_READ | write, flags, -1, 0) };
    placed != libc::MAP_FAILED
}

/// The same in a process that may have no page more. The limit of locked memory (`mlockall`) has
/// room for the new pages once the old ones are not locked; that of private memory does not count
/// shared ones.
#[cold]
fn place_at_the_limit(missing: &Range<usize>, write: libc::c_int) -> bool {
    // SAFETY: changes no byte, and only whether pages of a mapping of ours may be swapped out.
    unsafe { libc::munlock(missing.start as *const libc::c_void, missing.len()) };
    place(missing, write, libc::MAP_PRIVATE) || place(missing, write, libc::MAP_SHARED)
}

/// Not ours: what was there before us decides.
fn hand_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(former) = FORMER.get() else { return };
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo.
    let sent_by_a_process = unsafe { &*info }.si_code <= 0;
    match former.sa_sigaction {
        libc::SIG_IGN if sent_by_a_process => {}
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: `former` is a whole action the kernel gave us.
            unsafe { libc::sigaction(signal, former, ptr::null_mut()) };
            // A faulting access repeats on return and then ends the process, as without us.
            if sent_by_a_process {
                // SAFETY: raising a signal has no memory preconditions.
                unsafe { libc::raise(signal) };
            }
        }
        handler if former.sa_flags & libc::SA_SIGINFO != 0 => {
            type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
            // SAFETY: with SA_SIGINFO set, the kernel's word is a function of this type.
            let handler = unsafe { std::mem::transmute::<usize, Handler>(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without SA_SIGINFO, the kernel's word is a function of this type.
            let handler =
                unsafe { std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(handler) };
            handler(signal);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! Each case runs in a child process: this test binary again, told by a variable what to do.
    use crate::mapping::{Access, Mapping};
    use memmap2::MmapOptions;
    use std::fs::File;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, ExitStatus, Stdio};
    use std::sync::{PoisonError, RwLock, RwLockReadGuard};

    const CASE: &str = "MAPCAST_TEST_SIGBUS";
    const HANDLED: i32 = 42;

    /// Taken to start a child, which has this process's descriptors until it executes its program.
    static STARTING: RwLock<()> = RwLock::new(());

    /// While it is held, a file that is closed has been closed everywhere, and its locks are gone.
    pub(crate) fn no_child() -> RwLockReadGuard<'static, ()> {
        STARTING.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `case` in a child and answers how it ended.
    fn child(case: &str) -> ExitStatus {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "guard::tests::the_child", "--nocapture"]).env(CASE, case);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let starting = STARTING.write().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn().unwrap();
        drop(starting);
        child.wait_with_output().unwrap().status
    }

    #[test]
    fn a_fault_that_is_not_ours_ends_the_process_as_without_the_guard() {
        assert_eq!(child("foreign").signal(), Some(libc::SIGBUS));
    }

    #[test]
    fn a_fault_that_is_not_ours_goes_to_the_handler_that_was_there_before() {
        assert_eq!(child("former").code(), Some(HANDLED));
    }

    #[test]
    fn a_sigbus_that_somebody_sent_ends_the_process_as_without_the_guard() {
        assert_eq!(child("sent").signal(), Some(libc::SIGBUS));
    }

    #[test]
    fn a_mapping_that_was_given_back_is_not_guarded_any_more() {
        assert_eq!(child("dropped").signal(), Some(libc::SIGBUS));
    }

    /// Not a claim of its own: what the children do. Without the variable it does nothing.
    #[test]
    fn the_child() {
        let Ok(case) = std::env::var(CASE) else { return };
        if case == "former" {
            install_own_handler();
        }
        let guarded = Mapping::new(&file_of(4096), 4096, Access::Read).unwrap();
        match case.as_str() {
            // The first goes to the handler of Rust's runtime, which lets go of the signal.
            "sent" => (0..2).for_each(|_| {
                // SAFETY: raising a signal has no memory preconditions.
                unsafe { libc::raise(libc::SIGBUS) };
            }),
            "dropped" => {
                drop(guarded);
                touch_a_missing_page();
            }
            _ => touch_a_missing_page(),
        }
        panic!("the child lived on");
    }

    fn file_of(len: u64) -> File {
        let file = tempfile::tempfile().unwrap();
        file.set_len(len).unwrap();
        file
    }

    fn touch_a_missing_page() {
        let file = file_of(4096);
        let map = MmapOptions::new().len(4096).map_raw_read_only(&file).unwrap();
        file.set_len(0).unwrap();
        // SAFETY: the address is mapped; that the access faults is what is tested.
        let _ = unsafe { map.as_ptr().read_volatile() };
    }

    extern "C" fn leave(_: libc::c_int) {
        // SAFETY: `_exit` may be called from a signal handler.
        unsafe { libc::_exit(HANDLED) }
    }

    fn install_own_handler() {
        // SAFETY: `leave` does nothing that a signal handler may not.
        unsafe { libc::signal(libc::SIGBUS, leave as *const () as usize) };
    }
}
