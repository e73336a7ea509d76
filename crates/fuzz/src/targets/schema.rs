//! The encoded schema: bytes that an error or a schema that keeps every promise comes out of.

use std::sync::OnceLock;

use layout::{CType, DecodeError, FieldSpec, MAX_RECORD, Record, RecordView, Scalar, Schema, Stu};

pub(super) fn run(input: &[u8]) {
    look(input);
    if let Some(schema) = corrected(input) {
        look(&schema.encode());
    }
}

/// The schema in `bytes`, its size and alignment made what the fields add up to.
pub(super) fn corrected(bytes: &[u8]) -> Option<Schema> {
    let mut bytes = bytes.to_vec();
    for _ in 0..2 {
        let Err(DecodeError::Schema { at, what }) = Schema::decode(&bytes) else { break };
        let (_, computed) = what.split_once(", the fields make it ")?;
        bytes[at..at + 4].copy_from_slice(&computed.parse::<u32>().ok()?.to_le_bytes());
    }
    Schema::decode(&bytes).ok()
}

fn look(bytes: &[u8]) {
    let schema = match Schema::decode(bytes) {
        Ok(schema) => schema,
        Err(error) => {
            assert!(
                matches!(error, DecodeError::Schema { at, .. } if at <= bytes.len()),
                "{error}"
            );
            assert!(super::is_harmless(&error.to_string()), "{error}");
            return;
        }
    };
    assert_eq!(schema.encode(), bytes, "two encodings of one schema");
    assert!((1..=MAX_RECORD).contains(&schema.size()));
    assert!(schema.size().is_multiple_of(schema.align()));
    let mut ends: Vec<(u32, u32)> = Vec::new();
    for field in schema.fields() {
        assert!(field.offset().is_multiple_of(field.ctype().align()));
        assert!(field.end() <= schema.size());
        let texts = [field.name(), field.unit(), field.help()];
        assert!(texts.into_iter().all(super::is_harmless), "{texts:?}");
        ends.push((field.offset(), field.end()));
    }
    ends.sort_unstable();
    assert!(ends.windows(2).all(|pair| pair[0].1 <= pair[1].0), "fields overlap");
    if schema.size() <= 1 << 12 {
        let record = vec![0xa5; schema.size() as usize];
        let view = RecordView::new(&schema, &record).expect("the right length");
        assert!(super::is_harmless(&view.line().to_string()));
        assert_eq!(view.iter().count(), schema.fields().len());
    }
}

/// A schema with one of everything.
pub(super) fn rich() -> &'static Schema {
    static RICH: OnceLock<Schema> = OnceLock::new();
    RICH.get_or_init(make_rich)
}

fn make_rich() -> Schema {
    let array = |scalar, count| CType::array(scalar, count).expect("a small array");
    Schema::builder("RICH")
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "off").label(1, "on").help("a switch"))
        .field(FieldSpec::new("speed", Scalar::F64).unit("m/s"))
        .field(FieldSpec::new("who", array(Scalar::Char, 8)))
        .field(FieldSpec::new("initial", Scalar::Char))
        .field(FieldSpec::new("place", array(Scalar::F32, 3)))
        .field(FieldSpec::new("alarms", array(Scalar::Bool, 2)))
        .field(FieldSpec::new("far", Scalar::I64).offset(64))
        .line("{who}\t{speed:.1} {{{mode}}} {place:.0}{alarms}")
        .build()
        .expect("a record")
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut wrong = rich().encode();
    wrong[..8].fill(0);
    vec![Stu::schema().encode(), rich().encode(), wrong]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_schema_with_a_wrong_size_and_alignment_is_corrected() {
        for seed in super::seeds() {
            assert!(super::corrected(&seed).is_some());
        }
    }
}
