//! The fixed header: bytes that an error or a header with every sum right comes out of.

use layout::header::{Header, NAME_ENTRY, offset};
use layout::{MAX_RECORD, MAX_SCHEMA, Record, Stu};
use xxhash_rust::xxh64::xxh64;

pub(super) fn run(input: &[u8]) {
    look(input);
    // Once more with a correct checksum: with a wrong one, no other check is reached.
    let Some(header) = input.first_chunk::<{ offset::HEADER_LEN }>() else { return };
    let mut header = *header;
    let sum = xxh64(&header[..offset::CHECKSUM], 0);
    header[offset::CHECKSUM..].copy_from_slice(&sum.to_le_bytes());
    look(&header);
}

fn look(bytes: &[u8]) {
    let header = match Header::decode(bytes) {
        Ok(header) => header,
        Err(error) => {
            assert!(super::is_harmless(&error.to_string()), "{error}");
            return;
        }
    };
    let slot = u64::from(header.slot_stride);
    assert!(header.slot_cells() as u64 * 8 <= slot, "a record beyond its slot");
    assert!((1..=MAX_RECORD).contains(&header.record_size));
    assert!((1..=MAX_SCHEMA).contains(&header.schema_len));
    assert!(header.slots.is_power_of_two());
    // Sections in their order, in numbers that cannot wrap.
    let last = u128::from(header.slot_offset(header.slots - 1));
    let slots_end = u128::from(header.slots_offset) + u128::from(header.slots) * u128::from(slot);
    assert_eq!(last + u128::from(slot), slots_end);
    let schema_end = u128::from(header.schema_offset) + u128::from(header.schema_len);
    assert!(header.slots_offset >= offset::SLOTS as u64);
    assert!(slots_end <= header.schema_offset.into());
    if let Some(instances) = &header.instances {
        let max = u128::from(instances.max);
        let blocks_end = offset::HEAD as u128 + max * u128::from(instances.block_stride);
        assert!(slots_end <= offset::HEAD as u128 + u128::from(instances.block_stride));
        assert!(blocks_end <= instances.changes_offset.into());
        assert!(instances.changes.is_power_of_two());
        let ring_end = u128::from(instances.ring_offset()) + u128::from(instances.changes) * 8;
        assert!(ring_end <= instances.names_offset.into());
        let names_end = u128::from(instances.names_offset) + max * u128::from(NAME_ENTRY);
        assert!(names_end <= header.schema_offset.into());
    }
    assert!(schema_end <= header.end_mark_offset().into());
    assert_eq!(Header::decode(&header.encode()), Ok(header), "it does not come back");
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let plain = |slots| {
        let plan = Header::plan(&Stu::schema(), slots).expect("a region");
        Header { lineage: 2, first_lineage: 1, inode: 3, ..plan }
    };
    let of = |max| plain(4).with_instances(max).expect("a region of instances");
    [plain(4), plain(65_536), of(1), of(65_536)].map(|header| header.encode().to_vec()).into()
}
