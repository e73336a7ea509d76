//! `mapcast doctor` and a producer: what to type about a configuration depends on which one it publishes.

use std::process::Output;

use e2e::{Daemon, Place, wait_until};
use nix::sys::signal::Signal;

use crate::{mapcast, producer};

/// A configuration of `live`, whose record has one field.
fn config(field: &str) -> String {
    format!(
        "[region]\nname = \"live\"\n[record]\nname = \"R\"\n\
         field = [{{ name = \"{field}\", type = \"u8\", source = {{ const = 1 }} }}]\n"
    )
}

/// What `doctor live --config CONFIG` finds.
fn findings(place: &Place, config: &str) -> String {
    let arguments = ["doctor", "live", "--ignore", "remove-ipc,disk-backed,overlayfs", "--config"];
    let output: Output =
        mapcast().command(place).args(arguments).arg(config).output().expect("mapcast");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A producer that publishes `live` by these arguments.
fn publishing(place: &Place, arguments: &str) -> Daemon {
    let mut producer = producer().start(place, arguments);
    producer.says("created");
    producer
}

#[test]
fn a_configuration_that_the_producer_has_is_reloaded_by_a_signal() {
    let place = Place::new();
    std::fs::create_dir(place.path("configs")).expect("a directory");
    for (name, arguments) in [("a.toml", "./a.toml"), ("configs/b.toml", "configs")] {
        std::fs::write(place.path(name), config("x")).expect("written");
        let mut producer = publishing(&place, arguments);
        assert!(findings(&place, name).ends_with("all is well\n"), "{}", findings(&place, name));
        std::fs::write(place.path(name), config("y")).expect("written");
        let step = format!("    type: kill -HUP {}\n", producer.pid());
        assert!(findings(&place, name).contains(&step), "{}", findings(&place, name));
        producer.signal(Signal::SIGHUP);
        wait_until("the new record", || findings(&place, name).ends_with("all is well\n"));
        producer.signal(Signal::SIGTERM);
        assert_eq!(producer.exit_code(), 0);
        std::fs::remove_file(place.path("live.region")).expect("removed");
    }
}

#[test]
fn a_configuration_that_the_producer_does_not_have_is_no_reason_for_a_signal() {
    let place = Place::new();
    place.write("a.toml", config("x"));
    place.write("b.toml", config("y"));
    let producer = publishing(&place, "./a.toml");
    let pid = producer.pid();
    let step = format!(
        "    type: kill -HUP {pid}, after the change in what it publishes: ./a.toml; \
         or kill {pid}, then producer b.toml\n"
    );
    assert!(findings(&place, "b.toml").contains(&step), "{}", findings(&place, "b.toml"));
}

#[test]
fn a_producer_that_read_its_configuration_from_a_pipe_cannot_read_it_again() {
    let place = Place::new();
    place.write("a.toml", config("y"));
    let mut producer = producer().start_with_input(&place, "-");
    producer.say(&config("x"));
    producer.end_input();
    producer.says("created");
    let pid = producer.pid();
    let step = format!(
        "    type: kill {pid}, whose configuration came by its standard input, then producer a.toml\n"
    );
    assert!(findings(&place, "a.toml").contains(&step), "{}", findings(&place, "a.toml"));
}
