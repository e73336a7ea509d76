//! One thread for all tasks of Zenoh.
//!
//! Zenoh 1.10.2 reads a TLS link in one task and writes it in another, both through one `&mut` to the same connection
//! (`get_mut_socket` in zenoh-link-tls, `unicast.rs`). By default these tasks have threads of their own: with two bridges
//! that linked 216 times on a busy machine, four links were lost at once, with "handshake not complete". In one thread, no
//! task runs while another is in the connection.
//!
//! Zenoh takes the number of its threads from the environment, when it is first used. A process cannot change its own
//! environment safely, so the program executes itself once more.
//!
//! Price: a millisecond at the start; the network has one processor at most.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use daemon::one_line;

/// Where Zenoh finds its number of threads. What the operator has set stays.
const VARIABLE: &str = "ZENOH_RUNTIME";
/// All its kinds of tasks with those of `net`, which has one thread.
const ONE_THREAD: &str =
    "(app: (handover: net), acc: (handover: net), tx: (handover: net), rx: (handover: net))";

/// Executes this program anew with one thread for Zenoh, unless that is so already. It is the same process.
pub(super) fn ensure() {
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let error = match std::env::current_exe() {
        Ok(path) => again(path),
        Err(error) => error,
    };
    let error = one_line(&error);
    tracing::warn!(
        "this program cannot execute itself again ({error}), so links over tls/ may be lost; start it with \
         {VARIABLE}='{ONE_THREAD}'"
    );
}

/// Returns only if it fails. Not by /proc/self/exe, after which the process would be called `exe`.
fn again(path: PathBuf) -> io::Error {
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_else(|| path.clone().into());
    Command::new(path).arg0(name).args(args).env(VARIABLE, ONE_THREAD).exec()
}
