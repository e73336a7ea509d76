//! A writer and readers on real threads, at full speed, for a moment each.
//!
//! Loom tries every order of a few steps; these tests try some orders of many millions. Every byte
//! of a record is the same, so that a mixture of two is detected.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Stop;
use crate::heap::Heap;
use crate::{AtomicU64, Publisher, Ring, Step, Tail};

const MOMENT: Duration = Duration::from_millis(200);

/// Runs `reader` until it returns, against a writer at full speed.
fn against_a_writer(slots: u32, len: usize, reader: impl FnOnce(&Ring<Arc<Heap>>)) -> u64 {
    let heap = Arc::new(Heap::new(slots, len));
    let ring = Ring::new(Arc::clone(&heap), slots).expect("a power of two");
    let mut publisher = Publisher::resume(ring.clone());
    let stop = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut record = vec![0; len];
            while !Stop::is_set(&stop) {
                fill(&mut record, publisher.sequence() + 1);
                publisher.publish(publisher.sequence() + 1, &record);
            }
            publisher.sequence()
        });
        let guard = Stop(&stop);
        reader(&ring);
        drop(guard);
        writer.join().expect("a writer cannot fail")
    })
}

fn fill(record: &mut [u8], sequence: u64) {
    for bytes in record.chunks_mut(8) {
        bytes.copy_from_slice(&sequence.to_le_bytes()[..bytes.len()]);
    }
}

#[track_caller]
fn assert_whole(record: &[u8], sequence: u64) {
    let sequence = sequence.to_le_bytes();
    assert!(record.chunks(8).all(|bytes| *bytes == sequence[..bytes.len()]), "torn: {record:?}");
}

#[test]
fn latest_is_whole_and_never_goes_back() {
    for (slots, len) in [(4, 28), (8, 28), (8, 1024)] {
        let mut reads = 0_u64;
        let last = against_a_writer(slots, len, |ring| {
            let (mut record, mut newest, start) = (vec![0; len], 0, Instant::now());
            while start.elapsed() < MOMENT || newest == 0 {
                let Ok(Some(got)) = ring.latest(&mut record) else { continue };
                assert_whole(&record, got.sequence);
                assert_eq!(got.published_at, got.sequence);
                assert!(got.sequence >= newest, "{} after {newest}", got.sequence);
                newest = got.sequence;
                reads += 1;
            }
        });
        assert!(reads > 0 && last > 0, "{slots} slots of {len} bytes");
    }
}

#[test]
fn tail_accounts_for_every_record_and_latest_is_never_older() {
    for (slots, len) in [(4, 28), (64, 28)] {
        let mut followed = 0;
        let last = against_a_writer(slots, len, |ring| {
            let (mut record, mut tail, start) = (vec![0; len], Tail::after(0), Instant::now());
            let mut accounted = 0;
            while start.elapsed() < MOMENT || accounted == 0 {
                match tail.next(ring, &mut record).expect("an honest writer") {
                    Step::Record(got) => {
                        accounted += 1;
                        assert_eq!(got.sequence, accounted);
                        assert_whole(&record, got.sequence);
                    }
                    Step::Missed(count) => accounted += count,
                    Step::Pending => {}
                }
                assert_eq!(tail.last(), accounted);
                if let Ok(Some(got)) = tail.latest(ring, &mut record) {
                    assert!(got.sequence >= accounted, "{} after {accounted}", got.sequence);
                    assert_whole(&record, got.sequence);
                }
            }
            followed = accounted;
        });
        assert!(followed <= last, "no reader gets a record that was not published");
    }
}
