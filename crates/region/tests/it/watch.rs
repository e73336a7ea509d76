//! Waiting for any of many regions.

use super::*;
use region::{Bell, MAX_WATCHED, Watch, wait_any};

/// Waits until one has something newer than is known; returns which.
fn wait_for_news(watched: &[(Watch, u64)], bell: &Bell, rung: u32) -> Option<usize> {
    let start = Instant::now();
    loop {
        let news = watched.iter().position(|(watch, known)| watch.newest() != *known);
        if news.is_some() || bell.rung() != rung {
            return news;
        }
        assert!(start.elapsed() < DEADLINE, "no news");
        let all = watched.iter().map(|(watch, known)| (watch, *known));
        wait_any(all, bell, rung, DEADLINE).expect("Linux 5.16");
    }
}

#[test]
fn a_publish_to_any_of_many_regions_ends_the_wait() {
    let places: Vec<Place> = (0..MAX_WATCHED).map(|_| Place::new()).collect();
    let mut writers: Vec<DynWriter> = places.iter().map(Place::writer).collect();
    let bell = Bell::default();
    for index in [0, 1, MAX_WATCHED - 1] {
        let watch = |place: &Place| place.reader().watch().expect("mapped");
        let watched: Vec<(Watch, u64)> = places
            .iter()
            .map(watch)
            .map(|watch| {
                let known = watch.newest();
                (watch, known)
            })
            .collect();
        assert!(watched.iter().all(|(watch, _)| watch.can_wake()));
        let rung = bell.rung();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| wait_for_news(&watched, &bell, rung));
            writers[index].publish(bytemuck::bytes_of(&Stu::new(1, "x", 'm'))).expect("published");
            assert_eq!(waits.join().expect("no panic"), Some(index));
        });
    }
}

#[test]
fn a_bell_ends_the_wait_before_it_begins_and_while_it_lasts() {
    let place = Place::new();
    let _writer = place.writer();
    let watched = [(place.reader().watch().expect("mapped"), 0)];
    let bell = Bell::default();
    let rung = bell.rung();
    bell.ring();
    assert_eq!(wait_for_news(&watched, &bell, rung), None);
    let rung = bell.rung();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| wait_for_news(&watched, &bell, rung));
        bell.clone().ring();
        assert_eq!(waits.join().expect("no panic"), None);
    });
}

#[test]
fn a_region_that_was_cut_can_wake_no_more() {
    let place = Place::new();
    let _writer = place.writer();
    let watch = place.reader().watch().expect("mapped");
    std::fs::File::options().write(true).open(&place.path).unwrap().set_len(64).unwrap();
    assert!(!watch.can_wake());
    assert!(wait_any([(&watch, watch.newest())], &Bell::default(), 0, Duration::ZERO).is_ok());
}
