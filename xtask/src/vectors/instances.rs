//! Regions of instances: blocks in use, never used and retired, and names that are none.

use layout::header::offset;
use layout::{Record as _, Stu};

use super::cell::{Cell, one, text};
use super::image::{Image, plan};
use super::listing::{Content, Instance, Listed, Series, Vector};
use super::shapes::bytes_of;

const SLOTS: u32 = 4;
const BLOCKS: u32 = 6;

/// Every vector of this module.
pub(super) fn all() -> Vec<Vector> {
    vec![instances(), no_names()]
}

fn cells(id: i32) -> [Cell; 3] {
    [one(id), text(b"hong\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "hong"), text(b"f", "f")]
}

fn record(id: i32) -> Vec<u8> {
    bytes_of(&Stu::schema(), &cells(id), 0)
}

fn region() -> Image {
    let schema = Stu::schema();
    let header = plan(&schema, SLOTS).with_instances(BLOCKS).expect("six instances");
    Image::new(header, &schema.encode())
}

fn series(ids: &[(u64, i32)]) -> Series {
    let schema = Stu::schema();
    let listed = ids.iter().map(|(sequence, id)| Listed::new(&schema, *sequence, &cells(*id)));
    ids.last().map_or_else(Series::default, |(latest, _)| Series::new(*latest, listed.collect()))
}

fn instances() -> Vector {
    let mut image = region();
    image.join(0, 1, 0, b"eth0");
    for (sequence, id) in (1..).zip(1..=6) {
        image.publish(0, sequence, &record(id));
    }
    image.join(1, 3, 0, "\u{5c0f}\u{660e}".as_bytes());
    image.publish(1, 1, &record(10));
    // Block 2 had an instance with 40 records; "again" got the block after that.
    image.join(2, 5, 0, b"gone");
    image.publish(2, 40, &record(20));
    let floor = image.header.instances.expect("instances").changes_offset + offset::FLOOR as u64;
    image.put_word(floor, 40);
    image.retire(2, 6, 40);
    image.put_word(image.slot(2, 40), 0);
    image.put_word(image.front(2), 0);
    image.join(2, 7, 40, b"again");
    image.publish(2, 41, &record(21));
    // Block 3 has a retired instance, whose record is still there; block 4 one without a record.
    image.join(3, 9, 40, b"retired");
    image.publish(3, 41, &record(30));
    image.retire(3, 10, 1);
    image.join(4, 11, 41, &[b'n'; 64]);
    let found = vec![
        Instance::new("eth0", series(&[(3, 3), (4, 4), (5, 5), (6, 6)])),
        Instance::new("\u{5c0f}\u{660e}", series(&[(1, 10)])),
        Instance::new("again", series(&[(41, 21)])),
        Instance::new(NAME_64, series(&[])),
    ];
    let content = Content::instances(&Stu::schema(), found);
    let about = "blocks in use, one of them for the second time, a retired one, a name of 64 bytes without a record, and a block never used";
    Vector::readable("instances", about, content, image.bytes)
}

const NAME_64: &str = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

/// A hostile writer's names.
fn no_names() -> Vector {
    let mut image = region();
    for (block, generation) in (0..).zip([1, 3, 5, 7, 9]) {
        image.join(block, generation, 0, b"a name");
        image.publish(block, 1, &record(1));
    }
    let names = image.header.instances.expect("instances");
    let mut put = |block, at: usize, bytes: &[u8]| {
        image.put(names.name_offset(block) + at as u64, bytes);
    };
    put(0, offset::NAME_LEN, &0_u64.to_le_bytes());
    put(1, offset::NAME_LEN, &65_u64.to_le_bytes());
    put(2, offset::NAME_LEN, &u64::MAX.to_le_bytes());
    put(3, offset::NAME, b"a\0name");
    let found = vec![Instance::new("a name", series(&[(1, 1)]))];
    let content = Content::instances(&Stu::schema(), found);
    let about =
        "names of 0, 65 and 2^64 - 1 bytes, and with a NUL are none: their blocks have no instance";
    Vector::readable("instances_no_names", about, content, image.bytes)
}
