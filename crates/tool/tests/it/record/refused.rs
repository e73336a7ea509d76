//! What cannot be recorded is refused, and no file is made.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;

use mapcast::dynamic::Writer;
use rustix::process::Signal;

use crate::recording::{Running, odd, odd_record, wait_until};
use crate::server::Server;
use crate::world::World;

/// Asserts that `arguments` are wrong usage, which the message names, and that no file was made.
#[track_caller]
fn is_refused(world: &World, arguments: &[&str], want: &str) {
    let before = files(world);
    let output = world.command().arg("record").args(arguments).output().expect("mapcast");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(said.contains(want), "{arguments:?}: {want}: {said}");
    assert_eq!(files(world), before, "{arguments:?}");
}

fn files(world: &World) -> BTreeSet<OsString> {
    let entries = fs::read_dir(world.path("")).expect("a directory").flatten();
    entries.map(|entry| entry.file_name()).collect()
}

#[test]
fn an_option_that_does_not_fit_is_an_error_that_names_the_nearest_field() {
    let world = World::new();
    let _live = world.students("live");
    fs::write(world.path("there.mcap"), "mine").expect("a file");
    for file in ["x.mcap", "there.mcap"] {
        for (options, want) in [
            (
                ["--fields", "nmae"],
                "live.region: --fields: \"nmae\" is no field; did you mean name?",
            ),
            (
                ["--fields", "id[0]"],
                "live.region: --fields: field \"id\" is i32, which has no elements",
            ),
            (["--fields", "id,id"], "live.region: --fields: id is named twice"),
            (
                ["--where", "nmae"],
                "live.region: --where: at byte 0: \"nmae\" is no field; did you mean name?",
            ),
            (["--where", "id"], "live.region: --where: at byte 0: \"id\" is a number"),
        ] {
            is_refused(&world, &[&[file, "live"], &options[..]].concat(), want);
            is_refused(&world, &[&[file, "live", "--csv"], &options[..]].concat(), want);
        }
    }
    for (arguments, want) in [
        (
            &["x.mcap", "live", "--fields", "id", "--encoding", "raw"][..],
            "raw records have all fields",
        ),
        (&["x.mcap", "live", "--labels"], "--csv"),
        (&["x.mcap", "live", "--labels", "--encoding", "json"], "--labels"),
        (&["x.mcap", "live", "--units", "--encoding", "raw"], "--units"),
        (&["x.csv", "live", "other", "--csv"], "a file has the columns of one region"),
        (&["x.csv", "live", "live", "--csv"], "live is named twice; name it once"),
        (&["x.mcap", "live", "live"], "live is named twice; name it once"),
        (&["x.mcap", "live", "./live.region"], "live is named twice; name it once"),
        (&["x.mcap", "live", "other/live.region"], "two regions are called live"),
    ] {
        is_refused(&world, arguments, want);
    }
}

#[test]
fn what_no_region_could_fit_is_refused_before_there_is_one() {
    let world = World::new();
    for (option, value, want) in [
        (
            "--where",
            "x >",
            "'--where <CONDITION>': at byte 3: expected a number, a field or (, found the end",
        ),
        ("--where", "", "'--where <CONDITION>': at byte 0: expected"),
        ("--fields", "a,,b", "'--fields <NAMES>': \"\" is no field; write NAME or NAME[0]"),
        ("--fields", "v[x]", "'--fields <NAMES>': \"v[x]\" is no field"),
        ("--rate", "0", "'--rate <N>': write how many lines a second"),
        ("--rate", "nan", "'--rate <N>'"),
        ("--rotate-time", "0s", "'--rotate-time <TIME>': must be longer than zero"),
        ("--encoding", "xml", "'--encoding <ENCODING>'"),
    ] {
        is_refused(&world, &["x.mcap", "none", &format!("{option}={value}")], want);
    }
    is_refused(&world, &["x.mcap", "none", "--labels"], "--csv");
    is_refused(&world, &["x.mcap", "a b"], "'<REGION>...'");
    is_refused(&world, &["", "none"], "'<FILE>'");
}

