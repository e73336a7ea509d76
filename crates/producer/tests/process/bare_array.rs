//! An array of structs in a file without a header, as a C program shares it.

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;

use crate::place::{Place, TICK, wait_until};

/// A configuration of an array, each struct of which has the number that `numbers` has for its name.
fn array(instances: &str, numbers: &str) -> Place {
    let place = Place::new();
    fs::write(place.path("numbers"), numbers).expect("write");
    let file = place.path("numbers");
    let source = format!("file = {{ path = '{}', key = \"{{instance}}\" }}", file.display());
    place.configure(&[("u32", &source)], TICK);
    place.reconfigure(
        "[record]\n",
        &format!("format = \"bare\"\n[record]\ninstances = {instances}\n"),
    );
    place
}

fn numbers(place: &Place) -> Vec<u32> {
    let bytes = fs::read(place.region()).unwrap_or_default();
    let (numbers, rest) = bytes.as_chunks::<4>();
    assert_eq!(rest, [0; 0]);
    numbers.iter().map(|number| u32::from_le_bytes(*number)).collect()
}

#[test]
fn each_struct_of_an_array_is_published_in_its_place() {
    let place = array("3", "2 22\n0 20\n1 21\n");
    let log = place.start("log", Stdio::null(), &["--ticks", "2"]).ends_with(0);
    assert_eq!(numbers(&place), [20, 21, 22]);
    assert!(log.contains("(all ticks done): 6 records") && !log.contains("joined"), "{log}");
}

#[test]
fn a_reload_gives_structs_other_names_and_never_another_length() {
    let place = array("[\"b\", \"a\"]", "a 1\nb 2\nc 3\n");
    let mut producer = place.start_quietly("log");
    wait_until("both", || numbers(&place) == [2, 1]);
    place.reconfigure("[\"b\", \"a\"]", "[\"a\", \"c\"]");
    producer.signal(Signal::HUP);
    wait_until("other names", || numbers(&place) == [1, 3]);
    place.reconfigure("[\"a\", \"c\"]", "[\"a\", \"c\", \"b\"]");
    producer.signal(Signal::HUP);
    producer.wait_for(
        "keeps its size (2 structs of 4 bytes, the new configuration has 3 structs of 4 bytes)",
    );
    producer.signal(Signal::TERM);
    producer.ends_with(0);
    assert_eq!(numbers(&place), [1, 3]);
}

#[test]
fn a_recording_is_not_replayed_into_an_array() {
    let place = array("3", "");
    let log = place.start("log", Stdio::null(), &["--replay"]).ends_with(2);
    assert!(
        log.contains("describes an array of structs, into which --replay does not publish"),
        "{log}"
    );
}

#[test]
fn a_check_refuses_an_array_that_a_start_would_refuse() {
    let place = array("3", "0 7\n1 8\n2 9\n");
    place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    place.reconfigure("instances = 3", "instances = 2");
    for args in [&["--check"][..], &["--ticks", "1"]] {
        let log = place.start("log", Stdio::null(), args).ends_with(1);
        assert!(log.contains("has 12 bytes, 2 structs of 4 have 8; describe the struct"), "{log}");
    }
}

#[test]
fn a_check_counts_the_structs_of_an_array() {
    let place = array("30", "0 7\n");
    let mut check = place.start("log", Stdio::null(), &["--check"]);
    let mut out = String::new();
    let stdout = check.child.stdout.as_mut().expect("a pipe");
    std::io::Read::read_to_string(stdout, &mut out).expect("text");
    check.ends_with(0);
    assert!(out.contains("format       bare: 30 structs, readers may see"), "{out}");
    assert!(out.contains("\n0         f0=7\n"), "{out}");
}
