//! Encrypted links: hosts without the right certificate, and hosts that use the name of another.

use e2e::wait_until;

use crate::authority::Authority;
use crate::hostile::{vandal, wait_for_rounds};
use crate::imports;
use crate::net::{Host, Net};
use crate::source::Source;

const ENDPOINT: &str = "tls/10.77.0.1:7447";

/// A client that exports all of its regions.
fn exporter(host: &str, endpoint: &str, tls: &str) -> String {
    format!(
        "[bridge]\nhost = \"{host}\"\nmode = \"client\"\nconnect = \"{endpoint}\"\n\
         [[export]]\nregion = \"*\"\n{tls}"
    )
}

/// `A` and `B` may publish here.
fn sink(authority: &Authority) -> String {
    let tls = authority.tls("sink", "[\"A\", \"B\"]");
    format!("[bridge]\nhost = \"sink\"\nlisten = \"{ENDPOINT}\"\n{}{tls}", imports("*"))
}

/// Publishes so many records, each of which has to come through.
#[track_caller]
fn publish_through(source: &mut Source, sink: &Host, records: u64) {
    for _ in 0..records {
        source.publish();
        wait_until("the next record", || sink.number("A.x") == source.number);
    }
}

#[test]
fn a_host_without_a_certificate_of_the_authority_or_with_that_of_another_host_publishes_nothing() {
    let Some(net) = Net::<5>::new() else { return };
    let [on_sink, a, plain, stranger, forger] = &net.hosts;
    let (authority, other) = (Authority::new(), Authority::new());
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let names = [(plain, "plain"), (stranger, "stranger"), (forger, "forged")];
    let mut others: Vec<_> = names.map(|(host, name)| Source::new(host, name, 56)).into();
    others.iter_mut().for_each(Source::publish);
    let _sink = on_sink.start(&sink(&authority));
    let mut without = plain.start(&exporter("B", "tcp/10.77.0.1:7447", ""));
    let strange = other.tls("B", "\"sink\"");
    let mut unknown = stranger.start(&exporter("B", ENDPOINT, &strange));
    // It calls itself B, and has the certificate of C.
    let of_c = authority.tls("C", "\"sink\"");
    let _forger = forger.start(&exporter("B", ENDPOINT, &of_c));
    let _honest = a.start(&exporter("A", ENDPOINT, &authority.tls("A", "\"sink\"")));
    wait_until("the record of A", || on_sink.number("A.x") == 1);
    without.says("no session");
    unknown.says("no session");
    publish_through(&mut source, on_sink, 20);
    for (_, name) in names {
        assert!(!on_sink.region(&format!("B.{name}")).exists(), "a mirror of {name}");
    }
    // With its own certificate it may.
    let own = authority.tls("B", "\"sink\"");
    let _again = forger.start(&exporter("B", ENDPOINT, &own));
    wait_until("the record of B", || on_sink.number("B.forged") == 1);
}

#[test]
fn a_certificate_lets_its_host_send_no_record_digest_description_or_token_of_another() {
    let Some(net) = Net::<3>::new() else { return };
    let [on_sink, a, forger] = &net.hosts;
    let authority = Authority::new();
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let _sink = on_sink.start(&sink(&authority));
    let _honest = a.start(&exporter("A", ENDPOINT, &authority.tls("A", "\"sink\"")));
    wait_until("the record of A", || on_sink.number("A.x") == 1);
    let _ = authority.tls("B", "\"sink\"");
    let file = |name: &str| format!("\"{}\"", authority.path(name).display());
    let settings = [
        "mode=\"client\"".to_owned(),
        format!("connect/endpoints=[\"{ENDPOINT}\"]"),
        "scouting/multicast/enabled=false".to_owned(),
        format!("transport/link/tls/root_ca_certificate={}", file("ca.pem")),
        format!("transport/link/tls/connect_certificate={}", file("B.pem")),
        format!("transport/link/tls/connect_private_key={}", file("B.key")),
        "transport/link/tls/enable_mtls=true".to_owned(),
    ];
    let settings = settings.each_ref().map(String::as_str);
    let mut hostile = vandal(forger, "A", &settings);
    wait_for_rounds(&mut hostile, 1);
    while !hostile.out().iter().any(|line| line == "round 50") {
        publish_through(&mut source, on_sink, 1);
        hostile.next_out();
    }
    assert_eq!(on_sink.link("A.x"), "live");
    assert_eq!(on_sink.row("A.x", ["refused"]), Some(["0".to_owned()]));
    assert!(!on_sink.region("A.n1").exists(), "a mirror of what A has not");
}
