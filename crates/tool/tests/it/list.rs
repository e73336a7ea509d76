//! `list` and `inspect`.

use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;
use std::time::Duration;

use mapcast::Stu;
use serde_json::Value;

use crate::world::{World, wait_until};

#[test]
fn each_region_is_a_row_with_its_record_state_and_writer() {
    let world = World::new();
    let _live = world.students("live");
    drop(world.students("closed"));
    let text = world.prints("list --interval 10ms");
    let lines: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).collect();
    let heads =
        ["NAME", "RECORD", "STATE", "RATE", "AGE", "SEQUENCE", "INSTANCES", "SIZE", "WRITER"];
    assert_eq!(lines[0], heads);
    assert_eq!(lines[1][..4], ["closed", "STU", "closed", "0/s"]);
    assert_eq!(lines[2][..4], ["live", "STU", "live", "0/s"]);
    assert!(text.contains(&std::process::id().to_string()), "{text}");
}

#[test]
fn the_rate_counts_the_records_of_instances_that_come_and_go_between_the_two_looks() {
    let world = World::in_memory();
    let mut writer = world.class("class", ["a"]);
    let mut command = world.command_with("list --interval 6s --format json");
    let listing = command.stdout(Stdio::piped()).spawn().expect("mapcast");
    // It has looked once when its process has the file mapped, and looks again six seconds later.
    let maps = format!("/proc/{}/maps", listing.id());
    wait_until("it has attached", || {
        std::fs::read_to_string(&maps).is_ok_and(|maps| maps.contains("class.region"))
    });
    std::thread::sleep(Duration::from_secs(2));
    let student = Stu::new(1, "x", 'm');
    for round in 0..10 {
        let instance = writer.instance(&format!("s{round}")).expect("a place");
        (0..100).for_each(|_| {
            writer.publish(instance, &student).expect("a record");
        });
        if round < 5 {
            writer.retire(instance).expect("retired");
        }
    }
    let output = listing.wait_with_output().expect("its end");
    let row: Value = serde_json::from_slice(&output.stdout).expect("one object");
    let rate = row["rate"].as_f64().expect("a rate");
    // 1,000 records in six seconds, or in more on a busy machine.
    assert!(rate > 2.0 && rate <= 169.0, "{rate}");
}

#[test]
fn json_has_an_object_a_line_with_exact_numbers() {
    let world = World::new();
    let _live = world.students("live");
    let text = world.prints("list --interval 10ms --format json");
    let row: Value = serde_json::from_str(text.trim_end()).expect("one object");
    assert_eq!(
        (&row["name"], &row["record"], &row["state"]),
        (&"live".into(), &"STU".into(), &"live".into())
    );
    assert_eq!((row["sequence"].as_u64(), row["record_size"].as_u64()), (Some(1), Some(28)));
    assert_eq!(row["writer"]["pid"].as_u64(), Some(std::process::id().into()));
}

#[test]
fn a_file_that_is_no_region_is_reported_and_does_not_hide_the_others() {
    let world = World::new();
    let _live = world.students("live");
    std::fs::write(world.path("text.region"), "no region").expect("a file");
    let output = world.run("list --interval 10ms");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("live  STU"), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("text.region")
            && said.ends_with("1 region could not be read; the messages above say why\n"),
        "{said}"
    );
}

#[test]
fn an_empty_and_a_missing_directory_have_no_regions() {
    let world = World::new();
    assert!(world.prints("list").starts_with("no regions in /"));
    std::fs::write(world.path("text"), "").expect("a file");
    for (directory, want) in [
        (
            "./missing",
            "./missing: cannot list the directory: No such file or directory (os error 2); check the path\n",
        ),
        ("missing", "; give a directory, or see `mapcast inspect --help`\n"),
        ("./text", "; give its directory, or see `mapcast inspect --help`\n"),
    ] {
        let output = world.run(&format!("list {directory}"));
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.ends_with(want), "{said}");
    }
}

#[test]
fn a_region_that_cannot_be_read_is_one() {
    let world = World::new();
    std::fs::write(world.path("text.region"), "text").expect("a file");
    let output = world.run("list");
    assert!(output.stdout.is_empty() && output.status.code() == Some(1), "{output:?}");
}

