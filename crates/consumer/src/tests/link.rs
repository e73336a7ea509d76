//! The link by itself, where the order of its calls matters.

use std::fs::{self, File};

use layout::{Record, Stu};
use region::{DynWriter, Options, Step};

use super::Stage;
use crate::link::Link;
use crate::notice::Notice;
use crate::target::{Source, Target};

fn link_to(source: &Source) -> Link {
    let mut link =
        Link::new(Target::resolve(Some(source), daemon::Passed::default()).unwrap()).unwrap();
    assert!(!link.observe().unwrap(), "attached, nothing to refresh");
    link
}

/// The number of the next student.
fn next(link: &mut Link) -> Option<String> {
    match link.next() {
        Step::Record(reading) => Some(reading.view.get("id").unwrap().to_string()),
        Step::Pending => None,
        Step::Missed(count) => Some(format!("missed {count}")),
    }
}

#[test]
fn a_file_that_is_given_up_can_be_emptied_between_observe_and_refresh() {
    let stage = Stage::of_students();
    let mut link = link_to(&Source::Region(settings::Address::Path(stage.path())));
    assert_eq!(next(&mut link), None);
    stage.publishes([1, 2])();
    stage.with_writer(|writer: &mut DynWriter| {
        writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    })();
    stage.publishes([3])();
    assert!(link.observe().unwrap());
    let old = [next(&mut link), next(&mut link), next(&mut link)];
    assert_eq!(old, [Some("1".to_owned()), Some("2".to_owned()), None]);
    link.refresh();
    assert_eq!([next(&mut link), next(&mut link)], [Some("3".to_owned()), None]);
    assert!(matches!(link.take_news()[..], [Notice::Reattached { .. }]));
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
    assert!(link.latest().is_some());
    File::options().write(true).open(stage.path()).unwrap().set_len(4).unwrap();
    assert!(link.latest().is_none());
    assert!(matches!(link.take_news()[..], [Notice::Truncated(_)]));
}
