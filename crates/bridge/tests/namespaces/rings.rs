//! A ring of three hosts, each of which exports its mirrors, too: what comes round ends where it began.

use std::fmt::Write as _;

use e2e::{Daemon, wait_until};

use crate::imports;
use crate::net::{Host, Net};
use crate::source::Source;

const NAMES: [&str; 3] = ["A", "B", "C"];

/// Of host `own`, which imports all regions of the one before it.
fn ring(own: usize) -> String {
    let before = (own + NAMES.len() - 1) % NAMES.len();
    let endpoint = |host: usize| format!("tcp/10.77.0.{}:7447", host + 1);
    let mut text = format!("[bridge]\nhost = \"{}\"\n", NAMES[own]);
    let _ = writeln!(text, "listen = \"{}\"\nconnect = \"{}\"", endpoint(own), endpoint(before));
    text + "[[export]]\nregion = \"*\"\nhops = 8\n" + &imports(NAMES[before])
}

/// Waits until record `number` of A is everywhere, and its way back is refused.
#[track_caller]
fn assert_it_ends_at_a(hosts: &[Host; 3], number: u64) {
    let [a, b, c] = hosts;
    wait_until("a mirror", || b.number("A.x") == number);
    wait_until("a mirror of it", || c.number("B.A.x") == number);
    wait_until("a loop", || a.link("C.B.A.x") == "loop");
    let way = |host: &Host, mirror| host.row(mirror, ["direction", "origin", "hops"]);
    let is = |hops: &str| Some(["import", "A", hops].map(str::to_owned));
    wait_until("the way to B", || way(b, "A.x") == is("1"));
    wait_until("the way to C", || way(c, "B.A.x") == is("2"));
    assert!(!a.region("C.B.A.x").exists(), "it came from here");
    assert!(!b.region("A.C.B.A.x").exists(), "it has come over here");
}

#[test]
fn a_ring_of_hosts_ends_where_it_began_also_after_each_bridge_was_killed() {
    let Some(net) = Net::<3>::new() else { return };
    let hosts = &net.hosts;
    let mut source = Source::new(&hosts[0], "x", 56);
    source.publish();
    let mut bridges: [Daemon; 3] = std::array::from_fn(|own| hosts[own].start(&ring(own)));
    assert_it_ends_at_a(hosts, 1);
    for (host, bridge) in hosts.iter().zip(&mut bridges) {
        bridge.kill9();
        source.publish();
        *bridge = host.start_again();
        bridge.says("listening on");
        assert_it_ends_at_a(hosts, source.number);
    }
}
