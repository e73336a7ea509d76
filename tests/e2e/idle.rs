//! How often each idle program wakes up.
//!
//! The kernel counts how often a thread goes to sleep voluntarily (`voluntary_ctxt_switches`),
//! which is once for each wake-up. Each program has a longest sleep, and must not wake up more
//! often than that requires, whatever it waits for.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use e2e::{Daemon, Place, proc};

use crate::{consumer, producer};

/// The time for which wake-ups are counted.
const SPAN: Duration = Duration::from_secs(2);
/// Most spans to try; one without too many wake-ups is enough.
const SPANS: usize = 5;
/// Allowed wake-ups for other reasons: a page read from a file, the end of the start.
const OTHERS: u128 = 5;

/// Name, process and longest sleep of an idle program.
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

/// All idle programs.
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

/// Counts the wake-ups of `idlers` in [`SPAN`]; returns a table, as an error if one woke up too
/// often.
fn count(idlers: &[Idler]) -> Result<String, String> {
    let sleeps = |(_, idler, _): &Idler| proc::sleeps(idler.pid());
    // Measured from before the first count, because a longer time allows more wake-ups.
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
fn an_idle_program_wakes_up_no_more_often_than_its_longest_sleep_requires() {
    let place = Place::new();
    let idlers = idlers(&place);
    // A machine that is short of memory also wakes them for evicted pages, but not in every span,
    // as a faulty program would wake up.
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
