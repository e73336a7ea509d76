//! Reads the selected region into the model.
//!
//! Invariant: what is on the screen is of one region, one instance and one schema: another one begins
//! with an empty history.

use std::sync::mpsc::Sender;

use mapcast::dynamic::{InstanceReader, Reader, RecordBuf};
use mapcast::{Instance, InstanceName, State};

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
    // Once: the next call may have others at the same indices.
    let line =
        |(instance, name): (Instance, InstanceName)| (instance, InstanceLine::new(name.as_str()));
    let (all, lines): (Vec<_>, Vec<_>) = reader.all().map(line).unzip();
    model.shown.instances = Some(lines);
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