#[test]
fn a_path_that_is_not_utf8_or_controls_a_terminal_is_harmless_in_text_and_json() {
    let world = World::new();
    drop(world.students("live"));
    for name in [&b"b\xffd.region"[..], b"c\xe2\x80\xaed\xc2\x9b\x1b.region"] {
        let name = std::ffi::OsStr::from_bytes(name);
        let path = world.path("").join(name);
        std::fs::rename(world.path("live.region"), &path).expect("renamed");
        for arguments in
            ["list --interval 10ms", "inspect", "doctor --ignore disk-backed,overlayfs"]
        {
            for format in ["text", "json"] {
                let mut command = world.command_with(&format!("{arguments} --format {format}"));
                let argument =
                    if arguments.starts_with("list") { ".".into() } else { path.clone() };
                let output = command.arg(argument).output().expect("mapcast");
                let text = String::from_utf8(output.stdout).expect("UTF-8");
                assert!(output.status.code().is_some_and(|code| code < 2), "{arguments}: {text}");
                let is_harmful = |c: char| c == '\u{202e}' || (c.is_control() && c != '\n');
                assert!(!text.is_empty() && !text.contains(is_harmful), "{arguments}: {text:?}");
                if format == "json" {
                    serde_json::from_str::<Value>(text.trim_end()).expect("JSON");
                }
            }
        }
        std::fs::rename(path, world.path("live.region")).expect("renamed");
    }
}

#[test]
fn a_directory_that_cannot_be_listed_is_no_region() {
    let world = World::new();
    std::fs::write(world.path("text"), "").expect("a file");
    std::fs::create_dir(world.path("open")).expect("a directory");
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(world.path("open"), all).expect("chmod");
    for (directory, fact) in [("text", "is not a directory; "), ("open", "has mode 0777: ")] {
        let mut command = world.command_with("list");
        let output = command.env("MAPCAST_DIR", world.path(directory)).output().expect("mapcast");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty() && said.contains(fact), "{output:?}");
        let end = "error: 1 directory could not be read; the messages above say why\n";
        assert!(said.ends_with(end), "{said}");
    }
}

#[test]
fn inspect_shows_header_writer_and_fields() {
    let world = World::new();
    let _live = world.students("live");
    let text = world.prints("inspect live");
    for part in [
        "record         STU, 28 bytes, aligned to 4",
        "state          live",
        "sequence 1",
        "char[20]",
        "student number",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let facts: Value =
        serde_json::from_str(&world.prints("inspect ./live.region --format json")).expect("JSON");
    assert_eq!(facts["fields"][1]["type"], "char[20]");
    assert_eq!(facts["fields"][1]["offset"], 4);
}

#[test]
fn instances_are_counted_in_the_list_and_described_by_inspect() {
    let world = World::new();
    let _class = world.class("class", ["ming", "hong"]);
    let row: Value =
        serde_json::from_str(&world.prints("list --interval 10ms --format json")).expect("JSON");
    assert_eq!((row["instances"].as_u64(), row["max_instances"].as_u64()), (Some(2), Some(30)));
    let text = world.prints("inspect class");
    assert!(text.contains("instances      2 of at most 30"), "{text}");
    let facts: Value =
        serde_json::from_str(&world.prints("inspect class --format json")).expect("JSON");
    let (one, two) = (&facts["instances"][0], &facts["instances"][1]);
    assert_eq!((&one["name"], &two["name"]), (&"ming".into(), &"hong".into()));
    assert_eq!((&one["sequence"], &two["sequence"]), (&1.into(), &1.into()));
}

#[test]
fn a_name_that_no_region_has_is_answered_with_the_nearest() {
    let world = World::new();
    let _live = world.students("live");
    for command in ["inspect", "schema"] {
        let output = world.run(&format!("{command} lvie"));
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.ends_with("no such region; did you mean live?\n"), "{said}");
    }
}

#[test]
fn a_region_that_is_not_there_ends_with_3() {
    let world = World::new();
    let output = world.run("inspect nothing");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn a_configuration_of_a_bare_file_is_answered_with_the_program_that_reads_it() {
    let world = World::new();
    let text = "[region]\nname = \"b\"\nformat = \"bare\"\n[record]\nname = \"B\"\n\
                field = [{ name = \"a\", type = \"u8\" }]\n";
    std::fs::write(world.path("b.toml"), text).expect("write");
    for command in ["inspect ./b.toml", "get ./b.toml a"] {
        let output = world.run(command);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        let end = "which has no header; read it with `consumer ./b.toml`\n";
        assert!(said.ends_with(end), "{said}");
    }
}
