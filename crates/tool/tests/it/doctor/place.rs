//! Where a region is: the file system, leftover files; and where it is not.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use mapcast::{Options, Stu};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::{Diagnosis, say};
use crate::world::World;

#[test]
fn a_region_on_a_disk_is_reported() {
    let world = World::on_disk();
    let _writers = ["live", "other"].map(|name| world.students(name));
    let diagnosis = world.doctor("live");
    match diagnosis.ids()[..] {
        [] => return say("not run: the directory of cargo's target is in memory"),
        ["overlayfs"] => return say("not run: the directory of cargo's target is on overlayfs"),
        _ => {}
    }
    // A name would lead to the same directory again.
    let step = "export MAPCAST_DIR=/dev/shm/";
    diagnosis.is(&["disk-backed"]).has("disk-backed", "on a disk", step);
    world.doctor("./live.region").is(&["disk-backed"]).has("disk-backed", "on a disk", step);
    world.doctor("").is(&["disk-backed"]);
    let away = "mkdir -p away; chmod 700 away; MAPCAST_DIR=$MAPCAST_DIR/away; export MAPCAST_DIR";
    let mut elsewhere = world.doctor_after(&format!("PATH=/bin:$PATH\n{away}"), "./live.region");
    let diagnosis = Diagnosis::of(&elsewhere.output().expect("a shell"));
    diagnosis.is(&["disk-backed"]).has(
        "disk-backed",
        "on a disk",
        "give a name, or a path in /run",
    );
}

#[test]
fn of_a_thousand_regions_with_one_fault_the_fault_is_listed_and_what_to_type_is_said_once() {
    let world = World::in_memory();
    let writer = world.students("live");
    for number in 0..1000 {
        world.altered("live", &format!("dead{number}"), &[]);
    }
    drop(writer);
    world.chmod(".", 0o770);
    let text = String::from_utf8(world.run("doctor --ignore remove-ipc").stdout).expect("text");
    assert_eq!(text.matches("dead: ").count(), 0, "{text}");
    assert_eq!(text.matches("unsafe-directory: ").count(), 1, "{text}");
    world.chmod(".", 0o700);
    let text = String::from_utf8(world.run("doctor --ignore remove-ipc").stdout).expect("text");
    assert_eq!(text.matches("dead: ").count(), 1000, "{text}");
    assert_eq!(text.matches("type: ").count(), 1, "{text}");
    assert!(text.contains("1001 regions in /dev/shm/"), "{text}");
}

#[test]
fn a_temporary_file_is_left_over_if_it_is_old_and_not_locked() {
    let world = World::in_memory();
    let _writer = world.students("live");
    let hours_ago = SystemTime::now() - Duration::from_hours(2);
    let file = |name: &str, modified: SystemTime| {
        let file = File::create(world.path(name)).expect("a file");
        file.set_modified(modified).expect("its time");
        file
    };
    let fresh = file(".live.region.1-2.mapcast-new", SystemTime::now());
    let touch = || fresh.set_modified(SystemTime::now()).expect("its time");
    let locked = file(".live.region.3-4.mapcast-new", hours_ago);
    let small = |value: i32| i16::try_from(value).expect("a small constant");
    let whole = libc::flock {
        l_type: small(libc::F_WRLCK),
        l_whence: small(libc::SEEK_SET),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&locked, FcntlArg::F_OFD_SETLK(&whole)).expect("a lock");
    touch();
    world.doctor("live").is(&[]);
    file(".live.region.5-6.mapcast-new", hours_ago);
    let step = format!("rm {}", world.path(".live.region.5-6.mapcast-new").display());
    touch();
    world.doctor("live").is(&["leftover"]).has("leftover", "left it 2 h 0 min ago", &step);
    touch();
    world.doctor("").is(&["leftover"]);
}

#[test]
fn a_region_that_is_not_there_is_reported_with_the_directories_and_the_nearest_name() {
    let world = World::in_memory();
    let _writer = world.students("temperature");
    let directory = world.path("");
    let directory = directory.to_str().expect("UTF-8").trim_end_matches('/');
    let fact = format!("there is no region temprature in {directory}");
    let diagnosis = world.doctor("temprature");
    diagnosis.is(&["no-region"]).has("no-region", &fact, "mapcast doctor temperature");
    diagnosis.has("no-region", "the nearest name is temperature", "");
    diagnosis.has("no-region", "mapcast-producer@temprature.service is not installed", "");
    let by_path = world.doctor("./temprature.region");
    by_path.is(&["no-region"]).has(
        "no-region",
        "there is no file",
        "mapcast doctor ./temperature.region",
    );
    let far = world.doctor("./in/x.region");
    far.is(&["no-region"]).has("no-region", "and no directory ", "path = \"./in/x.region\"");
}

#[test]
fn a_region_whose_file_is_cut_while_others_are_well_does_not_hide_them() {
    let world = World::in_memory();
    let _well = Options::new().open::<Stu>(world.path("empty.region")).expect("a writer");
    fs::write(world.path("text.region"), "text").expect("a file");
    world.doctor("").is(&["no-record", "not-a-region"]);
}

#[test]
fn no_region_at_all_is_not_well_where_mapcast_dir_says_that_there_are_some() {
    let world = World::in_memory();
    world.doctor("").is(&["no-region"]).has("no-region", "no region in this directory", "export");
    let mut missing =
        world.doctor_after("MAPCAST_DIR=$MAPCAST_DIR/missing; export MAPCAST_DIR", "");
    let diagnosis = Diagnosis::of(&missing.output().expect("a shell"));
    diagnosis.is(&["no-region"]).has("no-region", "no such directory", "export");
    let text = String::from_utf8(world.run("doctor").stdout).expect("text");
    assert!(text.starts_with("no regions in /dev/shm/") && !text.contains("well"), "{text}");
}
