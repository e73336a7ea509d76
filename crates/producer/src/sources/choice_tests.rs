//! Which of several paths is read, and what a field holds without a value.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use super::test_setup::{Setup, setup};

#[test]
fn a_field_without_a_value_has_its_default() {
    let mut setup = setup(&[("f32", r#"file = { path = "@/t", column = 1, default = -1 }"#)]);
    assert_eq!(setup.sample(), ["-1"]);
    setup.write("t", "20.5");
    assert_eq!(setup.sample(), ["20.5"]);
    fs::remove_file(setup.path("t")).expect("remove");
    assert_eq!(setup.sample(), ["-1"], "not the last value: the default was asked for");
}

#[test]
fn a_default_replaces_a_value_that_does_not_fit() {
    let long = "9 bytes !";
    for (ctype, default, good, bad) in [
        ("u8", "255", "20", "300"),
        ("u8", "255", "20", "-1"),
        ("i16", "-1", "20", "1e9"),
        ("u32", "7", "20", "4294967296"),
        ("u64", "7", "20", "18446744073709551616"),
        ("i64", "7", "20", "-9223372036854775809"),
        ("f64", "-1", "20", "1e400"),
        ("f32", "-1", "20", "1e39"),
        ("char", "\"?\"", "x", "\u{e4}"),
        ("char", "\"?\"", "x", "xy"),
        ("char[9]", "\"?\"", "short", long),
        ("char[9]", "\"?\"", "short", "a\0b"),
        ("bool", "true", "0", "oops"),
    ] {
        let source = format!(r#"file = {{ path = "@/v", default = {default} }}"#);
        let mut setup = setup(&[(ctype, &source)]);
        let default = default.trim_matches('"');
        setup.write("v", bad);
        assert_eq!(setup.sample(), [default], "{ctype}: {bad:?} in the first record");
        assert!(setup.error().is_some(), "{ctype}: {bad:?}");
        setup.write("v", good);
        assert_ne!(setup.sample(), [default], "{ctype}: {good}");
        setup.write("v", bad);
        assert_eq!(setup.sample(), [default], "{ctype}: {bad:?} after {good}");
    }
}

#[test]
fn the_first_readable_path_is_used() {
    let mut setup =
        setup(&[("u8", r#"file = { path = ["@/a", "@/b"], column = 1, default = 0 }"#)]);
    setup.write("b", "2");
    assert_eq!(setup.sample(), ["2"]);
    setup.write("a", "1");
    assert_eq!(setup.sample(), ["1"]);
    fs::remove_file(setup.path("a")).expect("remove");
    assert_eq!(setup.sample(), ["2"]);
}

#[test]
fn a_path_without_the_value_is_passed_over() {
    let mut setup = setup(&[
        ("u8", r#"file = { path = ["@/a", "@/b"], key = "x", default = 0 }"#),
        ("u8", r#"file = { path = ["@/a", "@/b"], default = 0 }"#),
    ]);
    setup.write("a", "no number");
    setup.write("b", "x 2");
    assert_eq!((setup.sample()[0].as_str(), setup.error()), ("2", None));
    setup.write("a", "x 1");
    assert_eq!(setup.sample()[0], "1", "the first that has it");
    fs::write(setup.path("a"), b"x \xff").expect("write");
    assert_eq!(setup.sample()[0], "2", "no text");
    // Without a value anywhere, the error is that of the first file that can be read.
    setup.write("b", "y");
    setup.write("a", "x one");
    assert_eq!(setup.sample(), ["0", "0"]);
    let why = |setup: &Setup, name: &str, what: &str| {
        Some(format!("{}: {what}", setup.path(name).display()))
    };
    let word = "column 1 is \"one\", not a number; correct key or column";
    assert_eq!(setup.error(), why(&setup, "a", word));
    fs::remove_file(setup.path("a")).expect("remove");
    setup.write("b", "");
    setup.sample();
    assert_eq!(setup.error(), why(&setup, "b", "no line has the words \"x\"; correct key"));
}

#[test]
fn a_pattern_is_the_first_file_that_it_matches_until_that_is_gone() {
    let mut setup = setup(&[
        ("u8", r#"file = { path = ["@/hw*/temp[0-9]_in", "@/none?"], default = 0 }"#),
        ("u8", r#"file = { path = "@/hw*/temp1_in", rate = true, default = 9 }"#),
        ("u8", r#"file = { path = ["@/hw*", "@/hw1/*"], count = true }"#),
    ]);
    let pattern = setup.path("hw*/temp[0-9]_in").display().to_string();
    assert_eq!(setup.sample(), ["0", "9", "0"]);
    assert_eq!(setup.error(), Some(format!("no file matches {pattern}")));
    for (folder, value) in [("hw1", "1"), ("hw2", "2")] {
        fs::create_dir(setup.path(folder)).expect("directory");
        setup.write(&format!("{folder}/temp1_in"), value);
    }
    assert_eq!((setup.sample(), setup.error()), (["1", "9", "3"].map(String::from).into(), None));
    fs::create_dir(setup.path("hw0")).expect("directory");
    setup.write("hw0/temp1_in", "7");
    sleep(Duration::from_millis(15));
    assert_eq!(setup.sample(), ["1", "0", "4"], "the same file while it is there");
    fs::remove_dir_all(setup.path("hw1")).expect("remove");
    sleep(Duration::from_millis(15));
    assert_eq!(setup.sample(), ["7", "9", "2"], "no rate between two files");
}
