//! The live values of the page, as server-sent events.
//!
//! Invariant: a page that has taken its events has the newest value of each region, and the fields of its record. What
//! it cannot take in time is not kept for it: its stream ends, and the browser opens another, which begins with
//! everything.
//!
//! ```text
//!   event: all       every region with its fields, or why it cannot be read; every value
//!   event: changes   the regions that are new or have another record; regions and instances that are gone; the
//!                    values that have changed, each the line of `consumer --format json`
//!   a comment        when nothing has changed for a while: shows that the page is still there
//! ```
//!
//! Price: while a page is open, a look at each region five times a second; nothing while none is.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::mem::take;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use mapcast::State;
use mapcast::dynamic::Schema;
use render::{Origin, Reading};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::inspect::FieldFacts;

use super::attached::{Row, Shape};
use super::fleet::{Fleet, Region};

/// Time between two looks at the regions.
pub(crate) const EVERY: Duration = Duration::from_millis(200);

/// Longest time without an event.
const QUIET: Duration = Duration::from_secs(15);

/// How many events a page may be behind.
const BEHIND: usize = 16;

/// The pages that are open.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    pages: Vec<Page>,
    /// The regions as the pages know them.
    known: Known,
    sent_at: Option<Instant>,
}

/// A page that keeps up.
#[derive(Debug)]
struct Page {
    events: Sender<Bytes>,
    lease: Rc<Lease>,
}

/// Is there as long as a page keeps up.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    /// Ends the connection of the page at once.
    end: OnceCell<Rc<Notify>>,
}

impl Lease {
    /// The connection ends by `end`.
    pub(crate) fn ends(&self, end: &Rc<Notify>) {
        let _ = self.end.set(end.clone());
    }

    /// Ends the connection, with the events that the page has not taken.
    fn give_up(&self) {
        if let Some(end) = self.end.get() {
            end.notify_one();
        }
    }
}

/// The events of a page.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) events: Receiver<Bytes>,
    pub(crate) lease: Weak<Lease>,
}

/// By the regions' names.
type Known = BTreeMap<String, KnownRegion>;

#[derive(Debug)]
struct KnownRegion {
    about: About,
    /// What was sent last, by instance.
    rows: HashMap<Option<String>, Seen>,
}

/// What a page has to know of a region before its values.
#[derive(Clone, Debug)]
enum About {
    Record(Arc<Schema>),
    /// Why it cannot be read.
    Problem(String),
}

/// What was sent of a region or instance last; `None` of a record: there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    record: Option<(u64, u64)>,
    state: State,
    epoch: u64,
}

/// What a page is sent.
#[derive(Debug, Default, Serialize)]
struct Changes {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regions: Vec<Facts>,
    /// A region, or an instance of one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<(String, Option<String>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Values>,
}

/// A region, as the page has it.
#[derive(Debug, Serialize)]
struct Facts {
    region: String,
    record: Option<String>,
    has_instances: bool,
    fields: Vec<FieldFacts>,
    /// `absent` or `error`, and what to do.
    problem: Option<(&'static str, String)>,
}

/// New values of a region or an instance of it.
#[derive(Debug, Serialize)]
struct Values {
    region: String,
    instance: Option<String>,
    state: &'static str,
    epoch: u64,
    /// `None`: nothing was published yet.
    line: Option<Box<RawValue>>,
}

impl Feed {
    /// How many pages are open.
    pub(crate) fn pages(&mut self) -> usize {
        self.pages.retain(|page| !page.events.is_closed());
        self.pages.len()
    }

    /// Opens a stream, which begins with everything.
    pub(crate) fn open(&mut self, fleet: &mut Fleet) -> Stream {
        let (known, all) = Changes::since(&mut Known::new(), fleet);
        if self.pages() == 0 {
            self.known = known;
        }
        let (events, receiver) = channel(BEHIND);
        let _ = events.try_send(all.event("all"));
        let lease = Rc::new(Lease::default());
        let stream = Stream { events: receiver, lease: Rc::downgrade(&lease) };
        self.pages.push(Page { events, lease });
        self.sent_at = Some(Instant::now());
        stream
    }

    /// Looks at all regions, and sends what has changed.
    pub(crate) fn look(&mut self, fleet: &mut Fleet) {
        let (known, changes) = Changes::since(&mut self.known, fleet);
        self.known = known;
        if !changes.is_empty() {
            self.send(&changes.event("changes"));
        } else if self.sent_at.is_none_or(|at| at.elapsed() > QUIET) {
            self.send(&Bytes::from_static(b":\n\n"));
        }
    }

