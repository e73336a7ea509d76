//! Two hosts, real regions, virtual time, and a network that loses, doubles and reorders: whatever happens, a mirror
//! never goes back, and once the network delivers it comes to hold what its source has.

mod descriptions;
mod forged;
mod former;
mod hops;
mod instances;
mod lossless;
mod mode;
mod names;
mod network;
mod one;
mod unsent;

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use daemon::Monotonic;
use e2e::Place;
use layout::{InstanceName, Record, Stu};
use settings::BridgeSettings;

use crate::export::Exporter;
use crate::import::{Importer, MirrorStatus, Resumed};
use crate::inbox::Inbox;
use crate::keys::{self, Source};
use crate::transport::Incoming;
use network::{Network, Port};

/// Virtual time between two turns.
const STEP: Duration = Duration::from_millis(10);
/// Turns in which mirrors have to converge once the network delivers: 20 s.
const PATIENCE: usize = 2000;

/// Host A exports `stu`, host B imports it.
struct World {
    place: Place,
    network: Network,
    ports: [Port; 2],
    inboxes: [Inbox; 2],
    settings: [BridgeSettings; 2],
    exporter: Exporter,
    importer: Importer,
    now: Monotonic,
    starts: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        Self::with(seed, "")
    }

    /// The same, of a lossless export and import of so many records.
    fn lossless(seed: u64, most: u32) -> Self {
        Self::with(seed, &format!("lossless = {most}\n"))
    }

    /// With this in the tables of the export and the import.
    fn with(seed: u64, keys: &str) -> Self {
        let place = Place::new();
        let inboxes = [(); 2].map(|()| Inbox::new().expect("eventfd"));
        let network = Network::new(seed, inboxes.to_vec());
        let parse = |host: &str, rest: String| {
            let text = format!("[bridge]\nhost = \"{host}\"\nlisten = \"tcp/127.0.0.1:1\"\n{rest}");
            BridgeSettings::parse(&text, "model").expect("settings")
        };
        let path = |name: &str| place.path(name).display().to_string();
        let export =
            format!("[[export]]\nregion = \"{}\"\nname = \"stu\"\n{keys}", path("source.region"));
        let import = format!(
            "[[import]]\nfrom = \"A\"\nname = \"stu\"\nregion = \"{}\"\n{keys}",
            path("mirror.region")
        );
        let settings = [parse("A", export), parse("B", import)];
        inboxes[1].keep_all(&settings[1].imports);
        let now = Monotonic::from_nanos(1_000_000_000_000);
        Self {
            exporter: Exporter::new(&settings[0], 1, now),
            importer: Importer::new(&settings[1]),
            ports: [network.port(0), network.port(1)],
            place,
            network,
            inboxes,
            settings,
            now,
            starts: 1,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path(name)
    }

    /// A turn of both bridges.
    fn turn(&mut self) {
        self.now = self.now.after(STEP);
        for incoming in self.inboxes[0].take().incoming {
            if let Incoming::Query(query) = incoming {
                self.exporter.answer(&*query);
            }
        }
        self.exporter.turn(self.now, &self.ports[0]);
        for incoming in self.inboxes[1].take().incoming {
            self.importer.take(incoming, self.now);
        }
        self.importer.turn(self.now, &self.ports[1]);
    }

    fn restart_exporter(&mut self) {
        self.starts += 1;
        self.exporter = Exporter::new(&self.settings[0], self.starts, self.now);
    }

    /// Reloads the exporter with an export more than it had.
    fn reload_exporter(&mut self) {
        self.starts += 1;
        let name = format!("other{}", self.starts);
        let text = format!(
            "[bridge]\nhost = \"A\"\nlisten = \"tcp/127.0.0.1:1\"\n[[export]]\nregion = \"{name}\"\n"
        );
        let other = BridgeSettings::parse(&text, "model").expect("settings");
        self.settings[0].exports.extend(other.exports);
        self.exporter.change(&self.settings[0], self.starts, self.now);
    }

    /// Stops the importer as a kill does, and starts it with what its status region had.
    fn restart_importer(&mut self) {
        let held: Vec<_> = self.importer.status(self.now, true).map(resumed).collect();
        self.importer = Importer::new(&self.settings[1]);
        self.importer.resume(held);
    }

    fn status(&self) -> Option<MirrorStatus> {
        self.importer.status(self.now, true).next()
    }

    /// Turns with a network that delivers all until `is_done`.
    #[track_caller]
    fn converge(&mut self, what: &str, mut is_done: impl FnMut(&Self) -> bool) {
        self.network.heal();
        for _ in 0..PATIENCE {
            self.network.deliver(usize::MAX);
            self.turn();
            if is_done(self) {
                return;
            }
        }
        panic!("not within 20 s: {what}; {:#?}", self.importer);
    }
}

/// Fails if the story has no end.
#[track_caller]
pub(crate) fn ends(story: impl FnOnce() + Send + 'static) {
    let (sender, ended) = channel();
    let run = move || {
        story();
        let _ = sender.send(());
    };
    std::thread::spawn(run);
    ended.recv_timeout(Duration::from_mins(1)).expect("the story comes to its end within a minute");
}

/// What a row has of a mirror after a restart.
fn resumed(mirror: MirrorStatus) -> (Source, InstanceName, Option<Resumed>) {
    let held = Resumed { id: mirror.id, time: mirror.time, sequence: mirror.sequence };
    let row = keys::row(&mirror.address).expect("a name");
    (mirror.source, row, (held.sequence > 0).then_some(held))
}

/// A record with a number.
fn stu(number: i32) -> Stu {
    Stu::new(number, "x", 'm')
}

/// Its bytes.
fn bytes(number: i32) -> Vec<u8> {
    bytemuck::bytes_of(&stu(number)).to_vec()
}

fn schema() -> layout::Schema {
    Stu::schema()
}
