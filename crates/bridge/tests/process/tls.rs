//! Encrypted links: who may connect, and who may publish under which name.

use e2e::{Daemon, free_port, wait_until};

use crate::authority::Authority;
use crate::host::{Host, bytes};

const EXPORT: &str = "[[export]]\nregion = \"stu\"\n";

fn import(host: &str) -> String {
    format!("[[import]]\nfrom = \"{host}\"\nname = \"stu\"\n")
}

#[test]
fn a_host_publishes_under_the_name_of_its_certificate_alone() {
    let authority = Authority::new();
    let endpoint = format!("\"tls/127.0.0.1:{}\"", free_port());
    let connect = format!("connect = {endpoint}");
    let (sink, honest, forger) = (Host::new("sink"), Host::new("hostA"), Host::new("hostB"));
    let hosts = "[\"hostA\", \"hostB\"]";
    let imports = import("hostA") + &import("hostB");
    sink.configure(&format!("listen = {endpoint}"), &(authority.tls("sink", hosts) + &imports));
    honest.configure(&connect, &(authority.tls("hostA", "[\"sink\"]") + EXPORT));
    // It calls itself hostB, and has the certificate of another host.
    forger.configure(&connect, &(authority.tls("hostC", "[\"sink\"]") + EXPORT));
    let mut writers = [&honest, &forger].map(|host| host.writer("stu"));
    for (number, writer) in (1..).zip(&mut writers) {
        writer.publish(&bytes(number)).expect("published");
    }
    let _bridges = (sink.start(), forger.start(), honest.start());
    wait_until("the record of hostA", || sink.number("hostA.stu") == Some(1));
    // Records of hostA went through after the forger had as much time to send.
    for number in 10..30 {
        writers[0].publish(&bytes(number)).expect("published");
        wait_until("the next record", || sink.number("hostA.stu") == Some(number));
    }
    assert!(!sink.region("hostB.stu").exists(), "a forged mirror");
    // With its own certificate it may.
    forger.configure(&connect, &(authority.tls("hostB", "[\"sink\"]") + EXPORT));
    let _again = forger.start();
    wait_until("the record of hostB", || sink.number("hostB.stu") == Some(2));
}

#[test]
fn certificates_that_no_link_can_have_are_refused_by_a_check_and_by_the_start() {
    let (authority, other) = (Authority::new(), Authority::new());
    let host = Host::new("hostA");
    let own = authority.tls("hostA", "[\"sink\"]");
    let foreign = other.path("ca.pem").display().to_string();
    let ca = authority.path("ca.pem").display().to_string();
    let pem = "-----BEGIN CERTIFICATE-----\nYnJva2Vu\n-----END CERTIFICATE-----\n";
    host.place.write("broken.pem", pem);
    let broken = host.place.path("broken.pem").display().to_string();
    for (what, tls) in [
        ("tls.cert: .*hostA.pem is not signed by .*ca.pem; have", own.replace(&ca, &foreign)),
        (
            "tls.key: .*ca.key is not the key of .*hostA.pem; give",
            own.replace("hostA.key", "ca.key"),
        ),
        ("tls.ca: .*none.pem cannot be read: No such file", own.replace(&ca, "/none.pem")),
        ("tls.ca: .*broken.pem: .*; give the PEM file", own.replace(&ca, &broken)),
        ("tls.cert: .*hostA.key holds no certificate; give", own.replace("hostA.pem", "hostA.key")),
        ("tls.key: .*hostA.pem holds no private key; give", own.replace("hostA.key", "hostA.pem")),
    ] {
        let endpoint = format!("listen = \"tls/127.0.0.1:{}\"", free_port());
        host.configure(&endpoint, &(EXPORT.to_owned() + &tls));
        for args in ["./bridge.toml --check", "./bridge.toml"] {
            let mut bridge = host.run(args);
            assert_eq!(bridge.exit_code(), 1);
            let said = bridge.err().join("\n");
            assert!(what.split(".*").all(|word| said.contains(word)), "{what:?} {said}");
            assert!(said.contains("bridge.toml:"), "{said}");
        }
    }
}

#[test]
fn a_certificate_of_another_authority_does_not_connect() {
    let (authority, other) = (Authority::new(), Authority::new());
    let endpoint = format!("\"tls/127.0.0.1:{}\"", free_port());
    let (sink, source) = (Host::new("sink"), Host::new("hostA"));
    let client = format!("mode = \"client\"\nconnect = {endpoint}");
    sink.configure(
        &format!("listen = {endpoint}"),
        &(authority.tls("sink", "\"hostA\"") + &import("hostA")),
    );
    source.configure(&client, &(other.tls("hostA", "\"sink\"") + EXPORT));
    source.writer("stu").publish(&bytes(1)).expect("published");
    let mut on_sink = sink.start();
    on_sink.says("listening on");
    let mut on_source = source.start();
    on_source.says("no session");
    assert!(!sink.region("hostA.stu").exists());
    source.configure(&client, &(authority.tls("hostA", "\"sink\"") + EXPORT));
    on_source.signal(nix::sys::signal::Signal::SIGHUP);
    wait_until("the record", || sink.number("hostA.stu") == Some(1));
}

#[test]
fn certificates_that_were_replaced_in_their_files_are_taken_by_a_reload() {
    take_replaced_certificates(Host::start);
}

#[test]
fn they_are_taken_also_if_the_configuration_came_from_standard_input() {
    take_replaced_certificates(Host::start_from_input);
}

fn take_replaced_certificates(start: impl Fn(&Host) -> Daemon) {
    let (before, after) = (Authority::new(), Authority::new());
    let endpoint = format!("\"tls/127.0.0.1:{}\"", free_port());
    let (sink, source) = (Host::new("sink"), Host::new("hostA"));
    sink.configure(
        &format!("listen = {endpoint}"),
        &(before.tls("sink", "\"hostA\"") + &import("hostA")),
    );
    source.configure(&format!("connect = {endpoint}"), &(after.tls("hostA", "\"sink\"") + EXPORT));
    source.writer("stu").publish(&bytes(1)).expect("published");
    let mut on_sink = start(&sink);
    on_sink.says("listening on");
    let mut on_source = source.start();
    on_source.says("cannot connect to");
    after.tls("sink", "\"hostA\"");
    for file in ["ca.pem", "sink.pem", "sink.key"] {
        std::fs::copy(after.path(file), before.path(file)).expect("replaced");
    }
    on_sink.signal(nix::sys::signal::Signal::SIGHUP);
    wait_until("the record", || sink.number("hostA.stu") == Some(1));
    on_sink.signal(nix::sys::signal::Signal::SIGHUP);
    on_sink.says("nothing has changed");
}
