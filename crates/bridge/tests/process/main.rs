//! Bridges as processes, linked over the loopback of this machine.

#[path = "../authority/mod.rs"]
mod authority;
mod host;
mod loss;
mod refused;
mod tls;

use e2e::{free_port, wait_until};
use host::{Host, bytes, numbers};
use layout::{Record, Stu};
use nix::sys::signal::Signal;
use region::{DynInstanceReader, DynInstanceWriter, Options, State};

/// Two hosts; A exports all regions to B over this port.
fn two_hosts() -> (Host, Host) {
    let (a, b) = (Host::new("hostA"), Host::new("hostB"));
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    a.configure(&format!("listen = {endpoint}"), "[[export]]\nregion = \"*\"");
    b.configure(
        &format!("connect = {endpoint}"),
        "[[import]]\nfrom = \"hostA\"\nname = \"*\"\nstale_after = \"1s\"",
    );
    (a, b)
}

#[test]
fn a_region_of_one_host_is_a_region_of_another() {
    let (a, b) = two_hosts();
    let mut writer = a.writer("stu");
    writer.publish(&bytes(1)).expect("published");
    let (mut on_a, mut on_b) = (a.start(), b.start());
    wait_until("the first record", || b.number("hostA.stu") == Some(1));
    for number in 2..=1000 {
        writer.publish(&bytes(number)).expect("published");
    }
    wait_until("the newest record", || b.number("hostA.stu") == Some(1000));
    wait_until("a live mirror", || b.state("hostA.stu") == Some(State::Live));
    wait_until("its row", || b.link("hostA.stu").as_deref() == Some("live"));
    let mut other = a.writer("later");
    other.publish(&bytes(7)).expect("published");
    wait_until("a region that came later", || b.number("hostA.later") == Some(7));
    drop(writer);
    wait_until("a closed source", || b.link("hostA.stu").as_deref() == Some("closed"));
    wait_until("a stalled mirror", || b.state("hostA.stu") == Some(State::Stalled));
    assert_eq!(b.number("hostA.stu"), Some(1000), "the last record stays");
    on_a.stop();
    on_b.stop();
    assert_eq!(b.state("hostA.later"), Some(State::Closed));
}

#[test]
fn instances_have_their_names_and_go_when_they_are_retired() {
    let (a, b) = two_hosts();
    let open = || DynInstanceWriter::open_with(a.region("net"), &Stu::schema(), &Options::new(), 8);
    let mut writer = open().expect("a writer");
    let names = ["eth0", "a/b *#?$", "\u{e4}"];
    for (number, name) in (1..).zip(names) {
        let instance = writer.instance(name).expect("room");
        writer.publish(instance, &bytes(number)).expect("published");
    }
    let _bridges = (a.start(), b.start());
    let all = || numbers(b.region("hostA.net"));
    wait_until("all instances", || all() == numbers(a.region("net")) && all().len() == 3);
    let gone = writer.find("eth0").expect("it has joined");
    writer.retire(gone).expect("retired");
    wait_until("one fewer", || all().len() == 2);
}

#[test]
fn a_mirror_whose_name_a_writer_has_says_so_once_and_is_written_when_that_ends() {
    let (a, b) = two_hosts();
    let mut writer = a.writer("stu");
    writer.publish(&bytes(1)).expect("published");
    let own = b.writer("hostA.stu");
    let (_on_a, mut on_b) = (a.start(), b.start());
    wait_until("its row", || b.link("hostA.stu").as_deref() == Some("name taken"));
    on_b.says("or give the mirror another name");
    drop(own);
    wait_until("the record", || b.number("hostA.stu") == Some(1));
    wait_until("its row", || b.link("hostA.stu").as_deref() == Some("live"));
    on_b.stop();
    let is_about_it = |line: &&String| line.contains("mirror hostA.stu: ");
    assert_eq!(on_b.err().iter().filter(is_about_it).count(), 1, "once: {:?}", on_b.err());
}

