//! No descriptor or memory left: an error at the start, retried later while running.

use std::fs;
use std::process::Stdio;

use e2e::counters::Counters;
use e2e::{Daemon, Limit, Place, proc, wait_until};

use super::{follower, goes_on, is_of_epoch, is_one_line, publishing};
use crate::{consumer, producer};

const SMALL: Counters<'_> = Counters { region: "./x.region", fields: 2, slots: 8, tick: "5ms" };
/// 16 MiB of slots.
const LARGE: Counters<'_> =
    Counters { region: "./large.region", fields: 500, slots: 8192, tick: "1s" };
const TOO_MANY: [&str; 3] = ["./x.region: ", "Too many open files", "allow this process more open"];

#[test]
fn a_file_size_limit_is_an_error_of_whatever_is_printed() {
    let place = Place::new();
    for arguments in ["--check", "--help", "--version"] {
        let out = fs::File::create(place.path("out")).expect("a file");
        let mut command = producer().command_after("ulimit -f 0", &place);
        let command = command.arg(arguments).stdout(out).stderr(Stdio::piped());
        let output = command.output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {said}");
        assert!(said.contains("cannot write to stdout: File too large"), "{arguments}: {said}");
    }
}

#[test]
fn too_few_descriptors_at_the_start_log_one_line_and_exit_with_1() {
    let place = Place::new();
    SMALL.write(&place, "x.toml");
    let before = e2e::names_in(place.dir());
    // From one more than the three, which the loader needs, to one too few; finally enough.
    let mut codes = Vec::new();
    for descriptors in 4..20 {
        let limit = format!("ulimit -n {descriptors}");
        let mut command = producer().command_after(&limit, &place);
        let mut starts = Daemon::start("producer", command.args(["./x.toml", "--ticks", "1"]));
        let code = starts.exit_code();
        codes.push(code);
        if code == 0 {
            break;
        }
        assert_eq!(code, 1, "{descriptors}: {:?}", starts.err());
        is_one_line(
            &starts,
            &["producer: error: ", "Too many open files", "; allow this process more open"],
        );
        assert_eq!(e2e::names_in(place.dir()), before, "{descriptors}: left behind");
    }
    assert!(codes.len() > 2 && codes.last() == Some(&0), "{codes:?}");

    let mut codes = Vec::new();
    for descriptors in 4..20 {
        let limit = format!("ulimit -n {descriptors}");
        let mut command = consumer().command_after(&limit, &place);
        let mut starts = Daemon::start("consumer", command.args(["./x.region", "--once"]));
        let code = starts.exit_code();
        codes.push(code);
        if code == 0 {
            break;
        }
        assert_eq!(code, 1, "{descriptors}: {:?}", starts.err());
        is_one_line(
            &starts,
            &["consumer: error: ", "Too many open files", "; allow this process more open"],
        );
        assert!(starts.out().is_empty());
    }
    assert!(codes.len() > 1 && codes.last() == Some(&0), "{codes:?}");
}

#[test]
fn a_reader_without_a_descriptor_for_the_next_file_logs_that_and_retries() {
    let place = Place::new();
    SMALL.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    let mut follows = follower(&place, "./x.region");
    let mut polls = consumer().start(&place, "./x.region --poll 5ms --format json");
    polls.next_out();
    let limits = [&follows, &polls].map(Limit::of_descriptors);
    fs::remove_file(place.path("x.region")).expect("removed");
    producer.says("recreated");
    for reader in [&mut follows, &mut polls] {
        let line = reader.says("open: Too many open files");
        assert!(TOO_MANY.iter().all(|word| line.contains(word)), "{line}");
        assert!(line.contains("trying again"), "{line}");
    }
    drop(limits);
    for reader in [&mut follows, &mut polls] {
        reader.says("re-attached");
        reader.out_line("a record of the new file", is_of_epoch(2));
        assert_eq!(reader.said("Too many open files"), 1, "{:?}", reader.err());
        // It holds no more descriptors than before.
        let held = || proc::held(reader.pid(), "x.region");
        wait_until("one file is open and mapped", || held() == (1, 1));
    }
    producer.stop();
}

