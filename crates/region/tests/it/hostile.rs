//! A region file is hostile input.

use super::*;
use region::{Origin, RegionErrorKind as Kind, Why};

/// A region of one record, closed, as bytes.
fn closed_region(place: &Place) -> Vec<u8> {
    place.writer().publish(&stu(1)).unwrap();
    std::fs::read(&place.path).unwrap()
}

#[test]
fn every_flipped_byte_of_the_header_is_refused_by_readers() {
    let place = Place::new();
    let whole = closed_region(&place);
    for at in 0..256 {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            std::fs::write(&place.path, &bytes).unwrap();
            let err = DynReader::open(&place.path).expect_err("a flipped header byte");
            let known = matches!(
                err.kind(),
                Kind::NotARegion | Kind::UnsupportedVersion(_) | Kind::Damaged(_)
            );
            assert!(known, "byte {at} ^ {flip:#x}: {err}");
        }
    }
}

#[test]
fn a_flipped_byte_anywhere_never_panics_or_hangs_a_reader_or_writer() {
    let place = Place::new();
    let whole = closed_region(&place);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        std::fs::write(&place.path, &bytes).unwrap();
        if let Ok(mut reader) = DynReader::open(&place.path) {
            let mut record = [0; 28];
            let _ = reader.latest(&mut record);
            let _ = reader.next(&mut record);
            let _ = (reader.state(), reader.epoch(), reader.schema().name().len());
        }
        if let Ok(mut writer) = DynWriter::open_with(&place.path, &Stu::schema(), &Options::new()) {
            writer.publish(&stu(2)).unwrap();
        }
    }
}

#[test]
fn a_file_cut_at_any_length_is_refused() {
    let place = Place::new();
    let whole = closed_region(&place);
    for len in 0..whole.len() {
        std::fs::write(&place.path, &whole[..len]).unwrap();
        let err = DynReader::open(&place.path).expect_err("a cut region");
        assert!(matches!(err.kind(), Kind::TooShort(_) | Kind::Truncated { .. }), "{len}: {err}");
    }
}

#[test]
fn a_file_that_is_not_a_region_is_left_unchanged() {
    let place = Place::new();
    for content in ["", "id=10\n", &"a text file, longer than any header\n".repeat(20)] {
        std::fs::write(&place.path, content).unwrap();
        let read = DynReader::open(&place.path).unwrap_err();
        let write = DynWriter::open_with(&place.path, &Stu::schema(), &Options::new()).unwrap_err();
        for err in [read, write] {
            assert!(matches!(err.kind(), Kind::NotARegion | Kind::TooShort(0 | 6)), "{err}");
        }
        assert_eq!(std::fs::read_to_string(&place.path).unwrap(), content);
        assert_eq!(place.files(), 1);
    }
}

#[test]
fn a_region_of_a_newer_version_is_refused_and_left_unchanged() {
    let place = Place::new();
    let mut bytes = closed_region(&place);
    bytes[8] = 2;
    std::fs::write(&place.path, &bytes).unwrap();
    let read = DynReader::open(&place.path).unwrap_err();
    let write = DynWriter::open_with(&place.path, &Stu::schema(), &Options::new()).unwrap_err();
    for err in [read, write] {
        assert!(matches!(err.kind(), Kind::UnsupportedVersion(2)), "{err}");
    }
    assert_eq!(std::fs::read(&place.path).unwrap(), bytes);
}

#[test]
fn a_damaged_region_is_replaced_by_its_next_writer() {
    let place = Place::new();
    let mut bytes = closed_region(&place);
    bytes[0x60] ^= 1; // the boot id: caught by the checksum
    std::fs::write(&place.path, &bytes).unwrap();
    let writer = place.writer();
    assert!(matches!(writer.origin(), Origin::Replaced(Why::Damaged(_))), "{}", writer.origin());
    assert_eq!(place.files(), 1);
}

#[test]
fn impossibly_large_counters_do_not_wrap_a_writer() {
    let place = Place::new();
    let whole = closed_region(&place);
    for at in [0x100, 0x140] {
        let mut bytes = whole.clone();
        bytes[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        std::fs::write(&place.path, &bytes).unwrap();
        let mut writer = place.writer();
        assert!(matches!(writer.origin(), Origin::Replaced(Why::Damaged(_))));
        assert_eq!(writer.publish(&stu(1)).unwrap(), 1);
    }
}

#[test]
fn a_region_of_another_boot_is_stale_to_readers_and_replaced_by_writers() {
    let place = Place::new();
    if !place.writer().surroundings().is_disk_backed {
        // On tmpfs no file outlives its boot: it was copied there, and its state is not `Stale` to readers.
        let mut bytes = closed_region(&place);
        give_other_boot_id(&mut bytes);
        std::fs::write(&place.path, &bytes).unwrap();
        assert_eq!(place.reader().state(), region::State::Closed);
        assert_eq!(*place.writer().origin(), Origin::Replaced(Why::OtherBoot));
        return;
    }
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    die(writer);
    let mut bytes = std::fs::read(&place.path).unwrap();
    give_other_boot_id(&mut bytes);
    std::fs::write(&place.path, &bytes).unwrap();
    let mut reader = place.reader();
    assert_eq!(reader.state(), region::State::Stale);
    let publication = reader.latest(&mut [0; 28]).unwrap().unwrap();
    assert_eq!(reader.age(&publication), None);
    let mut typed = region::Reader::<Stu>::over(reader).unwrap();
    assert_eq!(typed.latest().unwrap().unwrap().age(), None);
    let writer = place.writer();
    assert_eq!(*writer.origin(), Origin::Replaced(Why::OtherBoot));
    assert_eq!(writer.sequence(), 1);
}

#[test]
fn the_boot_id_is_in_the_header_in_the_order_of_its_text() {
    let place = Place::new();
    let bytes = closed_region(&place);
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let digits = text.trim().replace('-', "");
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    assert!(bytes[0x60..0x70].iter().copied().eq((0..32).step_by(2).map(byte)), "{text}");
}

/// Another boot id and the checksum that belongs to it.
fn give_other_boot_id(bytes: &mut [u8]) {
    let mut header = layout::Header::decode(&bytes[..256]).unwrap();
    header.boot_id = [7; 16];
    bytes[..256].copy_from_slice(&header.encode());
}
