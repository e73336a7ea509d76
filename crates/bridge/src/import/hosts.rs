//! Which hosts are heard of: their loss and their return are logged once each.
//!
//! Price: a look-up for each host, ten times a second.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::Monotonic;
use settings::{Import, duration_text};

use super::remote::Remote;

/// Time after the start in which a host may come.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hosts that are imported from.
#[derive(Debug, Default)]
pub(super) struct Hosts(BTreeMap<String, Host>);

#[derive(Debug)]
struct Host {
    state: State,
    /// When it was heard of last, or is waited for since.
    last: Monotonic,
    has_twin: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Awaited,
    There,
    Lost,
}

impl Hosts {
    /// Looks which of them are heard of at `now`.
    pub(super) fn turn(
        &mut self,
        imports: &[Import],
        remotes: &BTreeMap<String, Remote>,
        now: Monotonic,
    ) {
        let import_of = |host: &str| imports.iter().find(|import| import.from.matches(host));
        self.0.retain(|host, _| import_of(host).is_some());
        let named = imports.iter().filter_map(|import| import.from.name());
        for host in named.chain(remotes.keys().map(String::as_str)) {
            if !self.0.contains_key(host) {
                let new = Host { state: State::Awaited, last: now, has_twin: false };
                self.0.insert(host.to_owned(), new);
            }
        }
        for (name, host) in &mut self.0 {
            let Some(import) = import_of(name) else { continue };
            host.look(name, remotes.get(name), import.stale_after, now);
        }
    }
}

impl Host {
    fn look(&mut self, name: &str, remote: Option<&Remote>, silence: Duration, now: Monotonic) {
        let is_heard = remote.is_some_and(|remote| remote.is_heard(now, silence));
        let gap = now.since(self.last);
        let after = duration_text(Duration::from_secs(gap.as_secs()));
        let next = match self.state {
            _ if is_heard => State::There,
            State::Awaited if gap >= PATIENCE => State::Lost,
            State::There if gap >= silence => State::Lost,
            same => same,
        };
        match (self.state, next) {
            (State::Awaited, State::There) => tracing::info!("host {name} is there"),
            (State::Lost, State::There) => {
                tracing::info!("host {name} is there again, after {after}");
            }
            (State::Awaited, State::Lost) => {
                tracing::warn!("nothing is heard of host {name}; is a bridge of that name linked?");
            }
            (State::There, State::Lost) => {
                tracing::warn!("host {name} is lost; see its bridge, and the links to it");
            }
            _ => {}
        }
        self.state = next;
        if is_heard {
            self.last = now;
        }
        let has_twin = remote.is_some_and(|remote| remote.twin.is_there(now));
        if has_twin && !self.has_twin {
            tracing::warn!(
                "two bridges call themselves {name}; give one of them another host in its [bridge]"
            );
        }
        self.has_twin = has_twin;
    }
}
