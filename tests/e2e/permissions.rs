//! Permissions: readers cannot write, and the region's mode is the configured one.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use e2e::{Daemon, Place, Reading, Unprivileged, proc};

use crate::{consumer, producer};

#[test]
fn a_reader_maps_the_region_read_only_and_the_writer_maps_it_shared() {
    let place = Place::new();
    let region = place.path("stu.region");
    let mut writer = producer().start(&place, "--region ./stu.region --tick 10ms");
    writer.says("publishing");
    for how in ["--follow", "--poll 10ms"] {
        let mut reader = consumer().start(&place, &format!("./stu.region {how}"));
        reader.next_out();
        assert_eq!(proc::mappings(reader.pid(), &region), ["r--s"]);
        assert_eq!(proc::open_modes(reader.pid(), &region), ["O_RDONLY"]);
        reader.stop();
    }
    assert_eq!(proc::mappings(writer.pid(), &region), ["rw-s"]);
    writer.stop();
}

#[test]
fn a_reader_needs_no_right_to_write() {
    let place = Place::new();
    let mut writer = producer().start(&place, "--region ./stu.region --tick 10ms");
    writer.says("publishing");
    fs::set_permissions(place.path("stu.region"), fs::Permissions::from_mode(0o444))
        .expect("chmod");
    let mut reader = consumer().start(&place, "./stu.region --follow --count 3 --timeout 1m");
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
}

#[test]
fn the_mode_of_the_region_is_the_configured_one_whatever_the_umask() {
    for umask in ["000", "077", "777"] {
        for mode in [0o600, 0o640, 0o644, 0o664] {
            let place = Place::new();
            with_mode(&place, mode);
            let mut command = producer().command_after(&format!("umask {umask}"), &place);
            let mut producer =
                Daemon::start("producer", command.args(["./x.toml", "--ticks", "1"]));
            assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
            let have = fs::metadata(place.path("x.region")).expect("a region").mode() & 0o7777;
            assert_eq!(have, mode, "{have:04o}, not {mode:04o}, under umask {umask}");
        }
    }
}

#[test]
fn a_resumed_region_gets_the_configured_mode() {
    let place = Place::new();
    let mode_now = || fs::metadata(place.path("x.region")).expect("a region").mode() & 0o7777;
    with_mode(&place, 0o644);
    let mut producer = producer().start(&place, "./x.toml --tick 10ms");
    producer.says("publishing");
    assert_eq!(mode_now(), 0o644);
    with_mode(&place, 0o600);
    producer.signal(nix::sys::signal::Signal::SIGHUP);
    producer.says("is in force");
    assert_eq!(mode_now(), 0o600);
    producer.stop();
    with_mode(&place, 0o640);
    let mut next = crate::producer().start(&place, "./x.toml --tick 10ms --ticks 1");
    assert_eq!(next.exit_code(), 0);
    assert_eq!(mode_now(), 0o640);
}

#[test]
fn a_narrower_mode_ends_excluded_readers_at_a_reload_and_at_a_restart() {
    let Some(stranger) = Unprivileged::another(&consumer()) else { return };
    for restarts in [false, true] {
        let place = Place::new().open_to_all();
        with_mode(&place, 0o644);
        let mut writer = producer().start(&place, "./x.toml --tick 10ms");
        writer.says("publishing");
        let mut own = consumer().start(&place, "./x.region --follow --format json");
        let mut reader = stranger.start(&place, "./x.region --follow --format json");
        reader.next_out();
        with_mode(&place, 0o600);
        if restarts {
            writer.kill9();
            writer = producer().start(&place, "./x.toml --tick 10ms");
            writer.says("replaced (the old one was open to more users), epoch 2, after record");
        } else {
            writer.signal(nix::sys::signal::Signal::SIGHUP);
            writer.says("is in force: replaced (the old one was open to more users), epoch 2");
        }
        reader.says("./x.region: open: Permission denied");
        // A reader with permission continues, without a gap.
        let is_second = |line: &str| Reading::of(line).epoch == 2;
        own.out_line("a record of the new file", is_second);
        let numbers: Vec<u64> = own.out().iter().map(|line| Reading::of(line).sequence).collect();
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
        reader.stop();
        let last = reader.out().last().map(|line| Reading::of(line).epoch);
        assert_eq!(last, Some(1), "restarts: {restarts}");
        writer.stop();
    }
}

