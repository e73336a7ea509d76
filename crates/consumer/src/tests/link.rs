//! The link alone, where the order of its calls matters.

use std::fs::{self, File};

use layout::{Record, Stu};
use region::{DynWriter, Options, Step};

use super::Stage;
use crate::link::{Event, Link};
use crate::messages::{Change, Notice};
use crate::target::{Source, Target};

fn link_to(source: &Source) -> Link {
    let target = Target::resolve(Some(source), daemon::Passed::default()).unwrap();
    let mut link = Link::new(target);
    assert!(matches!(link.next_change(), Some(Ok(Event::Attached))));
    assert!(link.next_change().is_none());
    link
}

/// The number of the next student, or what else happens.
fn next(link: &mut Link) -> Option<String> {
    Some(match link.next()?.unwrap() {
        Event::Record(_) => link.record().get("id").unwrap().to_string(),
        change => format!("{change:?}"),
    })
}

#[test]
fn a_replaced_file_is_drained_before_the_next_is_read() {
    let stage = Stage::of_students();
    let mut link = link_to(&Source::Region(settings::Address::Path(stage.path())));
    assert_eq!(next(&mut link), None);
    stage.publishes([1, 2])();
    stage.with_writer(|writer: &mut DynWriter| {
        writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    })();
    stage.publishes([3])();
    let expected = ["1", "2", "Replaced", "3"].map(|event| Some(event.to_owned()));
    assert_eq!(std::array::from_fn(|_| next(&mut link)), expected);
    assert_eq!(next(&mut link), None);
}

#[test]
fn zeros_of_a_bare_file_that_was_cut_are_never_a_record() {
    let stage = Stage::empty();
    let config = stage.dir.path().join("bare.toml");
    let text = format!(
        "[region]\nformat = \"bare\"\npath = \"{}\"\n[record]\nname = \"X\"\n\
         [[record.field]]\nname = \"x\"\ntype = \"u64\"\n",
        stage.path().display()
    );
    fs::write(&config, text).unwrap();
    fs::write(stage.path(), [0xff; 8]).unwrap();
    let mut link = link_to(&Source::Config(config));
    assert!(matches!(link.latest(0), Ok(Step::Record(None))));
    File::options().write(true).open(stage.path()).unwrap().set_len(4).unwrap();
    assert!(matches!(link.latest(0), Ok(Step::Pending)));
    let change = link.next_change().unwrap();
    assert!(matches!(link.notices(change)[..], [Notice { change: Change::Truncated, .. }]));
}
