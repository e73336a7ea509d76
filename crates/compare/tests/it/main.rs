//! The harness itself: every contender does what it is listed for, with whole records.

use compare::contenders;
use compare::figures::Figures;
use compare::library::Work;
use compare::race::{Race, Scale};
use compare::record::SIZES;

/// One round of everything, in processes of the real program.
fn race() -> Figures {
    let program = env!("CARGO_BIN_EXE_mapcast-compare").into();
    Race { program, scale: Scale::Test, rounds: 1 }.run(|_| {}).expect("a race")
}

#[test]
fn every_contender_does_what_it_is_listed_for_and_no_record_is_torn() {
    let figures = race();
    for contender in contenders::all() {
        let rows = SIZES.into_iter().flat_map(|size| Work::ALL.map(|work| (size, work)));
        for (size, work) in rows.filter(|(size, work)| contender.does(*work, *size)) {
            let what = format!("{}, {work}, {size} bytes", contender.name);
            let figure = figures.get(work, size, contender.name).expect(&what);
            if work == Work::Contended && contender.name.starts_with("ringfire") {
                continue; // its reader gives up while the writer has lost the processor
            }
            assert_eq!(figure.failure, None, "{what}");
            assert_eq!(figure.torn, 0, "{what}");
            assert!(figure.samples > 0 && figure.median > 0.0, "{what}: {figure:?}");
            if work == Work::Contended {
                let (fresh, published) = (figure.fresh.unwrap(), figure.published.unwrap());
                // What is read fresh was published before.
                assert!(fresh <= published, "{what}: {figure:?}");
            }
        }
    }
    assert_eq!(
        figures.csv().unwrap().lines().filter(|line| line.contains(",mapcast,")).count(),
        41
    );
}

#[test]
fn a_part_that_cannot_be_done_is_a_failure_and_no_figure() {
    let program = "/nonexistent/mapcast-compare".into();
    let race = Race { program, scale: Scale::Test, rounds: 1 };
    let figure = race.run(|_| {}).unwrap().get(Work::Latest, 28, "mapcast").unwrap();
    assert!(figure.samples == 0 && figure.failure.is_some(), "{figure:?}");
}
