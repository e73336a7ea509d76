//! One record described twice, by `layout::Stu` and by `config/stu.toml`: both have the same bytes
//! and the same schema.

use std::fs;
use std::path::Path;

use e2e::{DEADLINE, Place, wait_until};
use layout::{FieldSpec, Header, Record, Scalar, Schema, Stu};
use region::{Options, Reader, RegionErrorKind, State, Step, Writer};
use settings::Settings;

use crate::{consumer, producer};

/// A record of the size of [`Stu`] with another meaning.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct SevenWords {
    words: [i32; 7],
}

impl Record for SevenWords {
    fn schema() -> Schema {
        let words = layout::CType::array(Scalar::I32, 7).expect("seven");
        Schema::builder("STU").field(FieldSpec::new("words", words)).build().expect("a schema")
    }
}

#[test]
fn the_struct_and_the_configuration_are_the_same_schema() {
    let (from_struct, file) = (Stu::schema(), e2e::shipped_config("stu.toml"));
    for settings in [Settings::load(&file).expect("shipped"), Settings::embedded()] {
        let from_text = &*settings.record.schema;
        assert_eq!(from_text, &from_struct);
        assert_eq!(from_text.fingerprint(), from_struct.fingerprint());
        assert_eq!(from_text.encode(), from_struct.encode());
        assert_eq!(from_text.size() as usize, size_of::<Stu>());
    }
}

/// Asserts that a typed reader follows a producer process started with `arguments`.
fn typed_reader_follows(place: &Place, arguments: &str) {
    let path = place.path("x.region");
    let mut producer =
        producer().start(place, &format!("{arguments} --region ./x.region --tick 5ms"));
    producer.says("publishing STU to ./x.region");
    let mut reader = Reader::<Stu>::open(&path).expect("the struct fits what is published");
    let mut last = None;
    while last.is_none_or(|id| id < 20) {
        match reader.next().expect("a whole record") {
            Step::Record(sample) => {
                let id = i32::try_from(sample.sequence()).expect("few records") + 9;
                assert_eq!(sample.record, Stu::new(id, "xiaoming", 'm'));
                assert!(sample.age().expect("of this boot") < DEADLINE, "by this boot's clock");
                last = Some(id);
            }
            _ => reader.wait(DEADLINE).expect("mapped"),
        }
    }
    wait_until("a live writer", || reader.state() == State::Live);
    producer.stop();
    assert_eq!(reader.state(), State::Closed);
}

#[test]
fn a_typed_reader_follows_what_the_producer_publishes_from_the_embedded_configuration() {
    typed_reader_follows(&Place::new(), "");
}

#[test]
fn a_typed_reader_follows_what_the_producer_publishes_from_the_file() {
    let place = Place::new();
    place.shipped("stu.toml");
    typed_reader_follows(&place, "stu.toml");
}

/// The encoded schema in the region at `path`.
fn description(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("a region");
    let header = Header::decode(&bytes).expect("a header");
    let start = usize::try_from(header.schema_offset).expect("small");
    assert_eq!(header.fingerprint, Stu::schema().fingerprint());
    bytes[start..start + header.schema_len as usize].to_owned()
}

#[test]
fn producer_and_typed_writer_store_the_same_schema() {
    let place = Place::new();
    let (of_process, of_struct) = (place.path("x.region"), place.path("y.region"));
    let mut producer = producer().start(&place, "--region ./x.region --ticks 1");
    assert_eq!(producer.exit_code(), 0);
    drop(Writer::<Stu>::open_with(&of_struct, &Options::new()).expect("a region"));
    assert_eq!(description(&of_process), Stu::schema().encode());
    assert_eq!(description(&of_struct), Stu::schema().encode());
}

#[test]
fn typed_writer_and_producer_resume_each_others_region() {
    let place = Place::new();
    let path = place.path("x.region");
    let mut first = producer().start(&place, "--region ./x.region --tick 1ms --ticks 3");
    assert_eq!(first.exit_code(), 0);
    let mut writer = Writer::<Stu>::open_with(&path, &Options::new()).expect("the same record");
    assert_eq!(*writer.origin(), region::Origin::Resumed);
    assert_eq!(writer.publish(&Stu::new(1, "typed", 'f')).expect("a publish"), 4);
    drop(writer);
    let mut third = producer().start(&place, "--region ./x.region --tick 1ms --ticks 1");
    assert_eq!(third.exit_code(), 0);
    third.says("(resumed, epoch 3, after record 4)");
}

#[test]
fn the_consumer_prints_a_typed_writers_records_as_the_tutorial_does() {
    let place = Place::new();
    let mut writer =
        Writer::<Stu>::open_with(place.path("x.region"), &Options::new()).expect("a region");
    writer.publish(&Stu::new(9, "before", 'f')).expect("a publish");
    let mut consumer = consumer().start(&place, "./x.region --follow");
    assert_eq!(consumer.next_out(), "id=9\tname=before\tf");
    writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a publish");
    assert_eq!(consumer.next_out(), "id=10\tname=xiaoming\tm");
    consumer.stop();
}

#[test]
fn a_struct_of_the_same_size_and_name_is_not_taken_for_another() {
    let place = Place::new();
    let path = place.path("x.region");
    let mut producer = producer().start(&place, "--region ./x.region --tick 5ms");
    producer.says("publishing");
    wait_until("a region", || path.exists());
    let error = Reader::<SevenWords>::open(&path).expect_err("another record");
    assert!(matches!(error.kind(), RegionErrorKind::OtherSchema { .. }), "{error}");
    assert!(error.to_string().contains("holds record STU"), "{error}");
    producer.stop();
}

#[test]
fn check_shows_the_fingerprint_of_the_struct() {
    let place = Place::new();
    let mut producer = producer().start(&place, "--check");
    let line = producer.out_line("the fingerprint", |line| line.starts_with("fingerprint"));
    assert!(line.ends_with(&format!("{:#018x}", Stu::schema().fingerprint())), "{line}");
    assert_eq!(producer.exit_code(), 0);
}
