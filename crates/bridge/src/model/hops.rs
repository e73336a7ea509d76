//! Mirrors that are exported again: chains of hosts, and rings of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use daemon::Monotonic;
use e2e::Place;
use layout::Stu;
use region::{DynReader, DynWriter, State};
use settings::BridgeSettings;

use super::network::Network;
use super::{PATIENCE, STEP, bytes, schema};
use crate::export::Exporter;
use crate::import::{Importer, LinkState};
use crate::inbox::Inbox;
use crate::transport::Incoming;

struct Bridge {
    inbox: Inbox,
    exporter: Exporter,
    importer: Importer,
    settings: BridgeSettings,
}

/// Hosts over a network that loses nothing. Regions are files of one directory, by the name of the host and their own.
struct Hosts {
    place: Place,
    network: Network,
    bridges: BTreeMap<&'static str, Bridge>,
    /// Whether exporters know which regions are mirrors.
    knows_mirrors: bool,
    now: Monotonic,
}

type Three = (&'static str, &'static str, &'static str);
/// A host, what it imports (from, name, region), and what it exports (region, name, keys).
type Config = (&'static str, &'static [Three], &'static [Three]);

impl Hosts {
    fn new(configs: &[Config]) -> Self {
        let place = Place::new();
        let inboxes: Vec<_> = configs.iter().map(|_| Inbox::new().expect("eventfd")).collect();
        let network = Network::new(1, inboxes.clone());
        network.heal();
        let now = Monotonic::from_nanos(1_000_000_000_000);
        let host = |((name, imports, exports), inbox): (&Config, Inbox)| {
            let path =
                |region: &str| place.path(&format!("{name}.{region}.region")).display().to_string();
            let mut text = format!("[bridge]\nhost = \"{name}\"\nlisten = \"tcp/127.0.0.1:1\"\n");
            for (from, name, region) in *imports {
                let region = path(region);
                let _ = write!(
                    text,
                    "[[import]]\nfrom = \"{from}\"\nname = \"{name}\"\nregion = \"{region}\"\nlossless = 100\n"
                );
            }
            for (region, name, keys) in *exports {
                let _ = write!(
                    text,
                    "[[export]]\nregion = \"{}\"\nname = \"{name}\"\n{keys}\n",
                    path(region)
                );
            }
            let settings = BridgeSettings::parse(&text, "model").expect("settings");
            inbox.keep_all(&settings.imports);
            let (exporter, importer) = (Exporter::new(&settings, 1, now), Importer::new(&settings));
            (*name, Bridge { inbox, exporter, importer, settings })
        };
        let bridges = configs.iter().zip(inboxes).map(host).collect();
        Self { place, network, bridges, knows_mirrors: true, now }
    }

    fn path(&self, host: &str, region: &str) -> PathBuf {
        self.place.path(&format!("{host}.{region}.region"))
    }

    fn turn(&mut self) {
        self.now = self.now.after(STEP);
        self.network.deliver(usize::MAX);
        for (port, host) in self.bridges.values_mut().enumerate() {
            let port = self.network.port(port);
            for incoming in host.inbox.take().incoming {
                match incoming {
                    Incoming::Query(query) => host.exporter.answer(&*query),
                    other => host.importer.take(other, self.now),
                }
            }
            if self.knows_mirrors
                && let Some(routes) = host.importer.new_routes()
            {
                host.exporter.know_mirrors(routes);
            }
            host.exporter.turn(self.now, &port);
            host.importer.turn(self.now, &port);
        }
    }

    /// The state, the newest number and its name of a region.
    fn newest(&self, host: &str, region: &str) -> Option<(State, i32, u64, u64)> {
        let mut reader = DynReader::open(self.path(host, region)).ok()?;
        let mut record = bytes(0);
        let newest = reader.latest(&mut record).ok()??;
        let number: &Stu = bytemuck::from_bytes(&record);
        Some((reader.state(), number.id, newest.lineage(), newest.sequence))
    }

    #[track_caller]
    fn converge(&mut self, what: &str, is_done: impl Fn(&Self) -> bool) {
        for _ in 0..PATIENCE {
            self.turn();
            if is_done(self) {
                return;
            }
        }
        panic!("not within 20 s: {what}");
    }

    fn routes(&self, host: &str) -> Vec<Vec<String>> {
        self.bridges[host].importer.routes().into_values().flatten().collect()
    }

    fn links(&self, host: &str) -> Vec<LinkState> {
        self.bridges[host].importer.status(self.now, true).map(|mirror| mirror.link).collect()
    }
}

#[test]
fn a_chain_of_hosts_gives_each_the_records_of_the_first_under_their_names() {
    let mut hosts = Hosts::new(&[
        ("A", &[], &[("stu", "stu", "lossless = 100")]),
        ("B", &[("A", "stu", "a")], &[("a", "a", "lossless = 100\nhops = 1")]),
        ("C", &[("B", "a", "b")], &[("b", "b", "lossless = 100\nhops = 2")]),
        ("D", &[("C", "b", "c")], &[]),
    ]);
    let mut writer = DynWriter::open(hosts.path("A", "stu"), &schema()).expect("the source");
    for number in 1..=20 {
        writer.publish(&bytes(number)).expect("published");
        hosts.turn();
    }
    let newest = Some((State::Live, 20, writer.lineage(), writer.sequence()));
    for (host, region) in [("B", "a"), ("C", "b"), ("D", "c")] {
        hosts.converge(host, |hosts| hosts.newest(host, region) == newest);
    }
    assert_eq!(hosts.routes("D"), [["A", "B", "C"]]);
    drop(writer);
    hosts.converge("a closed source", |hosts| {
        hosts.links("B") == [LinkState::Source(State::Closed)]
    });
}

#[test]
fn a_mirror_is_exported_over_as_many_hops_as_its_export_allows_and_no_further() {
    let mut hosts = Hosts::new(&[
        ("A", &[], &[("stu", "stu", "")]),
        ("B", &[("A", "stu", "a")], &[("a", "a", "hops = 1")]),
        ("C", &[("B", "a", "b")], &[("b", "b", "hops = 1")]),
        ("D", &[("C", "b", "c")], &[]),
    ]);
    let mut writer = DynWriter::open(hosts.path("A", "stu"), &schema()).expect("the source");
    writer.publish(&bytes(7)).expect("published");
    hosts.converge("the last host that it reaches", |hosts| {
        hosts.newest("C", "b").is_some_and(|newest| newest.1 == 7)
    });
    for _ in 0..1000 {
        hosts.turn();
    }
    assert_eq!(hosts.newest("D", "c"), None, "two hops, and one is allowed");
}

#[test]
fn a_ring_of_hosts_ends_where_it_began() {
    let mut hosts = Hosts::new(&[
        ("A", &[("C", "b", "back")], &[("stu", "stu", ""), ("back", "back", "hops = 8")]),
        ("B", &[("A", "stu", "a"), ("A", "back", "again")], &[("a", "a", "hops = 8")]),
        ("C", &[("B", "a", "b")], &[("b", "b", "hops = 8")]),
    ]);
    let mut writer = DynWriter::open(hosts.path("A", "stu"), &schema()).expect("the source");
    writer.publish(&bytes(7)).expect("published");
    hosts.converge("a refusal", |hosts| hosts.links("A") == [LinkState::Loop]);
    for number in 8..200 {
        writer.publish(&bytes(number)).expect("published");
        hosts.turn();
    }
    assert_eq!(hosts.newest("C", "b").map(|newest| newest.0), Some(State::Live));
    assert!(!hosts.path("A", "back").exists() && !hosts.path("B", "again").exists());
    assert_eq!(hosts.links("A"), [LinkState::Loop]);
}

#[test]
fn a_ring_that_a_host_has_not_seen_at_first_ends_without_another_record() {
    let mut hosts = Hosts::new(&[
        ("A", &[("C", "b", "back")], &[("stu", "stu", "")]),
        ("B", &[("A", "stu", "a")], &[("a", "a", "hops = 8")]),
        ("C", &[("B", "a", "b")], &[("b", "b", "hops = 8")]),
    ]);
    hosts.knows_mirrors = false;
    let mut writer = DynWriter::open(hosts.path("A", "stu"), &schema()).expect("the source");
    writer.publish(&bytes(7)).expect("published");
    hosts.converge("a ring", |hosts| hosts.newest("A", "back").is_some());
    hosts.knows_mirrors = true;
    hosts.converge("its end", |hosts| hosts.links("A") == [LinkState::Loop]);
    assert_eq!(hosts.routes("C"), [["A", "B"]]);
}

#[test]
fn a_mirror_that_an_earlier_bridge_left_is_exported_once_its_way_is_known() {
    let mut hosts = Hosts::new(&[
        ("A", &[], &[("stu", "stu", "")]),
        ("B", &[("A", "stu", "a")], &[("a", "a", "hops = 1")]),
        ("C", &[("B", "a", "b")], &[]),
    ]);
    let mut writer = DynWriter::open(hosts.path("A", "stu"), &schema()).expect("the source");
    writer.publish(&bytes(7)).expect("published");
    hosts.converge("the mirrors", |hosts| hosts.newest("C", "b").is_some());
    let status: Vec<_> = hosts.bridges["B"].importer.status(hosts.now, true).collect();
    let host = hosts.bridges.get_mut("B").expect("a host");
    host.importer = Importer::new(&host.settings);
    host.importer.resume(status.into_iter().map(super::resumed));
    assert!(host.importer.routes().into_values().all(|route| route.is_none()));
    writer.publish(&bytes(8)).expect("published");
    hosts.converge("the next record", |hosts| {
        hosts.newest("C", "b").is_some_and(|newest| newest.1 == 8)
    });
    assert_eq!(hosts.routes("C"), [["A", "B"]]);
}
