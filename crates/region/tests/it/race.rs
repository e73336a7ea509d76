//! Writers that race for one name while it is deleted under them: no living one loses it to another.
#![allow(clippy::disallowed_types)] // counters between the threads of a test
use super::*;
use region::RegionErrorKind as Kind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Names that are taken away in a race, as far as the machine gets in [`LONGEST`].
const ROUNDS: usize = 3_000;
/// How long a race takes at most.
const LONGEST: Duration = Duration::from_secs(20);
/// Changes of one writer, each of which makes a new file.
const CHANGES: usize = 20;

fn with_slots(slots: u32) -> Options {
    Options::new().slots(slots).check_every(Duration::MAX)
}

/// Ends the racers, also when an assertion of the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether the file of `writer` has no name left.
fn has_lost_its_name(writer: &DynWriter) -> bool {
    writer.share().unwrap().metadata().unwrap().nlink() == 0
}

/// Files that may lose their name to another one: where a name is taken away just after two files have changed
/// places by mistake, and a third one has it before they change back, it is as if the other had been deleted.
/// It is rare; writers that put their file over whatever has the name cause two or three in each race.
const UNLUCKY: usize = 1;

/// Counts of all racers.
#[derive(Default)]
struct Counts {
    began: AtomicUsize,
    /// Files of living writers that lost their name to another one.
    replaced: AtomicUsize,
}

/// Opens the region and changes its shape, over and over. Another writer may have it, and its name may
/// be taken away; nothing else may happen.
fn publish_until(done: &AtomicBool, path: &Path, counts: &Counts) {
    while !done.load(Ordering::Relaxed) {
        let mut writer = match DynWriter::open_with(path, &Stu::schema(), &with_slots(4)) {
            Ok(writer) => writer,
            Err(err) if matches!(err.kind(), Kind::Busy { .. } | Kind::Replaced) => continue,
            Err(err) => panic!("{err}"),
        };
        counts.began.fetch_add(1, Ordering::Relaxed);
        for round in 0..CHANGES {
            if has_lost_its_name(&writer) {
                counts.replaced.fetch_add(1, Ordering::Relaxed);
                break;
            }
            let slots = if round % 2 == 0 { 8 } else { 4 };
            match writer.change(&Stu::schema(), &with_slots(slots)) {
                Ok(_) => {}
                Err(err) if matches!(err.kind(), Kind::Replaced) => break,
                Err(err) => panic!("{err}"),
            }
        }
    }
}

#[test]
fn no_writer_replaces_the_file_of_a_live_one_while_names_are_deleted() {
    let place = Place::in_memory();
    let aside = tempfile::tempdir_in(place.dir.path()).unwrap();
    let (done, counts) = (AtomicBool::new(false), Counts::default());
    std::thread::scope(|scope| {
        let racers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| publish_until(&done, &place.path, &counts))).collect();
        let _end = End(&done);
        // Renamed rather than deleted: such a file has a name, and one that a writer replaced has not.
        let mut taken = 0;
        let end = Instant::now() + LONGEST;
        wait_until("names enough were taken away", || {
            let name = aside.path().join(taken.to_string());
            taken += usize::from(std::fs::rename(&place.path, name).is_ok());
            let has_ended = taken >= ROUNDS || (taken > 10 && Instant::now() > end);
            has_ended || racers.iter().any(std::thread::ScopedJoinHandle::is_finished)
        });
    });
    let (began, replaced) = (counts.began.into_inner(), counts.replaced.into_inner());
    assert!(began > 10);
    assert!(
        replaced <= UNLUCKY,
        "{replaced} files of living writers were replaced by another one's"
    );
}