#[test]
fn an_ordinary_user_can_restart_and_stand_by_with_every_accepted_mode() {
    let unprivileged = Unprivileged::new(&producer());
    for mode in [0o600, 0o640, 0o644, 0o666, 0o777] {
        let place = Place::new().open_to_all();
        fs::set_permissions(place.dir(), fs::Permissions::from_mode(0o777)).expect("chmod");
        with_mode(&place, mode);
        let mut first = unprivileged.start(&place, "./x.toml --tick 10ms");
        first.says("publishing");
        let mut standby = unprivileged.start(&place, "./x.toml --tick 10ms --standby");
        standby.says("waiting to take over");
        first.kill9();
        standby.says("(resumed, epoch 2");
        standby.kill9();
        let mut next = unprivileged.start(&place, "./x.toml --ticks 1");
        assert_eq!(next.exit_code(), 0, "{mode:o}: {:?}", next.err());
        next.says("(resumed, epoch 3");
    }
}

#[test]
fn a_mode_that_would_prevent_restarts_is_refused() {
    for mode in [0o444, 0o400, 0o200, 0o577] {
        let place = Place::new();
        with_mode(&place, mode);
        let mut refused = producer().start(&place, "./x.toml --ticks 1");
        assert_eq!(refused.exit_code(), 1, "{mode:o}");
        let line = refused.says("is not a mode that lets the owner read and write");
        assert!(line.contains("write mode = \"0644\""), "{line}");
        assert_eq!(fs::read_dir(place.dir()).expect("a place").count(), 1, "x.toml alone");
    }
}

#[test]
fn another_user_reads_a_region_that_the_mode_permits() {
    let Some(stranger) = Unprivileged::another(&consumer()) else { return };
    let place = Place::new().open_to_all();
    with_mode(&place, 0o644);
    let mut writer = producer().start(&place, "./x.toml --tick 10ms");
    writer.says("publishing");
    let mut reader = stranger.start(&place, "./x.region --follow --count 5 --format json");
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    assert!(Reading::of(&reader.next_out()).is_held(), "the lock is seen as well");
    writer.kill9();
    let mut reader = stranger.start(&place, "./x.region --once --format json");
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    assert_eq!(Reading::of(&reader.next_out()).state, "dead");
}

#[test]
fn another_user_is_refused_clearly_if_the_mode_forbids_reading() {
    let Some(stranger) = Unprivileged::another(&consumer()) else { return };
    let place = Place::new().open_to_all();
    with_mode(&place, 0o600);
    let mut writer = producer().start(&place, "./x.toml --tick 10ms");
    writer.says("publishing");
    for how in ["--once", "--follow", "--poll 10ms"] {
        let mut reader = stranger.start(&place, &format!("./x.region {how}"));
        assert_eq!(reader.exit_code(), 1, "{how}: {:?}", reader.err());
        assert!(reader.out().is_empty());
        let line = reader.says("./x.region: open: Permission denied");
        assert!(line.contains("use an account that the region's mode"), "{line}");
    }
    writer.stop();
}

#[test]
fn another_user_cannot_publish_into_a_region_that_they_may_read() {
    let Some(stranger) = Unprivileged::another(&producer()) else { return };
    let place = Place::new().open_to_all();
    with_mode(&place, 0o644);
    let mut writer = producer().start(&place, "./x.toml --tick 10ms");
    writer.says("publishing");
    for how in ["", "--standby"] {
        let mut rival = stranger.start(&place, &format!("./x.toml {how}"));
        assert_eq!(rival.exit_code(), 1, "{:?}", rival.err());
        rival.says("./x.region: open: Permission denied");
    }
    writer.stop();
}

#[test]
fn an_unreadable_region_is_refused_clearly() {
    if nix::unistd::geteuid().is_root() {
        return; // root reads it: the tests with another user say the same
    }
    let place = Place::new();
    let mut writer = producer().start(&place, "--region ./stu.region --tick 10ms");
    writer.says("publishing");
    fs::set_permissions(place.path("stu.region"), fs::Permissions::from_mode(0o000))
        .expect("chmod");
    let mut reader = consumer().start(&place, "./stu.region --once");
    assert_eq!(reader.exit_code(), 1);
    reader.says("./stu.region: open: Permission denied");
}

/// The configuration `x.toml` of the region `x.region` with this mode, and with slots for as long as a
/// busy machine may keep a follower from running.
fn with_mode(place: &Place, mode: u32) {
    let text = format!(
        "[region]\npath = \"./x.region\"\nmode = \"{mode:04o}\"\nslots = 4096\n[record]\nname = \"X\"\n\
         [[record.field]]\nname = \"n\"\ntype = \"i32\"\nsource = {{ counter = {{}} }}\n"
    );
    let path = place.write("x.toml", text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("chmod");
}
