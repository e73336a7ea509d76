//! Handles SIGBUS in this process: the guard first, then the handler that was installed before.
//!
//! A SIGBUS that the guard does not take is handed on:
//!
//! ```text
//!   it returns                        the guard stays in force; a fault repeats, and comes here again
//!   it sets another handler           that one is called the next time, after the guard as before
//!   it sets the default, or there     the process ends by this very signal, also if it was sent:
//!     was none                          it never continues without the guard
//! ```
//!
//! Rust's own SIGBUS handler sets the default and returns, so most programs are in the third case.
//!
//! The crate's front page lists what programs must do: a handler that is set later replaces this
//! one, and a truncation kills a process whose thread blocks SIGBUS.
//!
//! Invariant: the former handler is known before ours can run, and none of what it does takes ours
//! away from a process that lives on.
//!
//! Price: one signal handler for the process, at the first mapping.
//!
//! # Safety
//! [`hand_on`] runs in a signal handler, at any instruction of any thread. It only loads and stores
//! atomics, and calls `rt_tgsigqueueinfo` (a system call) and `sigaction` and `raise`
//! (async-signal-safe by POSIX).
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // plain process-local flags between a thread and its handler

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A handler that takes three arguments (`SA_SIGINFO`).
pub(crate) type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

/// The former handler, for a SIGBUS that is not ours, packed by [`Former`].
static FORMER: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);
/// Whether our handler is installed.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Makes `ours` this process's SIGBUS handler, once. The caller lets in one thread at a time.
pub(crate) fn install(ours: Handler) -> io::Result<()> {
    if INSTALLED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let former = disposition()?;
    if former.sa_sigaction == ours as *const () as usize {
        // Forked while another thread of the parent was between the last two lines: the handler is installed, only
        // the flag is not set.
        INSTALLED.store(true, Ordering::Relaxed);
        return Ok(());
    }
    // Known before ours can run: the handler needs it.
    Former::of(&former).store();
    set_disposition(&in_place_of(former, ours))?;
    INSTALLED.store(true, Ordering::Relaxed);
    Ok(())
}

/// The handler `ours`, with the mask of `former`.
fn in_place_of(mut former: libc::sigaction, ours: Handler) -> libc::sigaction {
    former.sa_sigaction = ours as *const () as usize;
    former.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    former
}

/// The current disposition of SIGBUS.
fn disposition() -> io::Result<libc::sigaction> {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only asks; `now` is valid for a write.
    let asked = unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), now.as_mut_ptr()) };
    if asked != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all-zero bytes are a valid `sigaction`, and the kernel has filled it in.
    Ok(unsafe { now.assume_init() })
}