#[test]
fn a_source_that_was_killed_with_its_bridge_is_mirrored_again() {
    let (a, b) = two_hosts();
    let mut writer = a.writer("stu");
    writer.publish(&bytes(1)).expect("published");
    let mut on_a = a.start();
    let _on_b = b.start();
    wait_until("the record", || b.number("hostA.stu") == Some(1));
    on_a.kill9();
    drop(writer);
    std::fs::remove_file(a.region("stu")).expect("removed");
    wait_until("no host", || {
        matches!(b.link("hostA.stu").as_deref(), Some("host lost" | "link lost"))
    });
    wait_until("a stalled mirror", || b.state("hostA.stu") == Some(State::Stalled));
    let mut writer = a.writer("stu");
    writer.publish(&bytes(2)).expect("published");
    let _on_a = a.start();
    wait_until("the first record of another lineage", || b.number("hostA.stu") == Some(2));
    wait_until("a live mirror", || b.state("hostA.stu") == Some(State::Live));
}

#[test]
fn after_a_restart_without_a_link_no_row_says_what_was_true_before() {
    let (a, b) = two_hosts();
    a.writer("stu").publish(&bytes(1)).expect("published");
    b.writer("own").publish(&bytes(2)).expect("published");
    let import = "[[import]]\nfrom = \"hostA\"\nname = \"*\"\n";
    let connect = std::fs::read_to_string(b.place.path("bridge.toml")).expect("a configuration");
    b.place.write("bridge.toml", connect + "[[export]]\nregion = \"own\"\n");
    let (mut on_a, mut on_b) = (a.start(), b.start());
    let row = |field, value| b.row("hostA.stu", field).as_deref() == Some(value);
    wait_until("its row", || row("link", "closed") && row("mirror_sequence", "1"));
    wait_until("the row of an export", || b.link("hostB/own").is_some());
    on_a.kill9();
    on_b.kill9();
    b.configure(&format!("connect = \"tcp/127.0.0.1:{}\"", free_port()), import);
    let _on_b = b.start();
    wait_until("a row without news", || b.link("hostA.stu").as_deref() == Some("link lost"));
    wait_until("no row of what is not exported any more", || b.link("hostB/own").is_none());
    assert_eq!(b.number("hostA.stu"), Some(1), "the last record stays");
}

#[test]
fn an_import_of_one_region_has_a_row_before_anything_has_come() {
    let (_, b) = two_hosts();
    let import = "[[import]]\nfrom = \"hostA\"\nname = \"stu\"\n";
    b.configure(&format!("connect = \"tcp/127.0.0.1:{}\"", free_port()), import);
    let _on_b = b.start();
    wait_until("its row", || b.link("hostA.stu").as_deref() == Some("link lost"));
    assert!(!b.region("hostA.stu").exists(), "an empty mirror");
}

#[test]
fn a_bridge_with_more_rows_than_a_new_region_begins_with_says_what_is_true_after_a_restart() {
    let (_, b) = two_hosts();
    let import =
        |number: u32| format!("[[import]]\nfrom = \"hostA\"\nname = \"region-{number}\"\n");
    let imports: String = (0..300).map(import).collect();
    b.configure(&format!("connect = \"tcp/127.0.0.1:{}\"", free_port()), &imports);
    let mut known = None;
    for _ in 0..2 {
        let mut bridge = b.start();
        wait_until("all rows, from this bridge", || {
            let reader = DynInstanceReader::open(b.region("bridge"));
            let is_new = reader.is_ok_and(|reader| Some(reader.epoch()) != known);
            is_new && (0..300).all(|number| b.link(&format!("hostA.region-{number}")).is_some())
        });
        bridge.kill9();
        known = Some(DynInstanceReader::open(b.region("bridge")).expect("its rows").epoch());
    }
}

#[test]
fn a_mirror_whose_bridge_was_killed_keeps_its_record_and_its_readers() {
    let (a, b) = two_hosts();
    let mut writer = a.writer("stu");
    writer.publish(&bytes(1)).expect("published");
    let _on_a = a.start();
    let mut on_b = b.start();
    wait_until("the record", || b.number("hostA.stu") == Some(1));
    let mut reader = region::Reader::<Stu>::open(b.region("hostA.stu")).expect("attached");
    on_b.kill9();
    wait_until("a dead writer", || reader.state() == State::Dead);
    assert_eq!(reader.latest().expect("read").expect("a record").id, 1);
    writer.publish(&bytes(2)).expect("published");
    let _on_b = b.start();
    wait_until("the next record", || {
        reader.latest().is_ok_and(|found| found.is_some_and(|found| found.id == 2))
    });
}

