//! `mapcast top` in a terminal.

use std::time::{Duration, Instant};

use e2e::{Place, Terminal, proc, wait_until};
use layout::Stu;
use region::{DynWriter, Writer};
use rustix::process::{Pid, Signal, kill_process};

use crate::mapcast;

/// A terminal on which the view can be drawn.
const ORDINARY: &str = "TERM=screen";
/// Its columns.
const COLUMNS: u16 = 80;

/// A region called `name` with one record.
fn region(place: &Place, name: &str) -> Writer<Stu> {
    let mut writer = Writer::<Stu>::open(place.path(&format!("{name}.region"))).expect("a writer");
    publish(&mut writer, 10);
    writer
}

fn publish(writer: &mut Writer<Stu>, id: i32) {
    writer.publish(&Stu::new(id, "xiaoming", 'm')).expect("a record");
}

/// The view of the regions in `place`.
fn top<'a>(place: &'a Place, args: &[&str]) -> Terminal<'a> {
    let args = [&["top"], args].concat();
    Terminal::open(place, &mapcast(), &args, &[ORDINARY], COLUMNS)
}

/// Waits until the screen shows all of `parts`.
#[track_caller]
fn shows(terminal: &Terminal<'_>, parts: &[&str]) {
    let mut screen = String::new();
    wait_until(&format!("{parts:?} on the screen"), || {
        screen = terminal.screen();
        parts.iter().all(|part| screen.contains(part)) || !terminal.is_running()
    });
    assert!(parts.iter().all(|part| screen.contains(part)), "{parts:?} is not on\n{screen}");
}

#[track_caller]
fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("a signal");
}

#[test]
fn regions_and_values_are_shown_and_follow_each_record() {
    let place = Place::new();
    let mut writer = region(&place, "stu");
    drop(region(&place, "old"));
    let terminal = top(&place, &[]);
    shows(&terminal, &["2 regions", "old", "closed", "stu", "live"]);
    terminal.keys(&["Down", "Enter"]);
    shows(&terminal, &["stu: STU, sequence 1", "id", "10", "xiaoming", "student number"]);
    publish(&mut writer, 4711);
    shows(&terminal, &["sequence 2", "4711"]);
    terminal.keys(&["Enter"]);
    shows(&terminal, &["id 4711: min 10, max 4711"]);
    terminal.keys(&["Escape", "/nam"]);
    shows(&terminal, &["/nam_"]);
    terminal.keys(&["Enter"]);
    shows(&terminal, &["filter \"nam\""]);
    assert!(!terminal.screen().contains("student number"), "{}", terminal.screen());
    terminal.keys(&["q"]);
    terminal.wait_for_end();
}

#[test]
fn a_region_that_dies_is_replaced_or_changes_its_record_is_shown_as_it_is() {
    let place = Place::new();
    let mut producer = crate::producer().start(&place, "--region ./stu.region --tick 1h");
    producer.says("publishing");
    let terminal = top(&place, &["stu"]);
    shows(&terminal, &["stu, live: STU, sequence 1"]);
    producer.kill9();
    terminal.keys(&["b"]);
    shows(&terminal, &["dead"]);
    let mut writer = region(&place, "stu");
    shows(&terminal, &["live", "sequence 2", "another writer has taken over"]);
    publish(&mut writer, 4711);
    shows(&terminal, &["sequence 3", "4711"]);
    drop(writer);
    std::fs::remove_file(place.path("stu.region")).expect("removed");
    shows(&terminal, &["deleted", "4711"]);
    let schema = layout::Schema::builder("OTHER")
        .field(layout::FieldSpec::new("speed", layout::Scalar::F64).unit("m/s"))
        .build()
        .expect("a record");
    let mut writer = DynWriter::open(place.path("stu.region"), &schema).expect("a writer");
    writer.publish(&1.5_f64.to_bits().to_le_bytes()).expect("a record");
    shows(&terminal, &["stu: OTHER, sequence 1", "speed", "1.5", "m/s", "its record has changed"]);
}

