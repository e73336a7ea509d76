//! A reader against a writer that reuses the slot being read.

use super::{Reader, Step, claim, model, model_over, publish, published};
use crate::Part;

#[test]
fn next_from_a_reused_slot_is_whole_or_lapped() {
    for slots in [4, 8] {
        model_over(
            move || published(slots, slots.into()),
            None,
            |_, mut writer| publish(&mut writer, 0, 1),
            |heap| {
                let mut reader = Reader::after(heap, 0);
                let step = reader.next();
                claim!(step != Step::Pending, "record 1 was there");
                // The record that reuses its slot is begun, and it is the last one.
                if let Step::Missed(count) = step {
                    claim!((1..=2).contains(&count), "missed {count}");
                }
            },
        );
    }
}

#[test]
fn a_part_of_a_reused_slot_is_of_its_record_or_lapped() {
    model(
        4,
        None,
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            // From the middle of the first word to that of the second, which is the number.
            let mut bytes = [0; 8];
            let mut part = Part::of(super::LEN, 4, &mut bytes).expect("within the record");
            let step = super::ring(heap).next_part(0, &mut part).expect("an honest writer");
            if let Step::Record(got) = step {
                let number = u64::from_le_bytes(bytes) >> 32;
                claim!(number == got.sequence && got.published_at == number, "torn: {bytes:x?}");
            }
        },
    );
}

#[test]
fn latest_from_a_reused_slot_is_whole() {
    model(
        1,
        None,
        |_, mut writer| publish(&mut writer, 0, 4),
        |heap| {
            Reader::after(heap, 0).latest();
        },
    );
}

#[test]
fn tail_accounts_for_every_record_of_a_lapped_ring() {
    model(
        4,
        Some(2),
        |_, mut writer| publish(&mut writer, 0, 3),
        |heap| {
            let mut reader = Reader::after(heap, 1);
            reader.next();
            reader.next();
            reader.latest();
            reader.next();
        },
    );
}

#[test]
fn a_lapped_reader_resumes_after_the_missed_records() {
    model(
        3,
        None,
        |_, mut writer| publish(&mut writer, 0, 2),
        |heap| {
            let reader = Reader::after(heap, 0);
            let mut record = [0; super::LEN];
            let step = reader.ring.next(0, &mut record).expect("an honest writer");
            if let Step::Missed(missed) = step {
                claim!(missed > 0, "missed nothing");
                claim!(reader.ring.head() + 1 >= missed + 3, "gave up too many: {missed}");
            }
        },
    );
}
