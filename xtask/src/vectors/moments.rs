//! What a writer leaves: at each moment at which it can die, and after it has ended.

use layout::header::{StateWord, offset};
use layout::{FieldSpec, Header, Scalar, Schema};

use super::cell::{Cell, one};
use super::image::{Image, LINEAGE, WALL_OFFSET, plan, time_of};
use super::listing::{Content, Listed, Series, Vector};
use super::shapes;

const SLOTS: u32 = 4;
/// The time by which the wall clock was set, in [`wall_clock`].
const STEP: u64 = 3_600_000_000_000;

/// Every vector of this module.
pub(super) fn all() -> Vec<Vector> {
    [deaths(), beginnings(), states(), vec![wall_clock(), head_ahead()]].concat()
}

/// Two words that say which record they are of.
fn schema() -> Schema {
    let spec = |name: &str| FieldSpec::new(name, Scalar::U64);
    shapes::schema("MOMENT", [spec("n"), spec("n_again")])
}

fn cells(sequence: u64) -> [Cell; 2] {
    [one(sequence), one(sequence)]
}

fn record(sequence: u64) -> Vec<u8> {
    shapes::bytes_of(&schema(), &cells(sequence), 0)
}

fn listed(sequence: u64) -> Listed {
    Listed::new(&schema(), sequence, &cells(sequence))
}

fn header() -> Header {
    plan(&schema(), SLOTS)
}

/// A region in which records 1 to `last` were published.
fn published(last: u64) -> Image {
    let mut image = Image::new(header(), &schema().encode());
    for sequence in 1..=last {
        image.publish(0, sequence, &record(sequence));
    }
    image
}

/// The content: the latest record, and all that are there.
fn content(latest: u64, records: impl Iterator<Item = u64>) -> Content {
    Content::plain(&schema(), Series::new(latest, records.map(listed).collect()))
}

/// A mixture of two records.
fn half(new: u64, old: u64) -> Vec<u8> {
    [&record(new)[..8], &record(old)[8..]].concat()
}

/// The writer of records 1 to 6 dies in the publication of number 7.
fn deaths() -> Vec<Vector> {
    let dead = |name: &str, about, image: Image, content: Content| {
        let mut image = image;
        image.mark(StateWord::Live.code());
        Vector::readable(name, about, content.state("dead"), image.bytes)
    };
    let slot_of_7 = published(6).slot(0, 7);
    let front = published(6).front(0);
    let mut half_written = published(6);
    half_written.put_record(slot_of_7, 2 * 7 + 1, 7, &half(7, 3));
    let mut complete = published(6);
    complete.complete(0, 7, &record(7));
    let mut in_front = complete.clone();
    in_front.put_record(front, 2 * 7 + 1, 7, &half(7, 6));
    let mut front_complete = complete.clone();
    front_complete.put_record(front, 2 * 7, 7, &record(7));
    let (mut old_front, mut torn_front) = (complete.clone(), in_front.clone());
    old_front.put_record(front, 2 * 7 + 1, 6, &record(6));
    old_front.set_head(0, 7);
    torn_front.set_head(0, 7);
    vec![
        dead(
            "writing",
            "half of record 7 is in its slot, which record 3 had",
            half_written,
            content(6, 4..=6),
        ),
        dead("unannounced", "record 7 is complete, and head names 6", complete, content(6, 4..=7)),
        dead(
            "front_writing",
            "record 7 is complete, half of it is in the front, and head names 6",
            in_front,
            content(6, 4..=7),
        ),
        dead(
            "front_ahead",
            "record 7 is complete in the front, too, and head names 6",
            front_complete,
            content(7, 4..=7),
        ),
        dead(
            "front_older",
            "the next writer has moved head to 7, and marked the front, which has 6",
            old_front,
            content(7, 4..=7),
        ),
        dead(
            "front_torn",
            "the next writer has moved head to 7; half of it is in the front",
            torn_front,
            content(7, 4..=7),
        ),
    ]
}

/// Regions whose first record is not number 1, or does not exist.
fn beginnings() -> Vec<Vector> {
    let none = Content::plain(&schema(), Series::default());
    let after = |base| {
        let mut header = header();
        (header.base_sequence, header.first_lineage) = (base, LINEAGE - 1_000_000);
        Image::new(header, &schema().encode())
    };
    let far = 5_000_000_000;
    let (empty, mut continued) = (after(1000), after(far));
    for sequence in far + 1..=far + 2 {
        continued.publish(0, sequence, &record(sequence));
    }
    let mut greatest = header();
    (greatest.lineage, greatest.first_lineage) = ((1 << 53) - 1, 1);
    let mut greatest = Image::new(greatest, &schema().encode());
    greatest.publish(0, 1, &record(1));
    vec![
        Vector::readable("none", "no record was published yet", none.clone(), published(0).bytes),
        Vector::readable(
            "none_after",
            "a new file of a region that had 1000 records; it has none yet",
            none.base_sequence(1000),
            empty.bytes,
        ),
        Vector::readable(
            "continued",
            "numbers beyond 32 bits, of an earlier lineage",
            content(far + 2, far + 1..=far + 2).base_sequence(far),
            continued.bytes,
        ),
        Vector::readable(
            "lapped",
            "six records went through four slots",
            content(6, 3..=6),
            published(6).bytes,
        ),
        Vector::readable(
            "lineage_greatest",
            "the greatest lineage",
            content(1, 1..=1).lineage((1 << 53) - 1),
            greatest.bytes,
        ),
    ]
}

/// The words of the writer line, without a writer.
fn states() -> Vec<Vector> {
    let with = |word| {
        let mut image = published(1);
        image.mark(word);
        image.bytes
    };
    let one = |state| content(1, 1..=1).state(state);
    vec![
        Vector::readable(
            "live_word",
            "the writer died while it had the region open",
            one("dead"),
            with(1),
        ),
        Vector::readable("retired", "another file has the name", one("retired"), with(3)),
        Vector::readable(
            "state_zero",
            "a state that no writer leaves: invalid, and no lock is held",
            one("dead"),
            with(0),
        ),
        Vector::readable(
            "state_unknown",
            "a state that does not exist is invalid, too",
            one("dead"),
            with(4),
        ),
    ]
}

/// The wall clock was set between records 2 and 3.
fn wall_clock() -> Vector {
    let mut image = published(4);
    image.put_word(offset::WALL_BEFORE as u64, WALL_OFFSET);
    image.put_word(offset::WALL_SINCE as u64, time_of(3));
    image.put_word(offset::WALL_OFFSET as u64, WALL_OFFSET + STEP);
    let later = |sequence| listed(sequence).later(STEP);
    let series = Series::new(4, vec![listed(1), listed(2), later(3), later(4)]);
    let about = "the wall clock was set forward by an hour between records 2 and 3";
    Vector::readable("wall_clock", about, Content::plain(&schema(), series), image.bytes)
}

/// Only a hostile writer leaves this.
fn head_ahead() -> Vector {
    let mut image = published(4);
    image.put_word(image.front(0), 0);
    image.set_head(0, 100);
    let about = "head names record 100, whose slot has record 4, and the front has none: no attempt succeeds";
    Vector::refused("head_ahead", about, "unstable", image.bytes)
}