#[test]
fn a_region_that_cannot_be_read_is_refused_and_no_file_is_made() {
    let world = World::new();
    fs::write(world.path("text.region"), "text").expect("a file");
    let output = world.run("record x.mcap text");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("text.region: is not a region"), "{said}");
    assert!(!world.path("x.mcap").exists());
}

#[test]
fn a_region_that_appears_and_does_not_fit_leaves_no_empty_file() {
    let world = World::new();
    let mut recorder = Running::start(&world, "record x.mcap live --fields nope");
    wait_until("the file is begun", || world.path("x.mcap").exists());
    let _live = world.students("live");
    let (code, said) = recorder.ended();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("live.region: --fields: \"nope\" is no field"), "{said}");
    assert!(!world.path("x.mcap").exists());
}

#[test]
fn a_late_region_that_does_not_fit_is_left_out_and_the_others_are_recorded_on() {
    for rotation in ["", "--rotate-time 200ms"] {
        for (options, want) in [
            ("--fields big,mode", "live.region: --fields: \"big\" is no field"),
            ("--fields far[0],mode", "live.region: --fields: \"far\" is no field"),
            ("--where mode<2", "live.region: --where: at byte 0: \"mode\" is no field"),
            ("--fields big --on-change --rate 1000", "live.region: --fields: "),
        ] {
            let world = World::new();
            let mut writer = Writer::open(world.path("odd.region"), &odd()).expect("a writer");
            writer.publish(odd_record(1).bytes()).expect("published");
            let mut recorder =
                Server::spawn(&world, &format!("record x.mcap odd live late {options} {rotation}"));
            recorder.says("odd: attached");
            let _live = world.students("live");
            let warned = recorder.says("live.region: ");
            assert!(warned.contains("WARN") && warned.contains(want), "{options}: {warned}");
            assert!(warned.ends_with("; not recorded\n"), "{warned}");
            fs::write(world.path("late.region"), "text").expect("a file");
            let warned = recorder.says("late.region: ");
            assert!(warned.contains("WARN mapcast: late: "), "{warned}");
            writer.publish(odd_record(2).bytes()).expect("published");
            fs::remove_file(world.path("late.region")).expect("removed");
            let mut late = Writer::open(world.path("late.region"), &odd()).expect("a writer");
            late.publish(odd_record(1).bytes()).expect("published");
            recorder.says("late: attached");
            assert!(recorder.end_by(Signal::TERM).success(), "{options} {rotation}");
            let said = recorder.says("recorded ");
            assert!(said.contains("recorded 3 records, 0 missed"), "{options}: {said}");
        }
    }
}

#[test]
fn standard_output_is_refused_and_no_file_of_that_name_is_made() {
    let world = World::new();
    let _live = world.students("live");
    is_refused(&world, &["-", "live"], "-: records go into a file, not to standard output");
    is_refused(&world, &["-", "live", "--csv"], "or print them with consumer --follow");
    let output = world.run("replay -");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("-: not a file; it is read twice, so give the file itself"), "{said}");
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let world = World::new();
    let _live = world.students("live");
    fs::write(world.path("x.mcap"), "mine").expect("a file");
    let output = world.run("record x.mcap live");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(world.path("x.mcap")).expect("text"), "mine");
}

#[test]
fn a_size_that_is_none_is_refused_and_no_file_is_made() {
    let world = World::new();
    for size in ["0", "1XB", "-1"] {
        let output = world.run(&format!("record out.mcap odd --rotate-size={size}"));
        assert_eq!(output.status.code(), Some(2), "{size}: {output:?}");
        assert!(
            !world.path("out.mcap").exists() && !world.path("out-0001.mcap").exists(),
            "{size}"
        );
    }
}
