//! `follow`: the events of a region, in order, from one iterator.

use super::*;
use nix::sys::signal::Signal;
use region::{DynSample, Event, Follow, Notifier, Reader, RegionErrorKind, State, Writer};
use std::os::fd::AsFd;

type Typed<'r> = Follow<'r, &'r mut Reader<Stu>>;

/// The next event, which must come.
#[track_caller]
fn next(follow: &mut Typed<'_>) -> Event<i32> {
    match follow.next().expect("an event in time").expect("no error") {
        Event::Record(sample) => Event::Record(sample.id),
        Event::Missed(count) => Event::Missed(count),
        Event::Writer(state) => Event::Writer(state),
        Event::Replaced => Event::Replaced,
        Event::Lineage(lineage) => Event::Lineage(lineage),
        Event::Waiting => Event::Waiting,
        Event::Attached => Event::Attached,
        Event::Missing => Event::Missing,
        Event::Back => Event::Back,
        Event::Truncated => Event::Truncated,
        other => panic!("an event without a story: {other:?}"),
    }
}

/// Cuts the last word off.
fn cut(path: &std::path::Path) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 8).unwrap();
}

fn publish(writer: &mut DynWriter, ids: std::ops::RangeInclusive<i32>) {
    for id in ids {
        writer.publish(&stu(id)).unwrap();
    }
}

#[test]
fn what_was_published_before_the_end_is_delivered_before_the_end_is_reported() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    publish(&mut writer, 1..=3);
    writer.close();
    let mut follow = reader.follow().idle(DEADLINE);
    assert_eq!([1, 2, 3].map(Event::Record), std::array::from_fn(|_| next(&mut follow)));
    assert_eq!(next(&mut follow), Event::Writer(State::Closed));
    assert_eq!(follow.try_next().unwrap(), None, "each change is reported once");
}

#[test]
fn a_lapped_follower_gets_the_exact_number_and_the_remaining_records() {
    let place = Place::new();
    let mut writer = Writer::options().slots(4).open::<Stu>(&place.path).unwrap();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    for id in 1..=10 {
        writer.publish(&Stu::new(id, "xiaoming", 'm')).unwrap();
    }
    let mut follow = reader.follow().idle(DEADLINE);
    assert_eq!(next(&mut follow), Event::Missed(7));
    assert_eq!([8, 9, 10].map(Event::Record), std::array::from_fn(|_| next(&mut follow)));
}

#[test]
fn a_death_and_the_next_writer_are_events() {
    let place = Place::new();
    let mut writer = place.writer();
    publish(&mut writer, 1..=1);
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let mut follow = reader.follow().idle(DEADLINE);
    assert_eq!(next(&mut follow), Event::Record(1));
    die(writer);
    assert_eq!(next(&mut follow), Event::Writer(State::Dead));
    let mut writer = place.writer();
    publish(&mut writer, 2..=2);
    let both = [next(&mut follow), next(&mut follow)];
    assert!(both.contains(&Event::Record(2)) && both.contains(&Event::Writer(State::Live)));
}

#[test]
fn a_region_that_is_deleted_or_cut_is_followed_into_its_next_file() {
    let place = Place::new();
    let mut reader = None;
    for (round, lose) in [(1, "delete"), (2, "cut")] {
        let mut writer = place.writer();
        let reader = reader.get_or_insert_with(|| Reader::<Stu>::open(&place.path).unwrap());
        publish(&mut writer, round..=round);
        let mut follow = reader.follow().idle(DEADLINE);
        while next(&mut follow) != Event::Record(round) {}
        match lose {
            "delete" => std::fs::remove_file(&place.path).unwrap(),
            _ => cut(&place.path),
        }
        drop(writer);
        let mut writer = place.writer();
        publish(&mut writer, 9..=9);
        while next(&mut follow) != Event::Replaced {}
        assert_eq!(next(&mut follow), Event::Lineage(writer.lineage()), "{lose}");
        assert_eq!(next(&mut follow), Event::Record(9), "{lose}");
    }
}

#[test]
fn a_file_that_was_cut_and_has_its_bytes_again_is_followed_again() {
    use std::os::unix::fs::FileExt;
    // To nothing, after which its pages are zeros in this process, and by one word of a page that stays.
    let cut_to_nothing = |path: &std::path::Path| std::fs::write(path, "").unwrap();
    let ways = [(cut_to_nothing as fn(&_), Event::Replaced), (cut, Event::Back)];
    for (lose, found_again) in ways {
        let place = Place::new();
        // It would make the file anew.
        let by_hand = Options::new().check_every(Duration::MAX);
        let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &by_hand).unwrap();
        publish(&mut writer, 1..=1);
        let mut reader = Reader::<Stu>::open(&place.path).unwrap();
        let mut follow = reader.follow().look_every(Duration::from_millis(1)).idle(DEADLINE);
        assert_eq!(next(&mut follow), Event::Record(1));
        publish(&mut writer, 2..=2);
        let bytes = std::fs::read(&place.path).unwrap();
        lose(&place.path);
        assert_eq!(next(&mut follow), Event::Truncated);
        let file = std::fs::File::options().write(true).open(&place.path).unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        assert_eq!(next(&mut follow), found_again);
        assert_eq!(next(&mut follow), Event::Record(2));
    }
}

