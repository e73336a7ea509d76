//! The writer's state, the newest record, the clock.

use std::fs;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use layout::header::{StateWord, offset};
use mapcast::dynamic::{Header, InstanceWriter};
use mapcast::{Options, Record as _, Stu};

use super::{Diagnosis, say};
use crate::world::World;

/// Two hours and a half minute, in nanoseconds.
const LONG: i64 = 7_230_000_000_000;

#[test]
fn a_writer_that_ended_without_closing_is_dead() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.altered("live", "dead", &[]);
    let pid = std::process::id();
    let fact = format!("process {pid} ended without closing it; its last heartbeat was ");
    world.doctor("dead").is(&["dead"]).has("dead", &fact, "producer CONFIG.toml");
    world.doctor("").is(&["dead"]);
}

/// The finding `stalled`, once the writer has been silent for long enough.
fn stalled(world: &World) -> Diagnosis {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let diagnosis = world.doctor("slow");
        if diagnosis.ids() == ["stalled"] {
            return diagnosis;
        }
        assert!(Instant::now() < deadline, "{diagnosis:?}");
    }
}

#[test]
fn a_writer_without_heartbeats_is_stalled_and_one_that_is_stopped_can_be_continued() {
    let world = World::in_memory();
    let options = Options::new().period(Duration::from_millis(1));
    let mut writer = options.open::<Stu>(world.path("slow.region")).expect("a writer");
    writer.publish(&Stu::new(1, "a", 'm')).expect("a record");
    let pid = std::process::id();
    let fact = format!("process {pid} has sent no heartbeat for ");
    stalled(&world).has("stalled", &fact, &format!("ps -o pid,stat,wchan:20,etime,args -p {pid}"));

    // The same region, as if a stopped process had written it.
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().args(["-c", "kill -STOP $$"]).stdin(Stdio::null());
    let mut stopped = shell.spawn().expect("a shell");
    let file = fs::OpenOptions::new().write(true).open(world.path("slow.region")).expect("a file");
    let number = u64::from(stopped.id());
    file.write_all_at(&number.to_le_bytes(), offset::PID as u64).expect("written");
    let status = format!("/proc/{number}/status");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !fs::read_to_string(&status).expect("a child").contains("State:\tT") {
        assert!(Instant::now() < deadline, "it does not stop");
    }
    stalled(&world).has("stalled", ", and is stopped; ", &format!("kill -CONT {number}"));
    stopped.kill().expect("killed");
    stopped.wait().expect("reaped");
}

#[test]
fn a_closed_region_is_reported_if_it_was_asked_for() {
    let world = World::in_memory();
    drop(world.students("ended"));
    world.doctor("ended").is(&["closed"]).has(
        "closed",
        "its writer closed it",
        "producer CONFIG.toml",
    );
    world.doctor("").is(&[]);
}

#[test]
fn a_region_that_was_given_up_is_retired() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.altered("live", "old", &[(offset::STATE, StateWord::Retired as u64)]);
    world.doctor("old").is(&["retired"]);
}

#[test]
fn a_writer_without_a_record_is_reported_of_one_record_and_of_instances() {
    let world = World::in_memory();
    let _one = Options::new().open::<Stu>(world.path("empty.region")).expect("a writer");
    world.doctor("empty").is(&["no-record"]).has("no-record", "nothing yet", "ps -o ");
    let options = Options::new();
    let path = world.path("many.region");
    let mut many = InstanceWriter::open_with(path, &Stu::schema(), &options, 4).expect("a writer");
    let none = "it has no instances now";
    world.doctor("many").is(&["no-record"]).has(
        "no-record",
        none,
        "check what its producer takes their names from: ",
    );
    let instance = many.instance("a").expect("an instance");
    world.doctor("many").is(&["no-record"]).has("no-record", "nothing yet", "ps -o ");
    many.publish(instance, &[0; 28]).expect("a record");
    world.doctor("many").is(&[]);
    many.retire(instance).expect("retired");
    world.doctor("many").has("no-record", none, "check what its producer takes their names from: ");
}

#[test]
fn a_region_of_an_earlier_boot_is_stale() {
    // In memory no file outlives its boot.
    let world = World::on_disk();
    let _writer = world.students("live");
    let mut bytes = fs::read(world.path("live.region")).expect("a region");
    let mut header = Header::decode(&bytes[..256]).expect("a header");
    header.boot_id = [7; 16];
    bytes[..256].copy_from_slice(&header.encode());
    fs::write(world.path("left.region"), bytes).expect("written");
    let diagnosis = world.doctor("left --ignore disk-backed,overlayfs");
    if diagnosis.ids() == ["dead"] {
        return say("not run: the directory of cargo's target is in memory");
    }
    diagnosis.is(&["stale"]).has("stale", "earlier boot", "producer CONFIG.toml");
}

#[test]
fn a_wall_clock_that_was_set_since_the_newest_record_is_reported() {
    let world = World::in_memory();
    let _writer = world.students("live");
    let file = fs::File::options().read(true).write(true).open(world.path("live.region"));
    let file = file.expect("a region");
    let mut stored = [0; 8];
    file.read_exact_at(&mut stored, offset::WALL_OFFSET as u64).expect("read");
    for (step, fact) in
        [(-LONG, "forward by 2 h 0 min since record 1"), (LONG, "back by 2 h 0 min ")]
    {
        let offset_then = i64::from_le_bytes(stored) + step;
        file.write_all_at(&offset_then.to_le_bytes(), offset::WALL_OFFSET as u64).expect("written");
        world.doctor("live").is(&["clock-step"]).has("clock-step", fact, "timedatectl");
    }
}
