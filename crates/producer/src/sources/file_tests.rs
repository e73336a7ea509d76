//! Files that change, vanish, return, or hold something unexpected.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use layout::{RecordBuf, Value};
use settings::Settings;
use tempfile::TempDir;

use super::{Moment, Sources};

/// Sources of a record whose fields are given as lines of `NAME TYPE SOURCE`, where `@` stands for
/// the directory.
pub(super) struct Setup {
    dir: TempDir,
    sources: Sources,
    record: RecordBuf,
}

pub(super) fn setup(fields: &[(&str, &str)]) -> Setup {
    let dir = tempfile::tempdir().expect("directory");
    let settings = configuration(&dir, fields);
    let sources = Sources::new(&settings.record, Moment::now());
    let record = sources.first_record();
    Setup { dir, sources, record }
}

fn configuration(dir: &TempDir, fields: &[(&str, &str)]) -> Settings {
    let mut text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n".to_owned();
    for (index, (ctype, source)) in fields.iter().enumerate() {
        let source = source.replace('@', &dir.path().display().to_string());
        let _ = writeln!(
            text,
            "[[record.field]]\nname = \"f{index}\"\ntype = \"{ctype}\"\nsource = {{ {source} }}"
        );
    }
    Settings::parse(&text, "test.toml").expect("settings")
}

impl Setup {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("write");
    }

    /// The values of one record.
    pub(super) fn sample(&mut self) -> Vec<String> {
        self.sources.sample(Moment::now(), &mut self.record);
        self.record.view().iter().map(|(_, value)| value.to_string()).collect()
    }

    /// What is wrong with the first field.
    pub(super) fn error(&self) -> Option<String> {
        self.error_of(0)
    }

    /// What is wrong with field number `index`.
    pub(super) fn error_of(&self, index: usize) -> Option<String> {
        self.sources.fields[index].error.last().map(ToString::to_string)
    }
}