#[test]
fn what_happens_to_the_file_is_reported_once_each_and_in_order() {
    let place = Place::new();
    let never = Options::new().check_every(Duration::MAX);
    let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &never).unwrap();
    publish(&mut writer, 1..=1);
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let mut follow = reader.follow().look_every(Duration::from_millis(1)).idle(DEADLINE);
    assert_eq!(next(&mut follow), Event::Record(1));
    let aside = place.dir.path().join("aside");
    std::fs::rename(&place.path, &aside).unwrap();
    assert_eq!(next(&mut follow), Event::Missing);
    publish(&mut writer, 2..=2);
    assert_eq!(next(&mut follow), Event::Record(2), "the old file is followed");
    std::fs::write(&place.path, "not a region").unwrap();
    let err = follow.next().unwrap().expect_err("text");
    assert!(matches!(err.kind(), RegionErrorKind::TooShort(12)), "{err}");
    std::fs::rename(&aside, &place.path).unwrap();
    assert_eq!(next(&mut follow), Event::Back);
    cut(&place.path);
    assert_eq!(next(&mut follow), Event::Truncated);
    writer.recreate().unwrap();
    publish(&mut writer, 3..=3);
    assert_eq!([next(&mut follow), next(&mut follow)], [Event::Replaced, Event::Record(3)]);
}

#[test]
fn a_replaced_file_is_drained_before_the_next_one() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let mut follow = reader.follow().idle(DEADLINE);
    assert_eq!(follow.try_next().unwrap(), None);
    publish(&mut writer, 1..=2);
    writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    publish(&mut writer, 3..=3);
    let expected = [Event::Record(1), Event::Record(2), Event::Replaced, Event::Record(3)];
    assert_eq!(std::array::from_fn(|_| next(&mut follow)), expected);
}

#[test]
fn a_missing_region_is_awaited_and_that_is_reported_once() {
    let place = Place::new();
    let mut follow = Follow::awaiting(|| Reader::<Stu>::open(&place.path));
    assert_eq!(follow.try_next().unwrap(), Some(Event::Waiting));
    assert_eq!(follow.try_next().unwrap(), None);
    assert!(follow.source().is_none() && !follow.wait(DEADLINE), "there is nothing to wait on");
    assert!(follow.take_absence().is_some_and(|err| err.is_not_there()));
    std::fs::write(&place.path, "not a region").unwrap();
    let err = follow.try_next().expect_err("text");
    assert!(matches!(err.kind(), RegionErrorKind::TooShort(12)), "{err}");
    assert_eq!(follow.try_next().unwrap(), None, "each error is returned once");
    std::fs::remove_file(&place.path).unwrap();
    let mut writer = place.writer();
    publish(&mut writer, 1..=1);
    assert_eq!(follow.try_next().unwrap(), Some(Event::Attached));
    let Some(Event::Record(sample)) = follow.try_next().unwrap() else { panic!("no record") };
    assert_eq!(sample.id, 1);
}

#[test]
fn changes_are_reported_without_records_and_the_newest_record_is_read_beside_them() {
    let place = Place::new();
    let mut writer = place.writer();
    publish(&mut writer, 1..=3);
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let mut follow = reader.follow();
    writer.close();
    assert_eq!(follow.try_change().unwrap(), Some(Event::Writer(State::Closed)));
    let newest = follow.read(|reader| reader.latest()).unwrap().flatten();
    assert_eq!(newest.map(|sample| sample.id), Some(3));
    cut(&place.path);
    assert_eq!(follow.read(|reader| reader.latest()).unwrap(), None);
    assert_eq!(follow.try_change().unwrap(), Some(Event::Truncated));
}

#[test]
fn another_record_under_the_name_is_an_error_for_one_type_and_an_event_for_a_schema() {
    let place = Place::new();
    let mut writer = place.writer();
    publish(&mut writer, 1..=1);
    let mut typed = Reader::<Stu>::open(&place.path).unwrap();
    let mut dynamic = place.reader();
    writer.change(&other_schema(), &Options::new()).unwrap();
    writer.publish(&1.5_f64.to_le_bytes()).unwrap();

    let mut follow = typed.follow().idle(DEADLINE);
    let err = follow.by_ref().find_map(Result::err).expect("an error");
    assert!(matches!(err.kind(), RegionErrorKind::OtherSchema { .. }), "{err}");

    let is_new = |event: &Event<DynSample>| matches!(event, Event::Record(sample) if sample.view().get("x").is_some());
    let mut events = dynamic.follow().idle(DEADLINE).map(|event| event.expect("no error"));
    assert!(events.any(|event| event == Event::Replaced));
    assert!(events.any(|event| is_new(&event)));
}

