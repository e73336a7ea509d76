//! A named pipe whose writers leave and return, and which is itself replaced.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use layout::{FieldSpec, RecordBuf, Scalar, Schema, Value};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::io::Errno;
use settings::{InputKey, InputSource};
use tempfile::TempDir;

use super::{Input, Keys, OpenError, Outcome, check_input};
use daemon::{Monotonic, Ready};

/// An input of one field `n` from a pipe in a directory of its own.
struct Setup {
    dir: TempDir,
    input: Input,
    record: RecordBuf,
}

fn setup() -> Setup {
    let dir = tempfile::tempdir().expect("directory");
    make_pipe(&pipe_in(&dir));
    let schema = Schema::builder("N").field(FieldSpec::new("n", Scalar::U32)).build();
    let key = InputSource::from(InputKey::Member("n".to_owned()));
    let input = opened(&pipe_in(&dir), Keys::new([(&key, 0)])).expect("pipe");
    Setup { dir, input, record: RecordBuf::new(Arc::new(schema.expect("schema"))) }
}

fn opened(path: &Path, keys: Keys) -> Result<Input, OpenError> {
    let mut input = Input::find(Some(path), 1 << 10, keys)?;
    input.begin()?;
    Ok(input)
}

fn pipe_in(dir: &TempDir) -> PathBuf {
    dir.path().join("pipe")
}

fn make_pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("mkfifo");
}

impl Setup {
    fn writer(&self) -> File {
        OpenOptions::new().write(true).open(pipe_in(&self.dir)).expect("a reader is there")
    }

    /// Whether `ppoll` calls the pipe readable now.
    fn is_ready(&self) -> bool {
        let past = Some(Monotonic::from_nanos(0));
        // The pipe stands in for the signals: one descriptor is enough to poll.
        let ready = daemon::wait(&self.input, None, past).expect("poll");
        ready != Ready::default()
    }

    /// Reads until the pipe is empty; returns the values published and the numbers of bad lines.
    fn drain(&mut self) -> (Vec<u64>, Vec<u64>) {
        let (mut values, mut bad) = (Vec::new(), Vec::new());
        for turn in 0.. {
            assert!(turn < 100, "the pipe never becomes quiet");
            if !self.is_ready() {
                break;
            }
            self.input.fill().expect("read");
            while let Some(outcome) = self.input.next(&mut self.record, &mut || true) {
                match outcome {
                    Outcome::Publish => match self.record.value(0) {
                        Value::Uint(value) => values.push(value),
                        other => panic!("{other:?}"),
                    },
                    Outcome::Bad { number, .. } => bad.push(number),
                    Outcome::Incomplete { .. } => panic!("one field, and it has a value"),
                    Outcome::Stopped => panic!("nothing has stopped it"),
                }
            }
        }
        assert!(!self.input.has_ended(), "a pipe has no end");
        (values, bad)
    }
}

#[test]
fn no_line_is_lost_when_writers_leave_and_return() {
    let mut setup = setup();
    assert!(!setup.is_ready(), "no writer yet: nothing to do");
    for round in 0..5 {
        let mut writer = setup.writer();
        writeln!(writer, "{{\"n\": {round}}}").expect("write");
        if round % 2 == 0 {
            assert_eq!(setup.drain().0, [round], "read while the writer is there");
            drop(writer);
            assert_eq!(setup.drain().0, [] as [u64; 0], "its leaving is no line");
        } else {
            drop(writer);
            assert_eq!(setup.drain().0, [round], "read after the writer has gone");
        }
        assert!(!setup.is_ready(), "no busy loop while there is no writer");
    }
}

#[test]
fn the_unfinished_line_of_a_writer_that_left_is_not_joined_to_the_next() {
    let mut setup = setup();
    for _ in 0..2 {
        let mut writer = setup.writer();
        write!(writer, "{{\"n\": 1}}\n{{\"n\": 2}}").expect("write");
        drop(writer);
        assert_eq!(setup.drain().0, [1, 2]);
    }
    // A line cut in the middle is bad and does not affect the next writer's first line.
    write!(setup.writer(), "{{\"n\": ").expect("write");
    assert_eq!(setup.drain(), (vec![], vec![5]));
    writeln!(setup.writer(), "{{\"n\": 3}}").expect("write");
    assert_eq!(setup.drain(), (vec![3], vec![]));
}

