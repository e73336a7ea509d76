//! Every region file of docs/vectors is read as its list says, or refused as it says: by the library, and by the two
//! readers that were written from docs/format.md alone.
//!
//! And the files are what the library's writer makes: `cargo xtask vectors` lays them by hand.

use std::fs;
use std::time::UNIX_EPOCH;

use e2e::vectors::{self, Line, Listed, Vector, is_same};
use e2e::{Place, Program, readers, short_readers};
use layout::header::offset;
use layout::{Header, RecordView, Schema, Template, Value};
use region::{
    Begin, DynInstanceReader, DynReader, DynWriter, InstanceChange, Options, Publication,
    RegionError, RegionErrorKind as Kind, Step,
};
use serde_json::json;

#[test]
fn the_library_reads_or_refuses_each_vector_as_it_is_listed() {
    for vector in vectors::all() {
        let outcome = match (&vector.instances, &*vector.outcome) {
            (None, "read") => read_plain(&vector),
            (Some(_), "read") => read_instances(&vector),
            _ => DynReader::open(vector.path()).and_then(|mut reader| {
                let mut record = buffer(&reader);
                reader.latest(&mut record).map(|_| ())
            }),
        };
        assert_eq!(outcome_of(&outcome), vector.outcome, "{}: {outcome:?}", vector.file);
    }
}

/// The word of the list for what the library returned.
fn outcome_of(outcome: &Result<(), RegionError>) -> &'static str {
    match outcome.as_ref().map_err(RegionError::kind) {
        Ok(()) => "read",
        Err(Kind::NotARegion | Kind::TooShort(_)) => "not_a_region",
        Err(Kind::UnsupportedVersion(_)) => "unsupported_version",
        Err(Kind::UnsupportedFeatures(_)) => "unsupported_features",
        Err(Kind::Damaged(_)) => "damaged",
        Err(Kind::Truncated { .. }) => "truncated",
        Err(Kind::Unstable) => "unstable",
        Err(_) => "another error",
    }
}

fn buffer(reader: &DynReader) -> Vec<u8> {
    vec![0; reader.schema().size() as usize]
}

fn read_plain(vector: &Vector) -> Result<(), RegionError> {
    let mut reader = DynReader::open(vector.path())?;
    expect_facts(vector, &reader);
    let mut record = buffer(&reader);
    let found = reader.latest(&mut record)?;
    assert_eq!(found.map(|found| found.sequence), vector.latest, "{}", vector.file);
    if let (Some(found), Some((_, listed))) = (found, vector.newest().first()) {
        expect_record(vector, &reader, (found, &record), listed);
    }
    reader.begin(Begin::Oldest);
    for listed in &vector.records {
        let Step::Record(found) = reader.next(&mut record)? else {
            panic!("{}: record {} does not come", vector.file, listed.sequence);
        };
        expect_record(vector, &reader, (found, &record), listed);
    }
    assert_eq!(reader.next(&mut record)?, Step::Pending, "{}", vector.file);
    Ok(())
}

fn read_instances(vector: &Vector) -> Result<(), RegionError> {
    let instances = vector.instances.as_ref().expect("instances");
    let mut reader = DynInstanceReader::open(vector.path())?;
    expect_facts(vector, &reader);
    let found: Vec<_> = reader.all().collect();
    let names: Vec<&str> = found.iter().map(|(_, name)| &**name).collect();
    assert_eq!(names, instances.iter().map(|series| &*series.name).collect::<Vec<_>>());
    let mut record = buffer(&reader);
    for ((handle, _), series) in found.iter().zip(instances) {
        let found = reader.latest(*handle, &mut record)?;
        assert_eq!(found.map(|found| found.sequence), series.latest, "{}", series.name);
    }
    reader.begin(Begin::Oldest);
    let mut left: Vec<_> = instances.iter().map(|series| series.records.iter()).collect();
    while let Step::Record(event) = reader.next(&mut record)? {
        let InstanceChange::Record(found) = event.what else { continue };
        let of = names.iter().position(|name| *name == &*event.name).expect("a listed instance");
        let listed = left[of].next().unwrap_or_else(|| panic!("{}: {found:?}", event.name));
        expect_record(vector, &reader, (found, &record), listed);
    }
    assert!(left.iter().all(|records| records.len() == 0), "{}: {left:?}", vector.file);
    Ok(())
}