#[test]
fn it_ends_when_idle_or_stopped_and_can_be_continued() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    assert!(reader.follow().idle(Duration::from_millis(1)).next().is_none());
    let mut follow = reader.follow().until(|| true);
    assert!(follow.next().is_none());
    publish(&mut writer, 1..=1);
    assert_eq!(next(&mut follow), Event::Record(1), "there is something, so it is not asked");
}

fn wait_readable(notifier: &Notifier) {
    let mut polled = [rustix::event::PollFd::new(notifier, rustix::event::PollFlags::IN)];
    let timeout = rustix::time::Timespec { tv_sec: 60, tv_nsec: 0 };
    assert_eq!(rustix::event::poll(&mut polled, Some(&timeout)), Ok(1));
}

/// Waits until the notifier's descriptor is readable, then returns the ids that are there.
fn notified<S>(notifier: &Notifier, follow: &mut Follow<'_, S>) -> Vec<i32>
where
    S: region::Followed<Item = region::Sample<Stu>>,
{
    wait_readable(notifier);
    notifier.clear();
    let mut found = Vec::new();
    while let Some(event) = follow.try_next().unwrap() {
        found.extend(match event {
            Event::Record(sample) => Some(sample.id),
            _ => None,
        });
    }
    found
}

#[test]
fn a_notifier_makes_its_descriptor_readable_at_each_record() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let notifier = Notifier::open(&place.path).unwrap();
    let mut follow = reader.follow();
    let mut found = Vec::new();
    for id in 1..=5 {
        publish(&mut writer, id..=id);
        while found.last() != Some(&id) {
            found.extend(notified(&notifier, &mut follow));
        }
    }
    assert_eq!(found, [1, 2, 3, 4, 5]);
    assert!(notifier.as_fd().try_clone_to_owned().is_ok());
}

/// The signals that a thread blocks, out of its `status` in /proc: bit 0 is signal 1. `None`: it has ended.
fn blocked(task: &std::path::Path) -> Option<u64> {
    let text = std::fs::read_to_string(task.join("status")).ok()?;
    let mask = text.lines().find_map(|line| line.strip_prefix("SigBlk:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// A program may block signals for a `signalfd` after it has opened its follower: no thread of the library
/// may take them, and end the process by their default action.
#[test]
fn a_notifiers_thread_takes_no_signal_of_the_program() {
    let bits = |signals: &[Signal]| signals.iter().fold(0, |all, n| all | 1_u64 << (*n as i32 - 1));
    let of_program = bits(&[Signal::SIGTERM, Signal::SIGCHLD, Signal::SIGUSR1, Signal::SIGHUP]);
    let of_faults = bits(&[Signal::SIGBUS, Signal::SIGSEGV]);
    let here = std::path::Path::new("/proc/thread-self");
    let (place, before) = (Place::new(), blocked(here));
    let _writer: DynWriter = place.writer();
    let notifier = Notifier::open(&place.path).unwrap();
    assert_eq!(blocked(here), before, "the caller's mask is as it was");
    wait_readable(&notifier); // so it runs, and has its name
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten().map(|task| task.path());
    let notifiers = tasks.filter(|task| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name == "notifier\n")
    });
    let masks: Vec<u64> = notifiers.filter_map(|task| blocked(&task)).collect();
    assert!(!masks.is_empty());
    for mask in masks {
        assert_eq!((mask & of_program, mask & of_faults), (of_program, 0), "{mask:x}");
    }
}

#[test]
fn a_notifier_of_a_passed_descriptor_notifies_as_well() {
    let place = Place::new();
    let mut writer = place.writer();
    let file = std::fs::File::open(&place.path).unwrap();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let notifier = Notifier::open_file(&file, std::path::Path::new("fd:region")).unwrap();
    let mut follow = reader.follow();
    publish(&mut writer, 1..=1);
    while notified(&notifier, &mut follow) != [1] {}
}

#[test]
fn a_notifier_of_a_region_that_is_not_there_yet_is_readable_when_it_comes() {
    let place = Place::new();
    let notifier = Notifier::awaiting(place.path.clone()).unwrap();
    let mut follow = Follow::awaiting(|| Reader::<Stu>::open(&place.path));
    assert_eq!(notified(&notifier, &mut follow), [], "waiting");
    let mut writer = place.writer();
    let mut found = Vec::new();
    for id in 1..=3 {
        publish(&mut writer, id..=id);
        while found.last() != Some(&id) {
            found.extend(notified(&notifier, &mut follow));
        }
    }
    assert_eq!(found, [1, 2, 3]);
    let refused = Notifier::awaiting("no name").unwrap_err();
    assert!(matches!(refused.kind(), RegionErrorKind::BadName(_)), "{refused}");
}
