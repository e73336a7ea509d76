//! The examples as cargo has built them, beside this test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Far beyond what a busy machine takes.
const DEADLINE: Duration = Duration::from_mins(10);

/// Example NAME.
pub(crate) fn command(name: &str) -> Command {
    command_at(&built(name))
}

/// This program, without input, with its output in pipes. All that it sees of this environment is where
/// the C compiler is.
pub(crate) fn command_at(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Where example NAME is. `cargo test` builds it before the tests run.
pub(crate) fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let deps = test.parent().expect("a folder");
    let examples: PathBuf = deps.parent().expect("target/PROFILE").join("examples");
    let program = examples.join(name);
    assert!(
        program.exists(),
        "{}: build it with `cargo test -p mapcast-lessons`",
        program.display()
    );
    program
}

/// Runs it to its end, which is that of everybody who has its output: it leaves no process behind.
#[track_caller]
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    let child = command(name).args(arguments).spawn().expect("started");
    within_the_deadline(move || child.wait_with_output().expect("its output"))
}

/// What `work` gives, unless it takes for ever.
#[track_caller]
pub(crate) fn within_the_deadline<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    result.recv_timeout(DEADLINE).expect("done within the deadline")
}

/// Everything that it printed: first its output, then its errors.
pub(crate) fn printed(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}
