//! The library as it is installed, and programs that are compiled against it.
//!
//! `install.sh` links the shared library from the archive that cargo built beside these tests.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;

/// Far longer than anything here takes.
const DEADLINE: Duration = Duration::from_mins(2);

/// The crate's directory.
pub(crate) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A program of this machine, without its settings.
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C");
    for name in ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Whether these programs are there. Without a compiler, the tests pass, and say that they were skipped.
#[allow(clippy::print_stdout, reason = "for the person who runs the tests")]
pub(crate) fn have(programs: &[&str]) -> bool {
    let is_there = |program: &&&str| {
        let found =
            tool(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        !found.is_ok_and(|status| status.success())
    };
    let missing = programs.iter().find(is_there);
    if let Some(missing) = missing {
        println!("skipped: there is no {missing} here");
    }
    missing.is_none()
}

/// Runs a command that has to succeed, and to write nothing to stderr; returns what it printed.
#[track_caller]
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|err| panic!("{command:?}: {err}"));
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && err.is_empty(),
        "{command:?}: {}\n{out}{err}",
        output.status
    );
    out.into_owned()
}

/// The tree that `install.sh` makes, once for all tests of this process.
pub(crate) fn tree() -> &'static Path {
    static TREE: OnceLock<PathBuf> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tree-{}", std::process::id()));
        remove_old_trees(tree.parent().expect("the directory of trees"));
        done(tool("sh").arg(source("install.sh")).arg(archive()).arg(&tree));
        tree
    })
}

/// Asserts that a compiler takes its source, or does not.
#[track_caller]
pub(crate) fn assert_taken(compiler: &mut Command, is_taken: bool) {
    compiler.args(["-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I"]);
    let output = compiler.arg(tree().join("include")).output().expect("a compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), is_taken, "{compiler:?}: {said}");
}

/// Those of processes that have ended: nothing removes a static's files.
fn remove_old_trees(of: &Path) {
    for entry in std::fs::read_dir(of).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix("tree-").and_then(|id| id.parse::<u32>().ok());
        if process.is_some_and(|id| !Path::new(&format!("/proc/{id}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The newest archive beside this test, which cargo has built for it.
fn archive() -> PathBuf {
    let test = std::env::current_exe().expect("this test");
    let beside = std::fs::read_dir(test.parent().expect("a directory")).expect("a directory");
    let archives = beside.flatten().map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("libmapcast_capi") && path.extension() == Some(OsStr::new("a"))
    });
    let built = |path: &PathBuf| {
        path.metadata().and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    archives.max_by_key(built).expect("libmapcast_capi.a beside the test")
}

/// A directory for a test: of its programs, and of their regions. Its mode is 0700 with any umask: the library
/// opens no region in a directory in which others may create files.
pub(crate) fn place() -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.permissions(Permissions::from_mode(0o700));
    builder.prefix("mapcast-capi-").tempdir().expect("a temporary directory")
}

/// Compiles `source` with `compiler` and its flags into `into`, without a warning; returns the program.
#[track_caller]
pub(crate) fn compiled(compiler: &str, flags: &[&str], source: &Path, into: &TempDir) -> PathBuf {
    let tree = tree();
    let name = source.file_name().expect("a file").to_string_lossy().replace('.', "-");
    let program = into.path().join(name + &flags.join(""));
    let mut command = tool(compiler);
    command.args(["-O1", "-g", "-Wall", "-Wextra", "-Werror"]).args(flags);
    command.arg("-I").arg(tree.join("include")).arg(source).arg("-o").arg(&program);
    command.arg("-L").arg(tree.join("lib")).arg("-lmapcast");
    done(command.arg(format!("-Wl,-rpath,{}", tree.join("lib").display())));
    program
}

/// Waits for what a program does at some time.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not before the deadline: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Makes `command` find regions by name in `place`.
pub(crate) fn settled<'c>(command: &'c mut Command, place: &TempDir) -> &'c mut Command {
    command.current_dir(place.path()).env("MAPCAST_DIR", place.path())
}

/// A running program, whose lines are waited for; killed at the end.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts it in `place`.
    pub(crate) fn start(program: &Path, args: &[&str], place: &TempDir) -> Self {
        let mut command = tool(program);
        settled(&mut command, place).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|err| panic!("{command:?}: {err}"));
        let lines = lines_of(child.stdout.take().expect("a pipe"));
        Self { child, lines }
    }

    /// Its next line.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line before the deadline")
    }

    /// Lines up to the first one for which `is_it` returns true.
    #[track_caller]
    pub(crate) fn line_where(&self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.line();
            if is_it(&line) {
                return line;
            }
        }
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    /// Waits for its end; returns whether it succeeds.
    pub(crate) fn ends(mut self) -> bool {
        self.child.wait().expect("wait").success()
    }

    /// Closes its input; returns whether it succeeds.
    pub(crate) fn ends_with_its_input(&mut self) -> bool {
        drop(self.child.stdin.take());
        self.child.wait().expect("wait").success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(out: ChildStdout) -> Receiver<String> {
    let (to, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let _ = to.send(line);
        }
    });
    lines
}
