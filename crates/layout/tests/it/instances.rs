//! Regions of instances: the sections behind the header, and the names.

use layout::header::{
    BadInstances, INSTANCES, MAX_CHANGES, MAX_INSTANCES, MAX_SLOTS, MIN_CHANGES, NAME_ENTRY, offset,
};
use layout::{DecodeError, Header, InstanceName, MAX_INSTANCE_NAME, MAX_RECORD, Record, Stu};

use crate::generator::Random;
use crate::header::{record_of, reseal, resealed, with_noise};

/// A region with the numbers that a plan leaves out.
fn plain(schema: &layout::Schema, slots: u32) -> Header {
    let plan = Header::plan(schema, slots).expect("a header");
    Header { lineage: 2, first_lineage: 1, ..plan }
}

fn header(max: u32) -> Header {
    plain(&Stu::schema(), 8).with_instances(max).expect("possible")
}

/// Asserts every invariant of a decoded header with instances, in arithmetic that cannot overflow.
fn assert_sound(header: &Header) {
    let instances = header.instances.as_ref().expect("instances");
    let wide = u128::from;
    let max = wide(instances.max.into());
    assert!((1..=MAX_INSTANCES).contains(&instances.max));
    assert!(instances.changes.is_power_of_two());
    assert!((MIN_CHANGES..=MAX_CHANGES).contains(&instances.changes));
    let slots_len = u128::from(header.slots) * u128::from(header.slot_stride);
    let slots_end = wide(header.slots_offset) + slots_len;
    assert!(slots_end <= 0x140 + wide(instances.block_stride), "a slot beyond its block");
    assert!(0x140 + max * wide(instances.block_stride) <= wide(instances.changes_offset));
    let ring_end = wide(instances.ring_offset()) + 8 * u128::from(instances.changes);
    assert!(ring_end <= wide(instances.names_offset));
    let names_end = wide(instances.names_offset) + max * u128::from(NAME_ENTRY);
    assert!(names_end <= wide(header.schema_offset));
    for at in [instances.block_stride, instances.changes_offset, instances.names_offset] {
        assert!(at.is_multiple_of(64));
    }
}

#[test]
fn a_planned_header_with_instances_survives_its_bytes() {
    for size in [1, 28, 48, 4096, MAX_RECORD] {
        for slots in [4, 8, MAX_SLOTS] {
            for max in [1, 2, 1000, MAX_INSTANCES] {
                let header = plain(&record_of(size), slots).with_instances(max).expect("possible");
                assert_sound(&header);
                assert_eq!(Header::decode(&header.encode()), Ok(header));
            }
        }
    }
}

#[test]
fn instance_0_has_its_head_and_slots_where_a_plain_region_has_them() {
    let (plain, many) = (plain(&Stu::schema(), 8), header(3));
    let instances = many.instances.expect("instances");
    assert_eq!(instances.block_offset(0), offset::HEAD as u64);
    assert_eq!(many.slot_offset(0), plain.slot_offset(0));
    assert_eq!(instances.block_stride, plain.slot_offset(8) - offset::HEAD as u64);
}

#[test]
fn a_plain_region_has_no_byte_of_instances() {
    let mut bytes = plain(&Stu::schema(), 8).encode();
    assert!(bytes[offset::INSTANCES..offset::CHECKSUM].iter().all(|&byte| byte == 0));
    bytes[offset::INSTANCES..offset::CHECKSUM].fill(0xff);
    reseal(&mut bytes);
    assert_eq!(Header::decode(&bytes).expect("a plain region").instances, None);
}

#[test]
fn a_region_has_1_to_65536_instances() {
    for max in [0, MAX_INSTANCES + 1, u32::MAX] {
        let plain = plain(&Stu::schema(), 8);
        assert_eq!(plain.with_instances(max), Err(BadInstances(max)));
    }
}

#[test]
fn the_ring_holds_a_change_for_each_slot_within_its_limits() {
    let ring = |slots, max| {
        let plain = plain(&Stu::schema(), slots);
        plain.with_instances(max).expect("possible").instances.expect("instances").changes
    };
    assert_eq!((ring(4, 1), ring(8, 1000), ring(8, 65_536)), (64, 8192, 524_288));
    assert_eq!(ring(MAX_SLOTS, MAX_INSTANCES), MAX_CHANGES);
}

#[test]
fn a_feature_beside_instances_is_refused_alone() {
    let mut both = header(2);
    both.incompatible |= 4;
    assert_eq!(Header::decode(&both.encode()), Err(DecodeError::UnsupportedFeatures(4)));
    assert_eq!(header(2).incompatible, INSTANCES);
}

