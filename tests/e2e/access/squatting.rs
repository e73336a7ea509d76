//! A default directory that another user has created first.
//!
//! The real paths, `/run/mapcast` and `/dev/shm/mapcast-UID`, in the test's own mount namespace
//! with empty memory file systems over `/run` and `/dev/shm`: the machine's own are not touched.

use e2e::{Daemon, NOBODY, Place, Program, Unprivileged};

use crate::{consumer, producer};

/// A user who is neither root nor the user of the programs.
const SQUATTER: u32 = 12_345;

/// Both programs, executable by an ordinary user, and a place to start them in.
struct Stage {
    place: Place,
    programs: [Unprivileged; 2],
}

/// The user of a program.
#[derive(Clone, Copy)]
enum User {
    Root,
    Unprivileged,
}

impl Stage {
    /// `None`, with a message on stderr, if this user cannot mount.
    fn new() -> Option<Self> {
        let programs = [producer(), consumer()].map(|program| Unprivileged::another(&program));
        let [Some(producer), Some(consumer)] = programs else { return None };
        Some(Self { place: Place::on_disk().open_to_all(), programs: [producer, consumer] })
    }

    /// Runs `script` as root in empty `/run` and `/dev/shm`, where `$D` is the default directory of
    /// `user` and `as_user` runs a command as `user`.
    fn run(&self, user: User, script: &str) -> Daemon {
        let (dir, become_user) = match user {
            User::Root => ("/run/mapcast".to_owned(), "\"$@\"".to_owned()),
            User::Unprivileged => {
                let ids = format!("--reuid {NOBODY} --regid {NOBODY} --clear-groups");
                (format!("/dev/shm/mapcast-{NOBODY}"), format!("setpriv {ids} -- \"$@\""))
            }
        };
        let script = format!(
            "set -e; mount -t tmpfs -o mode=0755 none /run; mount -t tmpfs -o mode=1777 none /dev/shm\n\
             export D={dir}; as_user() {{ {become_user}; }}; S={SQUATTER}\n{script}"
        );
        let unshare = Program::new("unshare", "/usr/bin/unshare");
        let mut command = unshare.command(&self.place);
        // The processes of the shell end with it, and the shell with the test.
        command.args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]);
        command.args(["/bin/sh", "-c", &script, "sh"]);
        command.env_remove("MAPCAST_DIR").env_remove("XDG_RUNTIME_DIR");
        let [producer, consumer] = self.programs.each_ref().map(Unprivileged::path);
        Daemon::start("a shell", command.env("PRODUCER", producer).env("CONSUMER", consumer))
    }

    /// Asserts that after `squat` both programs refuse the default directory of `user` with the
    /// reason.
    #[track_caller]
    fn both_refuse(&self, user: User, squat: &str, fact: &str) {
        for program in ["as_user \"$PRODUCER\" --ticks 1", "as_user \"$CONSUMER\" stu --once"] {
            let mut shell = self.run(user, &format!("{squat}\n{program}"));
            assert_eq!(shell.exit_code(), 1, "{squat}: {program}: {:?}", shell.err());
            let line = shell.says(fact);
            assert!(line.contains(": error: ") && line.contains("; fix the directory's owner"));
            assert!(shell.out().is_empty());
        }
    }
}

const BOTH: [User; 2] = [User::Root, User::Unprivileged];

#[test]
fn a_default_directory_has_the_right_mode_and_readers() {
    let Some(stage) = Stage::new() else { return };
    for (user, mode) in [(User::Root, "755 0"), (User::Unprivileged, "700 65534")] {
        let script = "umask 000; as_user \"$PRODUCER\" --ticks 1; stat -c '%a %u' $D\n\
                      as_user \"$CONSUMER\" stu --once";
        let mut shell = stage.run(user, script);
        assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
        assert_eq!(shell.out(), [mode, "id=10\tname=xiaoming\tm"]);
    }
}

