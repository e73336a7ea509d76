//! A file that is cut off or damaged: an error, or what is before that.

use std::collections::BTreeMap;
use std::fs;

use super::{add_message, recording, students};
use crate::recording::records;
use crate::world::World;

#[test]
fn a_part_of_a_file_is_replayed_with_a_warning_that_does_not_advise_it_again() {
    let world = World::new();
    students(&world.path("x.mcap"), &[1_000_000_000]);
    let whole = fs::read(world.path("x.mcap")).expect("the file");
    let said = |len: usize| {
        fs::write(world.path("cut.mcap"), &whole[..len]).expect("written");
        let output = world.run("replay cut.mcap --partial");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, warned) = said(whole.len() - 3);
    assert!(code == Some(0) && warned.contains("replayed 1 record"), "{warned}");
    assert!(warned.contains(": cut off; replaying what is before that\n"), "{warned}");
    assert!(!warned.contains("--partial"), "{warned}");
    let (code, failed) = said(60);
    assert_eq!(code, Some(1), "{failed}");
    let want = "cut.mcap: no records to replay: none is whole before byte ";
    assert!(failed.contains(want) && !failed.contains("--partial"), "{failed}");
}

#[test]
fn a_part_of_a_file_is_replayed_up_to_the_message_that_is_bad_wherever_it_is_in_a_chunk() {
    let schema = br#"{"properties": {"n": {"type": "integer"}}}"#;
    // Of two topics, whose records are in the order of their times or not.
    for times in [[1, 2, 3, 4], [2, 1, 4, 3]] {
        for bad in 0..=4 {
            let world = World::new();
            recording(&world.path("x.mcap"), |writer| {
                let id = writer.add_schema("N", "jsonschema", schema).expect("a schema");
                let channels = ["a", "b"].map(|topic| {
                    writer.add_channel(id, topic, "json", &BTreeMap::new()).expect("a channel")
                });
                for (n, time) in times.into_iter().enumerate() {
                    let message =
                        if n == bad { "{}".to_owned() } else { format!("{{\"n\": {n}}}") };
                    add_message(writer, channels[n % 2], time, message.as_bytes());
                }
            });
            let output = world.run("replay x.mcap --partial --speed max");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if bad == 0 {
                assert_eq!(output.status.code(), Some(1), "{said}");
                let want = "x.mcap: no records to replay: none is whole before byte ";
                assert!(said.contains(want) && said.contains("field \"n\" is missing"), "{said}");
                continue;
            }
            assert_eq!(output.status.code(), Some(0), "{said}");
            let counted = if bad == 1 { "1 record\n".into() } else { format!("{bad} records\n") };
            assert!(said.ends_with(&format!("replayed {counted}")), "{bad}: {said}");
            let of = |region: &str| {
                let path = world.path(&format!("{region}.region"));
                if path.exists() { records(&path).len() } else { 0 }
            };
            assert_eq!((of("a"), of("b")), (bad.div_ceil(2), bad / 2), "{bad}");
            assert_eq!(said.contains("replaying what is before that"), bad < 4, "{said}");
        }
    }
}

#[test]
fn a_file_that_is_cut_off_or_damaged_publishes_nothing_and_names_the_place() {
    let world = World::new();
    let path = world.path("x.mcap");
    students(&path, &[1_000_000_000, 2_000_000_000]);
    let whole = fs::read(&path).expect("the file");
    let fails = |bytes: &[u8], want: &str| {
        fs::write(&path, bytes).expect("written");
        let output = world.run("replay x.mcap --speed max");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(want), "{want}: {said}");
        assert!(!world.path("s.region").exists(), "nothing is published");
    };
    fails(b"text", "x.mcap: not an MCAP file");
    fails(&[], "x.mcap: not an MCAP file");
    for cut in (8..whole.len()).step_by(7) {
        fails(&whole[..cut], "x.mcap: at byte ");
    }
    let data = whole.windows(8).position(|name| name == b"xiaoming").expect("a record");
    let mut damaged = whole.clone();
    damaged[data] ^= 1;
    fails(&damaged, "a chunk whose checksum is wrong; replay what is before that with --partial");
    fs::write(&path, &whole[..whole.len() - 20]).expect("written");
    world.prints("replay x.mcap --speed max --partial");
    assert_eq!(records(&world.path("s.region")).len(), 2);
}
