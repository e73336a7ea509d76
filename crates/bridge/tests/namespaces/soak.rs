//! Everything at once, as a seed says: links that are cut and slow, bridges that are killed, regions that begin anew, get
//! another schema, instances that come and go.
//!
//! `cargo xtask bridge --minutes N --seed N` sets how long it takes, and the seed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use e2e::{Daemon, wait_until};
use fastrand::Rng;
use region::{DynInstanceReader, DynInstanceWriter, Options};

use crate::net::{Host, Net};
use crate::reading::Usage;
use crate::source::{Source, number_of, record, schema};
use crate::{export, import};

/// Regions of one record.
const REGIONS: usize = 50;
/// Bytes of a record behind its number, one of these.
const SIZES: [u32; 4] = [24, 56, 1000, 4000];
/// Instances of the region that has some.
const INSTANCES: u32 = 16;
/// How much more memory a bridge may have at the end, in KiB.
const GROWTH: u64 = 64 << 10;

/// The number in this variable, or else this one.
fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What host `A` publishes.
struct Sources<'a> {
    host: &'a Host,
    random: Rng,
    plain: Vec<Source>,
    many: DynInstanceWriter,
    instances: BTreeMap<String, u64>,
}

impl<'a> Sources<'a> {
    fn new(host: &'a Host, random: Rng) -> Self {
        let plain = (0..REGIONS).map(|index| Source::new(host, &name(index), 56)).collect();
        let options = Options::new();
        let many =
            DynInstanceWriter::open_with(host.region("many"), &schema(56), &options, INSTANCES);
        let many = many.expect("a writer of instances");
        Self { host, random, plain, many, instances: BTreeMap::new() }
    }

    fn publish_some(&mut self) {
        for _ in 0..self.random.usize(1..20) {
            let index = self.random.usize(..REGIONS);
            self.plain[index].publish();
        }
        let instance = format!("i{}", self.random.u32(..INSTANCES));
        if self.random.u32(..10) == 0 {
            self.retire(&instance);
        } else {
            self.publish_instance(&instance);
        }
    }

    fn publish_instance(&mut self, name: &str) {
        let number = self.plain.iter().map(|source| source.number).sum();
        let instance = self.many.instance(name).expect("room");
        let record = record(number, schema(56).size() as usize);
        self.many.publish(instance, &record).expect("published");
        self.instances.insert(name.to_owned(), number);
    }

    fn retire(&mut self, name: &str) {
        if let Some(instance) = self.many.find(name) {
            self.many.retire(instance).expect("retired");
            self.instances.remove(name);
        }
    }

    /// Opens a region again: deleted, or with records of another size.
    fn replace(&mut self) {
        let index = self.random.usize(..REGIONS);
        let (name, number) = (name(index), self.plain[index].number);
        let is_deleted = self.random.bool();
        let size = SIZES[self.random.usize(..SIZES.len())];
        // The writer of the file that is there ends first.
        drop(self.plain.remove(index));
        if is_deleted {
            fs::remove_file(self.host.region(&name)).expect("removed");
        }
        let mut source = Source::after(number, self.host, &name, size);
        source.publish();
        self.plain.insert(index, source);
    }

    /// Whether the mirrors on `host` hold the newest records, and no others.
    fn are_mirrored_on(&self, host: &Host) -> bool {
        let mut plain = self.plain.iter().enumerate();
        plain.all(|(index, source)| host.number(&mirror(index)) == source.number)
            && instances(host) == self.instances
    }
}

fn name(index: usize) -> String {
    format!("r{index}")
}

fn mirror(index: usize) -> String {
    format!("A.r{index}")
}

/// The instances of the mirror of `many`, and their numbers.
fn instances(host: &Host) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    if let Ok(mut reader) = DynInstanceReader::open(host.region("A.many")) {
        let mut record = vec![0; reader.schema().size() as usize];
        let _ = reader.latest_all(&mut record, |name, _, record| {
            found.insert(name.to_string(), number_of(record));
        });
    }
    found
}

/// A host that imports: its bridge, its link, and the newest number that was seen in each of its mirrors.
struct Sink<'a> {
    host: &'a Host,
    bridge: Daemon,
    is_cut: bool,
    is_slow: bool,
    seen: BTreeMap<usize, u64>,
}

impl<'a> Sink<'a> {
    fn new(host: &'a Host, name: &str) -> Self {
        let bridge = host.start(&import(name));
        Self { host, bridge, is_cut: false, is_slow: false, seen: BTreeMap::new() }
    }

