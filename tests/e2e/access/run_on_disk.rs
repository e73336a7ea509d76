//! A machine whose `/run` is not in memory, as in many containers: the system's regions are in
//! `/dev/shm/mapcast`, which any user could have made first.
//!
//! In a mount namespace of the test's own, with a directory on a disk over `/run` and an empty memory
//! file system over `/dev/shm`.

use e2e::{Daemon, NOBODY, Place, Program, Unprivileged};
use rustix::fs::statfs;

use crate::{consumer, producer};

/// A user who is neither root nor the user of the programs.
const SQUATTER: u32 = 12_345;

/// The `statfs(2)` type of tmpfs.
const TMPFS: rustix::fs::FsWord = 0x0102_1994;

/// Does `script` as root; `$S` is the squatter, `as_user` runs a command as an ordinary user. `None`
/// where that cannot be done.
fn run(script: &str) -> Option<Daemon> {
    let programs = [producer(), consumer()].map(|program| Unprivileged::another(&program));
    let [Some(producer), Some(consumer)] = programs else { return None };
    let place = Place::on_disk().open_to_all();
    if statfs(place.dir()).is_ok_and(|fs| fs.f_type == TMPFS) {
        return None;
    }
    let script = format!(
        "set -e; mount --bind \"$PWD\" /run; mount -t tmpfs -o mode=1777 none /dev/shm; S={SQUATTER}\n\
         as_user() {{ setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups -- \"$@\"; }}\n{script}"
    );
    let mut command = Program::new("unshare", "/usr/bin/unshare").command(&place);
    command.args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]);
    command.args(["/bin/sh", "-c", &script, "sh"]);
    command.env_remove("MAPCAST_DIR").env_remove("XDG_RUNTIME_DIR");
    command.env("PRODUCER", producer.path()).env("CONSUMER", consumer.path());
    let mut shell = Daemon::start("a shell", &mut command);
    shell.exit_code();
    Some(shell)
}

#[test]
fn the_systems_regions_are_in_memory_and_every_user_finds_them_there() {
    let script = "umask 000; \"$PRODUCER\" --ticks 1; stat -c '%a %u' /dev/shm/mapcast; ls /run | grep mapcast || :\n\
                  \"$CONSUMER\" stu --once; as_user \"$CONSUMER\" stu --once";
    let Some(mut shell) = run(script) else { return };
    assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
    assert_eq!(shell.out(), ["755 0", "id=10\tname=xiaoming\tm", "id=10\tname=xiaoming\tm"]);
    assert_eq!(shell.said("is on a disk"), 0, "{:?}", shell.err());
}

#[test]
fn a_region_of_a_service_that_was_given_run_is_found_too() {
    let script = "MAPCAST_DIR=/run/mapcast \"$PRODUCER\" --ticks 1\n\
                  \"$CONSUMER\" stu --once; as_user \"$CONSUMER\" stu --once";
    let Some(mut shell) = run(script) else { return };
    assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
    assert_eq!(shell.out(), ["id=10\tname=xiaoming\tm", "id=10\tname=xiaoming\tm"]);
    // The warning names a place that is in memory here.
    let warning = shell.says("is on a disk");
    assert!(warning.ends_with("give a path in /dev/shm"), "{warning}");
}

#[test]
fn a_directory_that_somebody_else_made_first_is_refused_and_hides_no_region() {
    let squat = "mkdir -m 0755 /dev/shm/mapcast; touch /dev/shm/mapcast/stu.region; chown -R $S /dev/shm/mapcast";
    for program in
        ["\"$PRODUCER\" --ticks 1", "\"$CONSUMER\" stu --once", "as_user \"$CONSUMER\" stu --once"]
    {
        let Some(mut shell) = run(&format!("{squat}\n{program}")) else { return };
        assert_eq!(shell.exit_code(), 1, "{program}: {:?}", shell.err());
        let line = shell.says("/dev/shm/mapcast: ");
        assert!(line.contains("belongs to uid 12345, not to root"), "{line}");
    }
    let hidden =
        "MAPCAST_DIR=/run/mapcast \"$PRODUCER\" --ticks 1; as_user \"$CONSUMER\" stu --once";
    let Some(mut shell) = run(&format!("{squat}\n{hidden}")) else { return };
    assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
    assert_eq!(shell.out(), ["id=10\tname=xiaoming\tm"]);
}