#[test]
fn clients_of_a_hub_reach_each_other_also_after_it_was_killed() {
    let (a, b, hub) = (Host::new("hostA"), Host::new("hostB"), Host::new("hub"));
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    hub.configure(&format!("listen = {endpoint}"), "");
    let client = format!("mode = \"client\"\nconnect = {endpoint}");
    a.configure(&client, "[[export]]\nregion = \"stu\"");
    b.configure(&client, "[[import]]\nfrom = \"*\"\nname = \"stu\"\nstale_after = \"1s\"");
    let mut writer = a.writer("stu");
    writer.publish(&bytes(1)).expect("published");
    let (mut on_a, _on_b) = (a.start(), b.start());
    on_a.says("no session");
    let mut on_hub = hub.start();
    wait_until("the record", || b.number("hostA.stu") == Some(1));
    on_hub.kill9();
    writer.publish(&bytes(2)).expect("published");
    wait_until("a stalled mirror", || b.state("hostA.stu") == Some(State::Stalled));
    let _on_hub = hub.start();
    wait_until("what was published meanwhile", || b.number("hostA.stu") == Some(2));
    wait_until("a live mirror", || b.state("hostA.stu") == Some(State::Live));
}

#[test]
fn a_reload_imports_what_is_new_and_keeps_the_mirrors_that_stay() {
    let (a, b) = two_hosts();
    let mut writers = [a.writer("one"), a.writer("two")];
    for (number, writer) in (1..).zip(&mut writers) {
        writer.publish(&bytes(number)).expect("published");
    }
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    a.configure(&format!("listen = {endpoint}"), "[[export]]\nregion = \"*\"");
    let import = |name: &str| format!("[[import]]\nfrom = \"hostA\"\nname = \"{name}\"\n");
    b.configure(&format!("connect = {endpoint}"), &import("one"));
    let (_on_a, mut on_b) = (a.start(), b.start());
    wait_until("the first mirror", || b.number("hostA.one") == Some(1));
    let reader = region::Reader::<Stu>::open(b.region("hostA.one")).expect("attached");
    let epoch = reader.epoch();
    b.configure(&format!("connect = {endpoint}"), &(import("one") + &import("two")));
    on_b.signal(Signal::SIGHUP);
    wait_until("the second mirror", || b.number("hostA.two") == Some(2));
    // On a busy machine it may have been stalled meanwhile.
    wait_until("the first mirror is live", || reader.state() == State::Live);
    assert_eq!(reader.epoch(), epoch);
    b.configure("conect = 1", "");
    on_b.signal(Signal::SIGHUP);
    on_b.says("bridge.conect: unknown key");
    wait_until("the second is live still", || b.state("hostA.two") == Some(State::Live));
}

#[test]
fn a_check_prints_what_is_exported_and_imported_and_does_nothing() {
    let host = Host::new("hostA");
    host.configure(
        "listen = [\"tcp/127.0.0.1:7447\", \"tcp/0.0.0.0:7447\"]\ninsecure = true",
        "[[export]]\nregion = \"*\"\n[[import]]\nfrom = \"hostB\"\nname = \"stu\"",
    );
    let mut bridge = host.run("./bridge.toml --check");
    assert_eq!(bridge.exit_code(), 0);
    let out = bridge.out().join("\n");
    for line in [
        "host     hostA, a router",
        "listen   tcp/0.0.0.0:7447, not encrypted",
        "export   * as hostA/*, at most 100 records/s",
        "import   hostB/stu as {host}.{name}, stalled after 3s",
        "status   bridge",
    ] {
        assert!(out.contains(line), "no {line:?} in\n{out}");
    }
    assert!(bridge.err().join("\n").contains("tcp/0.0.0.0:7447 is not encrypted"));
    assert!(!host.region("bridge").exists());
}

#[test]
fn the_configuration_of_the_package_exports_all_regions_to_this_machine_alone() {
    let host = Host::new("hostA");
    let shipped = e2e::shipped_config("bridge/bridge.toml");
    let mut bridge = host.run(&format!("{} --check", shipped.display()));
    assert_eq!(bridge.exit_code(), 0, "{:?}", bridge.err());
    let out = bridge.out().join("\n");
    assert!(out.contains("listen   tcp/127.0.0.1:7447,") && !out.contains("connect"), "{out}");
    assert!(out.contains("export   * as hostA/*,") && !out.contains("import"), "{out}");
}
