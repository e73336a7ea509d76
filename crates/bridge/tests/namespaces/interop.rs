//! Programs of others: a reader in Python, and routers that are no bridges.
//!
//! `cargo xtask bridge` sets where they are; without it these tests say so and pass.

use std::path::{Path, PathBuf};

use e2e::{Daemon, Program, wait_until};
use layout::{Record, Stu};
use region::{DynInstanceWriter, DynWriter, Options};

use crate::deaths::kill_hub;
use crate::net::{Host, Net};
use crate::{ENDPOINT, export};

/// What this variable has; `None`, with a message, if it is not set.
fn set(variable: &str, by: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        println!("skipped: {variable} is not set; `{by}` sets it");
    }
    path
}

/// A Python with the packages of docs/readers/bridge.py.
fn python() -> Option<PathBuf> {
    set("MAPCAST_ZENOH_PYTHON", "cargo xtask bridge")
}

fn source_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Starts a script there, with these arguments.
fn script(python: &Path, host: &Host, path: &str, args: &str) -> Daemon {
    let script = source_tree(path);
    host.run(&Program::new("python", python), &format!("{} {args}", script.display()))
}

fn bytes(number: i32) -> Vec<u8> {
    bytemuck::bytes_of(&Stu::new(number, "xiaoming", 'm')).to_vec()
}

/// How docs/readers/bridge.py prints it.
fn json(number: i32) -> String {
    format!("\"record\": {{\"id\": {number}, \"name\": \"xiaoming\", \"sex\": \"m\"}}")
}

#[test]
fn a_python_program_without_our_library_reads_records_and_follows_them() {
    let (Some(python), Some(net)) = (python(), Net::<2>::new()) else { return };
    let [a, b] = &net.hosts;
    let mut writer = DynWriter::open(a.region("stu"), &Stu::schema()).expect("a writer");
    writer.publish(&bytes(10)).expect("published");
    let open = DynInstanceWriter::open_with(a.region("net"), &Stu::schema(), &Options::new(), 4);
    let mut instances = open.expect("a writer");
    for (number, name) in [(1, "eth0"), (2, "a/b *")] {
        let instance = instances.instance(name).expect("room");
        instances.publish(instance, &bytes(number)).expect("published");
    }
    let mut on_a = a.start(&export());
    on_a.says("listening on");
    wait_until("the exports", || a.row("A/net", ["link"]).is_some());
    let read = |args: &str| {
        let args = format!("{ENDPOINT} A {args}");
        script(&python, b, "../../docs/readers/bridge.py", &args)
    };
    let mut once = read("stu");
    let line = once.next_out();
    assert!(line.contains("\"sequence\": 1,") && line.contains(&json(10)), "{line}");
    assert_eq!(once.exit_code(), 0, "{:?}", once.err());
    let mut each = read("net");
    assert_eq!(each.exit_code(), 0, "{:?}", each.err());
    let mut lines = each.out();
    lines.sort();
    assert!(lines.len() == 2, "{lines:?}");
    assert!(lines[0].contains("\"instance\": \"a/b *\"") && lines[0].contains(&json(2)));
    assert!(lines[1].contains("\"instance\": \"eth0\"") && lines[1].contains(&json(1)));
    let mut follower = read("stu 3");
    follower.out_line("the newest", |line| line.contains(&json(10)));
    for number in 11..=12 {
        writer.publish(&bytes(number)).expect("published");
        follower.out_line("the next", |line| line.contains(&json(number)));
    }
    assert_eq!(follower.exit_code(), 0, "{:?}", follower.err());
    let mut nothing = read("not-there");
    assert_eq!(nothing.exit_code(), 1, "{:?}", nothing.out());
    nothing.says("A/not-there: no bridge exports it");
}

#[test]
fn a_router_in_python_is_a_hub_that_can_be_killed() {
    let Some(python) = python() else { return };
    kill_hub("a router in Python as hub", |hub| {
        let mut router = script(&python, hub, "tests/namespaces/hub.py", ENDPOINT);
        router.out_line("it listens", |line| line == "listening");
        router
    });
}

#[test]
fn zenohd_is_a_hub_that_can_be_killed() {
    let Some(zenohd) = set("MAPCAST_ZENOHD", "cargo xtask bridge --zenohd") else { return };
    let buffers =
        "--cfg transport/link/tcp/so_sndbuf:65536 --cfg transport/link/tcp/so_rcvbuf:65536";
    let lease = "--cfg transport/link/tx/lease:2000";
    kill_hub("zenohd as hub", |hub| {
        let args = format!("--listen {ENDPOINT} --no-multicast-scouting {buffers} {lease}");
        hub.run(&Program::new("zenohd", &zenohd), &args)
    });
}
