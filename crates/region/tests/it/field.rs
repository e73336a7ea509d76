//! One field of a record, and a record into a place of the caller's: what `latest` and `next` promise.
#![allow(clippy::disallowed_types)] // a flag between the threads of a test
use super::*;
use bytemuck::{Pod, Zeroable};
use layout::{CType, FieldSpec, RecordView, Scalar, Value};
use region::{FieldOf, Reader, RegionErrorKind as Kind, Sample, Step, Writer};
use std::sync::atomic::{AtomicBool, Ordering};

/// Words of [`Large`].
const WORDS: usize = 8192;

/// A record of 64 KiB. Every word is the record's number.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Large {
    words: [u64; WORDS],
}

impl Record for Large {
    fn schema() -> Schema {
        let words = CType::array(Scalar::U64, 8192).expect("not too many");
        Schema::builder("LARGE").field(FieldSpec::new("words", words)).build().expect("one field")
    }
}

fn quiet(slots: u32) -> Options {
    Options::new().wake(false).slots(slots)
}

#[test]
fn every_field_by_name_is_as_in_the_whole_record() {
    let place = Place::new();
    let (mut writer, mut reader) = (place.writer(), place.reader());
    assert_eq!(reader.latest_field("id").unwrap(), None);
    assert_eq!(reader.next_field("id").unwrap(), Step::Pending);
    for id in 1..=3 {
        writer.publish(&stu(id)).unwrap();
    }
    let schema = reader.schema().clone();
    let (last, first) = (stu(3), stu(1));
    for (field, value) in RecordView::new(&schema, &last).unwrap().iter() {
        let sample = reader.latest_field(field.name()).unwrap().unwrap();
        assert_eq!((sample.record, sample.publication.sequence), (value, 3), "{}", field.name());
    }
    let sample = match reader.next_field("name").unwrap() {
        Step::Record(sample) => sample,
        step => panic!("{step:?}"),
    };
    let name = RecordView::new(&schema, &first).unwrap().get("name").unwrap();
    assert_eq!((sample.record, sample.publication.sequence), (name, 1));
}

#[test]
fn a_name_that_no_field_has_is_an_error_and_moves_nothing() {
    let place = Place::new();
    let (mut writer, mut reader) = (place.writer(), place.reader());
    writer.publish(&stu(1)).unwrap();
    let err = reader.next_field("size").unwrap_err();
    assert!(
        matches!(err.kind(), Kind::NoSuchField { record, field } if record == "STU" && field == "size")
    );
    assert!(err.to_string().ends_with("its record STU has no field \"size\""), "{err}");
    assert!(
        matches!(reader.next_field("id").unwrap(), Step::Record(sample) if *sample == Value::Int(1))
    );
}

#[test]
fn a_field_of_a_struct_is_found_by_a_reference_to_it() {
    let place = Place::new();
    let mut writer = Writer::<Stu>::open(&place.path).unwrap();
    let record = Stu::new(7, "xiaoming", 'm');
    writer.publish(&record).unwrap();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let (id, name) = (reader.field(|stu| &stu.id), reader.field(|stu| &stu.name));
    assert_eq!(reader.latest_field(id).unwrap().map(|sample| *sample), Some(7));
    assert_eq!(reader.latest_field(name).unwrap().map(|sample| *sample), Some(record.name));
    for at in 0..record.name.len() {
        let letter = FieldOf::<Stu, u8>::new(|stu| &stu.name[at]);
        assert_eq!(
            reader.latest_field(letter).unwrap().map(|sample| *sample),
            Some(record.name[at])
        );
    }
    let whole = reader.field(|stu| stu);
    assert_eq!(reader.latest_field(whole).unwrap().map(|sample| *sample), Some(record));
}

#[test]
#[should_panic(expected = "what was chosen is no field of the record")]
fn a_reference_to_something_else_panics() {
    FieldOf::<Stu, i32>::new(|_| &0);
}

#[test]
fn a_field_is_of_the_record_it_is_returned_with_beside_a_writer_at_full_speed() {
    let (place, stop) = (Place::in_memory(), AtomicBool::new(false));
    let mut writer = Writer::<Large>::open_with(&place.path, &quiet(4)).unwrap();
    let mut reader = Reader::<Large>::open(&place.path).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut record = bytemuck::zeroed_box::<Large>();
            while !stop.load(Ordering::Relaxed) {
                record.words.fill(writer.sequence() + 1);
                writer.publish(&record).expect("a publish");
            }
        });
        let _stopping = Stopping(&stop);
        read_fields(&mut reader);
    });
}

