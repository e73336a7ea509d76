//! The table: each thing beside its bare limit, in turn.

use crate::groups::timed;
use bench::compare::{Effort, compare};
use bench::handover::{self, Handover};
use bench::ping_pong::{Exchange, PingPong};
use bench::table::{Heading, Row};
use bench::{Batch, Failure, SIZES, alone};
use std::cell::RefCell;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// What is compared with what.
struct Pair<'a> {
    ours: (String, Batch<'a>),
    bare: (&'static str, Batch<'a>),
    target: Option<f64>,
    effort: Effort,
}

/// Where it is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) ping_pong: &'a RefCell<PingPong>,
    pub(crate) processors: &'a [usize],
}

/// Measures and prints each row whose text has all of `words`.
pub(crate) fn run(
    out: &mut impl Write,
    place: Place<'_>,
    quick: bool,
    words: &[&String],
) -> Result<(), Failure> {
    writeln!(out, "{Heading}")?;
    for pair in all(place)? {
        let Pair { ours: (ours, mut one), bare: (bare, mut other), target, mut effort } = pair;
        if !words.iter().all(|word| ours.contains(word.as_str())) {
            continue;
        }
        if quick {
            effort.rounds /= 4;
        }
        let outcome = compare(&mut one, &mut other, effort)?;
        writeln!(out, "{}", Row { ours, bare: bare.to_owned(), outcome, target })?;
        out.flush()?;
    }
    Ok(())
}

fn all(place: Place<'_>) -> Result<Vec<Pair<'_>>, Failure> {
    let mut pairs = publishing(place.dir)?;
    pairs.extend(reading(place.dir)?);
    pairs.extend(beside_readers(place.dir)?);
    pairs.extend(one_way(place.ping_pong));
    pairs.push(handing_over(
        "standby, from the kill to its first publish",
        Handover::Region,
        place,
    ));
    let what = "`producer --standby`, from the kill to its first publish";
    pairs.push(handing_over(what, Handover::Producer, place));
    Ok(pairs)
}

fn publishing(dir: &Path) -> Result<Vec<Pair<'_>>, Failure> {
    let stu = |file: &str| alone::publish_stu(&dir.join(file));
    let mut pairs = vec![
        copying("publish 28 B, `Writer<Stu>`", stu("publish.region")?, 28),
        Pair {
            bare: ("ring and front alone", alone::bare_publish()),
            target: Some(1.3),
            ..copying("publish 28 B, `Writer<Stu>`, protocol", stu("protocol.region")?, 28)
        },
        Pair {
            bare: ("one look at the clock", alone::clock()),
            target: None,
            ..copying(
                "publish 28 B, `Writer<Stu>`, clock included",
                alone::publish_stu_now(dir)?,
                28,
            )
        },
        Pair {
            bare: ("one look at the clock", alone::clock()),
            target: None,
            ..copying("heartbeat", alone::heartbeat(dir)?, 28)
        },
    ];
    for size in SIZES {
        pairs.push(copying(&format!("publish {}", human(size)), alone::publish(dir, size)?, size));
    }
    Ok(pairs)
}

fn reading(dir: &Path) -> Result<Vec<Pair<'_>>, Failure> {
    let stu = |file: &str| alone::latest_stu(&dir.join(file));
    let mut pairs = vec![
        copying("latest 28 B, `Reader<Stu>`", stu("latest.region")?, 28),
        Pair {
            bare: ("ring and front alone", alone::bare_latest()),
            target: Some(1.3),
            ..copying("latest 28 B, `Reader<Stu>`, protocol", stu("protocol-latest.region")?, 28)
        },
    ];
    for size in SIZES {
        let path = dir.join(format!("latest-{size}.region"));
        let what = format!("latest {}", human(size));
        pairs.push(copying(&what, alone::latest(&path, size, 0)?, size));
    }
    // A record in a region begins 16 bytes after a cache line.
    for ahead in [0, 16, 32, 48] {
        let what = format!("latest 4 KiB, into bytes {ahead} after a line");
        let bare = ("memcpy between the same places", alone::memcpy_between(4096, 16, ahead));
        let path = dir.join(format!("into-{ahead}.region"));
        pairs.push(Pair { bare, ..copying(&what, alone::latest(&path, 4096, ahead)?, 4096) });
    }
    pairs.push(copying("latest 4 KiB, `latest_into`", alone::latest_into(dir)?, 4096));
    let fields = [
        ("latest, one field of 4 KiB", alone::latest_field::<512>(dir)?, 4096),
        ("latest, one field of 64 KiB", alone::latest_field::<8192>(dir)?, 65_536),
    ];
    for (what, ours, size) in fields {
        pairs.push(Pair { target: None, ..copying(what, ours, size) });
    }
    Ok(pairs)
}

