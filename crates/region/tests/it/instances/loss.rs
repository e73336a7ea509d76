//! What becomes of instances when the file is deleted, cut short or damaged.

use super::{events, publish, reader, stu, writer};
use crate::{DEADLINE, Place};
use layout::{Record, Stu};
use region::{DynWriter, Options, Origin, Why};
use std::os::unix::fs::FileExt;
use std::time::Duration;

#[test]
fn a_deleted_file_is_made_anew_with_all_instances() {
    let place = Place::new();
    let options = Options::new().check_every(Duration::ZERO);
    let mut writer = options.open_instances::<Stu>(&place.path, 2).unwrap();
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    (0..3).for_each(|_| publish(&mut writer, a));
    std::fs::remove_file(&place.path).unwrap();
    publish(&mut writer, b);
    publish(&mut writer, a);
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 4", "b +", "b 1"]);
}

#[test]
fn an_instance_that_has_joined_later_is_in_a_new_file_too() {
    let place = Place::new();
    let options = Options::new().check_every(Duration::ZERO);
    let options = options.only_instances(["a".parse().unwrap()]);
    let mut writer = options.open_instances::<Stu>(&place.path, 2).unwrap();
    let b = writer.instance("b").unwrap();
    publish(&mut writer, b);
    std::fs::remove_file(&place.path).unwrap();
    publish(&mut writer, b);
    assert_eq!(events(&mut reader(&place)), ["b +", "b 2"]);
    assert_eq!(writer.gone(), []);
}

#[test]
fn a_truncated_file_is_made_anew_and_no_number_is_used_twice() {
    let place = Place::new();
    // The publish finds the cut, not a check before it.
    let options = Options::new().check_every(Duration::from_hours(1));
    let mut writer = options.open_instances::<Stu>(&place.path, 2).unwrap();
    let a = writer.instance("a").unwrap();
    (0..3).for_each(|_| publish(&mut writer, a));
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 3"]);
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    file.set_len(256).unwrap();
    assert_eq!(writer.publish(a, &stu(5)).unwrap(), 5, "number 4 may have been read");
    reader.refresh().unwrap();
    assert_eq!(events(&mut reader), ["a +", "a missed 1", "a 5"]);
}

#[test]
fn a_reader_of_a_truncated_file_returns_an_error() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let a = writer.instance("a").unwrap();
    publish(&mut writer, a);
    let mut reader = reader(&place);
    reader.refresh_every(Duration::MAX);
    let a = reader.find("a").unwrap();
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    file.set_len(256).unwrap();
    assert!(reader.latest(a).unwrap_err().is_truncated());
    assert!(reader.next().unwrap_err().is_truncated());
    assert!(reader.wait(DEADLINE).unwrap_err().is_truncated());
}

#[test]
fn a_name_twice_or_one_that_is_none_is_damage_to_a_writer_and_nothing_to_a_reader() {
    let place = Place::new();
    for (name, len) in [(&b"a"[..], 1_u64), (b"\x1b", 1), (b"b", 65), (b"b", 0)] {
        let _ = std::fs::remove_file(&place.path);
        let mut first = writer(&place, 2);
        first.instance("a").unwrap();
        first.instance("b").unwrap();
        drop(first);
        let file = std::fs::File::options().read(true).write(true).open(&place.path).unwrap();
        let mut header = [0; 256];
        file.read_exact_at(&mut header, 0).unwrap();
        let instances = layout::Header::decode(&header).unwrap().instances.unwrap();
        let at = instances.name_offset(1) + layout::header::offset::NAME_LEN as u64;
        file.write_all_at(&len.to_le_bytes(), at).unwrap();
        file.write_all_at(name, at + 8).unwrap();
        let reader = reader(&place);
        let names: Vec<String> = reader.all().map(|(_, name)| name.to_string()).collect();
        let twice = name == b"a";
        assert_eq!(names.len(), if twice { 2 } else { 1 }, "{names:?}");
        let second = writer(&place, 2);
        assert!(matches!(second.origin(), Origin::Replaced(Why::Damaged(_))), "{second:?}");
        assert_eq!(second.len(), 0);
    }
}

#[test]
fn a_plain_region_has_the_length_that_it_had_without_instances() {
    let place = Place::new();
    let plain = DynWriter::open(&place.path, &Stu::schema()).unwrap();
    let bytes = std::fs::read(&place.path).unwrap();
    assert_eq!(bytes.len(), 0x440);
    assert!(bytes[0x90..0xf8].iter().all(|byte| *byte == 0));
    drop(plain);
}

#[test]
fn any_words_behind_the_header_end_in_a_record_or_an_error() {
    const EDGES: [u64; 8] = [0, 1, 2, 3, 1 << 32, (1 << 62) - 1, 1 << 63, u64::MAX];
    let place = Place::new();
    let mut random = fastrand::Rng::with_seed(5);
    let mut first = writer(&place, 3);
    for name in ["a", "b", "a", "a"] {
        let instance = first.instance(name).unwrap();
        publish(&mut first, instance);
    }
    drop(first);
    let good = std::fs::read(&place.path).unwrap();
    for _ in 0..300 {
        let _ = std::fs::remove_file(&place.path);
        std::fs::write(&place.path, &good).unwrap();
        let mut readers = [reader(&place), reader(&place)];
        let file = std::fs::File::options().write(true).open(&place.path).unwrap();
        for _ in 0..8 {
            let at = 0x100 + 8 * random.usize(..(good.len() - 0x108) / 8);
            let word = EDGES[random.usize(..EDGES.len())];
            file.write_all_at(&word.to_le_bytes(), at as u64).unwrap();
            for reader in &mut readers {
                let all: Vec<_> = reader.all().collect();
                assert!(all.iter().all(|(_, name)| !name.contains(layout::text::is_control)));
                for (instance, _) in all {
                    drop(reader.latest(instance));
                }
                (0..20).for_each(|_| drop(reader.next()));
                drop(reader.wait(Duration::from_micros(1)));
            }
        }
        // A writer continues with what is there, or replaces it.
        let mut next = writer(&place, 3);
        let instance = next.instance("z").or_else(|_| next.instance("a")).expect("a block");
        next.publish(instance, &stu(1)).unwrap();
    }
}
