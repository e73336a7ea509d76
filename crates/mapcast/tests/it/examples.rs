//! Each example runs, and does what its header says.

use std::fs::Permissions;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_mins(1);

/// An example that runs in a directory of this test's own, which is the default one too.
fn example(name: &str, dir: &Path, arguments: &[&str]) -> Child {
    let test = std::env::current_exe().expect("this program");
    let target = test.ancestors().nth(2).expect("target/PROFILE");
    let mut command = Command::new(target.join("examples").join(name));
    command.env_clear().env("MAPCAST_DIR", dir).current_dir(dir).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("an example")
}

/// What it printed before it ended well.
#[track_caller]
fn printed(mut child: Child) -> String {
    let deadline = Instant::now() + DEADLINE;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("kill");
            panic!("did not end within {DEADLINE:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut text = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut text).expect("text");
    assert!(child.wait().expect("a child").success(), "{text}");
    text
}

/// A directory that only its owner may write to, whatever the umask: a default directory has to be one.
fn place() -> (tempfile::TempDir, PathBuf) {
    let owners_alone = Permissions::from_mode(0o700);
    let dir = tempfile::Builder::new().permissions(owners_alone).tempdir().expect("a directory");
    let path = dir.path().to_owned();
    (dir, path)
}

#[test]
fn own_struct() {
    let (_guard, dir) = place();
    let text = printed(example("own_struct", &dir, &[]));
    assert!(text.starts_with("On at 1499.5 rpm\n"), "{text}");
    assert!(dir.join("motor.region").exists());
}

#[test]
fn instances() {
    let (_guard, dir) = place();
    let text = printed(example("instances", &dir, &["AAA", "BBB"]));
    let expected = "AAA: 99.5 EUR\nAAA: 1\nBBB: 2\nAAA is now 99.5\nBBB is now 99.5\n";
    assert_eq!(text, expected);
}

#[test]
fn dynamic() {
    let (_guard, dir) = place();
    let text = printed(example("dynamic", &dir, &["./point.region", "x:f64:m", "label:char[8]"]));
    assert_eq!(text, "x=1.5\tlabel=dock\n");
}

#[test]
fn follow_and_tokio_print_what_a_standby_that_took_over_publishes() {
    let (_guard, dir) = place();
    let mut first = example("standby", &dir, &["s"]);
    let region = dir.join("s.region");
    let deadline = Instant::now() + DEADLINE;
    while !region.exists() {
        assert!(Instant::now() < deadline, "no region");
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = example("standby", &dir, &["s", "3"]);
    let (follow, tokio) = (example("follow", &dir, &["s"]), example("tokio", &dir, &["s"]));
    first.kill().expect("kill");
    first.wait().expect("its end");
    let text = printed(second);
    assert!(text.contains("publishing after record "), "{text}");
    let text = printed(follow);
    assert!(text.contains(": id=2\tname=xiaoming\tm\n") && text.ends_with("closed\n"), "{text}");
    let text = printed(tokio);
    assert!(text.contains("id=2\tname=xiaoming\tm\n"), "{text}");
}

#[test]
fn from_c() {
    let (_guard, dir) = place();
    assert_eq!(printed(example("from_c", &dir, &["./stu"])), "10 xiaoming m\n");
    assert_eq!(std::fs::metadata(dir.join("stu")).expect("a file").len(), 28);
}

#[test]
fn sigbus() {
    let (_guard, dir) = place();
    let text = printed(example("sigbus", &dir, &[]));
    assert!(text.starts_with("10\n") && text.contains("has 0 bytes"), "{text}");
}