#[track_caller]
fn expect_facts(vector: &Vector, reader: &DynReader) {
    let Vector { file, .. } = vector;
    let header = reader.header();
    assert_eq!(Some(header.lineage), vector.lineage, "{file}");
    assert_eq!(Some(header.base_sequence), vector.base_sequence, "{file}");
    assert_eq!(Some(reader.state().as_str()), vector.state.as_deref(), "{file}");
    assert_eq!(Some(&facts(reader.schema())), vector.schema.as_ref(), "{file}");
}

/// A schema as the list has it.
fn facts(schema: &Schema) -> serde_json::Value {
    let field = |field: &layout::Field| {
        let labels =
            field.labels().iter().map(|label| (label.value.to_string(), json!(label.text)));
        json!({
            "name": field.name(), "type": field.ctype().to_string(), "offset": field.offset(),
            "size": field.ctype().size(), "unit": field.unit(), "help": field.help(),
            "labels": labels.collect::<serde_json::Map<_, _>>(),
        })
    };
    json!({
        "record": schema.name(), "size": schema.size(), "align": schema.align(),
        "line": schema.line().map(Template::text),
        "fields": schema.fields().iter().map(field).collect::<Vec<_>>(),
    })
}

#[track_caller]
fn expect_record(
    vector: &Vector,
    reader: &DynReader,
    (found, record): (Publication, &[u8]),
    listed: &Listed,
) {
    let Vector { file, .. } = vector;
    assert_eq!(
        (found.sequence, found.published_at.as_nanos()),
        (listed.sequence, listed.published_at),
        "{file}"
    );
    let wall_time = reader.wall_time(&found).duration_since(UNIX_EPOCH).expect("after 1970");
    assert_eq!(wall_time.as_nanos(), listed.wall_time.into(), "{file}");
    let view = RecordView::new(reader.schema(), record).expect("its size");
    assert_eq!(view.schema().fields().len(), listed.record.len(), "{file}");
    for (field, value) in view.iter() {
        let (found, wanted) = (text_of(&value), listed.record[field.name()].get());
        assert!(is_same(wanted, &found), "{file}: {} is {wanted}, not {found}", field.name());
    }
}

/// A value as JSON.
fn text_of(value: &Value) -> String {
    let float = |value: f64| {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        match value {
            _ if value.is_nan() => "\"NaN\"".to_owned(),
            _ if value.is_infinite() => format!("\"{sign}Infinity\""),
            _ => value.to_string(),
        }
    };
    match value {
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::F32(value) => float(f64::from(*value)),
        Value::F64(value) => float(*value),
        Value::Bool(value) => value.to_string(),
        Value::Text(text) => json!(text).to_string(),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(text_of).collect();
            format!("[{}]", values.join(","))
        }
    }
}

/// Processes that run at one time.
const AT_ONCE: usize = 8;

#[test]
fn the_readers_made_from_the_format_alone_read_or_refuse_each_vector_as_it_is_listed() {
    let (compiled, place) = (Place::on_disk(), Place::new());
    let vectors = vectors::all();
    for reader in readers(&compiled) {
        for some in vectors.chunks(AT_ONCE) {
            let start = |vector: &Vector| {
                reader.start(&place, vector.path().to_str().expect("a plain path"))
            };
            for (vector, mut process) in some.iter().zip(some.iter().map(start).collect::<Vec<_>>())
            {
                let code = process.exit_code();
                expect_answer(&reader, vector, code, (&process.out(), &process.err()));
            }
        }
    }
}

fn expect_answer(reader: &Program, vector: &Vector, code: i32, (out, err): (&[String], &[String])) {
    let what = format!("{} {}: {out:?} {err:?}", reader.name(), vector.file);
    if vector.strict {
        // It may refuse it, and it may read it.
        assert!(code == 0 || (code == 1 && err.len() == 1), "{what}");
        return;
    }
    if vector.outcome != "read" {
        let found = err.first().and_then(|line| line.split(": ").nth(1));
        assert_eq!((code, found), (1, Some(&*vector.outcome)), "{what}");
        return;
    }
    assert_eq!(code, 0, "{what}");
    let newest = vector.newest();
    assert_eq!(out.len(), newest.len(), "{what}");
    for (line, (instance, listed)) in out.iter().zip(newest) {
        let line: Line = serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {what}"));
        assert_eq!(line.instance.as_deref(), instance, "{what}");
        let name = (line.sequence, line.published_at);
        assert_eq!(name, (Some(listed.sequence), Some(listed.published_at)), "{what}");
        assert!(vectors::has(&listed.record, &line.record), "{what}");
    }
}

