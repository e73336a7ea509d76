//! While nothing happens, nothing is done: how often each program wakes up.
//!
//! The kernel counts how often a thread goes to sleep of its own accord (`voluntary_ctxt_switches`),
//! which is once for each wake-up. Each program has a longest sleep, and may not wake up oftener than
//! that makes necessary, whatever it waits for.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use e2e::{Daemon, Place, proc};

use crate::{consumer, producer};

/// How long is counted.
const SPAN: Duration = Duration::from_secs(2);
/// One span without too many wake-ups is enough.
const SPANS: usize = 5;
/// Wake-ups that have other reasons: a page that comes from a file, the end of the start.
const OTHERS: u128 = 5;

/// What is watched, and its longest sleep.
type Idler = (&'static str, Daemon, Duration);

/// A region called `name` of a producer that ticks once an hour.
fn region(place: &Place, name: &str) -> Daemon {
    let mut writer = producer().start(place, &format!("--region ./{name}.region --tick 1h"));
    writer.says("publishing");
    writer
}

/// A consumer of it that has printed its one record.
fn reader(place: &Place, name: &str, how: &str) -> Daemon {
    let mut reader = consumer().start(place, &format!("./{name}.region {how}"));
    reader.next_out();
    reader
}

/// Everything that waits in this story.
fn idlers(place: &Place) -> Vec<Idler> {
    let look = Duration::from_millis(250);
    let mut all = Vec::new();
    let writer = region(place, "live");
    all.push(("follower of a live region", reader(place, "live", "--follow"), look));
    all.push(("poll of a live region", reader(place, "live", "--poll 1h"), look));
    let mut standby = producer().start(place, "--region ./live.region --standby");
    standby.says("waiting to take over");
    all.push(("standby", standby, Duration::from_millis(50)));
    all.push(("producer", writer, Duration::from_secs(1)));
    for (what, name, word) in [
        ("follower of a closed region", "closed", ": closed: "),
        ("follower of a dead region", "dead", ": dead: "),
        ("follower of a deleted region", "deleted", "missing: the file was deleted"),
    ] {
        let mut writer = region(place, name);
        let mut follower = reader(place, name, "--follow");
        match name {
            "dead" => writer.kill9(),
            _ => writer.stop(),
        }
        if name == "deleted" {
            std::fs::remove_file(place.path("deleted.region")).expect("removed");
        }
        follower.says(word);
        all.push((what, follower, look));
    }
    let mut waiting = consumer().start(place, "./none.region --follow");
    waiting.says("waiting for ./none.region");
    all.push(("follower of no region", waiting, Duration::from_millis(100)));
    all
}

/// How often each of `idlers` woke up in [`SPAN`], as a table; an error if one did so too often.
fn count(idlers: &[Idler]) -> Result<String, String> {
    let sleeps = |(_, idler, _): &Idler| proc::sleeps(idler.pid());
    // Before the first count: more wake-ups in a longer time are no fault.
    let start = Instant::now();
    let before: Vec<_> = idlers.iter().map(sleeps).collect();
    std::thread::sleep(SPAN);
    let after: Vec<_> = idlers.iter().map(sleeps).collect();
    let elapsed = start.elapsed();
    let (mut table, mut all_idle) = (String::new(), true);
    for ((what, _, longest), (before, after)) in idlers.iter().zip(before.iter().zip(after)) {
        let most = elapsed.as_millis() / longest.as_millis() + OTHERS;
        let woken = u128::from(after - before);
        let counted = format!("{woken:>3} times in {elapsed:.1?}, at most {most}");
        let _ = writeln!(table, "{what:<30} woken {counted}");
        all_idle &= woken <= most;
    }
    if all_idle { Ok(table) } else { Err(table) }
}

#[test]
fn whoever_waits_wakes_up_no_oftener_than_it_says() {
    let place = Place::new();
    let idlers = idlers(&place);
    // A machine that is short of memory wakes them too, for pages that it took away. It does not do
    // so all the time, as a program would that wakes up too often.
    let mut counted = count(&idlers);
    for _ in 1..SPANS {
        counted = counted.or_else(|_| count(&idlers));
    }
    match counted {
        Ok(table) => show(&table),
        Err(table) => panic!("in none of {SPANS} spans:\n{table}"),
    }
}

/// The table, for `cargo test -- --show-output`.
#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn show(table: &str) {
    print!("{table}");
}