    /// Ends all streams.
    pub(crate) fn close(&mut self) {
        self.pages.clear();
    }

    /// Sends `event` to all pages. One that is too far behind is closed.
    fn send(&mut self, event: &Bytes) {
        self.sent_at = Some(Instant::now());
        self.pages.retain(|page| {
            let is_sent = page.events.try_send(event.clone()).is_ok();
            if !is_sent {
                page.lease.give_up();
            }
            is_sent
        });
    }
}

impl Changes {
    /// The regions as they are now, and what of that is not in `before`, which is used up.
    fn since(before: &mut Known, fleet: &mut Fleet) -> (Known, Self) {
        let (mut now, mut changes) = (Known::new(), Self::default());
        for (name, region) in fleet.regions() {
            let Some(about) = About::of(region) else { continue };
            let same = before.remove(name).filter(|known| known.about.is_same(&about));
            if same.is_none() {
                changes.regions.push(Facts::of(name, region));
            }
            let mut rows = same.map(|known| known.rows).unwrap_or_default();
            changes.look(name, region, &mut rows);
            now.insert(name.to_owned(), KnownRegion { about, rows });
        }
        changes.gone.extend(take(before).into_keys().map(|name| (name, None)));
        (now, changes)
    }

    /// Looks at the records of a region of which `rows` were sent.
    fn look(&mut self, name: &str, region: &mut Region, rows: &mut HashMap<Option<String>, Seen>) {
        let mut now = HashMap::with_capacity(rows.len());
        let is_read = region.look(|row, shape| {
            let (instance, seen) = (row.instance.map(str::to_owned), Seen::of(&row));
            if rows.remove(&instance) != Some(seen) {
                self.values.push(Values::of(name, &row, seen, shape));
            }
            now.insert(instance, seen);
        });
        // Else it is attached again, or a problem, at the next look.
        if is_read {
            let gone = take(rows).into_keys();
            self.gone.extend(gone.map(|instance| (name.to_owned(), instance)));
        }
        rows.extend(now);
    }

    fn is_empty(&self) -> bool {
        self.regions.is_empty() && self.gone.is_empty() && self.values.is_empty()
    }

    fn event(&self, name: &str) -> Bytes {
        let data = serde_json::to_string(self).expect("strings, numbers and JSON");
        format!("event: {name}\ndata: {data}\n\n").into()
    }
}

impl About {
    /// `None`: it is not known yet.
    fn of(region: &mut Region) -> Option<Self> {
        match region.problem() {
            Some((_, problem)) => Some(Self::Problem(problem.to_owned())),
            None => Some(Self::Record(region.attached()?.region().schema().clone())),
        }
    }

    /// Whether a page that knows `self` knows `other`. A region that is attached again has another schema, though it
    /// may be equal.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(own), Self::Record(other)) => Arc::ptr_eq(own, other),
            (Self::Problem(own), Self::Problem(other)) => own == other,
            _ => false,
        }
    }
}

impl Facts {
    fn of(name: &str, region: &mut Region) -> Self {
        let problem = region.problem().map(|(word, advice)| (word, advice.to_owned()));
        let attached = region.attached().filter(|_| problem.is_none());
        let (record, fields) = match &attached {
            Some(attached) => (
                Some(attached.region().schema().name().to_owned()),
                attached.fields().map(FieldFacts::of).collect(),
            ),
            None => (None, Vec::new()),
        };
        let has_instances = attached.is_some_and(|attached| attached.has_instances());
        Self { region: name.to_owned(), record, has_instances, fields, problem }
    }
}

impl Seen {
    fn of(row: &Row<'_>) -> Self {
        let record =
            row.newest.map(|(publication, _)| (publication.lineage(), publication.sequence));
        Self { record, state: row.region.state(), epoch: row.region.epoch() }
    }
}

