//! Many instances, without loom: exact counts, hostile words, deaths at each step.

use super::{LEN, record};
use crate::heap_blocks::{HeapBlocks, HeapWriter};
use crate::publisher::death::{self, After};
use crate::{Blocks, Change, ChangeTail, Ring, Step, Tail, sync};

fn heap() -> HeapBlocks {
    HeapBlocks::new(3, 4, LEN, 8)
}

fn writer(heap: &HeapBlocks) -> HeapWriter<&HeapBlocks> {
    HeapWriter::resume(heap, 4)
}

/// A writer with the instances a, b and c.
fn joined(heap: &HeapBlocks) -> HeapWriter<&HeapBlocks> {
    let mut writer = writer(heap);
    for (block, name) in (0..).zip([b"a", b"b", b"c"]) {
        writer.join(block, name);
    }
    writer
}

fn publish(writer: &mut HeapWriter<&HeapBlocks>, block: u16, count: u64) {
    for _ in 0..count {
        writer.publish(block, 1, &record(1));
    }
}

fn ring<'a>(heap: &'a &HeapBlocks, block: u16) -> Ring<&'a crate::heap::Heap> {
    Ring::new(heap.block(block), 4).expect("4 slots")
}

/// The sequence of the newest record of a block, if there is one.
fn latest(heap: &HeapBlocks, block: u16) -> Option<u64> {
    let newest = ring(&heap, block).latest(&mut [0; LEN]).expect("no contention");
    newest.map(|got| got.sequence)
}

fn name(heap: &HeapBlocks, block: u16) -> Option<(u64, u64, u8)> {
    let mut bytes = [0; 16];
    let named = (&heap).name(block).read(&mut bytes)?;
    assert_eq!(named.len, 1);
    Some((named.generation, named.base, bytes[0]))
}

#[test]
fn each_instance_counts_its_own_records() {
    let heap = heap();
    let mut writer = joined(&heap);
    let sequences = [0, 1, 0, 2, 0].map(|block| writer.publish(block, 1, &record(block.into())));
    assert_eq!(sequences, [1, 1, 2, 1, 3]);
    assert_eq!([0, 1, 2].map(|block| latest(&heap, block)), [Some(3), Some(1), Some(1)]);
}

#[test]
fn the_changes_name_each_block_in_the_order_of_publishing() {
    let heap = heap();
    let mut writer = joined(&heap);
    let (mut tail, shared) = (ChangeTail::after(writer.newest_change()), &heap);
    assert_eq!(tail.next(&shared.changes()), Change::Pending);
    for block in [2, 0, 0, 1] {
        writer.publish(block, 1, &record(1));
    }
    let changes: Vec<Change> = (0..5).map(|_| tail.next(&shared.changes())).collect();
    let expected = [2, 0, 0, 1].map(Change::Block);
    assert_eq!((&changes[..4], changes[4]), (&expected[..], Change::Pending));
}

#[test]
fn a_lapped_reader_is_told_exactly_how_many_changes_it_missed() {
    for published in 1..=30 {
        let heap = heap();
        let mut writer = joined(&heap);
        let (mut tail, shared) = (ChangeTail::after(3), &heap);
        publish(&mut writer, 1, published);
        // The ring has eight words.
        let expected = if published <= 8 { Change::Block(1) } else { Change::Lapped(published) };
        assert_eq!(tail.next(&shared.changes()), expected);
        while tail.next(&shared.changes()) != Change::Pending {}
        assert_eq!(tail.last(), writer.newest_change());
    }
}

#[test]
fn a_change_that_is_begun_may_have_replaced_the_oldest() {
    let heap = heap();
    let mut writer = joined(&heap);
    let (mut tail, shared) = (ChangeTail::after(3), &heap);
    publish(&mut writer, 1, 8);
    shared.changes().begin(12, 2);
    assert_eq!(tail.next(&shared.changes()), Change::Lapped(8));
}

#[test]
fn a_change_is_found_when_its_number_has_wrapped_in_the_word() {
    let (heap, near) = (heap(), (1 << 48) - 2);
    let shared = &heap;
    shared.changes().announce(near);
    let mut writer = writer(&heap);
    let mut tail = ChangeTail::after(near);
    writer.join(2, b"c");
    publish(&mut writer, 2, 3);
    let changes: Vec<Change> = (0..5).map(|_| tail.next(&shared.changes())).collect();
    assert_eq!(changes[..4], [Change::Block(2); 4]);
    assert_eq!(changes[4], Change::Pending);
}

#[test]
fn a_writer_that_dies_at_any_step_of_a_publish_leaves_one_block_to_its_successor() {
    for last in After::each() {
        let heap = heap();
        let mut first = joined(&heap);
        publish(&mut first, 1, 5);
        first.publish(0, 1, &record(1));
        let (shared, change) = (&heap, first.newest_change());
        shared.changes().begin(change + 1, 1);
        death::publish_and_die(&ring(&shared, 1), 6, last, 1, &[0xdd; LEN]);
        let given = matches!(ring(&shared, 1).next(5, &mut [0; LEN]), Ok(Step::Record(_)));

        let mut tail = ChangeTail::after(change);
        assert_eq!(tail.next(&shared.changes()), Change::Pending);
        let mut successor = writer(&heap);
        assert_eq!(successor.newest_change(), change + 1);
        assert_eq!(tail.next(&shared.changes()), Change::Block(1), "{last:?}");
        assert_eq!(successor.sequence(1), if given { 6 } else { 5 }, "{last:?}");
        assert_eq!(successor.publish(1, 2, &record(2)), successor.sequence(1));
        assert_eq!((successor.sequence(0), successor.sequence(2)), (1, 0));
        assert_eq!(writer(&heap).newest_change(), change + 2, "announced once");
    }
}

