//! Who may read, who may write, and which directory is in the way.

use std::fs;
use std::os::unix::fs::chown;

use super::{Diagnosis, STRANGER, is_root, say};
use crate::world::World;

#[test]
fn the_part_of_the_path_that_keeps_a_user_out_is_named_and_what_lets_it_in() {
    let world = World::in_memory();
    let _writer = world.students("live");
    let doctor = || world.doctor(&format!("live --user {STRANGER}"));
    let refused = |fact: &str, step: &str| {
        let dir = world.path("");
        let dir = dir.to_str().expect("UTF-8").trim_end_matches('/');
        doctor().is(&["cannot-read"]).has(
            "cannot-read",
            &fact.replace("DIR", dir),
            &step.replace("DIR", dir),
        );
    };
    refused("54321 may not read it: DIR has mode 0700", "chmod o+x DIR");
    world.chmod(".", 0o755);
    world.chmod("live.region", 0o600);
    refused("DIR/live.region has mode 0600", "chmod o+r DIR/live.region");
    world.chmod("live.region", 0o644);
    let readers = |diagnosis: &Diagnosis| diagnosis.all["regions"][0]["readers"].clone();
    assert_eq!(readers(doctor().is(&[])), "every user");
    world.chmod("live.region", 0o600);
    let readers = readers(&world.doctor("live")).to_string();
    // Beside root its owner may read it.
    let [users, part] = readers.splitn(2, "; ").collect::<Vec<_>>()[..] else {
        panic!("{readers}");
    };
    let count = if is_root() { 1 } else { 2 };
    assert_eq!(users.split(", ").count(), count, "{readers}");
    assert!(users.contains("root") && part.starts_with("/dev/shm/"), "{readers}");
}

#[test]
fn a_member_of_the_group_is_let_in_by_joining_it() {
    if !is_root() {
        return say("not run: only root can give a file to another group");
    }
    let world = World::in_memory();
    let _writer = world.students("live");
    world.chmod(".", 0o755);
    world.chmod("live.region", 0o640);
    chown(world.path("live.region"), None, Some(STRANGER + 1)).expect("chown");
    let diagnosis = world.doctor(&format!("live --user {STRANGER}"));
    diagnosis.has(
        "cannot-read",
        "has mode 0640 and belongs to root:54322",
        "usermod -aG 54322 54321",
    );
}

#[test]
fn a_user_who_is_kept_out_learns_why() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.chmod(".", 0o755);
    world.chmod("live.region", 0o000);
    let diagnosis = world.doctor_of_ordinary_user(":", "live");
    diagnosis.is(&["cannot-read"]).has("cannot-read", "live.region has mode 0000", "+r ");
    fs::create_dir(world.path("in")).expect("a directory");
    fs::rename(world.path("live.region"), world.path("in/live.region")).expect("moved");
    world.chmod("in", 0o600);
    let diagnosis = world.doctor_of_ordinary_user(":", "./in/live.region");
    diagnosis.is(&["cannot-read"]).has("cannot-read", "/in has mode 0600", "+x ");
    world.chmod("in", 0o700);
}

#[test]
fn a_directory_of_names_that_may_not_be_entered_is_named() {
    let world = World::in_memory();
    world.chmod(".", 0o755);
    fs::create_dir(world.path("names")).expect("a directory");
    world.chmod("names", 0o600);
    let before = "MAPCAST_DIR=$MAPCAST_DIR/names; export MAPCAST_DIR";
    let diagnosis = world.doctor_of_ordinary_user(before, "no-such-name-anywhere");
    diagnosis.has("cannot-read", "/names has mode 0600", "+x ");
    // To enter it is not enough to list it.
    world.chmod("names", 0o311);
    let diagnosis = world.doctor_of_ordinary_user(before, "");
    diagnosis.has("cannot-read", "/names has mode 0311", "+rx ");
    world.chmod("names", 0o700);
}

#[test]
fn an_unknown_user_is_wrong_usage() {
    let output = World::in_memory().run("doctor --user no-such-user-anywhere");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_file_that_every_user_may_write_to_is_reported() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.chmod("live.region", 0o666);
    let diagnosis = world.doctor("live");
    diagnosis.is(&["others-may-write"]).has(
        "others-may-write",
        "has mode 0666",
        "chmod o-w /dev/shm/",
    );
}

#[test]
fn a_directory_in_which_others_may_create_files_is_unsafe_by_name_and_by_path() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.chmod(".", 0o777);
    world.doctor("live").is(&["unsafe-directory"]).has(
        "unsafe-directory",
        "mode 0777",
        "chmod go-w /dev/shm/",
    );
    // Its file is this user's own, and is looked at.
    let diagnosis = world.doctor("./live.region");
    diagnosis.is(&["unsafe-directory"]).has(
        "unsafe-directory",
        "mode 0777",
        "chmod go-w /dev/shm/",
    );
    assert!(!diagnosis.unchecked().contains("live.region"));
    world.chmod(".", 0o1777);
    let diagnosis = world.doctor("./live.region");
    diagnosis.is(&["unsafe-directory"]).has("unsafe-directory", "mode 1777", "give a name");
}

#[test]
fn a_file_that_another_user_may_have_put_there_is_not_mapped() {
    if !is_root() {
        return say("not run: only root can give a file to another user");
    }
    let world = World::in_memory();
    let _writer = world.students("live");
    world.altered("live", "dead", &[]);
    world.chmod(".", 0o777);
    chown(world.path("dead.region"), Some(STRANGER), None).expect("chown");
    let diagnosis = world.doctor("./dead.region");
    diagnosis.is(&["unsafe-directory"]);
    assert!(diagnosis.unchecked().contains("another user could have put this file there"));
}

#[test]
fn a_relative_default_directory_is_reported() {
    let world = World::in_memory();
    for region in ["", "live"] {
        let mut command = world.doctor_after("MAPCAST_DIR=here; export MAPCAST_DIR", region);
        let diagnosis = Diagnosis::of(&command.output().expect("a shell"));
        diagnosis.is(&["relative-directory"]).has("relative-directory", "\"here\"", "absolute");
    }
}