#[test]
fn a_window_can_be_narrow_and_change_its_size() {
    let place = Place::new();
    let _writer = region(&place, "stu");
    let terminal = top(&place, &[]);
    shows(&terminal, &["1 region", "student number"]);
    terminal.resize(40);
    wait_until("the list alone", || {
        let screen = terminal.screen();
        screen.contains("1 region") && !screen.contains("xiaoming")
    });
    terminal.resize(120);
    shows(&terminal, &["1 region", "MIN", "xiaoming"]);
}

#[test]
fn the_mouse_selects_and_opens() {
    let place = Place::new();
    let _writers = [region(&place, "first"), region(&place, "other")];
    let terminal = top(&place, &[]);
    shows(&terminal, &["first: STU"]);
    // A press and a release in column 4, row 4, counted from 1.
    terminal.bytes("\x1b[<0;4;4M\x1b[<0;4;4m");
    shows(&terminal, &["other: STU"]);
}

/// A shell that stores the terminal's mode before and after the view.
const AROUND: &str = "stty -a > before; \"$0\" top; echo $? > code; stty -a > after; exec sleep 1h";

/// The process id of the view in a shell.
#[track_caller]
fn child(pid: u32) -> u32 {
    let mut child = None;
    wait_until("the view", || {
        child = proc::first_child(pid);
        child.is_some()
    });
    child.expect("found")
}

#[test]
fn signals_and_keys_that_end_it_leave_the_terminal_as_it_was() {
    for end in [Some(Signal::TERM), Some(Signal::INT), Some(Signal::HUP), None] {
        let place = Place::new();
        let _writer = region(&place, "stu");
        let program = mapcast().path().display().to_string();
        let shell = e2e::Program::new("sh", "/bin/sh");
        let terminal =
            Terminal::open(&place, &shell, &["-c", AROUND, &program], &[ORDINARY], COLUMNS);
        shows(&terminal, &["xiaoming"]);
        assert_eq!(terminal.modes(), "1 1 0", "the other screen, the mouse, no cursor");
        match end {
            Some(end) => signal(child(terminal.pid()), end),
            None => terminal.keys(&["C-c"]),
        }
        let read = |name| std::fs::read_to_string(place.path(name)).unwrap_or_default();
        wait_until("the end of the view", || read("after").contains("speed"));
        assert_eq!((read("code").trim(), read("after")), ("0", read("before")), "{end:?}");
        assert_eq!(terminal.modes(), "0 0 1", "{end:?}");
    }
}

#[test]
fn ctrl_z_suspends_it_and_fg_continues() {
    let place = Place::new();
    let _writer = region(&place, "stu");
    let program = mapcast().path().display().to_string();
    let shell = e2e::Program::new("bash", "/bin/bash");
    let jobs = "set -m; \"$0\" top; echo it is suspended; read -r line; fg";
    let terminal = Terminal::open(&place, &shell, &["-c", jobs, &program], &[ORDINARY], COLUMNS);
    shows(&terminal, &["xiaoming"]);
    terminal.keys(&["C-z"]);
    shows(&terminal, &["it is suspended"]);
    assert_eq!(terminal.modes(), "0 0 1");
    terminal.keys(&["Enter"]);
    shows(&terminal, &["xiaoming", "q quit"]);
    assert_eq!(terminal.modes(), "1 1 0");
    terminal.keys(&["q"]);
    terminal.wait_for_end();
}

#[test]
fn a_terminal_that_only_prints_lines_is_refused() {
    let place = Place::new();
    for variables in [&["TERM=dumb"][..], &["-u", "TERM"]] {
        let terminal = Terminal::open(&place, &mapcast(), &["top"], variables, 200);
        terminal.wait_for_end();
        let lines = terminal.lines();
        assert!(lines[0].contains("the terminal only prints lines (see TERM)"), "{lines:?}");
    }
}

#[test]
fn a_pipe_is_refused_with_exit_code_2() {
    let place = Place::new();
    let output = mapcast().command(&place).arg("top").output().expect("mapcast");
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("stdout is no terminal; top needs a terminal: use `mapcast list`"),
        "{error}"
    );
}

