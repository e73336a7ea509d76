//! Numbers from files: exact if the type can hold them, else no value.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::test_setup::setup;
use rustix::fs::{CWD, FileType, Mode, mknodat};

#[test]
fn a_number_is_stored_as_its_digits_in_the_file() {
    let types = ["u64", "i64", "f32", "f64", "bool"];
    let fields = types.map(|ctype| (ctype, r#"file = { path = "@/n" }"#));
    let mut setup = setup(&fields);
    for (text, want) in [
        (
            "9007199254740993.0",
            [
                "9007199254740993",
                "9007199254740993",
                "9007199000000000",
                "9007199254740992",
                "true",
            ],
        ),
        // Just above the middle of two f32: rounding by way of an f64 returns the lower one.
        (
            "1.0000000596046447753906250000001",
            ["1", "1", "1.0000001", "1.0000000596046448", "true"],
        ),
        (
            "9007199254740993.4",
            [
                "9007199254740993",
                "9007199254740993",
                "9007199000000000",
                "9007199254740994",
                "true",
            ],
        ),
        ("1e3", ["1000", "1000", "1000", "1000", "true"]),
        ("0.4", ["0", "0", "0.4", "0.4", "true"]),
        ("-0.0", ["0", "0", "-0", "-0", "false"]),
        // A number that the type cannot hold is not clamped: the field keeps its last value.
        ("-9223372036854775809", ["0", "0", "-9.223372e18", "-9.223372036854776e18", "true"]),
        ("-5", ["0", "-5", "-5", "-5", "true"]),
        ("-1e999999999", ["0", "-5", "-5", "-5", "true"]),
        ("1e-999999999", ["0", "0", "0", "0", "true"]),
    ] {
        setup.write("n", text);
        assert_eq!(setup.sample(), want, "{text}");
    }
}

#[test]
fn a_number_is_found_by_a_pattern() {
    let mut setup = setup(&[
        ("u32", r"file = { path = '@/n', regex = '(\d+)/' }"),
        ("u32", r"file = { path = '@/n', regex = '/(\d+)' }"),
        ("f32", r"file = { path = '@/n', key = 'temp', regex = '\+([\d.]+)' }"),
        ("char[8]", r"file = { path = '@/n', regex = '^state <(\w+)>$' }"),
    ]);
    setup.write("n", "0.5 1/85 77\ntemp: +42.5 C\nstate <12>\n");
    assert_eq!(
        (setup.sample(), setup.error()),
        (["1", "85", "42.5", "12"].map(String::from).into(), None)
    );
    setup.write("n", "0.5\n");
    setup.sample();
    let why = format!(
        "{}: nothing matches the regular expression; correct regex or key",
        setup.path("n").display()
    );
    assert_eq!(setup.error(), Some(why));
}

#[test]
fn a_hexadecimal_number_is_exact_with_or_without_its_prefix() {
    let hex = r"file = { path = '@/n', hex = true }";
    let sum = r"file = { path = '@/n', hex = true, column = [1, 2] }";
    let mut setup = setup(&[("u64", hex), ("u64", sum), ("f64", hex)]);
    let most = "18446744073709551615";
    for (text, want) in [
        ("0x1f 1", ["31", "32", "31"]),
        ("1F 0X1", ["31", "32", "31"]),
        ("ffffffffffffffff 0", [most, most, "1.8446744073709552e19"]),
    ] {
        setup.write("n", text);
        assert_eq!(
            (setup.sample(), setup.error()),
            (want.map(String::from).into(), None),
            "{text}"
        );
    }
    for text in ["0x", "+1", "-1", "1.5", "xyz"] {
        setup.write("n", text);
        setup.sample();
        assert!(setup.error().expect(text).contains("not a number"), "{text}");
    }
}

#[test]
fn a_number_that_begins_with_0x_is_hexadecimal() {
    let types = ["u16", "u64", "f64", "bool"];
    let fields = types.map(|ctype| (ctype, r#"file = { path = "@/flags" }"#));
    let mut setup = setup(&fields);
    for (text, want) in [
        ("0x1003", ["4099", "4099", "4099", "true"]),
        ("0X0", ["0", "0", "0", "false"]),
        ("10", ["10", "10", "10", "true"]),
    ] {
        setup.write("flags", text);
        assert_eq!(setup.sample(), want, "{text}");
    }
    for text in ["0x", "0xg", "0x-1", "0x1.8", "ff"] {
        setup.write("flags", text);
        setup.sample();
        assert!(setup.error().expect(text).contains("not a number"), "{text}");
    }
}

#[test]
fn words_fill_a_bool_without_labels() {
    let mut setup = setup(&[
        ("bool", r#"file = { path = "@/n" }"#),
        ("bool", r#"file = { path = "@/n", regex = '(\S+)$' }"#),
        ("u8", r#"file = { path = "@/n" }"#),
    ]);
    for (word, want) in [
        ("Y", "true"),
        ("yes", "true"),
        ("on", "true"),
        ("up", "true"),
        ("True", "true"),
        ("N", "false"),
        ("no", "false"),
        ("OFF", "false"),
        ("down", "false"),
        ("false", "false"),
    ] {
        setup.write("n", if want == "true" { "0" } else { "1" });
        setup.sample();
        setup.write("n", &format!("{word}\n"));
        assert_eq!(setup.sample()[..2], [want, want], "{word}");
    }
    let error = setup.error_of(2).expect("a word is no u8");
    assert!(error.contains("\"false\", not a number"), "{error}");
    setup.write("n", "unknown");
    setup.sample();
    assert!(setup.error().expect("no word for a bool").contains("not a number"));
}

#[test]
fn a_word_is_the_number_of_its_label() {
    let source = |keys: &str| {
        format!(
            "file = {{ path = '@/n'{keys} }} }}\nlabels = {{ 0 = 'Not charging', 1 = 'Charging'"
        )
    };
    let [line, word] = ["", ", column = 2"].map(source);
    let mut setup = setup(&[("u8", line.as_str()), ("bool", word.as_str())]);
    for (text, want) in [("Not charging\n", "0"), ("1 Charging\n", "1"), ("Charging\n", "1")] {
        setup.write("n", text);
        assert_eq!((setup.sample()[0].as_str(), setup.error()), (want, None), "{text}");
    }
    setup.write("n", "state Charging");
    assert_eq!(setup.sample()[1], "true");
    let error = setup.error().expect("no label");
    assert!(error.starts_with("\"state Charging\" is no label of field \"f0\""), "{error}");
}

#[test]
fn a_text_that_is_a_label_is_not_the_number_that_it_begins_with() {
    let labels = "}\nlabels = { 0 = '1 phase', 1 = '3 phases', 2 = '0x5', 3 = 'add'";
    let source = |keys: &str| format!("file = {{ path = '@/v'{keys} }} {labels}");
    let [line, keyed, column, regex, hex] = [
        "",
        ", key = 'mains'",
        ", key = 'mains', column = 1",
        ", regex = 'mains (.*)'",
        ", key = 'mains', hex = true",
    ]
    .map(source);
    let fields = [line, keyed, column, regex, hex];
    let mut setup = setup(&fields.each_ref().map(|source| ("u8", source.as_str())));
    for (text, want) in [
        ("3 phases\nmains 3 phases\n", ["1", "1", "3", "1", "1"]),
        ("1 phase\nmains: 1 phase \n", ["0", "0", "1", "1", "0"]), // that of before
        ("0x5\nmains 0x5\n", ["2", "2", "2", "2", "2"]),
        ("add\nmains add\n", ["3", "3", "3", "3", "3"]),
        // No label: the first word is a number.
        ("2 phases\nmains 2 phases\n", ["2", "2", "2", "3", "2"]),
    ] {
        setup.write("v", text);
        assert_eq!(setup.sample(), want, "{text}");
    }
}

#[test]
fn a_bool_is_true_for_any_number_but_0() {
    let sum = r#"file = { path = "@/n", column = [1, 2] }"#;
    let mut setup = setup(&[("bool", r#"file = { path = "@/n" }"#), ("bool", sum)]);
    for number in ["2", "4294967295", "-1", "1.0", "0.4", "1e-300"] {
        setup.write("n", &format!("{number} 0"));
        assert_eq!(setup.sample(), ["true", "true"], "{number}");
        setup.write("n", "0.0 -0");
        assert_eq!(setup.sample(), ["false", "false"]);
    }
    assert_eq!(setup.error(), None);
}

#[test]
fn a_number_beyond_the_largest_float_is_no_value() {
    let scaled = r#"file = { path = "@/n", scale = 1e300, default = 7 }"#;
    let sum = r#"file = { path = "@/n", column = [1, 2], default = 7 }"#;
    for ctype in ["f32", "f64", "u64"] {
        let mut setup = setup(&[(ctype, scaled), (ctype, sum)]);
        for text in ["1e300 1e400", "-1e999 1", "1e308 1.5e308"] {
            setup.write("n", text);
            assert_eq!(setup.sample(), ["7", "7"], "{ctype}: {text}");
            let why = "the number is beyond the largest float; correct scale";
            assert_eq!(setup.error().as_deref(), Some(why));
        }
    }
}

#[test]
fn a_named_pipe_is_refused_and_its_content_left_to_its_reader() {
    let mut setup = setup(&[("u8", r#"file = { path = "@/pipe", default = 9 }"#)]);
    let path = setup.path("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("mkfifo");
    let mut pipe = OpenOptions::new().read(true).write(true).open(&path).expect("pipe");
    pipe.write_all(b"5").expect("write");
    assert_eq!(setup.sample(), ["9"]);
    let mut left = [0];
    pipe.read_exact(&mut left).expect("what was written");
    assert_eq!(left, *b"5");
}

#[test]
fn two_readings_close_together_are_not_taken_for_a_rate() {
    let mut setup = setup(&[("f64", r#"file = { path = "@/n", column = 1, rate = true }"#)]);
    setup.write("n", "0");
    setup.sample();
    sleep(Duration::from_millis(15));
    setup.write("n", "1000");
    let start = Instant::now();
    let rate = setup.sample();
    let next = setup.sample();
    // Usually some microseconds apart, in which the kernel's counters do not change.
    if start.elapsed() < Duration::from_millis(10) {
        assert_eq!(next, rate);
    }
}
