//! What a session hears of: records and digests of the hosts that are imported from, and which bridges are there.
//!
//! Invariant: nothing comes from this bridge itself, and nothing comes twice because two imports are of one host.

use std::collections::BTreeSet;

use settings::BridgeSettings;
use zenoh::pubsub::Subscriber;
use zenoh::sample::{Locality, SampleKind};
use zenoh::{Session, Wait};

use super::over_zenoh::{deliver, failed};
use crate::import::Importer;
use crate::inbox::Inbox;
use crate::keys::{Key, PREFIX};
use crate::transport::{Incoming, TransportError};

/// Lets what these settings import come into `inbox`, until the subscribers are dropped.
pub(super) fn subscribe(
    session: &Session,
    settings: &BridgeSettings,
    inbox: &Inbox,
) -> Result<Vec<Subscriber<()>>, TransportError> {
    let Watched { keys, tokens } = Watched::of(settings);
    let mut subscribers = Vec::new();
    for key in keys {
        let inbox = inbox.clone();
        // What this bridge sends itself would look like another one of its name.
        let subscriber = session
            .declare_subscriber(&key)
            .allowed_origin(Locality::Remote)
            .callback(move |sample| deliver(&inbox, &sample))
            .wait();
        subscribers.push(subscriber.map_err(|error| failed(format!("{key}: {error}")))?);
    }
    for key in tokens {
        let inbox = inbox.clone();
        let subscriber = session
            .liveliness()
            .declare_subscriber(&key)
            .history(true)
            .callback(move |sample| {
                let host = Key::parse(sample.key_expr().as_str());
                if let (Some(Key::Alive(host)), SampleKind::Put) = (host, sample.kind()) {
                    inbox.push(Incoming::Alive(host));
                }
            })
            .wait();
        subscribers.push(subscriber.map_err(|error| failed(format!("{key}: {error}")))?);
    }
    Ok(subscribers)
}

/// What is subscribed to, each key once: several imports may be from one host.
#[derive(Debug, Default)]
struct Watched {
    keys: BTreeSet<String>,
    /// Of the tokens of bridges.
    tokens: BTreeSet<String>,
}

impl Watched {
    fn of(settings: &BridgeSettings) -> Self {
        let mut watched = Self::default();
        for (host, name) in Importer::watched(settings) {
            let front = format!("{PREFIX}/{host}");
            let keys = ["", "/*"].map(|end| format!("{front}/{name}{end}"));
            watched.keys.extend(keys.into_iter().chain([format!("{front}/@digest")]));
            watched.tokens.insert(format!("{front}/@alive"));
        }
        if !settings.exports.is_empty() {
            // What another bridge sends that has the name of this one.
            watched.keys.insert(Key::Digest(settings.host.clone()).to_string());
        }
        watched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_imports_are_of_is_subscribed_to_once() {
        let import = |name: &str| format!("[[import]]\nfrom = \"a\"\nname = \"{name}\"\n");
        let text = format!(
            "[bridge]\nhost = \"b\"\nlisten = \"tcp/127.0.0.1:1\"\n{}{}",
            import("x"),
            import("y")
        );
        let watched = Watched::of(&BridgeSettings::parse(&text, "session").expect("settings"));
        let keys = ["@digest", "x", "x/*", "y", "y/*"].map(|end| format!("mapcast/1/a/{end}"));
        assert!(watched.keys.iter().eq(&keys), "{watched:?}");
        assert!(watched.tokens.iter().eq(["mapcast/1/a/@alive"]), "{watched:?}");
    }
}
