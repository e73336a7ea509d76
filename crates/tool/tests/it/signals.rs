//! SIGHUP, as of a terminal that is closed, ends a command as SIGTERM does.

use std::fs;
use std::process::{Command, Stdio};

use mapcast::State;
use mapcast::dynamic::Reader;
use nix::sys::signal::Signal;
use rustix::process::Signal as ToServer;

use crate::recording::{Running, messages, of_topic, wait_until};
use crate::server::Server;
use crate::world::{MAPCAST, World};

/// `mapcast ARGUMENTS`, which has SIGHUP as `disposition` says, whatever the test was started with.
fn start(world: &World, disposition: &str, arguments: &str) -> Running {
    let mut command = command(world, disposition, arguments);
    Running(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("env"))
}

fn command(world: &World, disposition: &str, arguments: &str) -> Command {
    let mut command = world.command_of("/usr/bin/env");
    command.args([disposition, MAPCAST]).args(arguments.split_whitespace());
    command
}

/// The exit code of `running` after a SIGHUP, and what it said.
fn hung_up(mut running: Running) -> (Option<i32>, String) {
    running.signal(Signal::SIGHUP);
    running.ended()
}

const BY_DEFAULT: &str = "--default-signal=HUP";

#[test]
fn a_hangup_ends_a_recording_that_is_whole_and_a_replay_that_closes_its_regions() {
    let world = World::new();
    let live = world.students("live");
    let file = world.path("x.mcap");
    let recorder = start(&world, BY_DEFAULT, "record x.mcap live");
    wait_until("a record", || !of_topic(&file, "live").is_empty());
    let (code, said) = hung_up(recorder);
    assert!(code == Some(0) && said.contains("recorded 1 record, 0 missed"), "{said}");
    let bytes = fs::read(&file).expect("the file");
    assert!(mcap::Summary::read(&bytes).expect("readable").is_some(), "finished");
    drop(live);
    let replay = start(&world, BY_DEFAULT, "replay x.mcap --loop --prefix again-");
    let state = |name: &str| {
        Reader::open(world.path(&format!("{name}.region"))).ok().map(|reader| reader.state())
    };
    wait_until("it publishes", || state("again-live") == Some(State::Live));
    let (code, said) = hung_up(replay);
    assert!(code == Some(0) && said.contains("replayed "), "{said}");
    assert_eq!(state("again-live"), Some(State::Closed));
    let held = start(&world, BY_DEFAULT, "publish fan --field x:u8 x=1 --hold");
    wait_until("it is published", || state("fan") == Some(State::Live));
    let (code, said) = hung_up(held);
    assert_eq!((code, state("fan")), (Some(0), Some(State::Closed)), "{said}");
}

#[test]
fn a_hangup_ends_an_export_cleanly() {
    let world = World::new();
    fs::create_dir(world.path("out")).expect("a directory");
    let export = start(&world, BY_DEFAULT, "export --textfile out --every 10ms");
    wait_until("the file", || world.path("out/mapcast.prom").exists());
    let (code, said) = hung_up(export);
    assert_eq!(code, Some(0), "{said}");
    let mut server = Server::listening(command(&world, BY_DEFAULT, "export --listen 127.0.0.1:0"));
    assert_eq!(server.end_by(ToServer::HUP).code(), Some(0));
}

#[test]
fn a_command_under_nohup_outlives_its_terminal() {
    let world = World::new();
    let file = world.path("x.mcap");
    let recorder = start(&world, "--ignore-signal=HUP", "record x.mcap live");
    wait_until("the file is begun", || messages(&file).1);
    recorder.signal(Signal::SIGHUP);
    let _live = world.students("live");
    wait_until("a record", || !of_topic(&file, "live").is_empty());
    let (code, said) = recorder.stop();
    assert!(code == Some(0) && !said.contains("SIGHUP"), "{said}");
}
