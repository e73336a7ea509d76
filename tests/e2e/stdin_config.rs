//! `-` for a configuration: standard input, read once.

use std::fs::File;

use e2e::{Daemon, Place, Program};
use nix::sys::signal::Signal;

use crate::{consumer, producer};

/// A record of one field with this source.
fn config(source: &str) -> String {
    format!(
        "[region]\npath = \"./x.region\"\nformat = \"bare\"\n[record]\nname = \"X\"\n\
         [[record.field]]\nname = \"n\"\ntype = \"u8\"\nsource = {{ {source} }}\n\
         [producer]\ntick = \"10ms\"\n"
    )
}

/// Starts `program -` with `args` in `place`, which reads `text`.
fn start(program: &Program, place: &Place, text: &str, args: &str) -> Daemon {
    let mut daemon = program.start_with_input(place, &format!("- {args}"));
    daemon.say(text);
    daemon.end_input();
    daemon
}

#[test]
fn both_programs_read_their_configuration_from_standard_input() {
    let place = Place::new();
    let text = config("const = 7");
    let mut producer = start(&producer(), &place, &text, "");
    producer.says("publishing X to ./x.region");
    // A bare file has zeros before its first record.
    while std::fs::read(place.path("x.region")).expect("the file") != [7] {
        std::thread::yield_now();
    }
    let mut consumer = start(&consumer(), &place, &text, "--once --timeout 20s");
    assert_eq!((consumer.exit_code(), consumer.out()), (0, vec!["n=7".to_owned()]));
    producer.signal(Signal::SIGHUP);
    producer.says("SIGHUP: standard input cannot be read again; keeping the configuration");
    producer.stop();
}

#[test]
fn an_error_in_it_has_its_line() {
    for program in [producer(), consumer()] {
        let mut program = start(&program, &Place::new(), "[region]\nslot = 8", "");
        assert_eq!(program.exit_code(), 1);
        program.says("error: standard input:2:1: region.slot: unknown key; did you mean slots?");
    }
}

#[test]
fn an_empty_one_is_said_to_be_empty() {
    for program in [producer(), consumer()] {
        let mut program = start(&program, &Place::new(), "", "");
        assert_eq!(program.exit_code(), 1);
        program.says("error: standard input: is empty; ");
    }
}

#[test]
fn it_cannot_be_the_input_of_fields_as_well() {
    let place = Place::new();
    let mut refused = start(&producer(), &place, &config("input = {}"), "");
    assert_eq!(refused.exit_code(), 1);
    refused.says("standard input is the configuration and cannot be the input of its fields");
    let mut checked = start(&producer(), &place, &config("input = {}"), "--check");
    assert_eq!(checked.exit_code(), 0, "a check reads no input");
    assert!(!place.path("x.region").exists());
}

#[test]
fn an_endless_one_is_not_read_to_its_end() {
    for program in [producer(), consumer()] {
        let place = Place::new();
        let mut command = program.command(&place);
        let zeros = File::open("/dev/zero").expect("zeros");
        let mut program = Daemon::start_reading(program.name(), command.arg("-"), zeros);
        assert_eq!(program.exit_code(), 1);
        program.says("standard input: is longer than 524288 bytes");
    }
}
