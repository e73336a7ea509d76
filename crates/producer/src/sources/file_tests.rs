//! Files that change, vanish, return, or hold something unexpected.

use std::fs;
use std::os::unix::fs::symlink;
use std::thread::sleep;
use std::time::{Duration, Instant};

use layout::Value;

use super::test_setup::{configuration, setup};
use super::{Moment, Sources};

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