    /// Reads a mirror, which must not have gone back.
    fn look(&mut self, index: usize) {
        let now = self.host.number(&mirror(index));
        let last = self.seen.entry(index).or_default();
        // 0: it could not be read, as while its file is replaced.
        assert!(now == 0 || now >= *last, "{} went from {last} back to {now}", mirror(index));
        *last = now.max(*last);
    }

    fn cut_or_mend(&mut self) {
        if self.is_cut {
            self.host.mend();
        } else {
            self.host.cut();
        }
        self.is_cut = !self.is_cut;
    }

    fn slow_down_or_speed_up(&mut self) {
        if self.is_slow {
            self.host.speed_up();
        } else {
            self.host.slow_down("1mbit");
        }
        self.is_slow = !self.is_slow;
    }

    fn heal(&mut self) {
        if self.is_cut {
            self.cut_or_mend();
        }
        if self.is_slow {
            self.slow_down_or_speed_up();
        }
    }
}

fn kill_and_start(host: &Host, bridge: &mut Daemon) {
    bridge.kill9();
    *bridge = host.start_again();
}

/// All hosts. The bridge of the first sink is never killed.
struct Scene<'a> {
    random: Rng,
    sources: Sources<'a>,
    exporter: Daemon,
    sinks: [Sink<'a>; 2],
}

impl<'a> Scene<'a> {
    fn new(hosts: &'a [Host; 3], mut random: Rng) -> Self {
        let [a, steady, mortal] = hosts;
        let mut sources = Sources::new(a, random.fork());
        sources.plain.iter_mut().for_each(Source::publish);
        sources.publish_instance("i0");
        let exporter = a.start(&export());
        let sinks = [Sink::new(steady, "B"), Sink::new(mortal, "C")];
        Self { random, sources, exporter, sinks }
    }

    fn are_equal(&self) -> bool {
        self.sinks.iter().all(|sink| self.sources.are_mirrored_on(sink.host))
    }

    /// Publishes for a while, and looks at mirrors meanwhile.
    fn publish(&mut self) {
        for _ in 0..self.random.usize(1..100) {
            self.sources.publish_some();
            for sink in &mut self.sinks {
                sink.look(self.random.usize(..REGIONS));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Lets something happen; returns what.
    fn event(&mut self) -> &'static str {
        let sink = &mut self.sinks[self.random.usize(..2)];
        match self.random.u32(..8) {
            0 | 1 => {
                sink.cut_or_mend();
                "links cut or mended"
            }
            2 | 3 => {
                sink.slow_down_or_speed_up();
                "links slow or fast"
            }
            4 => {
                kill_and_start(self.sources.host, &mut self.exporter);
                "sources killed"
            }
            5 => {
                let mortal = &mut self.sinks[1];
                kill_and_start(mortal.host, &mut mortal.bridge);
                "sinks killed"
            }
            _ => {
                self.sources.replace();
                "regions replaced"
            }
        }
    }
}

#[test]
fn whatever_happens_mirrors_never_go_back_and_hold_what_their_sources_have_in_the_end() {
    let Some(net) = Net::<3>::new() else { return };
    let seed = number("MAPCAST_BRIDGE_SEED", 1);
    let mut scene = Scene::new(&net.hosts, Rng::with_seed(seed));
    wait_until("the first records", || scene.are_equal());
    let before = Usage::of(&scene.sinks[0].bridge);
    let end = Instant::now() + Duration::from_secs(number("MAPCAST_BRIDGE_SOAK", 20));
    let mut events = BTreeMap::<&str, u32>::new();
    while Instant::now() < end {
        scene.publish();
        *events.entry(scene.event()).or_default() += 1;
    }
    scene.sinks.iter_mut().for_each(Sink::heal);
    let healed = Instant::now();
    wait_until(&format!("seed {seed}: what the sources have"), || scene.are_equal());
    println!("figure: soak, seed {seed}: {events:?}; all equal after {:?}", healed.elapsed());
    let after = Usage::of(&scene.sinks[0].bridge);
    println!(
        "figure: soak: descriptors {} and {}, memory {} and {} MiB before and after",
        before.descriptors,
        after.descriptors,
        before.resident >> 10,
        after.resident >> 10
    );
    assert!(after.descriptors <= before.descriptors + 8, "descriptors are lost");
    assert!(after.resident <= before.resident + GROWTH, "memory is lost");
}
