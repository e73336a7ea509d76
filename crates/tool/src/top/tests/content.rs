//! What is read of a region while it changes.

use std::sync::mpsc::channel;
use std::time::Instant;

use mapcast::dynamic::{self, FieldSpec, RecordBuf, Scalar, Schema};
use mapcast::{Options, Stu, Writer};
use tempfile::TempDir;

use crate::region_argument::RegionArgument;
use crate::top::content::Content;
use crate::top::model::Model;
use crate::top::regions::Regions;

/// The region `it` in a directory of its own, and what is shown of it.
struct View {
    dir: TempDir,
    regions: Regions,
    content: Content,
    model: Model,
}

impl View {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("it.region").display().to_string();
        let address = path.parse().expect("a path");
        let regions = Regions::of(&[RegionArgument::Region(address)]).expect("a region");
        let content = Content::new(channel().0);
        Self { dir, regions, content, model: Model::default() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("it.region")
    }

    /// Looks and reads; the word for the region's state.
    fn look(&mut self) -> &'static str {
        self.regions.look(Instant::now(), None);
        self.model.lines = self.regions.all.iter().map(|region| region.line.clone()).collect();
        self.model.arrange();
        self.content.read(&mut self.regions, &mut self.model);
        self.model.arrange();
        self.regions.all[0].line.status.word()
    }

    /// Looks; what has happened since the last time.
    fn news(&mut self) -> String {
        self.look();
        let notice = self.model.notice.take().expect("a notice");
        notice.rsplit(": its ").next().expect("a part").to_owned()
    }

    /// The values on the screen.
    fn values(&self) -> Vec<(&str, &str)> {
        let tracks = self.model.shown.tracks.iter();
        tracks.map(|track| (track.name.as_str(), track.text.as_str())).collect()
    }
}

fn other() -> Schema {
    let field = FieldSpec::new("speed", Scalar::F64);
    Schema::builder("OTHER").field(field).build().expect("a record")
}

#[test]
fn a_region_is_shown_when_it_comes_and_stays_when_its_writer_dies() {
    let mut view = View::new();
    assert_eq!(view.look(), "absent");
    assert!(view.model.shown.problem.as_ref().expect("a reason").contains("no such region yet"));
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a record");
    assert_eq!(view.look(), "live");
    assert_eq!(view.values(), [("id", "10"), ("name", "xiaoming"), ("sex", "m")]);
    assert_eq!(view.model.shown.problem, None);
    drop(writer);
    assert_eq!((view.look(), view.values()[0]), ("closed", ("id", "10")));
}

#[test]
fn a_region_that_changes_its_record_begins_again() {
    let mut view = View::new();
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a record");
    view.look();
    view.model.fields.filter = "name".to_owned();
    drop(writer);
    std::fs::remove_file(view.path()).expect("removed");
    assert_eq!(view.look(), "deleted");
    let schema = other();
    let mut writer = dynamic::Writer::open(view.path(), &schema).expect("a writer");
    writer.publish(RecordBuf::new(schema.into()).bytes()).expect("a record");
    assert_eq!((view.look(), view.values()), ("live", vec![("speed", "0")]));
    assert!(view.model.notice.as_ref().expect("a notice").ends_with("its record has changed"));
    assert_eq!(view.model.fields.filter, "", "the filter was for the other record");
}

#[test]
fn a_writer_that_makes_a_new_file_or_opens_it_again_is_no_other_writer() {
    let mut view = View::new();
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    writer.publish(&Stu::new(1, "a", 'm')).expect("a record");
    view.look();
    let file = std::fs::File::options().write(true).open(view.path()).expect("the file");
    file.set_len(0).expect("cut short");
    writer.recreate().expect("a new file");
    assert_eq!(view.news(), "writer has made a new file");
    std::fs::remove_file(view.path()).expect("removed");
    assert_eq!(view.look(), "deleted");
    writer.recreate().expect("a new file");
    assert_eq!(view.news(), "writer has made a new file", "the sequence continues");
    drop(writer);
    drop(Writer::<Stu>::open(view.path()).expect("a writer"));
    assert_eq!(view.news(), "writer has opened it again");
    std::fs::remove_file(view.path()).expect("removed");
    drop(Writer::<Stu>::open(view.path()).expect("a writer"));
    assert!(view.news().ends_with("another region has its name: the records begin again"));
}

