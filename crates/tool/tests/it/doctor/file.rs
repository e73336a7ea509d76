//! Files that are no regions, damaged ones, and those that the system does not open.

use std::fs;

use layout::header::offset;
use nix::sys::stat::Mode;

use super::Diagnosis;
use crate::world::World;

#[test]
fn text_a_directory_a_link_and_a_pipe_are_no_regions() {
    let world = World::in_memory();
    fs::write(world.path("text.region"), "text ".repeat(100)).expect("a file");
    fs::create_dir(world.path("dir.region")).expect("a directory");
    std::os::unix::fs::symlink("text.region", world.path("link.region")).expect("a link");
    nix::unistd::mkfifo(&world.path("pipe.region"), Mode::S_IRWXU).expect("a pipe");
    for (name, fact, command) in [
        ("text", "no mapcast header", "file "),
        ("dir", "is a directory", "ls -ld "),
        ("link", "is a symbolic link", "readlink -f "),
        ("pipe", "is a named pipe", "ls -ld "),
    ] {
        let step = format!("{command}{}", world.path(&format!("{name}.region")).display());
        world.doctor(name).is(&["not-a-region"]).has("not-a-region", fact, &step);
    }
    world.doctor("").is(&["not-a-region"; 4]);
}

#[test]
fn a_cut_file_and_a_false_header_are_damaged() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.altered("live", "cut", &[]);
    let file = fs::OpenOptions::new().write(true).open(world.path("cut.region")).expect("a file");
    file.set_len(512).expect("cut");
    for len in [8, 63, 127] {
        let bytes = fs::read(world.path("live.region")).expect("a region");
        fs::write(world.path("short.region"), &bytes[..len]).expect("a file");
        let fact = format!("it was cut short: it has {len} bytes, fewer than its header");
        let short = world.doctor("short");
        short.is(&["damaged"]).has("damaged", &fact, "producer CONFIG.toml");
        fs::write(world.path("short.region"), &bytes[1..len]).expect("a file");
        world.doctor("short").is(&["not-a-region"]);
    }
    fs::remove_file(world.path("short.region")).expect("removed");
    world.altered("live", "false", &[(offset::SCHEMA_OFFSET, u64::MAX)]);
    world.doctor("cut").is(&["damaged"]).has(
        "damaged",
        "has 512 bytes, its header promises",
        "producer CONFIG.toml",
    );
    world.doctor("false").is(&["damaged"]);
}

#[test]
fn nothing_else_is_said_of_a_file_that_is_no_region() {
    let world = World::on_disk();
    fs::write(world.path("text.region"), "text").expect("a file");
    world.chmod("text.region", 0o666);
    world.doctor("text").is(&["not-a-region"]);
    assert_eq!(world.doctor("text").all["regions"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_region_of_a_later_format_is_named() {
    let world = World::in_memory();
    let _writer = world.students("live");
    let bytes = fs::read(world.path("live.region")).expect("a region");
    let version = u64::from_le_bytes(bytes[8..16].try_into().expect("8 bytes"));
    world.altered("live", "later", &[(offset::VERSION, version + 6)]);
    let diagnosis = world.doctor("later");
    diagnosis.is(&["other-version"]).has("other-version", "has region format 7", "newer mapcast");
}

#[test]
fn a_file_that_the_system_does_not_open_is_reported_with_its_reason() {
    let world = World::in_memory();
    let _writer = world.students("live");
    // A descriptor for the working directory, and none for the file.
    let mut command = world.doctor_after("ulimit -n 4", "./live.region");
    let diagnosis = Diagnosis::of(&command.output().expect("a shell"));
    diagnosis.is(&["unreadable"]).has("unreadable", "Too many open files", "");
}
