//! A follower against a writer that leaves out numbers, and one that dies in that.

use super::{Reader, Step, claim, content, model, publish, resume};
use crate::publisher::death::After;

/// The writer has published record 1; the next one is record 4, in a ring of four slots.
const NEXT: u64 = 4;

#[test]
fn what_was_left_out_is_missed_once_the_record_after_it_is_there() {
    model(
        1,
        None,
        |_, mut writer| {
            let (word, record) = content(0, NEXT);
            claim!(writer.turn().publish_as(NEXT, word, &record), "a number within the ring");
        },
        |heap| {
            let mut reader = Reader::after(heap, 1);
            let newest = reader.latest_at_first_attempt().sequence;
            let steps: Vec<Step> = (0..3).map(|_| reader.next()).collect();
            if newest == NEXT {
                claim!(steps[..2] == [Step::Missed(1); 2], "{steps:?}");
                claim!(matches!(steps[2], Step::Record(_)), "{steps:?}");
            }
        },
    );
}

#[test]
fn a_takeover_keeps_the_record_behind_what_was_left_out() {
    for last in After::IN_RING {
        model(
            1,
            Some(3),
            move |heap, first| {
                let (word, record) = content(1, 3);
                first.publish_as_and_die(3, last, word, &record);
                publish(&mut resume(heap), 2, 2);
            },
            |heap| {
                let mut reader = Reader::after(heap, 1);
                reader.next();
                reader.next();
                reader.latest();
            },
        );
    }
}