fn set_disposition(action: &libc::sigaction) -> io::Result<()> {
    // SAFETY: a whole action: the kernel's own, with its handler as it was, or with one
    // that keeps the contract of SA_SIGINFO by its type, or with the default.
    let set = unsafe { libc::sigaction(libc::SIGBUS, action, ptr::null_mut()) };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A disposition in one word, so that a handler can load and store it: the function, which lies in
/// the lower half of the address space, and two flags above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Former(usize);

impl Former {
    /// `SA_SIGINFO`: it takes three arguments.
    const INFO: usize = 1 << 63;
    /// `SA_RESETHAND`: called once, then it is the default's turn.
    const ONCE: usize = 1 << 62;

    fn of(action: &libc::sigaction) -> Self {
        let has = |flag, bit| if action.sa_flags & flag != 0 { bit } else { 0 };
        let flags = has(libc::SA_SIGINFO, Self::INFO) | has(libc::SA_RESETHAND, Self::ONCE);
        Self(action.sa_sigaction | flags)
    }

    fn handler(self) -> usize {
        self.0 & !(Self::INFO | Self::ONCE)
    }

    fn has(self, flag: usize) -> bool {
        self.0 & flag != 0
    }

    fn store(self) {
        FORMER.store(self.0, Ordering::Release);
    }

    fn load() -> Self {
        Self(FORMER.load(Ordering::Acquire))
    }
}

/// Passes a signal that `ours` does not handle to the former disposition.
pub(crate) fn hand_on(
    ours: Handler,
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let former = Former::load();
    match former.handler() {
        libc::SIG_IGN if !is_fault(info) => {}
        libc::SIG_DFL | libc::SIG_IGN => end(signal, info),
        _ => {
            let Ok(mut before) = disposition() else { return end(signal, info) };
            // In another thread the former handler has set itself again, and is returning.
            if Former::of(&before) == former {
                before = in_place_of(before, ours);
            }
            if former.has(Former::ONCE) {
                Former(libc::SIG_DFL).store();
            }
            call(former, signal, info, context);
            stay_in_force(&before, signal, info);
        }
    }
}

/// Whether the signal comes from an access, which is repeated when the handler returns. Others were
/// sent by a process, or by the kernel as an early warning of failing memory.
fn is_fault(info: *mut libc::siginfo_t) -> bool {
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo.
    let code = unsafe { &*info }.si_code;
    code > 0 && code != libc::BUS_MCEERR_AO
}

/// Calls the handler `former`, which is a function.
fn call(
    former: Former,
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    if former.has(Former::INFO) {
        // SAFETY: with SA_SIGINFO set, the kernel's word is a function of this type.
        let handler = unsafe { std::mem::transmute::<usize, Handler>(former.handler()) };
        handler(signal, info, context);
    } else {
        type Short = extern "C" fn(libc::c_int);
        // SAFETY: without SA_SIGINFO, the kernel's word is a function of this type.
        let handler = unsafe { std::mem::transmute::<usize, Short>(former.handler()) };
        handler(signal);
    }
}

/// After the former handler has returned: keeps its changes to the disposition for the next signal,
/// and sets the guard again.
fn stay_in_force(before: &libc::sigaction, signal: libc::c_int, info: *mut libc::siginfo_t) {
    let Ok(after) = disposition() else { return end(signal, info) };
    if Former::of(&after) == Former::of(before) {
        return;
    }
    Former::of(&after).store();
    if after.sa_sigaction == libc::SIG_DFL || set_disposition(before).is_err() {
        end(signal, info);
    }
}

/// Ends the process by this signal, with the kernel's siginfo.
fn end(signal: libc::c_int, info: *mut libc::siginfo_t) {
    // SAFETY: all-zero bytes are a valid `sigaction`: the default, no flags, an empty mask.
    let default = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    // The default cannot be refused; should it be, the signal comes here again.
    let _ = set_disposition(&default);
    // SAFETY: a call without preconditions.
    let process = unsafe { libc::getpid() };
    // SAFETY: as above.
    let thread = unsafe { libc::gettid() };
    let queue = libc::SYS_rt_tgsigqueueinfo;
    // SAFETY: the kernel reads a siginfo, which `info` is, and checks the rest. A process may queue
    // any siginfo to itself. What is blocked is delivered when the handler returns.
    let queued = unsafe { libc::syscall(queue, process, thread, signal, info) };
    if queued != 0 {
        // SAFETY: raising a signal has no memory preconditions.
        unsafe { libc::raise(signal) };
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! Each case runs in a child process: this test binary again, told by a variable what to do.
    use super::{Handler, disposition, set_disposition};
    use crate::mapping::{Access, Mapping};
    use memmap2::MmapOptions;
    use nix::sys::signal::{SigSet, Signal, raise};
    use std::fs::File;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, ExitStatus, Stdio};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

    const CASE: &str = "MAPCAST_TEST_SIGBUS";
    const HANDLED: i32 = 42;
    const GUARDED: i32 = 43;

    /// Taken to start a child, which has this process's descriptors until it executes its program.
    static STARTING: RwLock<()> = RwLock::new(());

    /// While it is held, a file that is closed has been closed everywhere, and its locks are gone.
    pub(crate) fn no_child() -> RwLockReadGuard<'static, ()> {
        STARTING.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// While it is held, no test of the former kind runs: for one that makes children.
    pub(crate) fn with_children() -> RwLockWriteGuard<'static, ()> {
        STARTING.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `case` in a child and answers how it ended.
    fn child(case: &str) -> ExitStatus {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "sigbus::tests::the_child", "--nocapture"]).env(CASE, case);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let starting = with_children();
        let child = command.spawn().unwrap();
        drop(starting);
        child.wait_with_output().unwrap().status
    }

    #[track_caller]
    fn dies(case: &str) {
        let status = child(case);
        assert_eq!(status.signal(), Some(libc::SIGBUS), "{case}: {status}");
    }

    #[track_caller]
    fn leaves(case: &str, code: i32) {
        let status = child(case);
        assert_eq!(status.code(), Some(code), "{case}: {status}");
    }

    #[test]
    fn a_foreign_fault_ends_the_process_as_without_the_guard() {
        dies("foreign");
        dies("foreign, with a handler of one call");
        dies("foreign, with a handler that lets go");
    }

    #[test]
    fn a_foreign_fault_goes_to_the_former_handler() {
        leaves("foreign, with a handler that leaves", HANDLED);
    }

    #[test]
    fn a_sent_sigbus_ends_the_process() {
        dies("sent");
        dies("sent, with a handler that lets go");
        dies("an early warning of failing memory");
    }

    #[test]
    fn the_guard_stays_in_force_after_a_handler_that_returns() {
        leaves("sent, with a handler that returns", GUARDED);
        leaves("sent, with a handler that sets itself again", GUARDED);
        leaves("sent, and ignored", GUARDED);
    }

    #[test]
    fn a_handler_set_later_replaces_the_guard_unless_it_passes_faults_on() {
        leaves("a handler set later", HANDLED);
        leaves("a handler set later that passes on", GUARDED);
    }

    #[test]
    fn a_thread_that_blocks_sigbus_is_not_guarded_and_one_that_leaves_it_out_is() {
        dies("all signals blocked");
        leaves("all signals blocked but SIGBUS", GUARDED);
    }

    #[test]
    fn a_mapping_that_was_given_back_is_not_guarded_any_more() {
        dies("dropped");
    }

    /// Not a claim of its own: what the children do. Without the variable it does nothing.
    #[test]
    fn the_child() {
        let Ok(case) = std::env::var(CASE) else { return };
        // A child that goes round in its handlers is ended by another signal than SIGBUS.
        // SAFETY: a call without preconditions.
        unsafe { libc::alarm(20) };
        let (what, handler) = case.split_once(", ").unwrap_or((&case, ""));
        match handler {
            "with a handler that leaves" => handle_by(leave as *const () as usize, 0),
            "with a handler that returns" => handle(count, 0),
            "with a handler of one call" => handle(count, libc::SA_RESETHAND),
            "with a handler that sets itself again" => handle(count_and_set_again, 0),
            "with a handler that lets go" => handle(let_go, 0),
            "and ignored" => handle_by(libc::SIG_IGN, 0),
            _ => {}
        }
        let guarded = guarded();
        match what {
            "foreign" => touch_a_missing_page(),
            "sent" => {
                raise(Signal::SIGBUS).unwrap();
                if handler != "and ignored" {
                    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
                }
                raise(Signal::SIGBUS).unwrap();
            }
            "an early warning of failing memory" => warn_of_memory(),
            "a handler set later" => handle_by(leave as *const () as usize, 0),
            "a handler set later that passes on" => {
                LATER.store(disposition().unwrap().sa_sigaction, Ordering::Relaxed);
                handle(pass_on, 0);
            }
            "all signals blocked" => SigSet::all().thread_block().unwrap(),
            "all signals blocked but SIGBUS" => {
                let mut all = SigSet::all();
                all.remove(Signal::SIGBUS);
                all.thread_block().unwrap();
            }
            "dropped" => {
                drop(guarded);
                touch_a_missing_page();
                panic!("the child lived on");
            }
            other => panic!("no such case: {other}"),
        }
        cut_and_read(&guarded);
        std::process::exit(GUARDED);
    }

    /// A guarded mapping and its file.
    fn guarded() -> (Mapping, File) {
        let file = file_of(4096);
        (Mapping::new(&file, 4096, Access::Read).unwrap(), file)
    }

    /// Dies unless the mapping is still guarded.
    fn cut_and_read((mapping, file): &(Mapping, File)) {
        file.set_len(0).unwrap();
        assert_eq!(mapping.words()[0].load(Ordering::Relaxed), 0);
        assert!(mapping.faulted());
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

    /// The siginfo that the kernel sends for a failing page before it is accessed.
    fn warn_of_memory() {
        // SAFETY: all-zero bytes are a valid `siginfo_t`.
        let mut info = unsafe { std::mem::zeroed::<libc::siginfo_t>() };
        info.si_signo = libc::SIGBUS;
        info.si_code = libc::BUS_MCEERR_AO;
        let me = std::process::id();
        // SAFETY: a call without preconditions.
        let thread = unsafe { libc::gettid() };
        let queue = libc::SYS_rt_tgsigqueueinfo;
        // SAFETY: the kernel reads a siginfo, which `info` is.
        let sent = unsafe { libc::syscall(queue, me, thread, libc::SIGBUS, &raw const info) };
        assert_eq!(sent, 0);
    }

    static CALLS: AtomicUsize = AtomicUsize::new(0);
    /// What a handler that was set later passes on to.
    static LATER: AtomicUsize = AtomicUsize::new(0);

    extern "C" fn leave(_: libc::c_int) {
        // SAFETY: `_exit` may be called from a signal handler.
        unsafe { libc::_exit(HANDLED) }
    }

    extern "C" fn count(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }

    extern "C" fn count_and_set_again(
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        handle(count_and_set_again, 0);
        count(signal, info, context);
    }

    /// As the runtime of a Rust program does.
    extern "C" fn let_go(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
        handle_by(libc::SIG_DFL, 0);
    }

    extern "C" fn pass_on(
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut libc::c_void,
    ) {
        // SAFETY: the guard's own handler, which takes three arguments.
        let next: Handler = unsafe { std::mem::transmute(LATER.load(Ordering::Relaxed)) };
        next(signal, info, context);
    }

    fn handle(handler: Handler, flags: libc::c_int) {
        handle_by(handler as *const () as usize, flags | libc::SA_SIGINFO);
    }

    fn handle_by(handler: usize, flags: libc::c_int) {
        let mut action = disposition().unwrap();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        set_disposition(&action).unwrap();
    }
}
