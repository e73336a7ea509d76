//! Invalid configurations: both programs refuse each with the same message.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use e2e::{Place, Unprivileged};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::{both, is_refused, is_refused_as};
use crate::{consumer, producer};

const REGION: &str = "[region]\nname = \"r\"\n";
const FIELD: &str = "[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\ntype = \"i32\"\n\
                     source = { counter = {} }\n";

/// What is wrong, the whole file, and the message after the file's name.
type Case = (&'static str, String, &'static str);

/// A file with more below `[region]`, from line 3 on, or at its end, from line 9 on.
fn file(region: &str, last: &str) -> String {
    format!("{REGION}{region}{FIELD}{last}")
}

/// A file whose one field is described by `lines`, from line 6 on.
fn field(lines: &str) -> String {
    format!("{REGION}[record]\nname = \"R\"\n[[record.field]]\n{lines}\n")
}

fn impossible_files() -> Vec<Case> {
    vec![
        ("empty", String::new(), ":1:1: region: missing"),
        ("syntax-error", "[region\nname = \"r\"\n".into(), ":1:8: "),
        (
            "unknown-table",
            file("", "[produce]\n"),
            ":9:2: produce: unknown key; did you mean producer?",
        ),
        (
            "unknown-key",
            file("slot = 8\n", ""),
            ":3:1: region.slot: unknown key; did you mean slots?",
        ),
        (
            "twelve-slots",
            file("slots = 12\n", ""),
            ":3:9: region.slots: 12 is not a power of two from 4 to 65536; write slots = 16",
        ),
        (
            "no-slots",
            file("slots = 0\n", ""),
            ":3:9: region.slots: 0 is not a power of two from 4 to 65536",
        ),
        (
            "no-tick",
            file("", "[producer]\ntick = \"0s\"\n"),
            ":10:8: producer.tick: \"0s\" is not ",
        ),
        (
            "no-duration",
            file("", "[consumer]\npoll = \"often\"\n"),
            ":10:8: consumer.poll: \"often\" is not a duration; write poll = \"2s\"",
        ),
        (
            "unknown-field-in-line",
            file("", "[consumer]\nline = \"{b}\"\n"),
            ":10:8: consumer.line: ",
        ),
    ]
}

fn impossible_records() -> Vec<Case> {
    vec![
        (
            "unknown-type",
            field("name = \"a\"\ntype = \"int\""),
            ":7:8: record.field[a].type: type \"int\" is unknown; use ",
        ),
        (
            "duplicate-field",
            file("", "[[record.field]]\nname = \"a\"\ntype = \"u8\"\n"),
            ":10:8: record.field[a].name: the field in line 6 has the same name",
        ),
        (
            "text-of-no-characters",
            field("name = \"a\"\ntype = \"char[0]\""),
            ":7:8: record.field[a].type: type char[0] has no elements",
        ),
        (
            "array-too-large",
            field("name = \"a\"\ntype = \"u8[16777217]\""),
            ":7:8: record.field[a].type: type u8[16777217] is larger than a record may be",
        ),
        (
            "record-too-large",
            field(
                "name = \"a\"\ntype = \"u8[16777216]\"\n[[record.field]]\nname = \"b\"\ntype = \"u8\"",
            ),
            ":10:8: record.field[b].type: field \"b\" makes the record 16777217 bytes",
        ),
        (
            "constant-too-long",
            field("name = \"a\"\ntype = \"char[4]\"\nsource = { const = \"much too long\" }"),
            ":8:20: record.field[a].source.const: ",
        ),
    ]
}

#[test]
fn an_impossible_configuration_is_refused_by_file_line_and_key() {
    for (what, text, says) in impossible_files().into_iter().chain(impossible_records()) {
        let place = Place::new();
        let name = format!("{what}.toml");
        place.write(&name, &text);
        for program in both() {
            is_refused(&program, &place, &[&name], &[&format!("error: {name}{says}")]);
        }
    }
}

#[test]
fn a_missing_configuration_is_named() {
    let place = Place::new();
    for program in both() {
        let facts = ["none.toml: cannot be read: No such file or directory", "; give the path"];
        is_refused(&program, &place, &["none.toml"], &facts);
    }
}

#[test]
fn a_configuration_that_is_a_directory_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path("dir.toml")).expect("mkdir");
    let fact = "dir.toml: is a directory, not a regular file";
    is_refused(&consumer(), &place, &["dir.toml"], &[fact]);
    // A producer reads the configurations in it.
    is_refused(&producer(), &place, &["dir.toml"], &["dir.toml: holds no configuration"]);
}

#[test]
fn a_configuration_that_is_a_pipe_or_a_device_is_refused_without_blocking() {
    let place = Place::new();
    mkfifo(&place.path("pipe.toml"), Mode::S_IRWXU).expect("a pipe");
    std::os::unix::fs::symlink("/dev/zero", place.path("zero.toml")).expect("symlink");
    let advice = "not a regular file; give a file, or - to read standard input";
    for program in both() {
        is_refused(&program, &place, &["pipe.toml"], &["pipe.toml: is a named pipe", advice]);
        is_refused(&program, &place, &["zero.toml"], &["zero.toml: is a character device", advice]);
    }
}

#[test]
fn a_binary_configuration_is_refused() {
    let place = Place::new();
    place.write("bytes.toml", b"[region]\nname = \"\xff\xfe\"\n");
    for program in both() {
        is_refused(&program, &place, &["bytes.toml"], &["bytes.toml:2:9: is not UTF-8 text"]);
    }
}

#[test]
fn an_unreadable_configuration_is_named() {
    let place = Place::new().open_to_all();
    let path = place.write("secret.toml", "");
    fs::set_permissions(path, Permissions::from_mode(0o000)).expect("chmod");
    for program in both() {
        let facts = ["secret.toml: cannot be read: Permission denied"];
        let mut command = Unprivileged::new(&program).command(&place);
        is_refused_as(&program, command.arg("secret.toml"), &place, &facts);
    }
}

#[test]
fn a_file_name_cannot_control_the_terminal() {
    let place = Place::new();
    for program in both() {
        let facts = ["a\\u{1b}[2J.toml: cannot be read"];
        is_refused(&program, &place, &["a\x1b[2J.toml"], &facts);
    }
}

#[test]
fn a_record_without_sources_can_be_read_but_not_published() {
    let place = Place::new();
    place.write("described.toml", field("name = \"a\"\ntype = \"i32\""));
    let facts = ["described.toml: record: no field has a source", "; give each field a source"];
    is_refused(&producer(), &place, &["described.toml"], &facts);
    let mut consumer = consumer().start(&place, "described.toml --once");
    assert_eq!(consumer.exit_code(), 3, "there is no such region, and the file is fine");
}
