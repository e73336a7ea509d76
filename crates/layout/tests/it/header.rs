//! The header is read back as written, and every other one is refused.

use layout::header::{
    BadSlots, LINE, MAX_LINEAGE, MAX_SLOTS, MIN_SLOTS, SLOT_HEAD, StateWord, WAKE, offset,
};
use layout::{
    CType, DecodeError, FieldSpec, Header, MAX_RECORD, MAX_SCHEMA, Record, Scalar, Schema, Stu,
};
use xxhash_rust::xxh64::xxh64;

use crate::generator::Random;

fn header() -> Header {
    let mut header = Header::plan(&Stu::schema(), 8).expect("a header");
    header.compatible = WAKE;
    header.created_at = 0x0102_0304_0506_0708;
    header.boot_id = *b"0123456789abcdef";
    header.base_sequence = 41;
    header.lineage = 1_735_689_600_000_000;
    header.first_lineage = 1_735_689_599_000_000;
    header.inode = 4711;
    header
}

pub(crate) fn record_of(size: u32) -> Schema {
    let bytes = CType::array(Scalar::U8, size).expect("1 to MAX_RECORD");
    Schema::builder("R").field(FieldSpec::new("bytes", bytes)).build().expect("a record")
}

/// Recomputes the checksum, as a hostile writer would.
pub(crate) fn reseal(bytes: &mut [u8; 256]) {
    let checksum = xxh64(&bytes[..offset::CHECKSUM], 0);
    bytes[offset::CHECKSUM..].copy_from_slice(&checksum.to_le_bytes());
}

const CHECKSUM: &str = "the checksum of its header does not match";

fn header_error(what: &str) -> DecodeError {
    DecodeError::Header(what.to_owned())
}

/// The refusal of `header` after `value` was written at `at` and the checksum recomputed.
pub(crate) fn resealed(header: &Header, at: usize, value: &[u8]) -> DecodeError {
    let mut bytes = header.encode();
    bytes[at..at + value.len()].copy_from_slice(value);
    reseal(&mut bytes);
    Header::decode(&bytes).expect_err("a hostile header")
}

/// `header` decoded after 1 to `most` random bytes were written at `place` and the checksum recomputed.
pub(crate) fn with_noise(
    header: &Header,
    random: &mut Random,
    most: usize,
    place: fn(&mut Random) -> usize,
) -> Result<Header, DecodeError> {
    let mut bytes = header.encode();
    for _ in 0..=random.below(most) {
        let at = place(random);
        // Powers of two and their neighbours are the edge cases.
        let noise = random.byte();
        bytes[at] = if noise & 1 == 0 { 1 << (noise >> 5) } else { noise };
    }
    reseal(&mut bytes);
    Header::decode(&bytes)
}

/// Asserts every invariant of a decoded header, in arithmetic that cannot overflow.
fn assert_sound(header: &Header) {
    let wide = u128::from;
    let slots_end =
        wide(header.slots_offset) + u128::from(header.slots) * u128::from(header.slot_stride);
    let schema_end = wide(header.schema_offset) + u128::from(header.schema_len);
    assert!(header.slots_offset >= 0x180);
    let end_mark = wide(header.end_mark_offset());
    assert!(slots_end <= wide(header.schema_offset) && schema_end <= end_mark);
    assert!(header.slots.is_power_of_two() && (MIN_SLOTS..=MAX_SLOTS).contains(&header.slots));
    assert!((1..=MAX_RECORD).contains(&header.record_size));
    assert!((1..=MAX_SCHEMA).contains(&header.schema_len));
    assert!(header.slot_stride >= SLOT_HEAD + header.record_size.next_multiple_of(8));
    assert!(header.slot_cells() * 8 <= header.slot_stride as usize);
    for at in [header.slots_offset, header.slot_stride.into(), header.schema_offset] {
        assert!(at.is_multiple_of(LINE.into()));
    }
}

#[test]
fn a_header_survives_its_bytes() {
    let header = header();
    assert_eq!(Header::decode(&header.encode()), Ok(header));
}

#[test]
fn bytes_after_the_header_are_ignored() {
    let mut bytes = header().encode().to_vec();
    bytes.extend([0xff; 100]);
    assert_eq!(Header::decode(&bytes), Ok(header()));
}

#[test]
fn every_flipped_byte_is_refused() {
    let good = header().encode();
    for at in 0..good.len() {
        for mask in 1..=u8::MAX {
            let mut bytes = good;
            bytes[at] ^= mask;
            assert!(Header::decode(&bytes).is_err(), "byte {at:#x} xor {mask:#x}");
        }
    }
}

