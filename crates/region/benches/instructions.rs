//! Calls one operation a given number of times, so that its instructions can be counted.
//!
//! `cargo xtask instructions` runs it under callgrind and compares the counts with instructions.toml.
//!
//! ```text
//!   instructions --list           the names of the operations
//!   instructions NAME TIMES       calls one of them so often
//! ```
//!
//! A count must not depend on time: the writer is given the time and checks no file, the reader looks
//! for no other file. Record and buffer pass through `black_box` once; in the loop it has no operand.

use bytemuck::{Pod, Zeroable};
use layout::{CType, FieldSpec, Record, Scalar, Schema, Stu};
use region::{
    BootTime, DynReader, DynWriter, InstanceReader, InstanceWriter, Options, Reader, RegionError,
    Writer,
};
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

type Outcome = Result<(), Box<dyn Error>>;

/// An operation: its name in instructions.toml, and what calls it so often on a region in a directory.
type Operation = (&'static str, fn(&Path, u64) -> Outcome);

const OPERATIONS: [Operation; 13] = [
    ("publish 28 B, struct", publish::<Stu>),
    ("publish 28 B, bytes", publish_bytes::<Stu>),
    ("publish 4 KiB, struct", publish::<Page>),
    ("publish 4 KiB, bytes", publish_bytes::<Page>),
    ("latest 28 B, struct", latest::<Stu>),
    ("latest 28 B, bytes", latest_bytes::<Stu>),
    ("latest 4 KiB, bytes", latest_bytes::<Page>),
    ("next 28 B, struct", next::<Stu>),
    ("next 28 B, bytes", next_bytes::<Stu>),
    ("next 4 KiB, bytes", next_bytes::<Page>),
    ("next 28 B, nothing new", pending::<Stu>),
    ("publish 28 B, instance", publish_instance::<Stu>),
    ("latest 28 B, instance", latest_instance::<Stu>),
];

/// A record of 4 KiB.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Page([[u64; 64]; 8]);

impl Record for Page {
    fn schema() -> Schema {
        let words = CType::array(Scalar::U64, 512).expect("fewer elements than an array may have");
        let fields = Schema::builder("PAGE").field(FieldSpec::new("words", words));
        fields.build().expect("one field")
    }
}

fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [name, times] => run(name, times.parse()?),
        ["--list"] => {
            list();
            Ok(())
        }
        // `cargo bench` calls every benchmark so.
        ["--bench"] | [] => Ok(()),
        _ => Err("usage: instructions --list | NAME TIMES".into()),
    }
}

#[expect(clippy::print_stdout, reason = "it is asked for")]
fn list() {
    for (name, _) in OPERATIONS {
        println!("{name}");
    }
}

fn run(name: &str, times: u64) -> Outcome {
    let operation = OPERATIONS.iter().find(|operation| operation.0 == name);
    let (_, call) = operation.ok_or_else(|| format!("no operation is called {name:?}"))?;
    let dir = tempfile::tempdir_in("/dev/shm")?;
    call(dir.path(), times)
}

fn publish<R: Record>(dir: &Path, times: u64) -> Outcome {
    let (mut writer, record) =
        (Writer::<R>::open_with(file(dir), &options())?, Box::new(R::zeroed()));
    let (writer, record, now) = (black_box(&mut writer), black_box(&*record), BootTime::now());
    repeat(times, || writer.publish_at(record, now))
}

fn publish_bytes<R: Record>(dir: &Path, times: u64) -> Outcome {
    let (mut writer, record) = (writer::<R>(dir)?, vec![0; size_of::<R>()]);
    let (writer, record, now) = (black_box(&mut writer), black_box(&*record), BootTime::now());
    repeat(times, || writer.publish_at(record, now))
}

fn latest<R: Record>(dir: &Path, times: u64) -> Outcome {
    let (_writer, reader) = filled::<R>(dir, RECORDS)?;
    let mut reader = Reader::<R>::over(reader)?;
    let reader = black_box(&mut reader);
    repeat(times, || Ok(reader.latest()?.expect("records were published")))
}

fn latest_bytes<R: Record>(dir: &Path, times: u64) -> Outcome {
    let (_writer, mut reader) = filled::<R>(dir, RECORDS)?;
    let mut record = vec![0; size_of::<R>()];
    let (reader, record) = (black_box(&mut reader), black_box(&mut *record));
    repeat(times, || reader.latest(record))
}

fn next<R: Record>(dir: &Path, times: u64) -> Outcome {
    follow::<R>(dir, RECORDS, times)
}

fn pending<R: Record>(dir: &Path, times: u64) -> Outcome {
    follow::<R>(dir, 0, times)
}

fn follow<R: Record>(dir: &Path, records: u64, times: u64) -> Outcome {
    let (_writer, reader) = filled::<R>(dir, records)?;
    let mut reader = Reader::<R>::over(reader)?;
    let reader = black_box(&mut reader);
    repeat(times, || reader.next())
}

fn next_bytes<R: Record>(dir: &Path, times: u64) -> Outcome {
    let (_writer, mut reader) = filled::<R>(dir, RECORDS)?;
    let mut record = vec![0; size_of::<R>()];
    let (reader, record) = (black_box(&mut reader), black_box(&mut *record));
    repeat(times, || reader.next(record))
}

fn publish_instance<R: Record>(dir: &Path, times: u64) -> Outcome {
    let (mut writer, record) = (instances::<R>(dir)?, Box::new(R::zeroed()));
    let instance = writer.instance("a")?;
    let (writer, record, now) = (black_box(&mut writer), black_box(&*record), BootTime::now());
    repeat(times, || writer.publish_at(instance, record, now))
}

fn latest_instance<R: Record>(dir: &Path, times: u64) -> Outcome {
    let mut writer = instances::<R>(dir)?;
    let instance = writer.instance("a")?;
    writer.publish(instance, &R::zeroed())?;
    let mut reader = InstanceReader::<R>::open(file(dir))?;
    reader.refresh_every(Duration::MAX);
    let instance = reader.find("a").expect("it has joined");
    let reader = black_box(&mut reader);
    repeat(times, || Ok(reader.latest(instance)?.expect("a record was published")))
}

fn instances<R: Record>(dir: &Path) -> Result<InstanceWriter<R>, RegionError> {
    options().slots(8).open_instances(file(dir), 16)
}

/// Records that a follower finds; `xtask` asks for fewer calls.
const RECORDS: u64 = 4000;

/// A reader, and then a writer's first `records` records, none of which is overwritten.
fn filled<R: Record>(dir: &Path, records: u64) -> Result<(DynWriter, DynReader), RegionError> {
    let mut writer = writer::<R>(dir)?;
    let mut reader = DynReader::open(file(dir))?;
    reader.refresh_every(Duration::MAX);
    for _ in 0..records {
        writer.publish(&vec![0; size_of::<R>()])?;
    }
    Ok((writer, reader))
}

fn writer<R: Record>(dir: &Path) -> Result<DynWriter, RegionError> {
    DynWriter::open_with(file(dir), &R::schema(), &options())
}

fn options() -> Options {
    Options::new().wake(false).check_every(Duration::MAX).slots(4096)
}

fn file(dir: &Path) -> PathBuf {
    dir.join("count.region")
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "a call in the loop would be counted")]
fn repeat<T>(times: u64, mut call: impl FnMut() -> Result<T, RegionError>) -> Outcome {
    for _ in 0..times {
        black_box(&call()?);
    }
    Ok(())
}
