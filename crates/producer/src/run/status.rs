//! What the service manager is sent about the regions: ready, status, progress.

use std::fmt::Write as _;

use daemon::{Monotonic, counted};

use super::Daemon;
use super::member::{Member, State};

/// Failing regions that a status names.
const NAMED: usize = 3;

impl Daemon<'_> {
    /// Reports to the service manager what the regions do and how fast records come.
    pub(super) fn report(&mut self, now: Monotonic) {
        if !self.host.service.is_ready() && self.members.iter().all(Member::is_settled) {
            // With input-driven fields the first record may never come.
            let status = self.status();
            self.host.service.ready(now, &status);
        }
        if self.host.service.is_progress_due(now) {
            let records = self.members.iter().map(Member::records).sum();
            let status = self.status();
            self.host.service.progress(now, &status, records);
        }
    }

    /// What the process does, for `STATUS=`.
    pub(super) fn status(&self) -> String {
        if let [only] = &self.members[..] {
            return only.status();
        }
        let count = |is: fn(&State) -> bool| self.members.iter().filter(|m| is(&m.state)).count();
        let publishing = count(|state| matches!(state, State::Publishing(_)));
        let waiting = count(|state| matches!(state, State::Waiting(_)));
        let failed: Vec<&Member> =
            self.members.iter().filter(|m| matches!(m.state, State::Failed { .. })).collect();
        let mut text =
            format!("publishing {publishing} of {}", counted_regions(self.members.len()));
        if waiting > 0 {
            let _ = write!(text, "; waiting to take over {waiting}");
        }
        if !failed.is_empty() {
            let names: Vec<String> =
                failed.iter().take(NAMED).map(|member| member.config.to_string()).collect();
            let more = if failed.len() > NAMED { ", ..." } else { "" };
            let _ = write!(text, "; {} failing: {}{more}", failed.len(), names.join(", "));
        }
        text
    }
}

pub(super) fn counted_regions(count: usize) -> String {
    counted(count as u64, "region")
}
