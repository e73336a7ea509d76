//! One pass through a file that was checked: each record is published when it is due.
//!
//! Invariant: a file that is not as the [`Plan`] has it ends the pass.

use daemon::Signals;

use super::ReplayError;
use super::channels::Channels;
use super::decode::Topic;
use super::file::{Flow, McapFile, Refusal};
use super::order::{Due, Order};
use super::plan::Plan;
use super::records::Records;
use super::regions::Regions;
use super::schedule::Schedule;
use crate::progress::Progress;

/// Publishes the records of the file once, and adds how many to `published`; fewer after a signal.
pub(super) fn pass(
    file: &mut McapFile,
    plan: &Plan,
    schedule: &mut Schedule,
    regions: &mut Regions,
    signals: &Signals,
    published: &mut u64,
) -> Result<(), ReplayError> {
    let progress = Progress::bar(plan.messages, "replaying");
    let mut channels = Channels::default();
    let mut records = Records::default();
    let mut order = if plan.is_in_order { Order::of_file() } else { Order::by_time() };
    let from = schedule.from();
    let mut stage = Stage { schedule, regions, signals, published };
    let (mut seen, mut known) = (0, 0);
    let read = file.visit(|_, record| {
        let Some(message) = channels.take(&record)? else { return Ok(Flow::Continue) };
        seen += 1;
        progress.show(seen);
        let of_plan = plan.topics.get(known..channels.topics.len());
        let are_same = of_plan.is_some_and(|topics| topics.iter().eq(&channels.topics[known..]));
        if !are_same {
            return Err(Refusal::Damaged("it has changed".into()));
        }
        known = channels.topics.len();
        let topic = &plan.topics[message.topic];
        let next =
            if plan.is_partial && seen == plan.messages { Flow::Stop } else { Flow::Continue };
        if message.time < from {
            return Ok(next);
        }
        let record = records.of(topic);
        topic.decode(message.number, message.data, record).map_err(Refusal::Damaged)?;
        if order.is_in_order() {
            stage.publish(topic, message.time, record.bytes())?;
            return Ok(stage.unless_stopped(next));
        }
        order.push((topic, message.topic), message.time, record.bytes());
        stage.publish_all(plan, || order.pop())?;
        Ok(stage.unless_stopped(next))
    });
    read.map_err(ReplayError::after_the_check)?;
    stage.publish_all(plan, || order.pop_last())
}

/// Where records are published when they are due.
struct Stage<'a> {
    schedule: &'a mut Schedule,
    regions: &'a mut Regions,
    signals: &'a Signals,
    published: &'a mut u64,
}

impl Stage<'_> {
    /// `next`, or the end after a signal.
    fn unless_stopped(&self, next: Flow) -> Flow {
        if self.signals.stop_requested().is_some() { Flow::Stop } else { next }
    }

    /// Publishes a record when it is due, unless a signal comes first.
    fn publish(&mut self, topic: &Topic, time: u64, record: &[u8]) -> Result<Flow, ReplayError> {
        let waited = self.schedule.wait(time, self.signals);
        if !waited.map_err(ReplayError::system("cannot wait"))? {
            return Ok(Flow::Stop);
        }
        self.regions.publish(topic, record)?;
        *self.published += 1;
        Ok(Flow::Continue)
    }

    /// The same with all that `next` returns.
    fn publish_all(
        &mut self,
        plan: &Plan,
        mut next: impl FnMut() -> Option<Due>,
    ) -> Result<(), ReplayError> {
        while let Some(due) = next() {
            if let Flow::Stop = self.publish(&plan.topics[due.topic], due.time, &due.record)? {
                break;
            }
        }
        Ok(())
    }
}
