//! `export --textfile`: metrics in a file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mapcast::Stu;
use rustix::process::Signal;

use crate::server::Server;
use crate::world::{MAPCAST, World};

/// What `arguments` say, which end with this exit code.
#[track_caller]
fn says(world: &World, arguments: &str, code: i32) -> String {
    let output = world.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
    said
}

#[test]
fn a_text_file_is_written_whole_for_all_to_read() {
    let world = World::new();
    let _live = world.students("live");
    fs::create_dir(world.path("out")).expect("a directory");
    let mut shell = world.command_of("/bin/sh");
    let script = "umask 077; exec \"$0\" export --textfile out";
    assert!(shell.args(["-c", script]).arg(MAPCAST).status().expect("a shell").success());
    let file = world.path("out/mapcast.prom");
    let text = fs::read_to_string(&file).expect("the file");
    assert!(text.contains("mapcast_stu_id{region=\"live\"} 10\n") && !text.contains("# EOF"));
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_dir(world.path("out")).expect("a directory").count(), 1, "no leftovers");
}

#[test]
fn a_text_file_is_replaced_every_time_until_a_signal_comes() {
    let world = World::new();
    let mut writer = world.students("live");
    fs::create_dir(world.path("out")).expect("a directory");
    let mut running = Server::spawn(&world, "export --textfile out --every 10ms");
    let has = |id: &str| {
        let text = fs::read_to_string(world.path("out/mapcast.prom")).unwrap_or_default();
        text.contains(&format!("mapcast_stu_id{{region=\"live\"}} {id}\n"))
    };
    crate::world::wait_until("the first record", || has("10"));
    writer.publish(&Stu::new(11, "b", 'f')).expect("published");
    crate::world::wait_until("the second record", || has("11"));
    assert_eq!(running.end_by(Signal::TERM).code(), Some(0));
}

#[test]
fn a_directory_that_is_none_is_named_with_the_next_step_and_no_temporary_name() {
    let world = World::new();
    fs::write(world.path("text"), "").expect("a file");
    let want = "missing/mapcast.prom: cannot write the metrics: No such file or directory (os error 2); \
                create the directory, or correct --textfile\n";
    assert!(says(&world, "export --textfile missing", 1).ends_with(want));
    fs::create_dir_all(world.path("taken/mapcast.prom")).expect("a directory");
    let want = "taken/mapcast.prom: cannot write the metrics: Is a directory (os error 21); \
                remove it, or give another directory by --textfile\n";
    assert!(says(&world, "export --textfile taken", 1).ends_with(want));
    let want = "Not a directory (os error 20); give a directory by --textfile\n";
    assert!(says(&world, "export --textfile text", 1).ends_with(want));
}

#[test]
fn a_file_that_does_not_fit_leaves_the_old_one_and_is_named_as_it_was_given() {
    let world = World::new();
    let _live = world.students("live");
    fs::write(world.path("mapcast.prom"), "old").expect("a file");
    let mut shell = world.command_of("/bin/sh");
    let script = "ulimit -f 1; exec \"$0\" export --textfile .";
    let output = shell.args(["-c", script]).arg(MAPCAST).output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let want = "error: ./mapcast.prom: cannot write the metrics: File too large (os error 27); ";
    assert!(said.contains(want), "{said}");
    assert_eq!(fs::read_to_string(world.path("mapcast.prom")).expect("the file"), "old");
    let left: Vec<_> = fs::read_dir(world.path("")).expect("a directory").flatten().collect();
    assert_eq!(left.len(), 2, "the file and the region: {left:?}");
}

#[test]
fn a_region_that_is_not_there_is_down_in_the_file_and_ends_with_3() {
    let world = World::new();
    let _live = world.students("live");
    let said = says(&world, "export --textfile . live lvie", 3);
    assert!(said.contains("lvie.region: no such region; did you mean live?"), "{said}");
    assert!(said.ends_with("1 region could not be read; the messages above say why\n"), "{said}");
    let text = fs::read_to_string(world.path("mapcast.prom")).expect("the file");
    assert!(text.contains("mapcast_region_up{region=\"lvie\"} 0\n"), "{text}");
    assert!(text.contains("mapcast_stu_id{region=\"live\"} 10\n"), "{text}");
    fs::write(world.path("text.region"), "text").expect("a file");
    for regions in ["", "lvie text"] {
        let said = says(&world, &format!("export --textfile . {regions}"), 1);
        assert!(said.contains("text.region: is not a region"), "{said}");
    }
}
