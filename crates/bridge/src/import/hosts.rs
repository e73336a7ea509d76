//! Which hosts are heard of: their loss and their return are logged once each.
//!
//! Invariant: of hosts that no import names there are at most [`MAX_HOSTS`]: whoever may publish could make up names
//! without end. One that has no mirrors and is silent for [`FORGET`] makes room for another.
//!
//! Price: a look-up for each host, ten times a second.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::Monotonic;
use settings::{Import, duration_text};

use super::remote::Remote;
use super::{Importer, of_host};

/// Time after the start in which a host may come.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most hosts.
const MAX_HOSTS: usize = 4096;
/// Silence after which a host without mirrors is forgotten.
const FORGET: Duration = Duration::from_mins(5);

/// The hosts that are imported from.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    known: BTreeMap<String, Host>,
    /// Whether there were more than there is room for, which is logged once.
    were_too_many: bool,
}

impl Importer {
    /// What is known of a host that is imported from; `None` of any other, and if there is no room for one more.
    pub(super) fn remote(&mut self, host: &str, now: Monotonic) -> Option<&mut Remote> {
        if !self.remotes.contains_key(host) {
            if !self.is_imported(host) || !self.has_room_for(host) {
                return None;
            }
            self.remotes.insert(host.to_owned(), Remote::new(now));
        }
        self.remotes.get_mut(host)
    }

    fn is_imported(&self, host: &str) -> bool {
        host != self.host && self.imports.iter().any(|import| import.from.matches(host))
    }

    fn has_room_for(&mut self, host: &str) -> bool {
        let is_named = self.imports.iter().any(|import| import.from.name() == Some(host));
        if is_named || self.remotes.len() < MAX_HOSTS {
            return true;
        }
        if !std::mem::replace(&mut self.hosts.were_too_many, true) {
            tracing::warn!(
                "{host} and others are not imported from: {MAX_HOSTS} hosts are known, and no import names these; who \
                 may publish here?"
            );
        }
        false
    }

    /// Forgets hosts that are silent and have no mirrors.
    pub(super) fn forget_silent(&mut self, now: Monotonic) {
        let mirrors = &self.mirrors;
        self.remotes.retain(|host, remote| {
            remote.silence(now) < FORGET || of_host(mirrors, host).next().is_some()
        });
    }
}

#[derive(Debug)]
struct Host {
    state: State,
    /// When it was heard of last, or is waited for since.
    last: Monotonic,
    has_namesake: bool,
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
        let is_named = |host: &str| imports.iter().any(|import| import.from.name() == Some(host));
        self.known.retain(|name, host| {
            let is_there = remotes.contains_key(name) || now.since(host.last) < FORGET;
            is_named(name) || (is_there && import_of(name).is_some())
        });
        let named = imports.iter().filter_map(|import| import.from.name());
        for host in named.chain(remotes.keys().map(String::as_str)) {
            if !self.known.contains_key(host) {
                let new = Host { state: State::Awaited, last: now, has_namesake: false };
                self.known.insert(host.to_owned(), new);
            }
        }
        for (name, host) in &mut self.known {
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
                tracing::warn!(
                    "no message from host {name}; check that its bridge runs with host = \"{name}\" and is linked"
                );
            }
            (State::There, State::Lost) => {
                tracing::warn!("host {name} is lost; see its bridge, and the links to it");
            }
            _ => {}
        }
        self.state = next;
        // Not `now`: it is heard for as long as its last digest is young, and that was the last sign of it.
        if let Some(last) = remote.and_then(Remote::last_heard) {
            self.last = self.last.max(last);
        }
        let has_namesake = remote.is_some_and(|remote| remote.namesake.is_there(now));
        if has_namesake && !self.has_namesake {
            tracing::warn!(
                "two bridges call themselves {name}; give one of them another host in its [bridge]"
            );
        }
        self.has_namesake = has_namesake;
    }
}

#[cfg(test)]
mod tests {
    use settings::BridgeSettings;

    use super::*;
    use crate::keys::Key;
    use crate::transport::{Incoming, Message, Transport, TransportError};
    use crate::wire::{Announcement, DigestKind, Readers, RecordId, encode_digests};

    /// One that imports `p*` of `named`, and everything else.
    fn importer() -> Importer {
        let text = "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
            [[import]]\nfrom = \"named\"\nname = \"p*\"\n[[import]]\nfrom = \"*\"\nname = \"*\"\n";
        Importer::new(&BridgeSettings::parse(text, "hosts").expect("settings"))
    }

