//! Reads the selected region into the model.
//!
//! Invariant: what is on the screen is of one region, one instance and one schema: another one begins
//! with an empty history.

use std::sync::mpsc::Sender;

use mapcast::dynamic::{InstanceReader, Reader, RecordBuf};
use mapcast::{Instance, State};

use super::Message;
use super::identity::Identity;
use super::model::Model;
use super::regions::{Regions, Status, Watched};
use super::shown::{InstanceLine, Shown};
use super::source::{Source, latest_if_there};
use super::waiter::Waiter;
use crate::writer::Writer;

/// What is read.
#[derive(Debug)]
pub(crate) struct Content {
    messages: Sender<Message>,
    waiter: Option<Waiter>,
    /// Whether the waiter has sent a message that was not answered.
    pub(crate) is_published: bool,
    region: Option<String>,
    /// Which file of it is attached.
    attached: u32,
    instance: Option<String>,
    /// What tells its records and its writer from others.
    identity: Option<Identity>,
    record: Option<RecordBuf>,
}

impl Content {
    pub(crate) fn new(messages: Sender<Message>) -> Self {
        Self {
            messages,
            waiter: None,
            is_published: false,
            region: None,
            attached: 0,
            instance: None,
            identity: None,
            record: None,
        }
    }

    /// Reads what `model` shows.
    pub(crate) fn read(&mut self, regions: &mut Regions, model: &mut Model) {
        let chosen = model.regions.chosen().map(str::to_owned);
        if chosen != self.region {
            model.start_over();
            model.shown = Shown::default();
            (self.region, self.identity, self.record, self.waiter) = (chosen, None, None, None);
        } else if model.is_paused && self.instance == model.instance {
            return;
        }
        let name = self.region.as_deref();
        let mut all = regions.all.iter_mut();
        let Some(watched) = all.find(|region| Some(&*region.line.name) == name) else { return };
        self.wait_for(watched);
        self.identify(watched, model);
        let read = match (&mut watched.source, &mut self.record) {
            (Some(source), Some(record)) => read(source, record, model),
            _ => Ok(()),
        };
        if let Err(error) = read {
            watched.line.status = watched.failed(&error);
        }
        model.shown.problem = problem(&watched.line.status);
    }

    /// Has a waiter for the attached file, and asks it for the next message.
    fn wait_for(&mut self, watched: &Watched) {
        if watched.attached != self.attached || watched.source.is_none() {
            self.waiter = None;
        }
        self.attached = watched.attached;
        match &self.waiter {
            Some(waiter) if std::mem::take(&mut self.is_published) => waiter.ask(),
            // Without a thread the values change once a second.
            None if watched.source.is_some() => {
                self.waiter = Waiter::start(watched.at.clone(), &self.messages).ok();
            }
            Some(_) | None => {}
        }
    }

    /// Begins anew if it is another record, and says what has happened.
    fn identify(&mut self, watched: &Watched, model: &mut Model) {
        let Some(source) = &watched.source else { return };
        let identity = Identity::of(source);
        let before = self.identity.replace(identity);
        let news = before.and_then(|before| identity.news(before));
        if let Some(news) = news {
            model.notice = Some(format!("{}: {news}", watched.line.name));
        }
        if before.is_none_or(|before| identity.is_other_record(before)) {
            let schema = source.reader().schema();
            if before.is_some() {
                model.start_over();
            }
            model.shown = Shown::of(schema);
            self.record = Some(RecordBuf::new(schema.clone()));
            self.instance = None;
        }
        // The history of two regions or instances would have one minimum and one trend.
        let is_other_region = before.is_some_and(|before| identity.is_other_region(before));
        if self.instance != model.instance || is_other_region {
            self.instance.clone_from(&model.instance);
            model.shown.clear_tracks(source.reader().schema());
        }
    }
}

fn read(
    source: &mut Source,
    record: &mut RecordBuf,
    model: &mut Model,
) -> Result<(), mapcast::Error> {
    model.shown.writer = writer(source.reader());
    match source {
        Source::Instances(reader) => read_instances(reader, record, model),
        Source::Plain(reader, _) => {
            let newest = reader.latest(record.bytes_mut())?;
            model.shown.take_or_clear(record.view(), newest.as_ref());
            Ok(())
        }
    }
}

/// Reads the instance that is open, or those that are on the screen.
fn read_instances(
    reader: &mut InstanceReader,
    record: &mut RecordBuf,
    model: &mut Model,
) -> Result<(), mapcast::Error> {
    let all: Vec<Instance> = reader.all().map(|(instance, _)| instance).collect();
    let lines = reader.all().map(|(_, name)| InstanceLine::new(name.as_str()));
    model.shown.instances = Some(lines.collect());
    model.arrange();
    if let Some(name) = &model.instance {
        let Some(index) = model.shown.index_of(name) else {
            model.notice = Some(format!("instance {name} is retired"));
            model.shown.take_or_clear(record.view(), None);
            return Ok(());
        };
        let newest = latest_if_there(reader, all[index], record.bytes_mut())?;
        model.shown.take_or_clear(record.view(), newest.as_ref());
        return Ok(());
    }
    for index in model.instances.on_screen() {
        if let Some(publication) = latest_if_there(reader, all[index], record.bytes_mut())? {
            model.shown.take_instance(index, record.view(), &publication);
        }
    }
    Ok(())
}

fn writer(reader: &Reader) -> Option<String> {
    let has_writer = matches!(reader.state(), State::Live | State::Stalled);
    has_writer.then(|| Writer::of(reader.writer_pid())).flatten().map(|writer| writer.text())
}

/// Why there is nothing to read, and what to do.
fn problem(status: &Status) -> Option<String> {
    match status {
        Status::Absent(None) => Some("there is no such region yet; start its writer".to_owned()),
        Status::Absent(Some(near)) => {
            Some(format!("there is no such region yet; did you mean {near}?"))
        }
        Status::Unreadable(why) => Some(why.clone()),
        Status::Attached(_) | Status::Deleted => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Instant;

    use mapcast::dynamic::{self, FieldSpec, RecordBuf, Scalar, Schema};
    use mapcast::{Options, Stu, Writer};
    use tempfile::TempDir;

    use super::{Content, Model, Regions};
    use crate::region_argument::RegionArgument;

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
            self.regions.look(Instant::now());
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
        assert!(
            view.model.shown.problem.as_ref().expect("a reason").contains("no such region yet")
        );
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
}
