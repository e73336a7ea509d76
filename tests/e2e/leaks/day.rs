//! A day's worth of ticks and of lines of input, with a follower and reloads.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use e2e::proc::{self, Footprint};
use e2e::{Daemon, Place, wait_until};
use nix::sys::signal::Signal;
use region::DynReader;

use super::{is_flat, length, show};
use crate::{consumer, producer};

/// Ticks, unless `E2E_LEAKS_TICKS` says otherwise: a tenth of a day's, one a second.
const TICKS: u64 = 8640;
/// Measurements of the processes, each after a reload.
const LOOKS: u64 = 40;

/// The configuration with `slots` and every kind of source that needs no input.
fn configure(place: &Place, slots: u32) {
    let sources = [
        ("char[16]", "const = \"a\""),
        ("u64", "counter = {}"),
        ("f64", "clock = { kind = \"realtime\" }"),
        ("f32", "wave = { shape = \"sine\", min = -1, max = 1, period = \"2s\" }"),
        ("f32", "random = { min = -1, max = 1 }"),
        ("f32", "file = { path = \"/proc/loadavg\", column = 1 }"),
        (
            "f32",
            "file = { path = \"/proc/stat\", key = \"cpu\", column = 1, rate = true, default = nan }",
        ),
        ("char[65]", "file = { path = \"/proc/sys/kernel/hostname\" }"),
        ("u32", "file = { path = \"./value\", column = 1, default = 0 }"),
        ("u32", "file = { path = \"./not-there\", column = 1, default = 0 }"),
    ];
    let fields = sources.iter().enumerate().map(|(at, (ctype, source))| {
        format!("[[record.field]]\nname = \"f{at}\"\ntype = \"{ctype}\"\nsource = {{ {source} }}\n")
    });
    let text = format!(
        "[region]\npath = \"./x.region\"\nslots = {slots}\n[record]\nname = \"X\"\n{}",
        fields.collect::<String>()
    );
    place.write("x.toml", text);
}

/// The number of the newest record.
fn sequence(reader: &mut DynReader) -> u64 {
    // On an error the file is just being replaced; the next attempt finds its successor.
    let _ = reader.refresh();
    let mut record = vec![0; reader.schema().size() as usize];
    reader.latest(&mut record).ok().flatten().map_or(0, |found| found.sequence)
}

/// The footprint of an idle process: the least of a few measurements.
fn look(process: &Daemon) -> Footprint {
    let looks = (0..3).map(|_| {
        std::thread::sleep(Duration::from_millis(2));
        Footprint::of(process.pid())
    });
    looks.min_by_key(|look| (look.descriptors, look.mappings)).expect("three looks")
}

#[test]
fn a_days_ticks_and_reloads_leak_nothing() {
    let ticks = length("E2E_LEAKS_TICKS", TICKS);
    let place = Place::new();
    place.write("value", "7\n");
    configure(&place, 8);
    let mut writer = producer().start(&place, "./x.toml --tick 20us");
    writer.says("publishing X");
    let mut follower = consumer().start(&place, "./x.region --follow");
    follower.next_out();
    let mut reader = DynReader::open(place.path("x.region")).expect("a region");
    let (mut writers, mut followers) = (Vec::new(), Vec::new());
    for at in 1..=LOOKS {
        let goal = ticks * at / LOOKS;
        wait_until("the ticks", || sequence(&mut reader) >= goal);
        // A record with other slots is another file; with the same ones it is kept.
        configure(&place, [8, 16, 16][usize::try_from(at % 3).expect("small")]);
        place.write("value", format!("{at}\n"));
        writer.signal(Signal::SIGHUP);
        writer.says("SIGHUP: ./x.toml ");
        wait_until("the file that is there now", || {
            let inode = place.path("x.region").metadata().expect("a region").ino();
            let maps = std::fs::read_to_string(format!("/proc/{}/maps", follower.pid()));
            let is_mapped = maps.expect("maps").contains(&format!(" {inode} "));
            // And only that one: on a busy machine it may hold both for some time.
            is_mapped && proc::held(follower.pid(), "x.region") == (1, 1)
        });
        writers.push(look(&writer));
        followers.push(look(&follower));
    }
    assert!(follower.said("re-attached") > 10, "{:?}", follower.err());
    writer.stop();
    follower.stop();
    let what = format!("{ticks} ticks, {LOOKS} reloads:");
    show(
        &(is_flat(&format!("{what} producer"), &writers)
            + &is_flat(&format!("{what} follower"), &followers)),
    );
}

#[test]
fn a_days_lines_of_input_leak_nothing() {
    let lines = length("E2E_LEAKS_TICKS", TICKS);
    let place = Place::new();
    place.shipped("sensor-input.toml");
    let args = "./sensor-input.toml --region ./x.region";
    let mut writer = producer().start_with_input(&place, args);
    writer.says("publishing");
    let mut follower = consumer().start(&place, "./x.region --follow");
    let (mut writers, mut followers) = (Vec::new(), Vec::new());
    let mut good = 0;
    for at in 1..=LOOKS {
        for line in lines * (at - 1) / LOOKS..lines * at / LOOKS {
            if line % 50 == 49 {
                writer.say("{\"sensor\": \"roof\", \"humidity\": \"wet\"");
            } else {
                writer.say(&format!(
                    "{{\"sensor\": \"roof\", \"state\": \"ok\", \"temperature\": {line}, \
                     \"humidity\": 40, \"imu\": {{\"accel\": [0.1, 0, 9.8]}}}}"
                ));
                good += 1;
            }
        }
        let mut reader = DynReader::open(place.path("x.region")).expect("a region");
        wait_until("the lines", || sequence(&mut reader) == good);
        writers.push(look(&writer));
        followers.push(look(&follower));
    }
    assert_eq!(writer.exit_code(), 0, "at the end of its input: {:?}", writer.err());
    follower.stop();
    let what = format!("{lines} lines of input:");
    show(
        &(is_flat(&format!("{what} producer"), &writers)
            + &is_flat(&format!("{what} follower"), &followers)),
    );
}