#[test]
fn numbers_and_texts_are_read_from_files() {
    let mut setup = setup(&[
        ("u64", r#"file = { path = "@/mem", key = "MemFree", column = 1, scale = 1024 }"#),
        ("f32", r#"file = { path = "@/temp", column = 1, scale = 0.001 }"#),
        ("i16", r#"file = { path = "@/temp", column = 1, scale = 0.001 }"#),
        ("char[16]", r#"file = { path = "@/name" }"#),
        ("u64", r#"file = { path = "@/big", column = 1 }"#),
    ]);
    setup.write("mem", "MemTotal: 99 kB\nMemFree:  12 kB\n");
    setup.write("temp", "45678\n");
    setup.write("name", "eth 0\n");
    setup.write("big", "18446744073709551615\n");
    assert_eq!(setup.sample(), ["12288", "45.678", "46", "eth 0", "18446744073709551615"]);
}

#[test]
fn a_file_is_read_again_for_each_record() {
    let mut setup = setup(&[("u32", r#"file = { path = "@/n", column = 1 }"#)]);
    setup.write("n", "1");
    assert_eq!(setup.sample(), ["1"]);
    setup.write("n", "2");
    assert_eq!(setup.sample(), ["2"], "the same file, written in place");
    setup.write("n.new", "3");
    fs::rename(setup.path("n.new"), setup.path("n")).expect("rename");
    assert_eq!(setup.sample(), ["3"], "another file under the same name");
}

#[test]
fn the_file_that_now_has_the_name_is_read_and_not_a_renamed_one() {
    let mut setup = setup(&[("u32", r#"file = { path = "@/cur/n", column = 1 }"#)]);
    fs::create_dir(setup.path("a")).expect("directory");
    symlink("a", setup.path("cur")).expect("link");
    setup.write("cur/n", "1");
    assert_eq!(setup.sample(), ["1"]);

    fs::rename(setup.path("a/n"), setup.path("a/n.1")).expect("rename");
    setup.write("a/n", "2");
    assert_eq!(setup.sample(), ["2"], "the old one was rotated away");

    fs::hard_link(setup.path("a/n"), setup.path("a/n.bak")).expect("link");
    setup.write("a/n.new", "3");
    fs::rename(setup.path("a/n.new"), setup.path("a/n")).expect("rename");
    assert_eq!(setup.sample(), ["3"], "the old one was kept as a backup");

    fs::create_dir(setup.path("b")).expect("directory");
    setup.write("b/n", "4");
    symlink("b", setup.path("next")).expect("link");
    fs::rename(setup.path("next"), setup.path("cur")).expect("rename");
    assert_eq!(setup.sample(), ["4"], "a link on the way was switched");

    fs::rename(setup.path("b"), setup.path("b.old")).expect("rename");
    setup.sample();
    let gone = setup.error().expect("no file has the name");
    assert!(gone.ends_with("No such file or directory (os error 2)"), "{gone}");
    fs::create_dir(setup.path("b")).expect("directory");
    setup.write("b/n", "5");
    assert_eq!((setup.sample(), setup.error()), (vec!["5".to_owned()], None));
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_value() {
    let source = r#"file = { path = "@/n" }"#;
    let mut setup = setup(&[("i32", source), ("char[8]", source)]);
    setup.write("n", "\u{feff}42\n");
    assert_eq!((setup.sample(), setup.error()), (vec!["42".to_owned(); 2], None));
}

#[test]
fn fields_of_one_file_agree_because_it_is_read_once() {
    let setup_path = r#"file = { path = "@/pair", column = 1 }"#;
    let mut setup = setup(&[("u32", setup_path), ("u32", &setup_path.replace('1', "2"))]);
    setup.write("pair", "7 8");
    assert_eq!(setup.sample(), ["7", "8"]);
    assert_eq!(setup.sources.shared.borrow().files.len(), 1);
}

#[test]
fn a_field_without_a_value_keeps_its_last_one_and_has_an_error() {
    let mut setup = setup(&[("u8", r#"file = { path = "@/n", key = "n", column = 1 }"#)]);
    let path = setup.path("n").display().to_string();
    setup.write("n", "n 7");
    assert_eq!(setup.sample(), ["7"]);
    assert_eq!(setup.error(), None);

    let cases = [
        ("n x", format!("{path}: column 1 is \"x\", not a number; correct key or column")),
        ("m 1", format!("{path}: no line has the words \"n\"; correct key")),
        (
            "n 256",
            "256 does not fit field \"f0\" (u8); give the field a larger type, or scale the value"
                .to_owned(),
        ),
        ("n 1.5", "2".to_owned()),
    ];
    for (text, why) in cases {
        setup.write("n", text);
        let values = setup.sample();
        match setup.error() {
            Some(error) => assert_eq!((values, error), (vec!["7".to_owned()], why)),
            None => assert_eq!(values, [why], "a number for an integer field is rounded"),
        }
    }
    setup.write("n", "n 7");
    setup.sample();
    fs::remove_file(setup.path("n")).expect("remove");
    assert_eq!(setup.sample(), ["7"]);
    let gone = format!("cannot read {path}: No such file or directory (os error 2)");
    assert_eq!(setup.error(), Some(gone));
    fs::create_dir(setup.path("n")).expect("directory");
    assert_eq!(setup.sample(), ["7"]);
    let directory = format!("cannot read {path}: Is a directory (os error 21)");
    assert_eq!(setup.error(), Some(directory));
    fs::remove_dir(setup.path("n")).expect("remove");
    setup.write("n", "n 9");
    assert_eq!((setup.sample(), setup.error()), (vec!["9".to_owned()], None));
}

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

#[test]
fn what_is_no_text_or_far_too_long_or_a_pipe_is_refused() {
    let mut setup = setup(&[("u8", r#"file = { path = "@/n", column = 1 }"#)]);
    let path = setup.path("n").display().to_string();
    fs::write(setup.path("n"), b"1 \xff").expect("write");
    setup.sample();
    assert_eq!(
        setup.error(),
        Some(format!("{path} is not UTF-8 text; save it as UTF-8, or give another file"))
    );
    fs::write(setup.path("n"), vec![b' '; (1 << 20) + 1]).expect("write");
    setup.sample();
    assert_eq!(setup.error(), Some(format!("{path} is longer than 1 MiB; give another file")));
    let mut largest = vec![b' '; (1 << 20) - 1];
    largest.push(b'5');
    fs::write(setup.path("n"), largest).expect("write");
    assert_eq!(setup.sample(), ["5"]);

    fs::remove_file(setup.path("n")).expect("remove");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, setup.path("n"), fifo, mode, 0).expect("mkfifo");
    setup.sample(); // does not wait for a writer
    let why = "is a pipe or a stream, not a file; read it with an input source";
    assert_eq!(setup.error(), Some(format!("{path} {why}")));
}

#[test]
fn a_rate_needs_two_readings_and_follows_the_clock() {
    let rate = r#"file = { path = "@/n", column = 1, rate = true, scale = 0.5 }"#;
    let mut setup = setup(&[("f64", rate)]);
    setup.write("n", "1000");
    assert_eq!((setup.sample(), setup.error()), (vec!["0".to_owned()], None));

    let before = Instant::now();
    sleep(Duration::from_millis(30));
    setup.write("n", "3000");
    setup.sample();
    let Value::F64(rate) = setup.record.value(0) else { panic!("an f64") };
    // 2000 more, times 0.5, in at least 30 ms; a busy machine may take longer.
    assert!(rate > 0.0 && rate <= 1000.0 / 0.03, "{rate}");
    let took = before.elapsed().as_secs_f64();
    assert!(rate >= 1000.0 / (took + 1.0), "{rate} in {took} s");

    setup.write("n", "9000");
    let again = setup.sample();
    setup.write("n", "10");
    sleep(Duration::from_millis(30));
    assert_eq!(setup.sample(), again, "a number that decreased has no rate");
    assert_eq!(setup.error(), None);
}

#[test]
fn the_rate_of_a_counter_that_wraps_stays_right() {
    let rate = |wraps: &str| format!("file = {{ path = '@/n', rate = true{wraps}, default = -1 }}");
    let (with, without) = (rate(", wraps = 32"), rate(""));
    let mut setup = setup(&[("f64", &with), ("f64", &without)]);
    let mut after = |number: &str| {
        setup.write("n", number);
        let values = setup.sample();
        sleep(Duration::from_millis(15));
        values
    };
    after("4294967290");
    let wrapped = after("4");
    assert_eq!(wrapped[1], "-1");
    let rate: f64 = wrapped[0].parse().expect("a number");
    assert!(rate > 0.0 && rate <= 10.0 / 0.015, "10 more in at least 15 ms: {rate}");
    assert!(after("1000")[0].parse::<f64>().expect("a number") > 0.0);
    assert_eq!(after("0"), ["-1", "-1"], "that far back is a counter that began anew");
}

#[test]
fn unchanged_sources_continue_after_a_reload() {
    let counter = ("u16", "counter = { start = 5, step = 1 }");
    let rate = ("f64", r#"file = { path = "@/n", column = 1, rate = true, default = nan }"#);
    let mut setup = setup(&[counter, rate, ("char[8]", "const = \"old\"")]);
    setup.write("n", "0");
    assert_eq!(setup.sample(), ["5", "NaN", "old"]);
    sleep(Duration::from_millis(15));
    setup.write("n", "10");

    let fields = [counter, rate, ("char[8]", "const = \"new\""), ("u8", "const = 1")];
    let settings = configuration(&setup.dir, &fields);
    let mut sources = Sources::new(&settings.record, Moment::now());
    let mut record = sources.first_record();
    let earlier =
        std::mem::replace(&mut setup.sources, Sources::new(&settings.record, Moment::now()));
    let kept = sources.carry_over(earlier, &setup.record, &mut record);
    assert_eq!(kept, [(0, 0), (1, 1)]);
    (setup.sources, setup.record) = (sources, record);
    let values = setup.sample();
    assert_eq!([&values[0], &values[2], &values[3]], ["6", "new", "1"]);
    assert_ne!(values[1], "NaN", "the rate kept its first reading");
}
