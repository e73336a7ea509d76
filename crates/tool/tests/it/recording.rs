//! What the tests of recordings share: records that text could lose, programs, and what is in a file.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mapcast::dynamic::{CType, FieldSpec, Reader, RecordBuf, Scalar, Schema, Value, Writer};
use mapcast::{Begin, Options, Step};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

use crate::world::World;

/// All kinds of fields, with values that text could lose.
pub(crate) fn odd() -> Schema {
    let array = |scalar, count| CType::array(scalar, count).expect("an array");
    Schema::builder("ODD")
        .field(FieldSpec::new("big", Scalar::U64).unit("ns").help("above 2^53"))
        .field(FieldSpec::new("speed", Scalar::F32).unit("m/s"))
        .field(FieldSpec::new("text", array(Scalar::Char, 4)))
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "off").label(1, "on"))
        .field(FieldSpec::new("ok", Scalar::Bool))
        .field(FieldSpec::new("far", array(Scalar::F64, 3)).offset(64))
        .line("{big} {mode}")
        .build()
        .expect("a schema")
}

/// The `n`th record, with a full text, a NaN and the nearest floats.
pub(crate) fn odd_record(n: u64) -> RecordBuf {
    let mut record = RecordBuf::new(Arc::new(odd()));
    let far = vec![Value::F64(0.1 + 0.2), Value::F64(-0.0), Value::F64(5e-324)];
    for (name, value) in [
        ("big", Value::Uint(u64::MAX - n)),
        ("speed", if n == 2 { Value::F32(f32::NAN) } else { Value::F32(0.1) }),
        ("mode", Value::Uint(n % 2)),
        ("ok", Value::Bool(n.is_multiple_of(2))),
        ("far", Value::List(far)),
    ] {
        record.set_by_name(name, &value).expect("a value");
    }
    let place = odd().field("text").expect("a field").offset() as usize;
    record.bytes_mut()[place..place + 4].copy_from_slice(b"full");
    record
}

/// A program that is ended with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    pub(crate) fn start(world: &World, arguments: &str) -> Self {
        let mut command = world.command();
        command.args(arguments.split_whitespace());
        Self(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("mapcast"))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().cast_signed()), signal).expect("a signal");
    }

    /// Stops it (SIGSTOP) and waits until it is stopped.
    pub(crate) fn pause(&self) {
        self.signal(Signal::SIGSTOP);
        wait_until("it is stopped", || e2e::proc::is_stopped(self.0.id()));
    }

    /// Ends it, and returns its exit code and what it said.
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        self.signal(Signal::SIGTERM);
        self.ended()
    }

    pub(crate) fn ended(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        let mut stderr = self.0.stderr.take().expect("a pipe");
        std::io::Read::read_to_string(&mut stderr, &mut said).expect("text");
        (self.0.wait().expect("ended").code(), said)
    }
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !ready() {
        assert!(Instant::now() < deadline, "not within 60 s: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A message of a file: its topic, sequence, time and data.
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) sequence: u32,
    pub(crate) time: u64,
    pub(crate) data: Vec<u8>,
}

/// The messages that the library's own reader finds, and whether it reached the end.
pub(crate) fn messages(file: &Path) -> (Vec<Message>, bool) {
    let bytes = fs::read(file).unwrap_or_default();
    let mut found = Vec::new();
    let Ok(stream) = mcap::MessageStream::new(&bytes) else { return (found, false) };
    for message in stream {
        let Ok(message) = message else { return (found, false) };
        found.push(Message {
            topic: message.channel.topic.clone(),
            sequence: message.sequence,
            time: message.publish_time,
            data: message.data.into_owned(),
        });
    }
    (found, true)
}

/// Where a record of a file is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) op: u8,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The records of a file that is whole, chunks as one.
pub(crate) fn record_heads(file: &[u8]) -> Vec<Head> {
    let (mut heads, mut start) = (Vec::new(), 8);
    while let Some((op, rest)) = file[start..].split_first() {
        let Some(len) = rest.first_chunk::<8>() else { break };
        let len = usize::try_from(u64::from_le_bytes(*len)).expect("a length");
        let end = start + 9 + len;
        if end > file.len() {
            break;
        }
        heads.push(Head { op: *op, start, end });
        start = end;
    }
    heads
}

/// Those of one topic.
pub(crate) fn of_topic(file: &Path, topic: &str) -> Vec<Message> {
    let (all, _) = messages(file);
    all.into_iter().filter(|message| message.topic == topic).collect()
}

/// Whether the events in a file have one of this name.
pub(crate) fn has_event(file: &Path, event: &str) -> bool {
    of_topic(file, "mapcast/events").iter().any(|message| {
        let json: Json = serde_json::from_slice(&message.data).expect("JSON");
        json["event"] == event
    })
}

/// Begins to record `odd`, which has one record before and `more` after it was attached.
pub(crate) fn record_odd(world: &World, options: &str, more: u64) -> (Writer, Running) {
    let region = world.path("odd.region");
    let options_of_region = Options::new().slots(1024);
    let mut writer = Writer::open_with(&region, &odd(), &options_of_region).expect("a writer");
    writer.publish(odd_record(1).bytes()).expect("published");
    let recorder = Running::start(world, &format!("record out.mcap odd {options}"));
    let file = world.path("out.mcap");
    wait_until("the first record is in the file", || !of_topic(&file, "odd").is_empty());
    for n in 2..=more + 1 {
        writer.publish(odd_record(n).bytes()).expect("published");
    }
    wait_until("all records are in the file", || of_topic(&file, "odd").len() as u64 == more + 1);
    (writer, recorder)
}

/// Reads everything that is in a region.
pub(crate) fn records(region: &Path) -> Vec<Vec<u8>> {
    let mut reader = Reader::open(region).expect("a region");
    reader.begin(Begin::Oldest);
    let mut record = RecordBuf::new(Arc::clone(reader.schema()));
    let mut records = Vec::new();
    while let Step::Record(_) = reader.next(record.bytes_mut()).expect("readable") {
        records.push(record.bytes().to_vec());
    }
    records
}