#[test]
fn an_unfinished_line_written_before_the_start_is_read() {
    let mut setup = setup();
    // A writer that opens and closes the pipe after we have seen the end and before we reopen it:
    // its line is in the pipe, and the kernel does not report its leaving to the new descriptor.
    write!(setup.writer(), "{{\"n\": 6}}").expect("write");
    let key = InputSource::from(InputKey::Member("n".to_owned()));
    let keys = Keys::new([(&key, 0)]);
    setup.input = opened(&pipe_in(&setup.dir), keys).expect("pipe");
    assert_eq!(setup.drain().0, [6]);
}

#[test]
fn a_pipe_that_was_found_lets_no_writer_through_before_it_is_opened() {
    let dir = tempfile::tempdir().expect("directory");
    make_pipe(&pipe_in(&dir));
    let mut input = Input::find(Some(&pipe_in(&dir)), 1 << 10, Keys::new([])).expect("pipe");
    let open_at_once = || {
        let no_wait = i32::try_from(OFlags::NONBLOCK.bits()).expect("flags");
        OpenOptions::new().write(true).custom_flags(no_wait).open(pipe_in(&dir))
    };
    let error = open_at_once().expect_err("no reader");
    assert_eq!(error.raw_os_error(), Some(Errno::NXIO.raw_os_error()));
    // It is the pipe that was found, whatever has its name.
    std::fs::rename(pipe_in(&dir), dir.path().join("renamed")).expect("rename");
    make_pipe(&pipe_in(&dir));
    input.begin().expect("open");
    input.begin().expect("once is enough");
    open_at_once().expect_err("no reader of the new one");
    std::fs::rename(dir.path().join("renamed"), pipe_in(&dir)).expect("rename");
    open_at_once().expect("a reader");
}

#[test]
fn a_pipe_that_was_replaced_is_followed() {
    let mut setup = setup();
    assert!(!setup.input.follow_name().expect("still there"));
    let mut writer = setup.writer();
    std::fs::remove_file(pipe_in(&setup.dir)).expect("remove");
    setup.input.follow_name().expect_err("no pipe of that name");
    write!(writer, "{{\"n\": 8}}").expect("write");
    drop(writer);
    assert_eq!(setup.drain().0, [8], "the old pipe is read until a new one has its name");
    std::fs::write(pipe_in(&setup.dir), "{\"n\": 7}\n").expect("a file in place of the pipe");
    let error = setup.input.follow_name().expect_err("no pipe").to_string();
    assert!(error.ends_with(": is no pipe any more; give a named pipe (mkfifo)"), "{error}");
    assert!(setup.drain().0.is_empty() && !setup.input.has_ended());
    std::fs::remove_file(pipe_in(&setup.dir)).expect("remove");
    make_pipe(&pipe_in(&setup.dir));
    assert!(setup.input.follow_name().expect("the new one"));
    writeln!(setup.writer(), "{{\"n\": 9}}").expect("write");
    assert_eq!(setup.drain().0, [9]);
}

#[test]
fn what_the_writers_of_a_replaced_pipe_have_left_is_read_before_the_new_one() {
    let mut setup = setup();
    let mut writer = setup.writer();
    // The last line has no end.
    let lines: Vec<_> = (1..4000).map(|n| format!("{{\"n\": {n}}}")).collect();
    writer.write_all(lines.join("\n").as_bytes()).expect("the pipe has room");
    drop(writer);
    std::fs::remove_file(pipe_in(&setup.dir)).expect("remove");
    make_pipe(&pipe_in(&setup.dir));
    assert!(setup.input.follow_name().expect("the new one"));
    let mut values = Vec::new();
    while let Some(outcome) = setup.input.next(&mut setup.record, &mut || true) {
        assert_eq!(outcome, Outcome::Publish);
        values.push(setup.record.value(0));
    }
    assert!(values.into_iter().eq((1..4000).map(Value::Uint)));
    writeln!(setup.writer(), "{{\"n\": 7}}").expect("write");
    assert_eq!(setup.drain(), (vec![7], vec![]));
}

