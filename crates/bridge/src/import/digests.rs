//! What a digest says: which records are behind, which regions and instances are gone, which state a source is in.
//!
//! Invariant: a path is behind while a newer record of it is announced than is held.

use daemon::Monotonic;
use layout::InstanceName;

use super::imported::Imported;
use super::{Importer, of_host_mut};
use crate::keys::{Key, Source};
use crate::wire::{Announcement, Digest, Refusal, VERSION};

/// Most regions and instances of one host, and of all.
const MAX_PATHS: usize = 1 << 18;
const ALL_PATHS: usize = 4 * MAX_PATHS;

impl Importer {
    pub(super) fn take_digest(&mut self, host: &str, bytes: &[u8], now: Monotonic) {
        let digest = match Digest::decode(bytes) {
            Ok(digest) => digest,
            Err(refusal) => return self.refuse_digest(host, refusal, now),
        };
        let Some(remote) = self.remote(host, now) else { return };
        remote.other_version = None;
        let news = remote.take(digest, now);
        if news.is_new {
            remote.pull.reset();
        }
        let is_whole = news.gone.is_some();
        let mut has_retired = is_whole;
        for entry in news.gone.into_iter().flatten() {
            self.take_gone(host, &entry);
        }
        let has_room = self.has_room_for_paths();
        for entry in news.entries {
            // A region that is gone of which records can still be asked for is as one that is there.
            if entry.state.is_none() && entry.history.is_none() {
                has_retired = true;
                self.take_gone(host, &entry);
            } else if has_room || self.is_known(host, &entry.path) {
                self.take_entry(host, entry, news.full, now);
            }
        }
        if is_whole {
            self.retire_unannounced(host);
        }
        if has_retired {
            of_host_mut(&mut self.mirrors, host)
                .for_each(|(_, imported)| imported.mirror.use_room(now));
        }
    }

    /// Counts a digest that cannot be decoded. That its host speaks another version is logged once.
    fn refuse_digest(&mut self, host: &str, refusal: Refusal, now: Monotonic) {
        self.undecoded += 1;
        let Refusal::Version(version) = refusal else { return };
        let Some(remote) = self.remote(host, now) else { return };
        if remote.other_version.replace(version) != Some(version) {
            tracing::warn!(
                "host {host} speaks version {version} of the protocol, this bridge {VERSION}; update the older one"
            );
        }
    }

    /// Retires instances of mirrors that their source has not: those that went while this bridge was stopped. Those of a
    /// region that is gone stay, as the last record of any other mirror does.
    fn retire_unannounced(&mut self, host: &str) {
        let Some(remote) = self.remotes.get(host) else { return };
        let there = |(_, imported): &(&Source, &mut Imported)| imported.state.is_some();
        for (source, imported) in of_host_mut(&mut self.mirrors, host).filter(there) {
            let path = |name: &InstanceName| crate::keys::path(&source.name, Some(name));
            imported.mirror.retain(|name| remote.announced.contains_key(&path(name)));
        }
    }

    fn take_gone(&mut self, host: &str, entry: &Announcement) {
        let Some(remote) = self.remotes.get_mut(host) else { return };
        remote.forget(&entry.path);
        let Some(Key::Record(source, instance)) = Key::of_path(host, &entry.path) else { return };
        let is_there = remote.announced.contains_key(&source.name);
        let Some(imported) = self.mirrors.get_mut(&source) else { return };
        match instance {
            Some(name) if is_there => imported.mirror.retire(name, entry.id),
            Some(_) => {}
            None => imported.state = None,
        }
    }

    fn take_entry(&mut self, host: &str, entry: Announcement, full: Option<u32>, now: Monotonic) {
        let Some(Key::Record(source, instance)) = Key::of_path(host, &entry.path) else { return };
        let has_namesake =
            self.remotes.get(host).is_some_and(|remote| remote.namesake.is_there(now));
        let Some(imported) = self.imported(&source) else { return };
        imported.state = entry.state;
        imported.mirror.admit(entry.readers);
        if instance.is_none() {
            // Of two bridges of one name the later lineage stays: to go back would be to flap.
            if !has_namesake {
                imported.note_lineage(entry.id.lineage, full);
            }
            imported.mirror.announce(entry.id, entry.history, now);
        }
        let held = imported.mirror.held(instance.as_ref());
        let Some(remote) = self.remotes.get_mut(host) else { return };
        if remote.announced.len() >= MAX_PATHS && !remote.announced.contains_key(&entry.path) {
            return;
        }
        if entry.id > held && entry.id.sequence > 0 {
            remote.behind.entry(entry.path.clone()).or_insert(now);
        } else {
            remote.behind.remove(&entry.path);
        }
        remote.announce(entry, full.is_some());
    }

    /// Whether a digest may announce paths that are not known. Counted once for each digest, not for each path.
    fn has_room_for_paths(&self) -> bool {
        let known = self.remotes.values().map(|remote| remote.announced.len());
        known.sum::<usize>() < ALL_PATHS
    }

    fn is_known(&self, host: &str, path: &str) -> bool {
        self.remotes.get(host).is_some_and(|remote| remote.announced.contains_key(path))
    }
}

#[cfg(test)]
mod tests {
    use settings::BridgeSettings;

    use super::*;
    use crate::transport::Incoming;
    use crate::wire::{DigestKind, encode_digests};

    #[test]
    fn a_digest_of_another_version_or_with_damage_is_counted_and_its_version_noted_until_it_is_ours()
     {
        let text = "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
            [[import]]\nfrom = \"A\"\nname = \"*\"\n";
        let settings = BridgeSettings::parse(text, "digests").expect("settings");
        let mut importer = Importer::new(&settings);
        let own = encode_digests(DigestKind::Full, 1, 1, []).remove(0);
        let with = |byte: usize| {
            let mut digest = own.clone();
            digest[byte] = VERSION.to_le_bytes()[0] + 1;
            digest
        };
        for (digest, refused, version) in
            [(with(2), 1, None), (with(0), 1, Some(VERSION + 1)), (own.clone(), 0, None)]
        {
            let key = Key::Digest("A".to_owned());
            importer.take(Incoming::Other(key, digest), Monotonic::from_nanos(1));
            assert_eq!(importer.take_undecoded(), refused);
            let known = importer.remotes.get("A").and_then(|remote| remote.other_version);
            assert_eq!(known, version);
        }
    }
}
