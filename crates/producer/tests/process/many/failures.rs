//! A region or a configuration that fails, among others that do not.

use region::DynWriter;

use super::*;

#[test]
fn a_region_that_cannot_be_opened_is_tried_again_and_the_others_are_published() {
    let place = Place::new();
    for name in ["a", "b"] {
        configure(&place, name, COUNTER, TICK);
    }
    fs::create_dir(region(&place, "a")).expect("in the way");
    let mut producer = start(&place, &["."]);
    publishes(&place, "b");
    producer.wait_for("is a directory, not a regular file");
    (0..40).for_each(|_| publishes(&place, "b")); // two seconds at the least
    fs::remove_dir(region(&place, "a")).expect("remove");
    publish_all(&place, &["a", "b"]);
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    assert_eq!(log.matches("is a directory").count(), 1, "once and not each second: {log}");
    assert!(log.contains("trying again each second"), "{log}");
}

#[test]
fn a_region_whose_lock_another_process_holds_is_published_when_that_ends() {
    let place = Place::new();
    for name in ["a", "b"] {
        configure(&place, name, COUNTER, TICK);
    }
    let mut first = start(&place, &["a.toml"]);
    publishes(&place, "a");
    let mut producer = start_as(&place, "second", &["."]);
    publishes(&place, "b");
    producer.wait_for(&format!("process {} publishes here already", first.child.id()));
    first.signal(Signal::TERM);
    first.ends_with(0);
    publishes(&place, "a");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_region_whose_file_is_deleted_or_cut_is_recreated_and_the_others_are_published() {
    let place = Place::new();
    for name in ["a", "b", "c"] {
        configure(&place, name, COUNTER, TICK);
    }
    let mut producer = start(&place, &["."]);
    publish_all(&place, &["a", "b", "c"]);
    fs::remove_file(region(&place, "a")).expect("remove");
    fs::File::options()
        .write(true)
        .open(region(&place, "b"))
        .expect("open")
        .set_len(0)
        .expect("cut");
    publish_all(&place, &["a", "b", "c"]);
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    for (name, what) in [("a", "was deleted"), ("b", "was cut short")] {
        let path = region(&place, name).display().to_string();
        assert!(log.contains(&format!("producer: {path} {what} while in use; recreated")), "{log}");
    }
}

#[test]
fn a_region_that_another_writer_has_replaced_fails_alone() {
    let place = Place::new();
    for name in ["a", "b"] {
        configure(&place, name, COUNTER, TICK);
    }
    let mut producer = start(&place, &["."]);
    publish_all(&place, &["a", "b"]);
    let schema = DynReader::open(region(&place, "a")).expect("attach").schema().clone();
    let other = DynWriter::open(region(&place, "other"), &schema).expect("a writer");
    fs::rename(region(&place, "other"), region(&place, "a")).expect("rename");
    producer.wait_for("another file has taken this name");
    publishes(&place, "b");
    assert_eq!(newest(&place, "a"), None, "the other writer's file is left as it is");
    drop(other);
    publish_all(&place, &["a", "b"]);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_bad_configuration_at_the_start_is_named_and_the_others_are_published() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    fs::write(config(&place, "bad"), "nonsense = 1\n").expect("write");
    let mut producer = start(&place, &["."]);
    publishes(&place, "a");
    producer.wait_for("./bad.toml:1:1: nonsense: unknown key");
    producer.signal(Signal::TERM);
    producer.ends_with(0);

    // With the only good one done, the process ends with the error of the other.
    let mut producer = start(&place, &[".", "--ticks", "2"]);
    let log = producer.ends_with(1);
    let last = log.lines().last().expect("a line");
    assert!(last.starts_with("producer: error: ./bad.toml:1:1: nonsense: unknown key"), "{log}");
}

#[test]
fn when_all_configurations_are_bad_the_process_ends_with_the_first_error() {
    let place = Place::new();
    fs::create_dir(place.path("d")).expect("directory");
    for name in ["a", "b"] {
        fs::write(config(&place, name), "nonsense = 1\n").expect("write");
    }
    let log = start(&place, &["."]).ends_with(1);
    assert!(log.contains("producer: error: ./a.toml:1:1: nonsense"), "{log}");
}

#[test]
fn of_two_configurations_of_one_region_or_input_the_second_is_refused() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    let text = fs::read_to_string(config(&place, "a")).expect("read");
    fs::write(config(&place, "b"), text).expect("write");
    let mut producer = start(&place, &["."]);
    publishes(&place, "a");
    let path = region(&place, "a").display().to_string();
    producer.wait_for(&format!("./b.toml: publishes to {path}, as ./a.toml does"));
    producer.signal(Signal::TERM);
    producer.ends_with(0);

    for name in ["a", "b"] {
        configure(&place, name, "input = { key = \"n\" }", "");
    }
    let mut command = place.command(env!("CARGO_BIN_EXE_producer"));
    command.current_dir(place.path("d")).arg(".").stdin(Stdio::piped());
    let mut producer = place.spawn("log", &mut command);
    producer.wait_for("./b.toml: reads standard input, as ./a.toml does");
    drop(producer.child.stdin.take());
    // The one that reads it ends with it, and the process with the error of the other.
    producer.ends_with(1);
}