#[test]
fn keys_that_cannot_come_from_the_terminal_are_refused() {
    let place = Place::new();
    let program = mapcast().path().display().to_string();
    let shell = e2e::Program::new("sh", "/bin/sh");
    let args = ["-c", "\"$0\" top </dev/null; echo it ends with $?", &program];
    let terminal = Terminal::open(&place, &shell, &args, &[ORDINARY], 200);
    terminal.wait_for_end();
    let lines = terminal.lines().join("\n");
    for part in ["stdin is no terminal; top needs a terminal", "it ends with 2"] {
        assert!(lines.contains(part), "{lines}");
    }
}

/// Whether a line has a sequence that sets the colour of letters: 31 to 37, 91 to 97, or 38 with one.
fn is_coloured(line: &str) -> bool {
    let sequences = line.split("\x1b[").skip(1).filter_map(|rest| rest.split_once('m'));
    sequences
        .flat_map(|(codes, _)| codes.split(';'))
        .any(|code| code.parse().is_ok_and(|code: u8| matches!(code, 31..=38 | 91..=97)))
}

#[test]
fn no_color_means_no_colours_in_the_terminal() {
    let place = Place::new();
    let _writer = region(&place, "stu");
    for (variables, has_colours) in [(&[ORDINARY][..], true), (&[ORDINARY, "NO_COLOR=1"], false)] {
        let terminal = Terminal::open(&place, &mapcast(), &["top"], variables, COLUMNS);
        shows(&terminal, &["xiaoming"]);
        let lines = terminal.coloured_lines();
        assert_eq!(lines.iter().any(|line| is_coloured(line)), has_colours, "{lines:?}");
        drop(terminal);
    }
}

/// The time for which wake-ups are counted, and most spans to try: see `idle`.
const SPAN: Duration = Duration::from_secs(3);
const SPANS: usize = 5;
/// Allowed wake-ups a second: two threads wake once each, and the terminal takes a frame.
const A_SECOND: u128 = 5;

#[test]
fn an_idle_view_wakes_a_few_times_a_second_and_a_fast_writer_wakes_it_for_each_frame() {
    let place = Place::new();
    let mut writer = region(&place, "stu");
    let terminal = top(&place, &["stu"]);
    shows(&terminal, &["xiaoming"]);
    let pid = terminal.pid();
    let count = |work: &mut dyn FnMut()| {
        let (start, before) = (Instant::now(), proc::sleeps(pid));
        while start.elapsed() < SPAN {
            work();
        }
        let most = start.elapsed().as_millis() * A_SECOND / 1000 + A_SECOND;
        (u128::from(proc::sleeps(pid) - before), most)
    };
    let mut idle = || std::thread::sleep(Duration::from_millis(10));
    let mut spans = (0..SPANS).map(|_| count(&mut idle));
    assert!(spans.any(|(woken, most)| woken <= most), "too often while nothing happens");
    // 20 frames a second, for each of which three threads may sleep some times.
    let mut records = 0;
    let mut publishing = || {
        publish(&mut writer, 1);
        records += 1;
    };
    let (woken, most) = count(&mut publishing);
    assert!(woken <= most * 40, "woken {woken} times for {records} records");
    assert!(records > woken, "woken {woken} times for {records} records");
}

#[test]
fn the_first_key_after_a_resize_counts() {
    let place = Place::new();
    let _writer = region(&place, "stu");
    let terminal = top(&place, &[]);
    shows(&terminal, &["1 region", "student number"]);
    for columns in [90, 100, 110] {
        terminal.keys(&["Enter", "Enter"]);
        shows(&terminal, &["id 10"]);
        terminal.resize(columns);
        shows(&terminal, &["newest"]);
        terminal.keys(&["Escape"]);
        shows(&terminal, &["FIELD"]);
        terminal.keys(&["Escape"]);
    }
}

#[test]
fn esc_and_a_key_that_come_at_once_are_two_keys() {
    let place = Place::new();
    let _writer = region(&place, "stu");
    let terminal = top(&place, &["stu"]);
    shows(&terminal, &["student number"]);
    terminal.bytes("/nam\r");
    shows(&terminal, &["filter \"nam\""]);
    terminal.bytes("\x1bG\r");
    shows(&terminal, &["sex m"]);
}