#[test]
fn a_new_region_without_a_record_does_not_show_the_one_before() {
    let mut view = View::new();
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a record");
    view.look();
    drop(writer);
    std::fs::remove_file(view.path()).expect("removed");
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    assert_eq!((view.look(), view.values()[0]), ("live", ("id", "")));
    assert_eq!((view.model.shown.sequence, view.model.shown.age), (0, None));
    writer.publish(&Stu::new(3, "a", 'm')).expect("a record");
    view.look();
    let id = &view.model.shown.tracks[0];
    assert_eq!((id.text.as_str(), id.range()), ("3", Some((3.0, 3.0))));
}

#[test]
fn the_minimum_is_that_of_one_region_when_another_takes_its_name() {
    let mut view = View::new();
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    writer.publish(&Stu::new(1, "a", 'm')).expect("a record");
    view.look();
    drop(writer);
    std::fs::remove_file(view.path()).expect("removed");
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    writer.publish(&Stu::new(5, "b", 'm')).expect("a record");
    assert!(view.news().ends_with("another region has its name: the records begin again"));
    assert_eq!(view.model.shown.tracks[0].range(), Some((5.0, 5.0)));
}

#[test]
fn a_region_may_become_one_of_instances_and_back() {
    let mut view = View::new();
    drop(Writer::<Stu>::open(view.path()).expect("a writer"));
    view.look();
    std::fs::remove_file(view.path()).expect("removed");
    let options = Options::new();
    let mut writer = options.open_instances::<Stu>(view.path(), 4).expect("a writer");
    let instance = writer.instance("eth0").expect("an instance");
    writer.publish(instance, &Stu::new(1, "a", 'm')).expect("a record");
    assert_eq!(view.look(), "live");
    let line = view.model.shown.instances.as_ref().expect("instances")[0].clone();
    assert_eq!((line.name.as_str(), line.cells[0].as_str()), ("eth0", "1"));
    view.model.instance = Some("eth0".to_owned());
    view.look();
    assert_eq!(view.values()[0], ("id", "1"));
    writer.retire(instance).expect("retired");
    view.look();
    assert_eq!(view.model.notice.as_deref(), Some("instance eth0 is retired"));
    assert_eq!((view.values()[0], view.model.shown.age), (("id", ""), None));
    drop(writer);
    std::fs::remove_file(view.path()).expect("removed");
    drop(Writer::<Stu>::open(view.path()).expect("a writer"));
    assert_eq!((view.look(), view.model.shown.instances.is_none()), ("closed", true));
}

#[test]
fn a_file_that_is_no_region_is_an_error_on_the_screen_until_it_is_one() {
    let mut view = View::new();
    std::fs::write(view.path(), "text").expect("a file");
    assert_eq!(view.look(), "error");
    assert!(view.model.shown.problem.as_ref().expect("a reason").contains("not a region"));
    std::fs::remove_file(view.path()).expect("removed");
    let _writer = Writer::<Stu>::open(view.path()).expect("a writer");
    assert_eq!((view.look(), &view.model.shown.problem), ("live", &None));
}

#[test]
fn nothing_is_read_while_the_view_is_paused() {
    let mut view = View::new();
    let mut writer = Writer::<Stu>::open(view.path()).expect("a writer");
    writer.publish(&Stu::new(1, "a", 'm')).expect("a record");
    view.look();
    view.model.is_paused = true;
    writer.publish(&Stu::new(2, "b", 'm')).expect("a record");
    view.look();
    assert_eq!(view.values()[0], ("id", "1"));
    view.model.is_paused = false;
    view.look();
    assert_eq!(view.values()[0], ("id", "2"));
}

#[test]
fn an_instance_has_its_own_values_while_others_join_and_are_retired() {
    let mut view = View::new();
    let options = Options::new();
    let mut writer = options.open_instances::<Stu>(view.path(), 4).expect("a writer");
    let churn = std::thread::spawn(move || {
        for id in 0..30_000 {
            let instance = writer.instance(&id.to_string()).expect("a place");
            writer.publish(instance, &Stu::new(id, "a", 'm')).expect("a record");
            if id % 3 == 2 {
                for (instance, _) in writer.all() {
                    writer.retire(instance).expect("retired");
                }
            }
        }
    });
    while !churn.is_finished() {
        view.look();
        for line in view.model.shown.instances.iter().flatten() {
            assert!(line.cells.first().is_none_or(|id| *id == line.name), "{line:?}");
        }
    }
    churn.join().expect("all were published");
}
