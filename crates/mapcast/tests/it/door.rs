//! One dependency, an own struct, both sides.

use mapcast::{ErrorKind, Event, Reader, Record, State, Writer};
use std::time::Duration;

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Record)]
struct Load {
    /// load average over 1 minute
    #[record(unit = "1")]
    one: f32,
    five: f32,
}

/// The same bytes with another meaning.
#[repr(C)]
#[derive(Clone, Copy, Debug, Record)]
#[record(name = "Load")]
struct Swapped {
    five: f32,
    #[record(unit = "1")]
    one: f32,
}

#[test]
fn an_own_struct_is_published_and_read_and_followed() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().join("load.region");
    let mut writer = Writer::options().slots(16).mode(0o640).open::<Load>(&at).expect("a writer");
    let load = Load { one: 0.4, five: 0.3 };
    assert_eq!(writer.publish(&load).expect("published"), 1);

    let mut reader = Reader::<Load>::open(&at).expect("a reader");
    let sample = reader.latest().expect("whole").expect("one record");
    assert_eq!((*sample, sample.sequence(), sample.one), (load, 1, 0.4));
    assert_eq!(reader.state(), State::Live);
    assert_eq!(reader.schema().field("one").expect("a field").help(), "load average over 1 minute");
    writer.close();
    let events: Vec<_> = reader.follow().idle(Duration::from_mins(1)).take(2).collect();
    let [Ok(Event::Record(first)), Ok(Event::Writer(State::Closed))] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(**first, load);
}

#[test]
fn two_structs_whose_fields_changed_places_are_not_taken_for_each_other() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().join("load.region");
    let _writer = Writer::<Load>::open(&at).expect("a writer");
    let err = Reader::<Swapped>::open(&at).expect_err("another record");
    assert!(matches!(err.kind(), ErrorKind::OtherSchema { .. }), "{err}");
}

#[test]
fn a_handle_is_shown_by_its_path_record_and_sequence_not_by_its_insides() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().join("load.region");
    let mut writer = Writer::<Load>::open(&at).expect("a writer");
    writer.publish(&Load { one: 0.5, five: 0.25 }).expect("published");
    let reader = Reader::<Load>::open(&at).expect("a reader");
    let facts = format!("path: {at:?}, record: \"Load\", sequence: 1, epoch: 1");
    assert_eq!(format!("{writer:?}"), format!("Writer {{ {facts}, .. }}"));
    assert_eq!(format!("{reader:?}"), format!("Reader {{ {facts}, state: Live, .. }}"));
}

#[test]
fn a_name_that_cannot_be_a_file_is_refused_on_both_sides() {
    for name in ["", ".hidden", "na me", "load.region"] {
        let err = Writer::<Load>::open(name).expect_err(name);
        assert!(matches!(err.kind(), ErrorKind::BadName(_)), "{err}");
        assert!(matches!(
            Reader::<Load>::open(name).expect_err(name).kind(),
            ErrorKind::BadName(_)
        ));
    }
}