#[test]
fn the_short_readers_print_the_newest_record_of_a_plain_vector_and_refuse_what_is_none() {
    let (compiled, place) = (Place::on_disk(), Place::new());
    // They compare no checksum and read no schema.
    let mut vectors = vectors::all();
    vectors.retain(|vector| vector.outcome != "damaged" && vector.outcome != "unstable");
    for reader in short_readers(&compiled) {
        for vector in &vectors {
            let (newest, is_plain) = (vector.newest(), vector.instances.is_none());
            if vector.outcome == "read" && is_plain && newest.is_empty() {
                continue; // they would wait for one
            }
            let path = vector.path();
            let mut process = reader.start(&place, &format!("{} 1", path.display()));
            let is_read = vector.outcome == "read" && is_plain;
            let code = process.exit_code();
            let what = format!("{} {}: {:?}", reader.name(), vector.file, process.err());
            assert_eq!(code, i32::from(!is_read), "{what}");
            if is_read {
                let line = short_line(&fs::read(path).expect("a vector"), newest[0].1);
                assert_eq!(process.out(), [line], "{what}");
            }
        }
    }
}

/// What a short reader prints of a record of a region.
fn short_line(region: &[u8], listed: &Listed) -> String {
    use std::fmt::Write as _;
    let header = Header::decode(region).expect("a header");
    let record = &region[slot_of(&header, listed.sequence) + 16..][..header.record_size as usize];
    let mut line = format!("{} {} ", listed.sequence, listed.published_at);
    for byte in record {
        let _ = write!(line, "{byte:02x}");
    }
    line
}

#[test]
fn the_writer_makes_the_files_of_the_vectors() {
    let place = Place::new();
    let mut compared = 0;
    for vector in vectors::all() {
        let bytes = fs::read(vector.path()).expect("a vector");
        let Some(header) = as_written(&vector, &bytes) else { continue };
        let start = usize::try_from(header.schema_offset).expect("a small file");
        let schema =
            Schema::decode(&bytes[start..][..header.schema_len as usize]).expect("a schema");
        let path = place.path(&vector.file);
        let options = Options::new().slots(header.slots).wake(header.wakes());
        let mut writer = DynWriter::open_with(&path, &schema, &options).expect("a writer");
        for listed in &vector.records {
            let slot = slot_of(&header, listed.sequence);
            writer.publish(&bytes[slot + 16..][..schema.size() as usize]).expect("a publish");
        }
        drop(writer);
        let written = fs::read(&path).expect("a region");
        let (wanted, found) = (without_times(&header, bytes), without_times(&header, written));
        let first = wanted.iter().zip(&found).position(|(wanted, found)| wanted != found);
        assert_eq!((first, found.len()), (None, wanted.len()), "{}", vector.file);
        compared += 1;
    }
    assert!(compared >= 20, "{compared} vectors");
}

/// The header of a vector that a writer can be made to write: a plain region, of records from number 1 on.
fn as_written(vector: &Vector, bytes: &[u8]) -> Option<Header> {
    let is_closed = vector.state.as_deref() == Some("closed");
    let from_1 = vector.records.iter().zip(1..).all(|(record, number)| record.sequence == number);
    let all_there = vector.records.last().map(|record| record.sequence) == vector.latest;
    let usual = vector.instances.is_none() && vector.base_sequence == Some(0) && is_closed;
    // These two have what only a later release, or a clock that is set, puts there.
    let special = ["later.region", "wall_clock.region"].contains(&&*vector.file);
    (usual && from_1 && all_there && !special).then(|| Header::decode(bytes).expect("a header"))
}

fn slot_of(header: &Header, sequence: u64) -> usize {
    let index = u32::try_from(sequence % u64::from(header.slots)).expect("a slot");
    usize::try_from(header.slot_offset(index)).expect("a small file")
}

/// A region without what depends on the moment and the process: times, boot, lineage, inode, pid.
fn without_times(header: &Header, mut bytes: Vec<u8>) -> Vec<u8> {
    let slots = (0..u64::from(header.slots)).map(|index| slot_of(header, index) + 8);
    let words = [
        offset::CREATED_AT,
        offset::BOOT_ID,
        offset::BOOT_ID + 8,
        offset::LINEAGE,
        offset::FIRST_LINEAGE,
        offset::INODE,
        offset::CHECKSUM,
        offset::PID,
        offset::PERIOD,
        offset::WALL_OFFSET,
        offset::HEARTBEAT,
        offset::WALL_BEFORE,
        offset::FRONT + 8,
    ];
    let has_front = header.record_size as usize <= layout::header::FRONT_RECORD;
    let words = words.into_iter().filter(|at| has_front || *at != offset::FRONT + 8);
    for at in words.chain(slots) {
        bytes[at..at + 8].fill(0);
    }
    bytes
}
