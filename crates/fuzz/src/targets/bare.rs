//! A file of any content, shared bare: read and written through a schema that is none of its own.
//!
//! ```text
//!   | length of the schema u16 | schema | the file's bytes ... |
//! ```

use std::fs::File;

use layout::{Record, RecordView, Schema, Stu};
use region::{BareReader, BareWriter, Options, RegionErrorKind as Kind};

pub(super) fn run(input: &[u8]) {
    let Some((schema, content)) = split(input) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("bare");
    std::fs::write(&path, content).expect("a file");
    let fits = content.len() == schema.size() as usize;
    match BareReader::open(&path, &schema) {
        Ok(reader) => {
            assert!(fits);
            let mut record = vec![0; content.len()];
            reader.latest(&mut record).expect("a whole file");
            assert_eq!(record, content);
            let view = RecordView::new(&schema, &record).expect("its size was compared");
            assert!(super::is_harmless(&view.line().to_string()));
            File::options().write(true).open(&path).expect("open").set_len(0).expect("cut");
            assert!(reader.latest(&mut record).is_err(), "a cut file was read");
        }
        Err(error) => {
            assert!(!fits && matches!(error.kind(), Kind::NotThisRecord { .. }), "{error}");
        }
    }
    std::fs::write(&path, content).expect("a file");
    if let Ok(mut writer) = BareWriter::open(&path, &schema, &Options::new()) {
        let record = vec![0xa5; content.len()];
        writer.publish(&record).expect("a whole file");
        assert_eq!(std::fs::read(&path).expect("a file"), record);
    }
}

/// The schema at the start of `input`, and what follows it.
pub(super) fn split(input: &[u8]) -> Option<(Schema, &[u8])> {
    let (len, rest) = input.split_first_chunk::<2>()?;
    let (schema, rest) = rest.split_at_checked(u16::from_le_bytes(*len).into())?;
    Some((super::schema::corrected(schema)?, rest))
}

/// `schema` and `rest` as an input.
pub(super) fn join(schema: &Schema, rest: &[u8]) -> Vec<u8> {
    let schema = schema.encode();
    let len = u16::try_from(schema.len()).expect("a short schema");
    [&len.to_le_bytes(), &schema[..], rest].concat()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let stu = Stu::new(10, "xiaoming", 'm');
    [bytemuck::bytes_of(&stu), &[], &[0; 29]].map(|rest| join(&Stu::schema(), rest)).into()
}