#[test]
fn a_directory_created_by_another_user_is_refused() {
    let Some(stage) = Stage::new() else { return };
    // In every mode, and with a forged region in it.
    for mode in ["0700", "0755", "0777"] {
        let squat = format!("mkdir $D; touch $D/stu.region; chown -R $S $D; chmod {mode} $D");
        let fact =
            if mode == "0777" { "has mode 0777" } else { "belongs to uid 12345, not to 65534" };
        stage.both_refuse(User::Unprivileged, &squat, fact);
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let Some(stage) = Stage::new() else { return };
    let empty = "export MAPCAST_DIR= XDG_RUNTIME_DIR=";
    // The owner is checked, and the region of another user is not read.
    let squat = format!(
        "{empty}; mkdir -m 0755 $D; \"$PRODUCER\" --region $D/stu.region --ticks 1 2>/dev/null\n\
         chown -R $S $D"
    );
    stage.both_refuse(User::Unprivileged, &squat, "belongs to uid 12345, not to 65534");
    // A user's consumer finds the regions of the system, where root publishes.
    let script = format!(
        "{empty}; \"$PRODUCER\" --ticks 1; ls /run/mapcast\n\
         as_user \"$CONSUMER\" stu --once"
    );
    let mut shell = stage.run(User::Unprivileged, &script);
    assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
    assert_eq!(shell.out(), ["stu.region", "id=10\tname=xiaoming\tm"]);
    // The user's own are where they would be without the variable; a relative XDG_RUNTIME_DIR is
    // ignored, as its specification demands.
    for runtime in ["", "run/user", "."] {
        let script = format!(
            "{empty}; export XDG_RUNTIME_DIR={runtime}; as_user \"$PRODUCER\" --ticks 1; ls $D"
        );
        let mut shell = stage.run(User::Unprivileged, &script);
        assert_eq!((shell.exit_code(), shell.out()), (0, vec!["stu.region".into()]), "{runtime:?}");
    }
}

#[test]
fn a_relative_variable_is_refused_and_nothing_created() {
    let Some(stage) = Stage::new() else { return };
    for user in BOTH {
        for program in ["\"$PRODUCER\" --ticks 1", "\"$CONSUMER\" stu --once"] {
            let script = format!(
                "mkdir -m 0777 dir; export MAPCAST_DIR=dir; as_user {program} || echo $?\n\
                 ls -A dir /dev/shm; ls /run | grep mapcast || rmdir dir"
            );
            let mut shell = stage.run(user, &script);
            assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
            assert_eq!(shell.out(), ["2", "/dev/shm:", "", "dir:"], "{program}");
            shell.says("error: MAPCAST_DIR: \"dir\" is a relative path");
        }
    }
}

#[test]
fn a_squatted_directory_does_not_hide_a_system_region() {
    let Some(stage) = Stage::new() else { return };
    let script = "\"$PRODUCER\" --ticks 1; mkdir $D; touch $D/stu.region; chown -R $S $D\n\
                  as_user \"$CONSUMER\" stu --once";
    let mut shell = stage.run(User::Unprivileged, script);
    assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
    assert_eq!(shell.out(), ["id=10\tname=xiaoming\tm"]);
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    let Some(stage) = Stage::new() else { return };
    for user in BOTH {
        for mode in ["0777", "1777", "0775"] {
            let squat = format!("as_user mkdir $D; chmod {mode} $D");
            stage.both_refuse(user, &squat, &format!("has mode {mode}: others may create files"));
        }
    }
}

#[test]
fn a_link_or_a_file_in_place_of_the_directory_is_refused() {
    let Some(stage) = Stage::new() else { return };
    for user in BOTH {
        for squat in [
            "mkdir -m 0755 /dev/shm/theirs; chown $S /dev/shm/theirs; ln -s /dev/shm/theirs $D",
            "as_user mkdir -m 0700 /dev/shm/own 2>/dev/null; ln -s /dev/shm/own $D",
            "ln -s /dev/shm/nothing $D",
            "ln -s $D $D",
        ] {
            stage.both_refuse(user, squat, "is a symbolic link, not a directory");
        }
        stage.both_refuse(user, "touch $D; chown $S $D", "is not a directory");
    }
}

#[test]
fn a_users_runtime_directory_is_checked_in_the_same_way() {
    let Some(stage) = Stage::new() else { return };
    let home = "mkdir -m 0700 /run/user; chown 65534 /run/user; export XDG_RUNTIME_DIR=/run/user";
    for (squat, fact) in [
        ("mkdir -m 0777 /run/user/mapcast", "/run/user/mapcast: has mode 07"),
        ("mkdir -m 0755 /run/user/mapcast", "/run/user/mapcast: belongs to uid 0, not to 65534"),
        (
            "ln -s /dev/shm /run/user/mapcast",
            "/run/user/mapcast: is a symbolic link, not a directory",
        ),
    ] {
        stage.both_refuse(User::Unprivileged, &format!("umask 0; {home}; {squat}"), fact);
    }
    let script =
        format!("{home}; as_user \"$PRODUCER\" --ticks 1; stat -c '%a %u' /run/user/mapcast");
    let mut shell = stage.run(User::Unprivileged, &script);
    assert_eq!((shell.exit_code(), shell.out()), (0, vec!["700 65534".to_owned()]));
}

/// Puts an empty directory in the place of `$D`, as often as the writer makes its own anew in between.
const TAKE_PLACE: &str = "take_place() {\n\
    n=0; mkdir /dev/shm/away\n\
    until mkdir -m 0777 $D 2>/dev/null; do n=$((n + 1)); mv $D /dev/shm/away/$n; done\n\
    }\n";

#[test]
fn a_directory_recreated_by_another_user_is_neither_read_nor_written() {
    let Some(stage) = Stage::new() else { return };
    // The squatter's region holds the same record with another number.
    let script = "sed 's/start = 10/start = 999/' stu.toml >999.toml\n\
        \"$PRODUCER\" 999.toml --region /dev/shm/theirs.region --ticks 1 2>/dev/null\n\
        as_user \"$PRODUCER\" --tick 1s 2>writer & as_user \"$CONSUMER\" stu --follow >out 2>reader &\n\
        until grep -q name=xiaoming out; do sleep 0.05; done\n\
        take_place; chmod 0777 $D\n\
        mv /dev/shm/theirs.region $D/stu.region; chown -R $S $D\n\
        until grep -q 'has mode 0777' reader; do sleep 0.05; done\n\
        until grep -q 'another file\\|has mode 0777' writer; do sleep 0.05; done\n\
        sleep 0.6; ls -A $D; cat out";
    stage.place.shipped("stu.toml");
    super::open_to_all(stage.place.dir(), 0o777);
    let mut shell = stage.run(User::Unprivileged, &format!("{TAKE_PLACE}{script}"));
    assert_eq!(shell.exit_code(), 0, "{:?}", shell.err());
    let out = shell.out();
    assert_eq!(out[0], "stu.region", "nothing of ours is put there: {out:?}");
    assert!(!out.iter().any(|line| line.contains("id=999")), "{out:?}");
    // The same with an empty directory: the writer creates nothing there.
    let script = "as_user \"$PRODUCER\" --tick 1s 2>writer2 &\n\
        until [ -e $D/stu.region ]; do sleep 0.05; done\n\
        take_place; chmod 0777 $D; chown $S $D\n\
        until grep -q 'has mode 0777' writer2; do sleep 0.05; done\n\
        ls -A $D";
    let mut shell = stage.run(User::Unprivileged, &format!("{TAKE_PLACE}{script}"));
    assert_eq!((shell.exit_code(), shell.out()), (0, vec![]), "{:?}", shell.err());
}
