//! Opens the regions of configurations, and notes those that cannot be opened.

use daemon::{Monotonic, Passed};
use settings::Settings;

use super::Daemon;
use super::member::Member;
use super::process::Wanted;
use crate::conflict::{self, Claim};
use crate::destination::Destination;
use crate::error::ProducerError;

impl Daemon<'_> {
    /// Reads configuration `index` and opens its region.
    pub(super) fn read_and_open(
        &mut self,
        index: usize,
        passed: &mut Passed,
    ) -> Result<(), ProducerError> {
        let args = self.host.args;
        let read = args.load(&self.members[index].config).and_then(|settings| {
            let destination = Destination::choose(args, &self.host.configs, passed, &settings)?;
            self.check_conflicts(index, &settings, &[])?;
            Ok((settings, destination))
        });
        match read {
            Ok((settings, destination)) => self.open(index, settings, destination),
            Err(error) => self.fail(index, error, None),
        }
    }

    /// Opens the region of `settings` for member `index`.
    pub(super) fn open(
        &mut self,
        index: usize,
        settings: Settings,
        destination: Destination,
    ) -> Result<(), ProducerError> {
        if self.host.configs.may_be_many() {
            self.members[index].set_subject(&settings.region.address.to_string());
        }
        let _about = self.members[index].span.clone().entered();
        let again = settings.clone();
        let opened = self.process.apply(Wanted::of(&settings).and(self.wanted()));
        let opened =
            opened.and_then(|()| self.members[index].open(settings, destination, &mut self.host));
        match opened {
            Ok(()) => {
                self.members[index].begin(Monotonic::now());
                self.plan(index)
            }
            Err(error) => self.fail(index, error, Some(again)),
        }
    }

    /// What the regions that are published or waited for ask the process to be.
    pub(super) fn wanted(&self) -> Wanted {
        let active = self.members.iter().filter(|member| member.is_active());
        let settings = active.filter_map(Member::settings);
        settings.map(Wanted::of).fold(Wanted::default(), Wanted::and)
    }

    /// An error if another configuration of this process has what `settings`, those of member `index`,
    /// need for themselves. During a reload, `next` is what the new settings of each member ask for.
    pub(super) fn check_conflicts(
        &self,
        index: usize,
        settings: &Settings,
        next: &[Option<Wanted>],
    ) -> Result<(), ProducerError> {
        let others = self.members.iter().enumerate().filter(|(other, _)| *other != index);
        let others = others.filter_map(|(number, other)| {
            let (settings, path) = (other.settings()?, other.path());
            let next = next.get(number).copied().flatten();
            let wanted = next.unwrap_or_else(|| Wanted::of(settings));
            Some(Claim { config: &other.config, settings, path, wanted })
        });
        conflict::check(&self.members[index].config, settings, others)
    }

    /// Member `index` has failed. An error, that of the first: no other one is left. Any other error is
    /// logged.
    pub(super) fn fail(
        &mut self,
        index: usize,
        error: ProducerError,
        settings: Option<Settings>,
    ) -> Result<(), ProducerError> {
        self.forget_input(index);
        self.members[index].fail(error, settings);
        let active = self.check_active();
        self.members[index].log_failure();
        active?;
        self.plan(index)
    }
}