/// Stops the writer when dropped, so that a test that fails ends.
struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads fields until enough records were read and some were missed.
fn read_fields(reader: &mut Reader<Large>) {
    let (one, many) = (reader.field(|large| &large.words[4097]), FieldOf::new(part));
    let (mut read, mut missed, mut newest, mut followed) = (0, 0, 0, 0);
    wait_until("fields enough were read", || {
        for _ in 0..100 {
            if let Some(sample) = reader.latest_field(one).unwrap() {
                assert_eq!(*sample, sample.sequence());
                newest = expect_newer(&sample, newest);
            }
            if let Some(sample) = reader.latest_field(many).unwrap() {
                assert_eq!(*sample, [sample.sequence(); 100], "torn");
                newest = expect_newer(&sample, newest);
                read += 1;
            }
            match reader.next_field(many).unwrap() {
                Step::Record(sample) => {
                    assert_eq!(*sample, [sample.sequence(); 100], "torn");
                    assert_eq!(sample.sequence(), followed + 1);
                    followed = sample.sequence();
                    newest = newest.max(followed);
                }
                Step::Missed(count) => (missed, followed) = (missed + count, followed + count),
                Step::Pending => {}
            }
        }
        read >= 2000 && missed > 0 && followed > 0
    });
}

/// Words whose copy is long enough for vectors.
fn part(large: &Large) -> &[u64; 100] {
    large.words[1000..].first_chunk().expect("more than 100")
}

/// A reader never goes back.
fn expect_newer<T>(sample: &Sample<T>, newest: u64) -> u64 {
    assert!(sample.sequence() >= newest, "{} after {newest}", sample.sequence());
    sample.sequence()
}

#[test]
fn a_lapped_follower_of_a_field_learns_how_many_records_it_missed() {
    let place = Place::new();
    let (mut writer, mut reader) = place.both_by_hand(&Stu::schema(), &quiet(4));
    for id in 1..=10 {
        writer.publish(&stu(id)).unwrap();
    }
    assert_eq!(reader.next_field("id").unwrap(), Step::Missed(7));
    // Each call is about the record after the last one, whichever call that was.
    assert!(
        matches!(reader.next_field("id").unwrap(), Step::Record(sample) if *sample == Value::Int(8))
    );
    assert!(matches!(reader.next(&mut [0; 28]).unwrap(), Step::Record(got) if got.sequence == 9));
    assert!(
        matches!(reader.next_field("id").unwrap(), Step::Record(sample) if *sample == Value::Int(10))
    );
    assert_eq!(reader.next_field("id").unwrap(), Step::Pending);
}

#[test]
fn a_field_of_a_file_that_was_cut_is_an_error() {
    let place = Place::new();
    let (mut writer, mut reader) = place.both_by_hand(&Stu::schema(), &quiet(4));
    writer.publish(&stu(1)).unwrap();
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    file.set_len(0).unwrap();
    let err = reader.latest_field("id").unwrap_err();
    assert!(matches!(err.kind(), Kind::Truncated { have: 0, .. }), "{err}");
}

#[test]
fn a_record_into_a_place_is_the_record_by_value() {
    let place = Place::in_memory();
    let mut writer = Writer::<Large>::open_with(&place.path, &quiet(4)).unwrap();
    let mut reader = Reader::<Large>::open(&place.path).unwrap();
    let mut into = bytemuck::zeroed_box::<Large>();
    assert_eq!(reader.latest_into(&mut into).unwrap(), None);
    let mut record = bytemuck::zeroed_box::<Large>();
    for number in 1..=2 {
        record.words.fill(number);
        writer.publish(&record).unwrap();
    }
    let publication = reader.latest_into(&mut into).unwrap().unwrap();
    assert_eq!((publication.sequence, &into), (2, &record));
    assert!(matches!(reader.next_into(&mut into).unwrap(), Step::Record(got) if got.sequence == 1));
    assert!(into.words.iter().all(|word| *word == 1));
}
