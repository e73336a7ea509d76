//! Refuses system calls, as the filters of container engines and old kernels do.
//!
//! Invariant: the filter applies to one thread and the processes that it starts, not to other
//! tests.

use std::collections::BTreeMap;
use std::panic::resume_unwind;

use nix::errno::Errno;
use nix::libc::c_long;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// Runs `story` in a thread where each of `calls` (`libc::SYS_*`) returns `errno`, also in the
/// programs that it starts.
#[track_caller]
pub fn where_refused<T: Send>(
    calls: &[c_long],
    errno: Errno,
    story: impl FnOnce() -> T + Send,
) -> T {
    let filter = filter(calls, errno);
    let confined = || {
        apply_filter(&filter).expect("a filter");
        story()
    };
    let done = std::thread::scope(|scope| scope.spawn(confined).join());
    done.unwrap_or_else(|panic| resume_unwind(panic))
}

fn filter(calls: &[c_long], errno: Errno) -> BpfProgram {
    let rules: BTreeMap<_, _> = calls.iter().map(|&call| (call, Vec::new())).collect();
    let answer = SeccompAction::Errno(u32::try_from(errno as i32).expect("a positive number"));
    let arch = std::env::consts::ARCH.try_into().expect("an architecture with filters");
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, arch).expect("rules");
    filter.try_into().expect("a program")
}
