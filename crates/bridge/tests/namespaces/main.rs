//! Bridges in network namespaces: links that are cut, and links that are slow.
//!
//! `cargo xtask bridge` runs them; they need root. The figures that they print are those of docs/bridge.md.
#![allow(clippy::print_stdout, reason = "figures")]

mod net;

use std::time::{Duration, Instant};

use e2e::wait_until;
use layout::{CType, FieldSpec, RecordBuf, Scalar, Schema, SchemaBuilder};
use net::{Host, Net};
use region::{DynInstanceReader, DynReader, DynWriter, State};

/// Whether the test cannot run here, which it says.
fn is_skipped() -> bool {
    let is_skipped = !net::is_possible();
    if is_skipped {
        println!("skipped: network namespaces need root (CAP_NET_ADMIN)");
    }
    is_skipped
}

/// A number, and bytes behind it.
fn schema(bytes: u32) -> Schema {
    let bytes: CType = format!("u8[{bytes}]").parse().expect("a type");
    let fields = [FieldSpec::new("number", Scalar::U64), FieldSpec::new("bytes", bytes)];
    let builder = fields.into_iter().fold(Schema::builder("NUMBER"), SchemaBuilder::field);
    builder.build().expect("a schema")
}

struct Source {
    writer: DynWriter,
    record: Vec<u8>,
    number: u64,
    /// The longest time that a publish took.
    slowest: Duration,
}

impl Source {
    fn new(host: &Host, name: &str, bytes: u32) -> Self {
        let schema = schema(bytes);
        let record = vec![0; schema.size() as usize];
        let path = host.place.path(&format!("{name}.region"));
        let writer = DynWriter::open(path, &schema).expect("a writer");
        Self { writer, record, number: 0, slowest: Duration::ZERO }
    }

    fn publish(&mut self) {
        self.number += 1;
        self.record[..8].copy_from_slice(&self.number.to_le_bytes());
        let start = Instant::now();
        self.writer.publish(&self.record).expect("published");
        self.slowest = self.slowest.max(start.elapsed());
    }

    fn publish_for(&mut self, time: Duration, every: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.publish();
            std::thread::sleep(every);
        }
    }
}

/// The number in the newest record of a mirror; 0 if there is none.
fn number(host: &Host, name: &str) -> u64 {
    let Ok(mut reader) = DynReader::open(host.place.path(&format!("{name}.region"))) else {
        return 0;
    };
    let mut record = vec![0; reader.schema().size() as usize];
    match reader.latest(&mut record) {
        Ok(Some(_)) => u64::from_le_bytes(record[..8].try_into().expect("eight bytes")),
        _ => 0,
    }
}

fn state(host: &Host, name: &str) -> Option<State> {
    Some(DynReader::open(host.place.path(&format!("{name}.region"))).ok()?.state())
}

/// Fields of a mirror's row in the bridge's own region, as text.
fn row(host: &Host, mirror: &str, names: &[&str]) -> Option<Vec<String>> {
    let mut reader = DynInstanceReader::open(host.place.path("bridge.region")).ok()?;
    let instance = reader.find(mirror)?;
    let mut record = RecordBuf::new(reader.schema().clone());
    reader.latest(instance, record.bytes_mut()).ok()??;
    let fields = reader.schema().fields().to_vec();
    let of = |name: &&str| {
        let field = fields.iter().find(|field| field.name() == *name).expect("a field");
        record.view().shown(field, None).to_string()
    };
    Some(names.iter().map(of).collect())
}

fn link(host: &Host, mirror: &str) -> String {
    row(host, mirror, &["link"]).map_or_else(String::new, |row| row[0].clone())
}

/// How old the newest record of a mirror was when it came.
fn age(host: &Host, mirror: &str) -> Duration {
    let row = row(host, mirror, &["published", "received"]).expect("a row");
    let nanos = |text: &String| text.parse::<u64>().expect("a number");
    Duration::from_nanos(nanos(&row[1]).saturating_sub(nanos(&row[0])))
}

const EXPORT: &str =
    "[bridge]\nhost = \"A\"\nlisten = \"tcp/10.77.0.1:7447\"\n[[export]]\nregion = \"*\"\n";

fn import(host: &str) -> String {
    format!(
        "[bridge]\nhost = \"{host}\"\nconnect = \"tcp/10.77.0.1:7447\"\n[[import]]\nfrom = \"A\"\nname = \"*\"\n\
         stale_after = \"2s\"\n"
    )
}

