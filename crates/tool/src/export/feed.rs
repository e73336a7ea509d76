//! The live values of the page, as server-sent events.
//!
//! Invariant: a page has the newest value of each region that it was sent; what it cannot take in time is not kept
//! for it: its stream ends, and the browser opens another, which begins with everything.
//!
//! ```text
//!   event: regions   which regions there are, with their fields; at the start, and when one comes or goes.
//!                    Forgets all values: those of every region follow.
//!   event: values    of each region or instance that has changed: the line of `consumer --format json`
//! ```
//!
//! Price: while a page is open, a look at each region five times a second; nothing while none is.

use std::collections::HashMap;
use std::time::Duration;

use hyper::body::Bytes;
use mapcast::State;
use render::{Origin, Reading};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::inspect::FieldFacts;

use super::attached::{Row, Shape};
use super::fleet::Fleet;

/// Time between two looks at the regions.
pub(crate) const EVERY: Duration = Duration::from_millis(200);

/// How many events a page may be behind.
const BEHIND: usize = 16;

/// The pages that are open.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    pages: Vec<Sender<Bytes>>,
    /// The regions as the pages know them.
    regions: String,
    /// By region and instance.
    seen: HashMap<(String, Option<String>), Seen>,
}

/// What was sent of a region or instance last; `None` of a record: there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    record: Option<(u64, u64)>,
    state: State,
    epoch: u64,
}

/// A region, as the page has it.
#[derive(Serialize)]
struct About<'a> {
    region: &'a str,
    record: &'a str,
    has_instances: bool,
    fields: Vec<FieldFacts>,
}

/// New values of a region or an instance of it.
#[derive(Serialize)]
struct Values<'a> {
    region: &'a str,
    instance: Option<&'a str>,
    state: &'static str,
    epoch: u64,
    /// `None`: nothing was published yet.
    line: Option<Box<RawValue>>,
}

impl Feed {
    /// How many pages are open.
    pub(crate) fn pages(&mut self) -> usize {
        self.pages.retain(|page| !page.is_closed());
        self.pages.len()
    }

    /// Opens a stream, which begins with everything.
    pub(crate) fn open(&mut self, fleet: &mut Fleet) -> Receiver<Bytes> {
        // The others get at their next look what this one gets now.
        let (sender, receiver) = channel(BEHIND);
        let values = values(fleet, |_, _| true);
        let first = event("regions", &abouts(fleet)) + &event("values", &values);
        let _ = sender.try_send(first.into());
        self.pages.push(sender);
        receiver
    }

    /// Looks at all regions, and sends what has changed.
    pub(crate) fn look(&mut self, fleet: &mut Fleet) {
        let regions = abouts(fleet);
        let mut seen = std::mem::take(&mut self.seen);
        let mut now = HashMap::with_capacity(seen.len());
        let changed = values(fleet, |key, found| {
            let before = seen.remove(&key);
            now.insert(key, found);
            before != Some(found)
        });
        self.seen = now;
        if regions != self.regions || !seen.is_empty() {
            let all = values(fleet, |_, _| true);
            self.send(event("regions", &regions) + &event("values", &all));
            self.regions = regions;
        } else if changed != NOTHING {
            self.send(event("values", &changed));
        }
    }

    /// Sends `text` to all pages. One that is too far behind is closed.
    fn send(&mut self, text: String) {
        let text = Bytes::from(text);
        self.pages.retain(|page| page.try_send(text.clone()).is_ok());
    }
}

/// No values, as JSON.
const NOTHING: &str = "[]";

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// All regions that can be read, as JSON.
fn abouts(fleet: &mut Fleet) -> String {
    let mut abouts = Vec::new();
    for (region, found) in fleet.regions() {
        let Some(attached) = found.attached() else { continue };
        let about = About {
            region,
            record: attached.region().schema().name(),
            has_instances: attached.has_instances(),
            fields: attached.fields().map(FieldFacts::of).collect(),
        };
        abouts.push(serde_json::to_string(&about).expect("strings and numbers"));
    }
    format!("[{}]", abouts.join(","))
}

/// The values of which `is_wanted` is true, as JSON.
fn values(
    fleet: &mut Fleet,
    mut is_wanted: impl FnMut((String, Option<String>), Seen) -> bool,
) -> String {
    let mut values = Vec::new();
    for (region, found) in fleet.regions() {
        let Some(attached) = found.attached() else { continue };
        let looked = attached.look(|row, shape| {
            let key = (region.to_owned(), row.instance.map(str::to_owned));
            let seen = Seen::of(&row);
            if is_wanted(key, seen) {
                values.push(json(region, &row, seen, shape));
            }
        });
        if let Err(error) = looked {
            found.report(&error);
        }
    }
    format!("[{}]", values.join(","))
}

impl Seen {
    fn of(row: &Row<'_>) -> Self {
        let record = row.newest.map(|(publication, _)| (publication.lineage, publication.sequence));
        Self { record, state: row.region.state(), epoch: row.region.epoch() }
    }
}

fn json(region: &str, row: &Row<'_>, seen: Seen, shape: &mut Shape) -> String {
    let line = row.newest.map(|(publication, record)| {
        let origin = Some(Origin { region: row.region, publication });
        let mut line = Vec::new();
        shape
            .json
            .render(&Reading { record, instance: row.instance, origin }, &mut line)
            .expect("memory takes it");
        let line = String::from_utf8(line).expect("JSON is UTF-8");
        RawValue::from_string(line.trim_end().to_owned()).expect("a JSON object")
    });
    let state = seen.state.as_str();
    let values = Values { region, instance: row.instance, state, epoch: seen.epoch, line };
    serde_json::to_string(&values).expect("strings, numbers and JSON")
}

#[cfg(test)]
mod tests {
    use mapcast::{Stu, Writer};

    use super::{BEHIND, Feed};
    use crate::export::fleet::Fleet;
    use crate::region_argument::RegionArgument;

    #[test]
    fn a_page_that_does_not_read_is_closed_and_the_others_get_what_changes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stu.region");
        let mut writer = Writer::<Stu>::open(&path).expect("a writer");
        let address = settings::Address::from_argument(path.into_os_string()).expect("a path");
        let located = RegionArgument::Region(address).located().expect("a place");
        let mut fleet = Fleet::new(vec![located], 256).expect("a fleet");
        let mut feed = Feed::default();
        let mut reads = feed.open(&mut fleet);
        let does_not = feed.open(&mut fleet);
        reads.try_recv().expect("everything");
        for id in 0..i32::try_from(BEHIND).expect("a few") + 2 {
            writer.publish(&Stu::new(id, "x", 'm')).expect("published");
            feed.look(&mut fleet);
            let text = reads.try_recv().expect("what has changed");
            let text = String::from_utf8(text.to_vec()).expect("UTF-8");
            assert!(text.contains(&format!("\"id\":{id},")), "{text}");
        }
        assert_eq!((feed.pages(), does_not.is_closed()), (1, true));
        feed.look(&mut fleet);
        reads.try_recv().expect_err("nothing has changed");
    }
}