#[test]
fn a_producer_without_a_descriptor_for_a_new_file_logs_that_and_retries() {
    let place = Place::new();
    SMALL.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    let mut reader = follower(&place, "./x.region");
    let limit = Limit::of_descriptors(&producer);
    fs::remove_file(place.path("x.region")).expect("removed");
    let line = producer.says("the region was deleted and cannot be recreated");
    assert!(TOO_MANY.iter().all(|word| line.contains(word)), "{line}");
    goes_on(&mut reader); // the old file is read as long as there is no other
    assert_eq!(e2e::names_in(place.dir()).len(), 1, "nothing but x.toml");
    drop(limit);
    producer.says("recreated");
    reader.out_line("a record of the new file", is_of_epoch(2));
    assert_eq!(producer.said("cannot be recreated"), 1, "{:?}", producer.err());
    producer.stop();
}

#[test]
fn a_reload_without_descriptors_for_a_new_memfd_changes_nothing() {
    let place = Place::new();
    SMALL.write(&place, "x.toml");
    // From no free descriptor to enough of them: a reload that fails changes nothing.
    let mut refused = 0;
    for more in 0..8 {
        SMALL.write(&place, "x.toml");
        let mut producer = publishing(&place, "./x.toml --memfd");
        Counters { fields: 3, ..SMALL }.write(&place, "x.toml");
        let limit = Limit::of_descriptors_and(&producer, more);
        producer.signal(nix::sys::signal::Signal::SIGHUP);
        producer.err_line("an answer", |line| line.contains("SIGHUP"));
        drop(limit);
        if producer.said("is in force") == 0 {
            assert_eq!(producer.said("Too many open files"), 1, "{more}: {:?}", producer.err());
            assert_eq!(producer.said("keeping the old configuration"), 1);
            refused += 1;
        }
        // It publishes by either configuration and accepts the next reload.
        producer.signal(nix::sys::signal::Signal::SIGHUP);
        let answer = |line: &str| line.contains("SIGHUP");
        producer.err_line("the next answer", answer);
        assert_eq!(producer.said("is in force"), 1, "{more}: {:?}", producer.err());
        producer.stop();
    }
    assert!((1..8).contains(&refused), "{refused}");
}

#[test]
fn a_producer_that_may_not_create_files_publishes_and_retries() {
    let place = Place::new();
    SMALL.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    let mut reader = follower(&place, "./x.region");
    let limit = Limit::of_file_length(&producer, 64);
    goes_on(&mut reader);
    fs::remove_file(place.path("x.region")).expect("removed");
    let line = producer.says("the region was deleted and cannot be recreated");
    assert!(line.contains("File too large") && line.contains("raise the limit"), "{line}");
    // It tries again and again, and has a file for a moment each time.
    wait_until("nothing but x.toml", || e2e::names_in(place.dir()).len() == 1);
    drop(limit);
    producer.says("recreated");
    reader.out_line("a record of the new file", is_of_epoch(2));
    producer.stop();
}

#[test]
fn too_little_memory_for_a_new_region_logs_one_line_and_leaves_no_files() {
    let place = Place::new();
    LARGE.write(&place, "large.toml");
    let before = e2e::names_in(place.dir());
    // In KiB: more than the program takes in any build, less than the 33 MB of the region.
    let mut command = producer().command_after("ulimit -v 24576", &place);
    let mut starts = Daemon::start("producer", command.arg("./large.toml"));
    assert_eq!(starts.exit_code(), 1, "{:?}", starts.err());
    let no_memory = ["./large.region: mmap: Cannot allocate memory", "allow this process more"];
    is_one_line(&starts, &no_memory);
    assert_eq!(e2e::names_in(place.dir()), before);
}

#[test]
fn a_reader_without_memory_for_the_next_file_logs_that_and_retries() {
    let place = Place::new();
    SMALL.write(&place, "x.toml");
    LARGE.write(&place, "large.toml");
    let mut small = publishing(&place, "./x.toml");
    let mut reader = follower(&place, "./x.region");
    let limit = Limit::of_address_space(&reader, 4 << 20);
    small.stop();
    reader.says(": closed: ");
    let mut large = publishing(&place, "./large.toml --region ./x.region --tick 5ms");
    let line = reader.says("./x.region: mmap: Cannot allocate memory");
    assert!(line.contains("trying again"), "{line}");
    drop(limit);
    reader.says("re-attached, record now COUNT500");
    reader.out_line("a record of the new file", is_of_epoch(2));
    assert_eq!(reader.said("Cannot allocate memory"), 1, "{:?}", reader.err());
    large.stop();
}