#[test]
fn a_byte_order_mark_at_the_start_of_a_line_is_skipped() {
    let mut setup = setup();
    for n in 1..=2 {
        writeln!(setup.writer(), "\u{feff}{{\"n\": {n}}}").expect("write");
        assert_eq!(setup.drain(), (vec![n], vec![]), "each writer may have its own");
    }
    // Two writers, and a file without a last newline: the mark is not at the start of the stream.
    write!(setup.writer(), "\u{feff}{{\"n\": 3}}\n\u{feff}\n\u{feff}{{\"n\": 4}}").expect("write");
    assert_eq!(setup.drain(), (vec![3, 4], vec![]));
    writeln!(setup.writer(), "{{\"n\": 5}}\u{feff}").expect("write");
    assert_eq!(setup.drain(), (vec![], vec![6]), "behind the object it is a bad line");
}

#[test]
fn a_column_counts_the_bytes_of_a_byte_order_mark() {
    let mut setup = setup();
    let mut column = |line: &[u8]| {
        setup.writer().write_all(&[line, b"\n"].concat()).expect("write");
        setup.input.fill().expect("read");
        let outcome = setup.input.next(&mut setup.record, &mut || true);
        let Some(Outcome::Bad { error, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(setup.input.next(&mut setup.record, &mut || true), None);
        let text = error.to_string();
        let (_, column) = text.split_once("column ").expect("a column");
        column.split(|c: char| !c.is_ascii_digit()).next().expect("digits").parse::<usize>()
    };
    for line in [&b"hello"[..], b"{\"n\": NaN}", b"{\"n\": 1.x}", b"{\"n\": \"\xff\"}"] {
        let plain = column(line).expect("a number");
        assert_eq!(column(&[b"\xef\xbb\xbf", line].concat()), Ok(plain + 3), "{line:?}");
    }
}

#[test]
fn blank_lines_are_skipped_but_numbered() {
    let mut setup = setup();
    write!(setup.writer(), "\n  \r\n{{\"n\": 4}}\nx\n").expect("write");
    assert_eq!(setup.drain(), (vec![4], vec![4]));
}

#[test]
fn a_regular_file_is_read_to_its_end() {
    let setup = setup();
    let path = setup.dir.path().join("file");
    std::fs::write(&path, "{\"n\": 1}\n{\"n\": 2}").expect("write");
    let key = InputSource::from(InputKey::Member("n".to_owned()));
    let mut input = opened(&path, Keys::new([(&key, 0)])).expect("file");
    let mut record = setup.record.clone();
    let mut good = 0;
    while !input.has_ended() {
        input.fill().expect("read");
        while let Some(outcome) = input.next(&mut record, &mut || true) {
            assert_eq!(outcome, Outcome::Publish);
            good += 1;
        }
    }
    assert_eq!((good, record.value(0)), (2, Value::Uint(2)));
}

#[test]
fn a_file_that_cannot_be_an_input_is_refused_with_the_next_step() {
    let setup = setup();
    assert!(check_input(&pipe_in(&setup.dir)).is_ok());
    let open = |path: &Path| {
        let found = Input::find(Some(path), 1 << 10, Keys::new([]));
        let error = found.expect_err("no input").to_string();
        assert_eq!(check_input(path).expect_err("no input").to_string(), error);
        error
    };
    let dir = setup.dir.path();
    let (here, none) = (dir.display(), dir.join("none"));
    assert_eq!(open(dir), format!("{here}: is a directory; give a named pipe (mkfifo)"));
    let there_is_none =
        format!("{here}/none: there is no such pipe; make it first (mkfifo {here}/none)");
    assert_eq!(open(&none), there_is_none);
    let _socket = std::os::unix::net::UnixListener::bind(&none).expect("a socket");
    let is_socket = format!("{here}/none: is a socket or no device; give a named pipe (mkfifo)");
    assert_eq!(open(&none), is_socket);
}