#[test]
fn a_block_is_used_again_and_its_numbers_and_generations_are_not() {
    let heap = heap();
    let mut writer = joined(&heap);
    publish(&mut writer, 1, 6);
    assert_eq!(name(&heap, 1), Some((1, 0, b'b')));
    writer.retire(1);
    assert_eq!((name(&heap, 1), writer.generation(1)), (None, None));
    assert_eq!(writer.join(1, b"d"), 3);
    assert_eq!(name(&heap, 1), Some((3, 6, b'd')));
    assert_eq!(latest(&heap, 1), None, "the records were those of b");
    let shared = &heap;
    let (ring, mut tail) = (ring(&shared, 1), Tail::after(6));
    assert_eq!(tail.next(&ring, &mut [0; LEN]), Ok(Step::Pending));
    assert_eq!(writer.publish(1, 1, &record(7)), 7);
    assert_eq!(latest(&heap, 1), Some(7));
    assert!(matches!(tail.next(&ring, &mut [0; LEN]), Ok(Step::Record(got)) if got.sequence == 7));
}

#[test]
fn a_name_that_returns_in_another_block_continues_after_its_old_numbers() {
    let heap = heap();
    let mut writer = joined(&heap);
    publish(&mut writer, 0, 5);
    writer.publish(2, 1, &record(1));
    writer.retire(0);
    writer.retire(2);
    writer.join(0, b"c");
    writer.join(2, b"a");
    assert_eq!((name(&heap, 0), name(&heap, 2)), (Some((3, 5, b'c')), Some((3, 5, b'a'))));
    assert_eq!(writer.publish(2, 1, &record(1)), 6);
}

#[test]
fn a_successor_knows_names_numbers_and_the_floor() {
    let heap = heap();
    let mut first = joined(&heap);
    publish(&mut first, 2, 5);
    first.retire(2);
    let mut successor = writer(&heap);
    let generations = [0, 1, 2].map(|block| successor.generation(block));
    assert_eq!(generations, [Some(1), Some(1), None]);
    assert_eq!(successor.floor(), 5);
    successor.join(2, b"x");
    assert_eq!(successor.publish(2, 1, &record(1)), 6);
}

#[test]
fn a_join_that_a_death_left_half_done_is_a_free_block() {
    let heap = heap();
    let mut first = writer(&heap);
    first.join(0, b"a");
    first.publish(0, 1, &record(1));
    first.retire(0);
    let (shared, change) = (&heap, first.newest_change());
    shared.changes().begin(change + 1, 0);
    ring(&shared, 0).restart(1);
    let mut successor = writer(&heap);
    assert_eq!((name(&heap, 0), successor.generation(0)), (None, None));
    assert_eq!(successor.join(0, b"b"), 3);
    assert_eq!(successor.publish(0, 1, &record(2)), 2);
}

/// What is known of the totals of block 0 at its retirements 1 to 6.
fn totals(heap: &HeapBlocks) -> [Option<u64>; 6] {
    [1, 2, 3, 4, 5, 6].map(|retirement| (&heap).name(0).total_at(retirement))
}

#[test]
fn the_totals_of_the_last_three_retirements_are_known_under_any_writer() {
    let heap = heap();
    for (instance, (records, total)) in (0..).zip([(3, 3), (0, 3), (5, 8), (2, 10), (20, 30)]) {
        // Each instance by another writer than the one before; the numbers have gaps.
        sync::store((&&heap).floor(), 100 * instance);
        let mut first = writer(&heap);
        first.join(0, b"a");
        publish(&mut first, 0, records);
        writer(&heap).retire(0);
        let expected = [Some(3), Some(3), Some(8), Some(10), Some(30), None];
        let found = totals(&heap);
        for (at, (found, total)) in (0..).zip(found.into_iter().zip(expected)) {
            let is_known = (at..at + 3).contains(&instance);
            assert_eq!(found, total.filter(|_| is_known), "retirement {at} of {instance}");
        }
        let newest = (&&heap).name(0).total();
        assert_eq!(newest, Some((instance + 1, total)));
    }
}

#[test]
fn a_retirement_that_a_death_left_half_done_changes_no_total() {
    let heap = heap();
    let mut first = joined(&heap);
    publish(&mut first, 0, 2);
    let shared = &heap;
    shared.changes().begin(first.newest_change() + 1, 0);
    sync::store(&(&shared).name(0).total_words()[1], 2);
    let mut successor = writer(&heap);
    assert_eq!((totals(&heap)[0], name(&heap, 0)), (None, Some((1, 0, b'a'))));
    publish(&mut successor, 0, 1);
    successor.retire(0);
    assert_eq!(totals(&heap)[0], Some(3));
}

#[test]
fn any_words_end_and_panic_nowhere() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..2_000 {
        let heap = heap();
        let shared = &heap;
        let mut word = || [0, 1, 2, 3, u64::MAX, 1 << 63, random.u64(..)][random.usize(..7)];
        shared.changes().announce(word());
        (0..8).for_each(|_| shared.changes().begin(word(), 0xffff));
        sync::store((&shared).floor(), word());
        (&shared).name(1).total_words().iter().for_each(|total| sync::store(total, word()));
        let mut tail = ChangeTail::after(word());
        for _ in 0..20 {
            let before = tail.last();
            let change = tail.next(&shared.changes());
            assert!(change == Change::Pending || tail.last() > before, "it advances");
        }
        let mut writer = writer(&heap);
        writer.join(1, b"x");
        writer.publish(1, 1, &record(1));
        writer.retire(1);
    }
}