    #[test]
    fn a_host_is_lost_when_its_silence_is_long_enough_and_counts_from_its_last_digest() {
        let second = Duration::from_secs(1);
        let (mut importer, start) = (importer(), Monotonic::from_nanos(1));
        hear(&mut importer, "named", &[], start);
        let look = |importer: &mut Importer, now| {
            let imports = importer.imports.clone();
            importer.hosts.turn(&imports, &importer.remotes, now);
            let host = &importer.hosts.known["named"];
            (host.state, now.since(host.last))
        };
        for (after, state) in
            [(0, State::There), (2, State::There), (3, State::Lost), (9, State::Lost)]
        {
            let (found, silence) = look(&mut importer, start.after(after * second));
            assert_eq!((found, silence), (state, after * second));
        }
        // A reload forgets what was heard, and the host is no more lost than before.
        hear(&mut importer, "named", &[], start.after(10 * second));
        assert_eq!(look(&mut importer, start.after(10 * second)).0, State::There);
        importer.remotes.clear();
        assert_eq!(look(&mut importer, start.after(11 * second)).0, State::There);
        assert_eq!(look(&mut importer, start.after(13 * second)).0, State::Lost);
    }

    struct NoNetwork;

    impl Transport for NoNetwork {
        fn put(&self, _: &Key, _: &Message<'_>) -> Result<(), TransportError> {
            Ok(())
        }

        fn get(&self, _: &str) -> Result<(), TransportError> {
            Ok(())
        }

        fn is_linked(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_host_is_not_lost_while_this_process_was_stopped_but_if_it_is_silent_afterwards() {
        let (mut importer, start) = (importer(), Monotonic::from_nanos(1));
        let state_at = |importer: &mut Importer, milliseconds| {
            importer.turn(start.after(Duration::from_millis(milliseconds)), &NoNetwork);
            importer.hosts.known["named"].state
        };
        hear(&mut importer, "named", &[], start);
        assert_eq!(state_at(&mut importer, 0), State::There);
        assert_eq!(state_at(&mut importer, 9000), State::There);
        hear(&mut importer, "named", &[], start.after(Duration::from_millis(9050)));
        assert_eq!(state_at(&mut importer, 9100), State::There);
        assert_eq!(state_at(&mut importer, 20_000), State::There);
        assert_eq!(state_at(&mut importer, 20_100), State::Lost);
        // However late each turn is.
        hear(&mut importer, "named", &[], start.after(Duration::from_millis(20_150)));
        assert_eq!(state_at(&mut importer, 20_200), State::There);
        assert_eq!(state_at(&mut importer, 30_000), State::There);
        assert_eq!(state_at(&mut importer, 40_000), State::Lost);
    }

    fn hear(importer: &mut Importer, host: &str, paths: &[&str], now: Monotonic) {
        let id = RecordId { lineage: 1, order: 0, sequence: 1 };
        let (state, readers) = (Some(region::State::Live), Readers::default());
        let entries = paths.iter().map(|path| Announcement {
            path: (*path).to_owned(),
            state,
            id,
            history: None,
            readers,
        });
        let entries: Vec<_> = entries.collect();
        for digest in encode_digests(DigestKind::Full, 1, 1, &entries) {
            importer.take(Incoming::Other(Key::Digest(host.to_owned()), digest), now);
        }
    }

    #[test]
    fn hosts_without_end_fill_no_memory_and_silent_ones_make_room() {
        let (mut importer, now) = (importer(), Monotonic::from_nanos(1));
        hear(&mut importer, "mirrored", &["stu"], now);
        for host in 0..2 * MAX_HOSTS {
            hear(&mut importer, &format!("host{host}"), &[], now);
            importer.take(Incoming::Alive(format!("token{host}")), now);
        }
        assert_eq!(importer.remotes.len(), MAX_HOSTS);
        hear(&mut importer, "named", &[], now);
        assert_eq!(importer.remotes.len(), MAX_HOSTS + 1, "one that an import names has room");
        let (imports, later) = (importer.imports.clone(), now.after(FORGET));
        importer.hosts.turn(&imports, &importer.remotes, now);
        hear(&mut importer, "host0", &[], later);
        importer.forget_silent(later);
        importer.hosts.turn(&imports, &importer.remotes, later);
        let left = ["host0", "mirrored", "named"];
        assert!(importer.remotes.keys().eq(["host0", "mirrored"]), "{:?}", importer.remotes);
        assert!(importer.hosts.known.keys().eq(left), "{:?}", importer.hosts);
        hear(&mut importer, "another", &[], later);
        assert!(importer.remotes.contains_key("another"));
    }
}
