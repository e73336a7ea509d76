//! `--check` refuses what is at a region's path where a start would, and in the same words.

use std::fs;
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;
use std::process::Stdio;

use layout::header::{self, offset};

use crate::place::{COUNTER, Place};

/// What may be at the path of a region, and how it gets there.
type Obstacle = (&'static str, fn(&Place));

const NO_FILES: &[Obstacle] = &[
    ("is a directory, not a regular file", |place| {
        fs::create_dir(place.region()).expect("a directory");
    }),
    ("is a named pipe, not a regular file", |place| {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, place.region(), mode).expect("a pipe");
    }),
    ("is a symbolic link, not a regular file", |place| {
        fs::write(place.path("other"), "").expect("a file");
        symlink(place.path("other"), place.region()).expect("a link");
    }),
    ("is a symbolic link, not a regular file", |place| {
        symlink(place.path("nothing"), place.region()).expect("a link");
    }),
];

const NO_REGIONS: &[Obstacle] = &[
    ("is not a region (no mapcast header)", |place| {
        fs::write(place.region(), "a text of another program\n".repeat(100)).expect("a file");
    }),
    ("is not a region (no mapcast header)", |place| {
        fs::write(place.region(), [0; 4096]).expect("a file");
    }),
    ("is not a region: 0 bytes long", |place| fs::write(place.region(), "").expect("a file")),
    ("is not a region: 200 bytes long", |place| {
        publish_once(place);
        open(&place.region()).set_len(200).expect("cut");
    }),
    ("use a newer mapcast", |place| {
        publish_once(place);
        let newer = (header::VERSION + 1).to_le_bytes();
        open(&place.region()).write_all_at(&newer, offset::VERSION as u64).expect("write");
    }),
];

fn open(path: &Path) -> fs::File {
    fs::File::options().write(true).open(path).expect("open")
}

fn publish_once(place: &Place) {
    place.start("first", Stdio::null(), &["--ticks", "1"]).ends_with(0);
}

/// A place for a region of this format.
fn configured(format: &str) -> Place {
    let place = Place::new();
    place.configure(COUNTER, "");
    place.reconfigure("[record]", &format!("format = {format:?}\n[record]"));
    place
}

/// A start fails for `fact`, and the check with the same line.
#[track_caller]
fn both_refuse(place: &Place, fact: &str) {
    let started = place.start("start", Stdio::null(), &["--ticks", "1"]).ends_with(1);
    assert!(started.contains(fact), "{started}");
    let checked = place.start("check", Stdio::null(), &["--check"]).ends_with(1);
    assert_eq!(checked, started);
}

#[test]
fn a_check_refuses_what_is_no_file_as_a_start_does() {
    for format in ["mapcast", "bare"] {
        for (fact, put) in NO_FILES {
            let place = configured(format);
            put(&place);
            both_refuse(&place, fact);
        }
    }
}

#[test]
fn a_check_refuses_a_file_that_is_no_region_as_a_start_does() {
    for (fact, put) in NO_REGIONS {
        let place = configured("mapcast");
        put(&place);
        both_refuse(&place, fact);
    }
}

#[test]
fn a_check_accepts_a_damaged_region_that_a_start_replaces() {
    let place = configured("mapcast");
    publish_once(&place);
    open(&place.region()).set_len(300).expect("cut");
    place.start("check", Stdio::null(), &["--check"]).ends_with(0);
    assert_eq!(fs::metadata(place.region()).expect("a file").len(), 300, "it changes nothing");
    publish_once(&place);
}

#[test]
fn a_check_refuses_a_directory_that_is_missing_or_a_file_as_a_start_does() {
    let place = configured("mapcast");
    place.reconfigure("x.region", "none/x.region");
    both_refuse(&place, "its directory does not exist; create it first");
    fs::write(place.path("none"), "").expect("a file");
    both_refuse(&place, "open: Not a directory");
}

#[test]
fn a_region_of_the_right_length_is_not_overwritten_by_a_bare_producer() {
    let place = configured("mapcast");
    publish_once(&place);
    let before = fs::read(place.region()).expect("a region");
    place.reconfigure("\"mapcast\"", "\"bare\"");
    place.reconfigure("\"u32\"", &format!("\"char[{}]\"", before.len()));
    place.reconfigure("counter = { start = 1, step = 1 }", "const = \"text\"");
    both_refuse(&place, "bytes of the record, but they are a region; describe the struct");
    assert_eq!(fs::read(place.region()).expect("a region"), before);
}

#[test]
fn a_check_names_each_setting_of_the_process_that_cannot_be_had() {
    let place = Place::new();
    place.configure(COUNTER, "[producer]\ncpu = 1023\npriority = 99\nlock_memory = true\n");
    // Without a right to real-time priorities and to locked memory, as an ordinary user is.
    let limited = "ulimit -r 0; ulimit -l 0; exec \"$@\"";
    let mut command = place.command("/bin/bash");
    command.args(["-c", limited, "bash"]);
    if rustix::process::geteuid().is_root() {
        command.args(["setpriv", "--bounding-set=-all", "--inh-caps=-all"]);
    }
    command.arg(env!("CARGO_BIN_EXE_producer")).arg(place.path("x.toml")).arg("--check");
    let log = place.spawn("log", command.env("PATH", "/usr/bin:/bin")).ends_with(0);
    for setting in ["cpu = 1023", "priority = 99", "lock_memory = true"] {
        assert!(log.contains(&format!("[producer] {setting}: ")), "{setting}: {log}");
    }
}

#[test]
fn a_check_warns_of_an_input_that_is_no_pipe() {
    let place = Place::new();
    let input = place.path("input");
    for (path, what) in
        [(&*input, "a regular file"), (Path::new("/dev/zero"), "a character device")]
    {
        fs::write(&input, "").expect("a file");
        place.configure(&[("u32", "input = {}")], &format!("[producer]\ninput = {path:?}\n"));
        let log = place.start("log", Stdio::null(), &["--check"]).ends_with(0);
        assert!(log.contains(&format!("is {what}; give a named pipe (mkfifo)")), "{log}");
    }
}
