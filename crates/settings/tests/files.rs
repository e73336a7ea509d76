//! What can be wrong with the file itself, before anything in it is read.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use settings::{Settings, SettingsErrorKind};
use tempfile::TempDir;

/// A file with these bytes, and the directory that keeps it.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x.toml");
    fs::write(&path, bytes).expect("a file");
    (dir, path)
}

/// The message for `path`, without the path in front.
#[track_caller]
fn refusal(path: &Path) -> String {
    let message = Settings::load(path).expect_err("a refusal").to_string();
    let rest = message.strip_prefix(path.to_str().expect("UTF-8")).expect("the path in front");
    rest.to_owned()
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let (dir, _) = file(b"");
    assert_eq!(
        refusal(&dir.path().join("none.toml")),
        ": cannot be read: No such file or directory (os error 2); \
         give the path of a TOML file that you may read"
    );
}

#[test]
fn a_directory_is_no_configuration() {
    let (dir, _) = file(b"");
    assert_eq!(
        refusal(dir.path()),
        ": is a directory, not a regular file; give a file, or - to read standard input"
    );
}

#[test]
fn a_device_is_no_configuration() {
    assert_eq!(
        refusal(Path::new("/dev/zero")),
        ": is a character device, not a regular file; give a file, or - to read standard input"
    );
}

#[test]
fn the_most_fields_of_128_bytes_each_are_read_and_a_byte_more_than_the_limit_is_not() {
    const LIMIT: usize = 512 << 10;
    let mut text = "[region]\nname = \"r\"\n[record]\nname = \"R\"\n".to_owned();
    for index in 0..layout::MAX_FIELDS {
        let name = format!("f{index}");
        let field = format!("[[record.field]]\nname = \"{name}\"\ntype = \"f64\"\n");
        let source = "source = { file = { path = \"/proc/loadavg\" } }\n";
        let _ = writeln!(text, "{field}{source:<width$}", width = 126 - field.len());
    }
    text.push_str(&"#".repeat(LIMIT - text.len()));
    let (_dir, path) = file(text.as_bytes());
    let settings = Settings::load(&path).expect("the longest");
    assert_eq!(settings.record.schema.fields().len(), layout::MAX_FIELDS);
    let (_dir, path) = file((text + "#").as_bytes());
    assert!(refusal(&path).starts_with(": is longer than 524288 bytes"));
}

#[test]
fn a_region_is_no_configuration() {
    for len in [8, 1 << 20] {
        let mut bytes = vec![0; len];
        bytes[..8].copy_from_slice(&layout::header::MAGIC_BYTES);
        let (_dir, path) = file(&bytes);
        assert_eq!(
            refusal(&path),
            ": is a region; give the configuration (TOML) that describes it"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_found() {
    let (_dir, path) = file(b"[region]\nname = \"\xff\"\n");
    assert_eq!(refusal(&path), ":2:9: is not UTF-8 text; save the file as UTF-8");
}

#[test]
fn a_name_that_could_drive_a_terminal_is_escaped() {
    let (dir, path) = file(b"");
    let hostile = dir.path().join("\x1b[2J\n.toml");
    fs::rename(path, &hostile).expect("renamed");
    let message = Settings::load(&hostile).expect_err("empty").to_string();
    assert!(
        message.ends_with("/\\u{1b}[2J\\n.toml:1:1: region: missing; add [region]"),
        "{message}"
    );
}

#[test]
fn a_mark_at_the_start_and_line_ends_of_other_systems_do_no_harm() {
    let text = settings::EMBEDDED.replace('\n', "\r\n");
    let (_dir, path) = file(format!("\u{feff}{text}").as_bytes());
    assert_eq!(Settings::load(&path).expect("loads"), Settings::embedded());
    let (_dir, path) = file("\u{feff}[region]\r\nname = \"stu\"\r\nslot = 8\r\n".as_bytes());
    assert_eq!(refusal(&path), ":3:1: region.slot: unknown key; did you mean slots?");
}

#[test]
fn columns_count_characters_not_bytes() {
    let text = "[region]\nname = { \"\u{e4}\u{f6}\u{20ac}\" = 1, x = 2 }\n";
    let (_dir, path) = file(text.as_bytes());
    assert_eq!(
        refusal(&path),
        ":2:8: region.name: expected a string, found a table; write name = \"stu\""
    );
    let (_dir, path) = file("[region]\nname = \"\u{e4}\u{20ac}\" 1\n".as_bytes());
    assert!(refusal(&path).starts_with(":2:13: "), "{}", refusal(&path));
}

#[test]
fn the_cause_is_kept_for_callers_that_look_for_it() {
    let error = Settings::load(Path::new("/nonexistent/x.toml")).expect_err("not there");
    assert!(matches!(&error.kind, SettingsErrorKind::Unreadable(cause)
        if cause.kind() == std::io::ErrorKind::NotFound));
    assert_eq!((&*error.origin, error.place, error.key), ("/nonexistent/x.toml", None, None));
}