#[test]
fn a_flip_is_an_error_of_magic_version_or_checksum() {
    let good = header().encode();
    for at in 0..good.len() {
        let mut bytes = good;
        bytes[at] ^= 0x10;
        let error = Header::decode(&bytes).expect_err("a flipped byte");
        match at {
            0x00..0x08 => assert_eq!(error, DecodeError::NotARegion),
            0x08..0x0c => assert!(matches!(error, DecodeError::UnsupportedVersion(_))),
            _ => assert_eq!(error, header_error(CHECKSUM), "byte {at:#x}"),
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = header().encode();
    for have in 0..bytes.len() {
        assert_eq!(Header::decode(&bytes[..have]), Err(DecodeError::NotARegion));
    }
}

#[test]
fn a_file_of_zeros_or_of_text_is_not_a_region() {
    assert_eq!(Header::decode(&[0; 4096]), Err(DecodeError::NotARegion));
    assert_eq!(Header::decode(&[b'a'; 4096]), Err(DecodeError::NotARegion));
}

#[test]
fn another_version_is_refused_before_the_checksum_is_verified() {
    let mut bytes = header().encode();
    bytes[offset::VERSION..offset::VERSION + 4].copy_from_slice(&2_u32.to_le_bytes());
    assert_eq!(Header::decode(&bytes), Err(DecodeError::UnsupportedVersion(2)));
}

#[test]
fn unknown_compatible_features_are_accepted_and_incompatible_ones_refused() {
    let mut features = header();
    features.compatible = u64::MAX;
    assert_eq!(Header::decode(&features.encode()), Ok(features.clone()));
    features.incompatible = 1 << 63;
    let refused = Header::decode(&features.encode());
    assert_eq!(refused, Err(DecodeError::UnsupportedFeatures(1 << 63)));
}

#[test]
fn reserved_bytes_are_written_as_zero_and_ignored() {
    let mut bytes = header().encode();
    for reserved in [0x4c..0x50, 0x90..0xf8] {
        assert!(bytes[reserved.clone()].iter().all(|&byte| byte == 0));
        bytes[reserved].fill(0xff);
    }
    reseal(&mut bytes);
    assert_eq!(Header::decode(&bytes), Ok(header()));
}

#[test]
fn each_impossible_number_is_refused_even_with_a_right_checksum() {
    let good = header();
    let long = |value: u64| value.to_le_bytes();
    let word = |value: u32| value.to_le_bytes();
    let cases: &[(usize, &[u8], &str)] = &[
        (offset::LEN, &word(512), "header length"),
        (offset::RECORD_SIZE, &word(0), "record size"),
        (offset::RECORD_SIZE, &word(MAX_RECORD + 4), "record size"),
        (offset::RECORD_SIZE, &word(29), "multiple of its alignment"),
        (offset::RECORD_SIZE, &word(52), "stride is below"),
        (offset::RECORD_ALIGN, &word(0), "alignment is not 1"),
        (offset::RECORD_ALIGN, &word(7), "alignment is not 1"),
        (offset::RECORD_ALIGN, &word(28), "alignment is not 1"),
        (offset::SLOT_COUNT, &word(0), "slot count"),
        (offset::SLOT_COUNT, &word(2), "slot count"),
        (offset::SLOT_COUNT, &word(6), "slot count"),
        (offset::SLOT_COUNT, &word(MAX_SLOTS * 2), "slot count"),
        (offset::SLOT_COUNT, &word(16), "slots overlap the schema"),
        (offset::SLOT_STRIDE, &word(0), "stride is below"),
        (offset::SLOT_STRIDE, &word(72), "stride is no multiple"),
        (offset::SLOT_STRIDE, &word(u32::MAX - 63), "slots overlap the schema"),
        (offset::SLOTS_OFFSET, &long(0x140), "overlap the head line"),
        (offset::SLOTS_OFFSET, &long(0x184), "slots do not begin"),
        (offset::SLOTS_OFFSET, &long(u64::MAX - 63), "slots overlap the schema"),
        (offset::SCHEMA_OFFSET, &long(0), "slots overlap the schema"),
        (offset::SCHEMA_OFFSET, &long(good.schema_offset - 64), "slots overlap the schema"),
        (offset::SCHEMA_OFFSET, &long(good.schema_offset + 8), "schema does not begin"),
        (offset::SCHEMA_OFFSET, &long(u64::MAX - 63), "go beyond the end"),
        (offset::SCHEMA_LEN, &word(0), "schema is empty"),
        (offset::SCHEMA_LEN, &word(MAX_SCHEMA + 1), "schema is empty or too long"),
        (offset::SCHEMA_LEN, &word(MAX_SCHEMA), "go beyond the end"),
        (offset::FILE_LEN, &long(0), "go beyond the end"),
        (offset::FILE_LEN, &long(good.file_len - 64), "go beyond the end"),
        (offset::FILE_LEN, &long(good.file_len + 1), "file length"),
        (offset::LINEAGE, &long(0), "lineage is 0 or beyond"),
        (offset::LINEAGE, &long(MAX_LINEAGE + 1), "lineage is 0 or beyond"),
        (offset::LINEAGE, &long(good.first_lineage - 1), "no earlier lineage"),
        (offset::FIRST_LINEAGE, &long(0), "no earlier lineage"),
        (offset::FIRST_LINEAGE, &long(good.lineage + 1), "no earlier lineage"),
        (offset::FIRST_LINEAGE, &long(u64::MAX), "no earlier lineage"),
    ];
    for (at, value, part) in cases {
        let error = resealed(&good, *at, value);
        assert!(
            matches!(&error, DecodeError::Header(what) if what.contains(part)),
            "{at:#x} = {value:?}: {error}, expected {part:?}"
        );
    }
}

#[test]
fn random_numbers_with_a_right_checksum_never_break_an_invariant() {
    let mut random = Random(4);
    let mut accepted = 0;
    for _ in 0..10_000 {
        let place = |random: &mut Random| 0x20 + random.below(0x30);
        if let Ok(header) = with_noise(&header(), &mut random, 3, place) {
            assert_sound(&header);
            accepted += 1;
        }
    }
    // Both outcomes occurred.
    assert!((100..9_900).contains(&accepted), "{accepted}");
}

#[test]
fn random_bytes_are_never_a_header() {
    let mut random = Random(5);
    for _ in 0..20_000 {
        let len = random.below(400);
        assert!(Header::decode(&random.bytes(len)).is_err());
    }
}

#[test]
fn sections_of_a_planned_region_follow_each_other_without_overlap() {
    for size in [1, 7, 8, 28, 40, 48, 49, 64, 4096, 65_536, MAX_RECORD] {
        for slots in [MIN_SLOTS, 8, 1024, MAX_SLOTS] {
            let mut header = Header::plan(&record_of(size), slots).expect("a header");
            (header.lineage, header.first_lineage) = (1, 1);
            assert_sound(&header);
            assert_eq!(header.slot_offset(0), offset::SLOTS as u64);
            assert_eq!(header.slot_offset(slots), header.schema_offset);
            assert!(header.file_len.is_multiple_of(64));
            assert_eq!(Header::decode(&header.encode()), Ok(header));
        }
    }
}

#[test]
fn a_stu_and_its_stamp_share_one_cache_line() {
    let header = header();
    assert_eq!((header.slot_stride, header.slot_cells()), (64, 2 + 4));
    // 48 bytes are the most that fit, 49 take a second line.
    let stride = |size| Header::plan(&record_of(size), 8).expect("a header").slot_stride;
    assert_eq!((stride(48), stride(49)), (64, 128));
}

#[test]
fn slot_counts_that_are_not_a_power_of_two_in_range_are_refused() {
    for slots in [0, 1, 2, 3, 5, 12, 65_535, MAX_SLOTS + 1, MAX_SLOTS * 2, u32::MAX] {
        let refused = Header::plan(&Stu::schema(), slots);
        assert_eq!(refused, Err(BadSlots(slots)));
    }
}

#[test]
fn a_header_that_disagrees_with_its_schema_is_refused() {
    let schema = Stu::schema();
    assert_eq!(header().check_schema(&schema), Ok(()));
    let what = |change: fn(&mut Header)| {
        let mut header = header();
        change(&mut header);
        match header.check_schema(&schema) {
            Err(error) => error,
            Ok(()) => panic!("another schema"),
        }
    };
    let not_its_own =
        |what: &str| header_error(&format!("the {what} in its header is not that of its schema"));
    assert_eq!(what(|header| header.record_size = 32), not_its_own("record size"));
    assert_eq!(what(|header| header.record_align = 1), not_its_own("record alignment"));
    assert_eq!(what(|header| header.fingerprint ^= 1), not_its_own("fingerprint"));
}

#[test]
fn a_state_word_survives_its_code_and_every_other_word_is_invalid() {
    use StateWord::{Closed, Invalid, Live, Retired};
    for (code, state) in [(0, Invalid), (1, Live), (2, Closed), (3, Retired)] {
        assert_eq!((state.code(), StateWord::from_code(code)), (code, state));
    }
    for code in [4, 256 + 1, u64::MAX] {
        assert_eq!(StateWord::from_code(code), Invalid);
    }
}
