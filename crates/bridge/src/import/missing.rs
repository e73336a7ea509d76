//! What is missing, and the questions to the hosts that have it.
//!
//! Invariant: nothing is asked for more often than its pauses allow, whatever another host announces.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::Monotonic;
use region::State;

use super::imported::Imported;
use super::remote::Remote;
use super::{Importer, of_host, of_host_mut};
use crate::keys::{self, Key, PREFIX, Source};
use crate::transport::Transport;

/// Time without a newer record of a region after which the source is asked for it.
const GRACE: Duration = Duration::from_millis(100);
/// A turn this late means that the process was stopped.
const STOPPED: Duration = Duration::from_millis(500);
/// Records that are asked for one by one; more are asked for by a pattern.
const FEW: usize = 8;

impl Importer {
    /// Asks for what is missing, and stores heartbeats.
    pub fn turn(&mut self, now: Monotonic, network: &impl Transport) {
        if now < self.next {
            return;
        }
        let mut is_waiting = false;
        self.forget_silent(now);
        self.has_new_routes |= self.former.look(now);
        for (host, remote) in &mut self.remotes {
            let undescribed: Vec<_> = of_host(&self.mirrors, host)
                .filter(|(_, imported)| imported.mirror.needs_description())
                .map(|(source, _)| source)
                .collect();
            if undescribed.is_empty() {
                remote.describe.reset();
            } else if remote.describe.take(now, undescribed.len()) {
                ask_for_descriptions(host, &undescribed, network);
            }
            forget_held(&self.mirrors, host, remote, now);
            is_waiting |= !undescribed.is_empty() || !remote.behind.is_empty();
            let due = remote.behind.iter().filter(|(_, since)| now.since(**since) >= GRACE);
            let is_copied = |path: &String| {
                let mirror = self.mirrors.get(&Source::new(host, path));
                mirror.is_some_and(|imported| imported.mirror.is_copied())
            };
            let (copied, due): (Vec<String>, Vec<String>) =
                due.map(|(path, _)| path.clone()).partition(is_copied);
            is_waiting |= ask_for_copies(&mut self.mirrors, host, &copied, now, network);
            if due.is_empty() {
                remote.pull.reset();
            } else if remote.pull.take(now, due.len()) {
                ask(host, &due, network);
                count_pulls(&mut self.mirrors, host, &due);
            }
        }
        for (source, imported) in &mut self.mirrors {
            let silence = imported.stale_after() / 3;
            let is_heard =
                self.remotes.get(&source.host).is_some_and(|remote| remote.is_heard(now, silence));
            imported.mirror.turn(now, is_heard && imported.state == Some(State::Live));
        }
        // What others sent while the process was stopped comes in after this turn: they are judged at the next one, even
        // if that is late, too.
        let was_stopped = now.since(self.next) >= STOPPED;
        self.has_put_off = was_stopped && !self.has_put_off;
        if !self.has_put_off {
            self.hosts.turn(&self.imports, &self.remotes, now);
        }
        self.next = now.after(if is_waiting { GRACE / 4 } else { GRACE });
    }
}

/// Forgets those of the paths that are behind for long that have come: records that have waited are published without a
/// look at these.
fn forget_held(
    mirrors: &BTreeMap<Source, Imported>,
    host: &str,
    remote: &mut Remote,
    now: Monotonic,
) {
    let announced = &remote.announced;
    remote.behind.retain(|path, since| {
        let known = || {
            let Key::Record(source, instance) = Key::of_path(host, path)? else { return None };
            let held = mirrors.get(&source)?.mirror.held(instance.as_ref());
            Some(announced.get(path)?.id <= held)
        };
        now.since(*since) < GRACE || known() != Some(true)
    });
}

fn count_pulls(mirrors: &mut BTreeMap<Source, Imported>, host: &str, paths: &[String]) {
    for path in paths {
        if let Some(Key::Record(source, _)) = Key::of_path(host, path)
            && let Some(imported) = mirrors.get_mut(&source)
        {
            imported.mirror.traffic.pulls += 1;
        }
    }
}

/// Gets what comes after the newest record of each of these lossless mirrors, and of those for which records wait.
/// Returns whether there is one.
fn ask_for_copies(
    mirrors: &mut BTreeMap<Source, Imported>,
    host: &str,
    names: &[String],
    now: Monotonic,
    network: &impl Transport,
) -> bool {
    let mut is_waiting = false;
    for (source, imported) in of_host_mut(mirrors, host) {
        let mirror = &mut imported.mirror;
        if !mirror.is_blocked() && !names.contains(&source.name) {
            continue;
        }
        is_waiting = true;
        if let Some(held) = mirror.asks_after(now) {
            let key = Key::Record(source.clone(), None);
            // What is lost is asked for again.
            let _ = network.get(&keys::selector_after(&key, (held.lineage, held.sequence)));
            mirror.traffic.pulls += 1;
        }
    }
    is_waiting
}

/// Gets what describes these regions of a host.
fn ask_for_descriptions(host: &str, sources: &[&Source], network: &impl Transport) {
    // What is lost is asked for again.
    if sources.len() > FEW {
        let _ = network.get(&format!("{PREFIX}/{host}/*/@schema"));
        return;
    }
    for source in sources {
        let _ = network.get(&Key::Description((*source).clone()).to_string());
    }
}

/// Gets the newest records of these paths of a host.
fn ask(host: &str, paths: &[String], network: &impl Transport) {
    // What is lost is asked for again.
    if paths.len() > FEW {
        let _ = network.get(&format!("{PREFIX}/{host}/**"));
        return;
    }
    for path in paths {
        let _ = network.get(&format!("{PREFIX}/{host}/{path}"));
    }
}
