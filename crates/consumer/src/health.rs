//! `--max-age` and `--require`: how old the newest record may be, and in which states the region.
//!
//! Price: nothing without these options; with them a look at the clock, and a system call for the
//! state, each time the loop comes round.

use std::time::Duration;

use layout::InstanceName;
use region::{Publication, State};

use crate::error::{ConsumerError, Kind, NamedRecord};
use crate::link::Link;

/// Shortest sleep before an age is checked again.
const SHORTEST: Duration = Duration::from_millis(1);

/// What a region has to be like.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) max_age: Option<Duration>,
    /// Empty: any.
    pub(crate) states: Vec<State>,
    /// Whether a record that is not good enough is waited out, until the timeout.
    pub(crate) waits: bool,
    /// Whether the first record of a file is the newest one, and may not be too old.
    pub(crate) checks_first: bool,
}

impl Health {
    /// Whether anything is asked for at all.
    pub(crate) fn is_limited(&self) -> bool {
        self.max_age.is_some() || !self.states.is_empty()
    }

    /// `span`, or the time after which one of the `newest` records is too old if that is less.
    pub(crate) fn shorten(
        &self,
        span: Duration,
        newest: impl Iterator<Item = (Option<InstanceName>, Publication)>,
    ) -> Duration {
        let Some(limit) = self.max_age else { return span };
        let ages = newest.filter_map(|(_, newest)| newest.age());
        ages.fold(span, |span, age| span.min(limit.saturating_sub(age).max(SHORTEST)))
    }

    /// An error if the attached region, or one of the `newest` records, is not as asked for.
    pub(crate) fn check(
        &self,
        link: &mut Link,
        mut newest: impl Iterator<Item = (Option<InstanceName>, Publication)>,
    ) -> Result<(), ConsumerError> {
        if !self.is_limited() {
            return Ok(());
        }
        if link.is_cut() {
            return Err(Kind::Truncated(link.path()).into());
        }
        self.check_state(link)?;
        newest.try_for_each(|(instance, newest)| self.check_age(link, instance, newest))
    }

    fn check_state(&self, link: &Link) -> Result<(), ConsumerError> {
        if self.states.is_empty() {
            return Ok(());
        }
        match link.region().map(region::DynReader::state) {
            Some(state) if !self.states.contains(&state) => {
                let (path, required) = (link.path(), self.states.clone());
                Err(Kind::OtherState { path, state, required }.into())
            }
            _ => Ok(()),
        }
    }

    fn check_age(
        &self,
        link: &Link,
        instance: Option<InstanceName>,
        newest: Publication,
    ) -> Result<(), ConsumerError> {
        let Some(limit) = self.max_age else { return Ok(()) };
        let record = Box::new(NamedRecord { sequence: newest.sequence, instance });
        match newest.age() {
            Some(age) if age <= limit => Ok(()),
            Some(age) => Err(Kind::TooOld { path: link.path(), record, age, limit }.into()),
            None => Err(Kind::EarlierBoot { path: link.path(), record }.into()),
        }
    }
}