#[test]
fn a_partition_stalls_the_mirror_and_ends_with_the_newest_record() {
    if is_skipped() {
        return;
    }
    let net = Net::new(2);
    let [a, b] = &net.hosts[..] else { panic!("two hosts") };
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let _bridges = (a.start(EXPORT), b.start(&import("B")));
    wait_until("the first record", || number(b, "A.x") == 1);
    for (what, longer_than_the_lease) in [("shorter", false), ("longer", true)] {
        b.cut();
        if longer_than_the_lease {
            wait_until("a stalled mirror", || state(b, "A.x") == Some(State::Stalled));
            wait_until("a row that says why", || link(b, "A.x").contains("lost"));
            source.publish_for(Duration::from_secs(2), Duration::from_millis(10));
        } else {
            source.publish_for(Duration::from_millis(800), Duration::from_millis(10));
        }
        let before = number(b, "A.x");
        b.mend();
        let start = Instant::now();
        wait_until("the newest record", || {
            let now = number(b, "A.x");
            assert!(now >= before, "it went back to {now}");
            now == source.number
        });
        println!("figure: partition {what} than the lease: equal {:?} after it", start.elapsed());
        wait_until("a live mirror", || state(b, "A.x") == Some(State::Live));
    }
}

#[test]
fn a_slow_link_delays_no_other_host_and_no_writer() {
    if is_skipped() {
        return;
    }
    let net = Net::new(3);
    let [a, slow, fast] = &net.hosts[..] else { panic!("three hosts") };
    slow.slow_down("2mbit");
    let mut source = Source::new(a, "x", 16 << 10);
    source.publish();
    let _bridges = (a.start(EXPORT), slow.start(&import("B")), fast.start(&import("C")));
    wait_until("the first record", || number(slow, "A.x") == 1 && number(fast, "A.x") == 1);
    let start = Instant::now();
    source.publish_for(Duration::from_secs(10), Duration::from_millis(10));
    let sent = source.number;
    wait_until("the newest record on the fast link", || number(fast, "A.x") == sent);
    println!(
        "figure: fast link: equal {:?} after the last of {sent} publishes",
        start.elapsed().saturating_sub(Duration::from_secs(10))
    );
    let stopped = Instant::now();
    wait_until("the newest record on the slow link", || number(slow, "A.x") == sent);
    println!("figure: slow link: equal {:?} later", stopped.elapsed());
    for (what, host) in [("fast", fast), ("slow", slow)] {
        let row = row(host, "A.x", &["records", "skipped", "pulls"]).expect("a row");
        println!(
            "figure: {what} link: records, skipped, pulls {row:?}, last record {:?} old",
            age(host, "A.x")
        );
    }
    println!("figure: slowest publish {:?}", source.slowest);
}

/// Regions of the late joiner.
const REGIONS: usize = 2000;

#[test]
fn a_late_joiner_gets_two_thousand_regions() {
    if is_skipped() {
        return;
    }
    let net = Net::new(2);
    let [a, b] = &net.hosts[..] else { panic!("two hosts") };
    let mut sources: Vec<_> =
        (0..REGIONS).map(|index| Source::new(a, &format!("r{index}"), 48)).collect();
    sources.iter_mut().for_each(Source::publish);
    let mut on_a = a.start(EXPORT);
    wait_until("all exports", || row(a, "r1999", &["link"]).is_some());
    let mut on_b = b.start(&import("B"));
    on_b.says("connecting to");
    let start = Instant::now();
    let is_there = |index: usize| number(b, &format!("A.r{index}")) == sources[index].number;
    wait_until("all mirrors", || (0..REGIONS).all(is_there));
    println!("figure: 2000 mirrors made and equal {:?} after the session", start.elapsed());
    sources.iter_mut().for_each(Source::publish);
    let start = Instant::now();
    let is_there = |index: usize| number(b, &format!("A.r{index}")) == sources[index].number;
    wait_until("a newer record in each", || (0..REGIONS).all(is_there));
    println!("figure: a newer record in each of 2000 mirrors after {:?}", start.elapsed());
    for (what, daemon) in [("source", &mut on_a), ("sink", &mut on_b)] {
        let before = usage(daemon.pid());
        std::thread::sleep(Duration::from_secs(5)); // the time over which it is measured
        let (ticks, pages) = usage(daemon.pid());
        println!(
            "figure: {what}, 2000 idle regions: {} % of a processor, {} MiB",
            (ticks - before.0) / 5,
            pages * 4 / 1024
        );
    }
}

/// Processor time in hundredths of a second, and resident pages.
fn usage(pid: u32) -> (u64, u64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("stat");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<u64> =
        fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    (fields[11] + fields[12], fields[21])
}
