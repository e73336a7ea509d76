//! `publish --hold` and `publish -`: a region that is live until a signal, or until the input ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::publish::{POINT, state};
use crate::world::{World, wait_until};

#[test]
fn a_region_that_is_deleted_just_before_the_end_of_the_input_is_there_with_its_last_record() {
    let world = World::new();
    for instance in ["", "--instance one"] {
        let mut command =
            world.command_with(&format!("publish fan - --field speed:u16 {instance}"));
        let mut child = command.stdin(Stdio::piped()).spawn().expect("mapcast");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(b"{\"speed\":900}\n").expect("a line");
        wait_until("it is published", || world.run("get fan speed").stdout.ends_with(b"900\n"));
        fs::remove_file(world.path("fan.region")).expect("the region");
        drop(stdin);
        assert!(child.wait().expect("its end").success());
        assert!(world.prints("get fan speed").ends_with("900\n"));
        assert_eq!(state(&world, "fan"), "closed");
        fs::remove_file(world.path("fan.region")).expect("the region");
    }
}

#[test]
fn a_held_region_is_live_until_a_signal() {
    let world = World::new();
    let mut command = world.command();
    command.args(POINT.split(' ')).args(["x=1", "mode=off", "--hold"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("mapcast");
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    stdout.read_line(&mut line).expect("a line");
    assert!(line.ends_with("point.region: published and live; Ctrl-C closes it\n"), "{line}");
    assert_eq!(state(&world, "point"), "live");
    let file = line.split(": published").next().expect("its path");
    fs::remove_file(file).expect("the region");
    wait_until("the region is made anew, with its record", || {
        world.run("get point x").stdout.ends_with(b"1\n")
    });
    assert_eq!(state(&world, "point"), "live");
    let other = world.run("publish point x=2 --field x:u8");
    let said = String::from_utf8_lossy(&other.stderr);
    let want =
        format!("; process {} publishes it; stop it, or publish to another name\n", child.id());
    assert!(said.contains(": holds another record: ") && said.ends_with(&want), "{said}");
    let busy = world.run("publish point x=2");
    let said = String::from_utf8_lossy(&busy.stderr);
    assert_eq!(busy.status.code(), Some(1), "{said}");
    assert!(said.ends_with("; stop it, or publish to another name\n"), "{said}");
    let mut kill = Command::new("kill");
    let killed = kill.env_clear().arg(child.id().to_string()).status().expect("kill");
    assert!(killed.success() && child.wait().expect("its end").success());
    assert_eq!(state(&world, "point"), "closed");
}
