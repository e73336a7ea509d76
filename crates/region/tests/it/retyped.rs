//! The name goes to a region of the same size and another record: a typed reader never gives its
//! bytes, whichever way it came about.

use super::*;
use layout::{FieldSpec, Scalar};
use region::{Reader, Refreshed, RegionErrorKind as Kind, Step};

/// What the reader was made for.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
struct Count(i32);

impl Record for Count {
    fn schema() -> Schema {
        number(Scalar::I32)
    }
}

/// One field of four bytes.
fn number(scalar: Scalar) -> Schema {
    Schema::builder("NUMBER").field(FieldSpec::new("n", scalar)).build().expect("a schema")
}

fn counts(place: &Place) -> DynWriter {
    DynWriter::open_with(&place.path, &number(Scalar::I32), &Options::new()).expect("a writer")
}

fn floats(path: &std::path::Path) -> DynWriter {
    DynWriter::open_with(path, &number(Scalar::F32), &Options::new()).expect("a writer")
}

/// A way in which a region of floats gets the name of one of counts.
type Way = (&'static str, fn(&Place, DynWriter) -> DynWriter);

const WAYS: &[Way] = &[
    ("changed", |_, mut writer| {
        writer.change(&number(Scalar::F32), &Options::new()).expect("a change");
        writer
    }),
    ("restarted", |place, writer| {
        writer.close();
        floats(&place.path)
    }),
    ("restarted after a death", |place, writer| {
        die(writer);
        floats(&place.path)
    }),
    ("deleted and made by another", |place, writer| {
        std::fs::remove_file(&place.path).expect("removed");
        drop(writer);
        floats(&place.path)
    }),
    ("renamed over", |place, writer| {
        let other = place.dir.path().join("other.region");
        let floats = floats(&other);
        std::fs::rename(other, &place.path).expect("renamed");
        drop(writer);
        floats
    }),
];

#[test]
fn a_typed_reader_never_returns_another_record_of_the_same_size() {
    for (way, replace) in WAYS {
        let place = Place::in_memory();
        let mut writer = counts(&place);
        writer.publish(&7_i32.to_le_bytes()).unwrap();
        let mut reader = Reader::<Count>::open(&place.path).unwrap();
        reader.refresh_every(Duration::MAX);
        assert!(matches!(reader.next().unwrap(), Step::Record(_)));

        let mut writer = replace(&place, writer);
        for float in [1.0_f32, 2.0] {
            writer.publish(&float.to_le_bytes()).unwrap();
            let err = reader.refresh().expect_err(way);
            assert!(matches!(err.kind(), Kind::OtherSchema { .. }), "{way}: {err}");
            let latest = reader.latest().unwrap().expect("the old record");
            assert_eq!((latest.record, latest.sequence()), (Count(7), 1), "{way}");
            assert_eq!(reader.next().unwrap(), Step::Pending, "{way}");
            reader.wait(Duration::from_nanos(1)).unwrap();
        }

        drop(writer);
        let mut writer = counts(&place);
        let sequence = writer.publish(&8_i32.to_le_bytes()).unwrap();
        assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached, "{way}");
        let latest = reader.latest().unwrap().expect("a record");
        assert_eq!((latest.record, latest.sequence()), (Count(8), sequence), "{way}");
    }
}

/// A reader whose program knows the record by a schema alone.
#[test]
fn a_reader_that_expects_a_schema_stays_with_the_old_file_in_every_way() {
    for (way, change) in WAYS {
        let place = Place::new();
        let mut writer = counts(&place);
        writer.publish(&7_i32.to_le_bytes()).expect("a record");
        let mut reader = DynReader::open(&place.path).expect("a reader");
        reader.expect_schema(&number(Scalar::I32)).expect("its record");
        let refused = reader.expect_schema(&number(Scalar::F32)).expect_err("another record");
        assert!(matches!(refused.kind(), Kind::OtherSchema { .. }), "{refused}");
        let _writer = change(&place, writer);
        let refused = reader.refresh_expecting(&number(Scalar::I32)).expect_err(way);
        assert!(matches!(refused.kind(), Kind::OtherSchema { .. }), "{way}: {refused}");
        assert_eq!(reader.schema().fields()[0].ctype(), Scalar::I32.into(), "{way}");
        let refreshed = reader.refresh_expecting(&number(Scalar::F32)).expect(way);
        assert_eq!(refreshed, Refreshed::Reattached, "{way}");
    }
}