impl Values {
    fn of(region: &str, row: &Row<'_>, seen: Seen, shape: &mut Shape) -> Self {
        let line = row.newest.map(|(publication, record)| {
            let origin = Some(Origin { region: row.region, publication });
            let reading = Reading { record, instance: row.instance, origin };
            let mut line = Vec::new();
            shape.json.render(&reading, &mut line).expect("memory takes it");
            let line = String::from_utf8(line).expect("JSON is UTF-8");
            RawValue::from_string(line.trim_end().to_owned()).expect("a JSON object")
        });
        Self {
            region: region.to_owned(),
            instance: row.instance.map(str::to_owned),
            state: seen.state.as_str(),
            epoch: seen.epoch,
            line,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use mapcast::{Options, Stu, Writer};
    use serde_json::{Value, json};

    use super::{BEHIND, Feed, Stream};
    use crate::export::attached::Choice;
    use crate::export::fleet::Fleet;
    use crate::region_argument::RegionArgument;

    /// The regions at these paths.
    fn fleet(paths: &[&Path]) -> Fleet {
        let located = paths.iter().map(|path| {
            let address = settings::Address::from_argument(path.as_os_str().to_owned());
            RegionArgument::Region(address.expect("a path")).located().expect("a place")
        });
        Fleet::new(located.collect(), Choice { longest: 256, ..Choice::default() })
            .expect("a fleet")
    }

    /// The data of the next event, whose name is `name`.
    #[track_caller]
    fn next(stream: &mut Stream, name: &str) -> Value {
        let event = stream.events.try_recv().expect("an event");
        let event = String::from_utf8(event.to_vec()).expect("UTF-8");
        let data = event.strip_prefix(&format!("event: {name}\ndata: "));
        serde_json::from_str(data.unwrap_or_else(|| panic!("{event}"))).expect("JSON")
    }

    #[test]
    fn a_page_that_does_not_read_is_closed_and_the_others_get_what_changes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stu.region");
        let mut writer = Writer::<Stu>::open(&path).expect("a writer");
        let (mut fleet, mut feed) = (fleet(&[&path]), Feed::default());
        let mut reads = feed.open(&mut fleet);
        let does_not = feed.open(&mut fleet);
        next(&mut reads, "all");
        for id in 0..i32::try_from(BEHIND).expect("a few") + 2 {
            writer.publish(&Stu::new(id, "x", 'm')).expect("published");
            feed.look(&mut fleet);
            let changes = next(&mut reads, "changes");
            assert_eq!(changes["values"][0]["line"]["record"]["id"], id);
        }
        assert_eq!((feed.pages(), does_not.events.is_closed()), (1, true));
        assert_eq!(does_not.lease.strong_count(), 0);
    }

    #[test]
    fn a_schema_is_sent_once_and_then_values_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stu.region");
        let mut writer = Writer::<Stu>::open(&path).expect("a writer");
        let (mut fleet, mut feed) = (fleet(&[&path]), Feed::default());
        let mut page = feed.open(&mut fleet);
        let all = next(&mut page, "all");
        assert_eq!(all["regions"][0]["fields"][1]["type"], "char[20]");
        feed.look(&mut fleet);
        page.events.try_recv().expect_err("it has everything");
        writer.publish(&Stu::new(7, "x", 'm')).expect("published");
        feed.look(&mut fleet);
        let changes = next(&mut page, "changes");
        assert_eq!(changes.as_object().expect("an object").keys().collect::<Vec<_>>(), ["values"]);
        feed.look(&mut fleet);
        page.events.try_recv().expect_err("nothing has changed");
    }

    #[test]
    fn a_region_that_is_absent_is_a_problem_until_it_is_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("late.region");
        let (mut fleet, mut feed) = (fleet(&[&path]), Feed::default());
        let mut page = feed.open(&mut fleet);
        let problem = next(&mut page, "all")["regions"][0]["problem"].clone();
        assert_eq!(problem[0], "absent");
        assert!(problem[1].as_str().expect("a text").contains("start its producer"), "{problem}");
        let mut writer = Writer::<Stu>::open(&path).expect("a writer");
        writer.publish(&Stu::new(7, "x", 'm')).expect("published");
        feed.look(&mut fleet);
        let changes = next(&mut page, "changes");
        assert_eq!(changes["regions"][0]["record"], "STU");
        assert_eq!(changes["values"][0]["line"]["record"]["id"], 7);
        drop(writer);
        std::fs::remove_file(&path).expect("removed");
        feed.look(&mut fleet);
        assert!(next(&mut page, "changes")["regions"][0]["problem"].is_array());
    }

    #[test]
    fn an_instance_that_is_retired_is_gone_and_nothing_else_is_sent_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("class.region");
        let mut writer = Options::new().open_instances::<Stu>(&path, 4).expect("a writer");
        let [one, two] = ["a", "b"].map(|name| writer.instance(name).expect("an instance"));
        for instance in [one, two] {
            writer.publish(instance, &Stu::new(1, "x", 'm')).expect("published");
        }
        let (mut fleet, mut feed) = (fleet(&[&path]), Feed::default());
        let mut page = feed.open(&mut fleet);
        assert_eq!(next(&mut page, "all")["values"].as_array().map(Vec::len), Some(2));
        writer.retire(one).expect("retired");
        feed.look(&mut fleet);
        let name = path.display().to_string();
        assert_eq!(next(&mut page, "changes"), json!({ "gone": [[name, "a"]] }));
    }
}