fn beside_readers(dir: &Path) -> Result<Vec<Pair<'_>>, Failure> {
    let mut pairs = Vec::new();
    for readers in [1, 10, 100, 1000] {
        let what = format!("publish 28 B, attached readers: {readers}");
        let ours = alone::publish_to(&dir.join(format!("to-{readers}.region")), readers)?;
        let none = alone::publish_to(&dir.join(format!("beside-{readers}.region")), 0)?;
        let bare = ("without readers", none);
        pairs.push(Pair { bare, target: None, ..copying(&what, ours, 28) });
    }
    Ok(pairs)
}

fn one_way(ping_pong: &RefCell<PingPong>) -> Vec<Pair<'_>> {
    let mut pairs =
        vec![spinning("next 28 B, `Reader<Stu>`, one way", ping_pong, Exchange::NextStu)];
    for size in SIZES {
        let what = format!("next {}, one way", human(size));
        pairs.push(spinning(&what, ping_pong, Exchange::Next(size)));
    }
    for size in SIZES {
        let what = format!("wake, next {}, one way", human(size));
        pairs.push(sleeping(&what, ping_pong, Exchange::Wake(size)));
    }
    pairs
}

fn copying<'a>(what: &str, ours: Batch<'a>, size: usize) -> Pair<'a> {
    let target = match size {
        28 => Some(1.5),
        4096 => Some(1.25),
        _ => None,
    };
    let effort = Effort { batch: Duration::from_micros(100), rounds: 1000 };
    Pair { ours: (what.to_owned(), ours), bare: ("memcpy", alone::memcpy(size)), target, effort }
}

fn spinning<'a>(what: &str, ping_pong: &'a RefCell<PingPong>, exchange: Exchange) -> Pair<'a> {
    let target = matches!(exchange, Exchange::NextStu | Exchange::Next(28)).then_some(1.1);
    let effort = Effort { batch: Duration::from_micros(200), rounds: 500 };
    let bare = ("cache line ping-pong", timed(ping_pong, Exchange::Line));
    Pair { ours: (what.to_owned(), timed(ping_pong, exchange)), bare, target, effort }
}

fn sleeping<'a>(what: &str, ping_pong: &'a RefCell<PingPong>, exchange: Exchange) -> Pair<'a> {
    let target = matches!(exchange, Exchange::Wake(28)).then_some(1.2);
    let effort = Effort { batch: Duration::from_millis(1), rounds: 300 };
    let bare = ("raw futex ping-pong", timed(ping_pong, Exchange::Futex));
    Pair { ours: (what.to_owned(), timed(ping_pong, exchange)), bare, target, effort }
}

fn handing_over<'a>(what: &str, handover: Handover, place: Place<'a>) -> Pair<'a> {
    let over = |handover| handover::over(handover, place.dir, place.processors, crate::holder);
    Pair {
        ours: (what.to_owned(), over(handover)),
        bare: ("lock, from the kill to its next holder", over(Handover::Lock)),
        target: None,
        // Each hand-over is a batch.
        effort: Effort { batch: Duration::from_nanos(1), rounds: 200 },
    }
}

fn human(size: usize) -> String {
    if size < 1024 { format!("{size} B") } else { format!("{} KiB", size / 1024) }
}
