//! What an operator sees of links and hosts that are not there, are lost, and come back.

use e2e::{free_port, wait_until};

use crate::host::{Host, bytes};

/// An import of hostA's `stu` over this port.
fn import(port: u16, mode: &str) -> Host {
    let host = Host::new("hostB");
    host.configure(
        &format!("mode = \"{mode}\"\nconnect = \"tcp/127.0.0.1:{port}\""),
        "[[import]]\nfrom = \"hostA\"\nname = \"stu\"\nstale_after = \"5s\"",
    );
    host
}

/// hostA, which listens on this port and exports `stu`.
fn export(port: u16) -> Host {
    let host = Host::new("hostA");
    host.configure(&format!("listen = \"tcp/127.0.0.1:{port}\""), "[[export]]\nregion = \"stu\"");
    host
}

#[test]
fn an_endpoint_that_is_not_there_is_logged_and_in_the_status_with_its_cause_until_it_is_there() {
    for mode in ["router", "client"] {
        let port = free_port();
        let (a, b) = (export(port), import(port, mode));
        let endpoint = format!("tcp/127.0.0.1:{port}");
        let mut on_b = b.start();
        on_b.says(&format!("cannot connect to {endpoint}: Connection refused; start the bridge"));
        wait_until("its row", || b.link(&endpoint).as_deref() == Some("link lost"));
        let why = b.row(&endpoint, "why").expect("a row");
        assert!(why.starts_with("Connection refused; start the bridge there"), "{why}");
        let _on_a = a.start();
        on_b.says(&format!("linked to {endpoint} again, after "));
        wait_until("a link", || b.link(&endpoint).as_deref() == Some("live"));
        let log = on_b.err().join("\n");
        assert_eq!(log.matches("cannot connect").count(), 1, "{mode}: {log}");
        assert!(!log.contains(".rs:"), "{mode}: {log}");
    }
}

#[test]
fn the_loss_of_a_host_and_of_its_link_and_their_return_are_logged_once_each() {
    let port = free_port();
    let (a, b) = (export(port), import(port, "router"));
    a.writer("stu").publish(&bytes(1)).expect("published");
    let (mut on_a, mut on_b) = (a.start(), b.start());
    on_b.says("host hostA is there");
    // It is there "again" if it took so long that its absence was logged before.
    let before = on_b.err().len();
    on_a.kill9();
    on_b.says("host hostA is lost");
    let endpoint = format!("tcp/127.0.0.1:{port}");
    // The first attempt may have met the bridge that was being killed: "Connection reset by peer".
    on_b.has_said(&format!("link to {endpoint} is lost: Connection "));
    let why = || b.row(&endpoint, "why").unwrap_or_default();
    wait_until("the cause that lasts", || why().starts_with("Connection refused"));
    let _on_a = a.start();
    on_b.says("host hostA is there again, after ");
    // Once more than before it was lost. The host may be there before this is logged.
    wait_until("the link", || on_b.said(&format!("linked to {endpoint}")) >= 2);
    assert_eq!(on_b.said(&format!("linked to {endpoint}")), 2, "{:?}", on_b.err());
    let log = on_b.err()[before..].join("\n");
    for word in ["host hostA is lost", "is lost: ", "is there again"] {
        assert_eq!(log.matches(word).count(), 1, "{word}: {log}");
    }
}

#[test]
fn a_region_whose_name_no_host_can_have_is_logged_once_and_not_exported() {
    let a = Host::new("hostA");
    a.configure(
        &format!("listen = \"tcp/127.0.0.1:{}\"", free_port()),
        "[[export]]\nregion = \"*\"",
    );
    let long = "x".repeat(65);
    let (_one, _other) = (a.writer(&long), a.writer("stu"));
    let mut on_a = a.start();
    on_a.says(&format!("{long} is not exported: other hosts can have no such name"));
    wait_until("the other", || a.link("hostA/stu").is_some());
    assert!(a.link(&format!("hostA/{long}")).is_none());
}

#[test]
fn mirrors_that_would_be_one_region_are_logged_and_the_first_one_stays() {
    let port = free_port();
    let (a, b) = (export(port), Host::new("hostB"));
    let import = |name: &str| {
        format!("[[import]]\nfrom = \"hostA\"\nname = \"{name}\"\nregion = \"{{name}}\"\n")
    };
    b.configure(&format!("connect = \"tcp/127.0.0.1:{port}\"\nstatus = \"stu\""), &import("s*"));
    a.writer("stu").publish(&bytes(1)).expect("published");
    let (_on_a, mut on_b) = (a.start(), b.start());
    on_b.says("hostA/stu is not imported: stu is the bridge's own region");
}

#[test]
fn a_port_that_is_taken_is_logged_in_words_of_the_operator() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let a = export(port);
    let mut on_a = a.start();
    on_a.says(&format!(
        "no session: cannot listen on tcp/127.0.0.1:{port}: Address already in use; end what listens there"
    ));
}

#[test]
fn two_bridges_of_one_name_are_noticed_by_both_and_by_those_who_import_from_them() {
    let port = free_port();
    let b = Host::new("hostB");
    b.configure(
        &format!("listen = \"tcp/127.0.0.1:{port}\""),
        "[[import]]\nfrom = \"hostA\"\nname = \"stu\"",
    );
    let twins = [Host::new("hostA"), Host::new("hostA")];
    let mut bridges = twins.each_ref().map(|twin| {
        twin.configure(
            &format!("connect = \"tcp/127.0.0.1:{port}\""),
            "[[export]]\nregion = \"stu\"",
        );
        twin.writer("stu").publish(&bytes(1)).expect("published");
        twin.start()
    });
    let mut on_b = b.start();
    on_b.says("two bridges call themselves hostA; give one of them another host");
    for bridge in &mut bridges {
        bridge.says("another bridge calls itself hostA, too; give one of them another host");
    }
    wait_until("its row", || b.link("hostA.stu").as_deref() == Some("two hosts"));
}