#[test]
fn each_impossible_number_of_instances_is_refused_even_with_a_right_checksum() {
    let good = header(3);
    let instances = good.instances.expect("instances");
    let long = |value: u64| value.to_le_bytes();
    let word = |value: u32| value.to_le_bytes();
    let cases: &[(usize, &[u8], &str)] = &[
        (offset::INSTANCES, &word(0), "instances are not 1 to"),
        (offset::INSTANCES, &word(MAX_INSTANCES + 1), "instances are not 1 to"),
        (offset::INSTANCES, &word(4), "blocks overlap the changes"),
        (offset::CHANGES, &word(0), "changes are no power of two"),
        (offset::CHANGES, &word(96), "changes are no power of two"),
        (offset::CHANGES, &word(MAX_CHANGES * 2), "changes are no power of two"),
        (offset::CHANGES, &word(128), "changes overlap the names"),
        (offset::BLOCK_STRIDE, &long(0), "block stride is below"),
        (offset::BLOCK_STRIDE, &long(instances.block_stride - 64), "block stride is below"),
        (offset::BLOCK_STRIDE, &long(instances.block_stride + 8), "block stride is no multiple"),
        (offset::BLOCK_STRIDE, &long(u64::MAX - 63), "blocks overlap the changes"),
        (offset::CHANGES_OFFSET, &long(instances.changes_offset + 8), "changes do not begin"),
        (offset::CHANGES_OFFSET, &long(instances.changes_offset - 64), "blocks overlap"),
        (offset::CHANGES_OFFSET, &long(u64::MAX - 63), "changes overlap the names"),
        (offset::NAMES_OFFSET, &long(instances.names_offset + 4), "names do not begin"),
        (offset::NAMES_OFFSET, &long(instances.names_offset - 64), "changes overlap the names"),
        (offset::NAMES_OFFSET, &long(instances.names_offset + 64), "names overlap the schema"),
        (offset::NAMES_OFFSET, &long(u64::MAX - 63), "names end beyond 64 bits"),
        (offset::SLOT_COUNT, &word(16), "block stride is below"),
        (offset::SLOTS_OFFSET, &long(u64::MAX - 63), "block stride is below"),
    ];
    for (at, value, part) in cases {
        let error = resealed(&good, *at, value).to_string();
        assert!(error.contains(part), "{at:#x} = {value:?}: {error}, expected {part:?}");
    }
}

#[test]
fn random_numbers_of_instances_never_break_an_invariant() {
    let mut random = Random(6);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let place = |random: &mut Random| [0x20, 0x90][random.below(2)] + random.below(0x28);
        if let Ok(header) = with_noise(&header(3), &mut random, 2, place) {
            assert_sound(&header);
            accepted += 1;
        }
    }
    // Both outcomes occurred.
    assert!((100..19_900).contains(&accepted), "{accepted}");
}

#[test]
fn a_name_has_1_to_64_bytes_and_no_control_character() {
    let longest = "x".repeat(MAX_INSTANCE_NAME);
    for good in ["eth0", "cpu 0", "\u{20ac}/\u{fffd}", &longest] {
        let name = InstanceName::new(good).expect("a name");
        assert_eq!((name.as_str(), name.to_string().as_str()), (good, good));
        assert_eq!(InstanceName::from_bytes(name.padded(), good.len() as u64), Some(name));
    }
    let too_long = "x".repeat(MAX_INSTANCE_NAME + 1);
    let cases = [
        ("", "an instance needs a name"),
        (&*too_long, "has 65 bytes, at most 64"),
        (&*"y".repeat(300), "has 300 bytes, at most 64"),
        ("a\nb", "\"a\\nb\" has a control character"),
        ("a\u{202e}b", "has a control character"),
        ("\0", "has a control character"),
    ];
    for (bad, why) in cases {
        let error = InstanceName::new(bad).expect_err("no name").to_string();
        assert!(error.contains(why), "{error}");
        assert!(!error.contains(layout::text::is_control), "{error:?}");
    }
}

#[test]
fn bytes_of_another_process_that_are_no_name_are_none() {
    let mut bytes = [0xff; MAX_INSTANCE_NAME];
    for len in [0, 1, 64, 65, u64::MAX] {
        assert_eq!(InstanceName::from_bytes(&bytes, len), None, "{len}");
    }
    bytes[..4].copy_from_slice(b"eth0");
    assert_eq!(InstanceName::from_bytes(&bytes, 5), None);
    let eth0 = InstanceName::from_bytes(&bytes, 4).expect("a name");
    assert_eq!(Some(eth0), InstanceName::new("eth0").ok(), "what lies behind it does not count");
}
