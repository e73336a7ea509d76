//! Names of regions: a region of any accepted name can be created, recreated, replaced and read.
//!
//! Temporary files and the replace lock have names made from the region's. Their length must depend
//! neither on that name's length nor on the uptime of the machine.

use std::fs::{self, File};

use e2e::{Place, Reading, names_in};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{F_RDLCK, flock};

use crate::{consumer, producer};

/// Bytes of the longest file name, `.region` included.
const LONGEST: usize = 255;
const LONGEST_NAME: usize = LONGEST - ".region".len();

/// Runs the region `argument`, whose file is called `file`, through everything that creates a file
/// in its place.
#[track_caller]
fn lives(argument: &str, file: &str) {
    let place = Place::new();
    let path = place.path(file);
    let start = || producer().start(&place, &format!("--region {argument} --tick 10ms"));
    let mut writer = start();
    writer.says("(created, epoch 1)");
    fs::remove_file(&path).expect("removed");
    writer.says("was deleted while in use; recreated");
    writer.kill9();
    // With a reader's lock on the file it needs the replace lock.
    let lock = read_lock(File::open(&path).expect("a region"));
    let mut next = start();
    next.says("replaced (a reader holds a lock on the old one), epoch 3");
    drop(lock);
    let mut reader =
        consumer().start(&place, &format!("{argument} --once --timeout 1m --format json"));
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    assert_eq!(Reading::of(&reader.next_out()).epoch, 3);
    next.stop();
    assert_eq!(names_in(place.dir()), [file.to_owned()].into(), "nothing is left beside it");
}

fn read_lock(file: File) -> File {
    let l_type = i16::try_from(F_RDLCK).expect("a small number");
    let whole = flock { l_type, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 };
    fcntl(&file, FcntlArg::F_OFD_SETLK(&whole)).expect("a read lock");
    file
}

#[test]
fn a_region_name_of_any_accepted_length_works() {
    for len in [1, 57, 58, 200, LONGEST_NAME] {
        let name = "n".repeat(len);
        lives(&name, &format!("{name}.region"));
    }
}

#[test]
fn a_path_with_any_name_that_the_file_system_accepts_works() {
    for len in [1, 64, 65, 216, LONGEST] {
        let name = "p".repeat(len);
        lives(&format!("./{name}"), &name);
    }
}

#[test]
fn a_bare_file_of_the_longest_name_works() {
    let place = Place::new();
    let (name, stu) = ("b".repeat(LONGEST), e2e::shipped_config("stu.toml"));
    let stu = fs::read_to_string(stu).expect("shipped");
    let path = format!("path = \"./{name}\"");
    place.write(
        "bare.toml",
        stu.replace("name = \"stu\"", &path).replace("\"mapcast\"", "\"bare\""),
    );
    let mut writer = producer().start(&place, "./bare.toml --tick 10ms");
    writer.says("publishing");
    fs::remove_file(place.path(&name)).expect("removed");
    writer.says("was deleted while in use; recreated");
    writer.stop();
}

#[test]
fn the_name_of_a_regions_file_is_answered_with_the_regions_name() {
    let place = Place::new();
    producer().start(&place, "--ticks 1").exit_code();
    for arguments in ["stu.region --once", "stu.region"] {
        let mut consumer = consumer().start(&place, arguments);
        assert_eq!(consumer.exit_code(), 2);
        consumer.says("\"stu.region\" is a file name: the region's name is \"stu\"");
    }
}
