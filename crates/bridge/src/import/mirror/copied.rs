//! A lossless mirror: each record of its source, in order.
//!
//! Invariant: a record is published under the number that it has at its source, or followers count that number as missed.

use daemon::Monotonic;

use super::{Mirror, Outcome, Resumed};
use crate::import::in_order::{InOrder, Next};
use crate::wire::{Attachment, Description, History, RecordId};

impl Mirror {
    /// Publishes what is next, of a lossless mirror.
    pub(super) fn publish_in_order(&mut self, now: Monotonic) -> Outcome {
        let mut taken = Outcome::Failed;
        while let Some(next) = self.next_in_order() {
            let Attachment { id, len, description, .. } = next.attachment;
            let known = self.description.as_ref().filter(|(hash, _)| *hash == description);
            let Some((_, known)) = known else { return Outcome::Undescribed };
            if len != known.schema.size() || known.instances.is_some() {
                self.refuse_next();
                continue;
            }
            if self.region.newest_copy().is_none_or(|newest| newest.lineage != id.lineage) {
                if !self.region.number(next.numbering, known, now) {
                    return Outcome::Failed;
                }
                self.continue_copy();
                // The region can have no such lineage: to try again would have no end.
                if self.region.newest_copy().is_some_and(|newest| newest.lineage != id.lineage) {
                    self.refuse_next();
                }
                continue;
            }
            self.region.keep_mode(known, now);
            match self.publish_next(now) {
                Some(true) => taken = Outcome::Published,
                Some(false) => self.refuse_next(),
                None => return Outcome::Failed,
            }
        }
        taken
    }

    pub(super) fn next_in_order(&self) -> Option<Next> {
        self.in_order.as_ref()?.next(self.held(None))
    }

    fn refuse_next(&mut self) {
        self.traffic.refused += 1;
        self.in_order.as_mut().map(InOrder::pop);
    }

    /// Continues after the newest record that is in the region already.
    fn continue_copy(&mut self) {
        let (Some(order), Some(newest)) = (&mut self.in_order, self.region.newest_copy()) else {
            return;
        };
        order.forget_to(newest);
        self.held.insert(None, newest);
        if newest.sequence > 0 && self.last.is_none_or(|last| last.id != newest) {
            // The bridge that published it was killed before it said so; when it was published is not known.
            self.last = Some(Resumed { id: newest, time: 0, sequence: newest.sequence });
        }
    }

    /// Publishes the first record that waits; `Some(false)`: it can have no such number, and still waits.
    fn publish_next(&mut self, now: Monotonic) -> Option<bool> {
        let (attachment, bytes) = self.in_order.as_mut()?.pop()?;
        let sequence = attachment.id.sequence;
        let published = self.region.publish_copy(sequence, &bytes, now);
        if published == Some(true) {
            self.note(None, &attachment, sequence);
        } else if let Some(order) = &mut self.in_order {
            order.insert(attachment, bytes);
        }
        published
    }

    /// Records what a digest says of its source's newest record, and which of those before it can be asked for.
    pub(in crate::import) fn announce(
        &mut self,
        id: RecordId,
        history: Option<History>,
        now: Monotonic,
    ) {
        if let Some(order) = self.in_order.as_mut().filter(|_| id.sequence > 0) {
            order.announce(id.lineage, history);
            self.publish_in_order(now);
        }
    }

    /// Whether it is a lossless mirror for which records wait until one comes that can be asked for.
    pub(in crate::import) fn is_blocked(&self) -> bool {
        self.in_order.as_ref().is_some_and(|order| order.is_blocked(self.held(None)))
    }

    /// Whether it is a lossless mirror of one record, as far as is known.
    pub(in crate::import) fn is_copied(&self) -> bool {
        let is_one = |(_, description): &(u64, Description)| description.instances.is_none();
        self.in_order.is_some() && self.description.as_ref().is_none_or(is_one)
    }

    /// After which record a lossless mirror asks at `now`; `None`: there is a pause until the next question.
    pub(in crate::import) fn asks_after(&mut self, now: Monotonic) -> Option<RecordId> {
        let held = self.held(None);
        self.in_order.as_mut()?.asks(held, now).then_some(held)
    }

    /// Opens a lossless mirror that an earlier bridge has published to.
    pub(super) fn open_copy(&mut self, now: Monotonic) {
        let continued = self.in_order.as_ref().and_then(|order| order.continued(self.held(None)));
        if let (Some(numbering), Some((_, description)), None) =
            (continued, &self.description, self.region.newest_copy())
            && self.region.number(numbering, description, now)
        {
            self.continue_copy();
        }
    }
}
