//! The network over Zenoh: one session, as a router or a client.
//!
//! Invariant: every message may be dropped where a link is slow, and the loop waits for none, but for the case in
//! replies.rs: Zenoh's `Block` would delay the messages to all other hosts, too. Replies, which may have to wait, have a
//! thread. Buffers are small, so that what arrives is not old.
//!
//! Price: Zenoh's threads; a few bytes beside the key for each message.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use settings::{BridgeMode, BridgeSettings, Endpoint};
use zenoh::bytes::ZBytes;
use zenoh::key_expr::KeyExpr;
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Subscriber;
use zenoh::qos::{CongestionControl, Priority};
use zenoh::query::{ConsolidationMode, Queryable};
use zenoh::sample::Sample;
use zenoh::{Config, Session, Wait};

use super::replies::{Replies, ReplySample};
use super::subscriptions::subscribe;
use crate::inbox::Inbox;
use crate::keys::{Key, PREFIX};
use crate::transport::{Incoming, Message, Query, Transport, TransportError};

/// How long replies to a get are taken.
const GET_TIMEOUT: Duration = Duration::from_secs(1);

/// A session that exports and imports.
#[derive(Debug)]
pub(super) struct Zenoh {
    session: Session,
    inbox: Inbox,
    /// What ends when it is dropped.
    _declared: Declared,
}

#[derive(Debug)]
struct Declared {
    _subscribers: Vec<Subscriber<()>>,
    _queryables: Vec<Queryable<()>>,
    _token: Option<LivelinessToken>,
}

pub(super) fn failed(error: impl std::fmt::Display) -> TransportError {
    TransportError(error.to_string())
}

impl Zenoh {
    /// Opens a session; what it receives comes into `inbox`.
    ///
    /// # Errors
    /// [`TransportError`]: the router is not there, the port is taken, a certificate cannot be used.
    pub(super) fn open(settings: &BridgeSettings, inbox: &Inbox) -> Result<Self, TransportError> {
        let session = zenoh::open(config(settings)?).wait().map_err(failed)?;
        let declared = Declared {
            _subscribers: subscribe(&session, settings, inbox)?,
            _queryables: serve(&session, settings, inbox)?,
            _token: announce(&session, settings)?,
        };
        Ok(Self { session, inbox: inbox.clone(), _declared: declared })
    }

    /// Ends the session without waiting for hosts that do not answer. What is returned is closed when it has ended.
    pub(super) fn close(self) -> Receiver<()> {
        let (is_open, has_ended) = channel();
        let close = move || {
            drop(self);
            drop(is_open);
        };
        // Without a thread it ends here and now.
        let _ = std::thread::Builder::new().name("close".into()).spawn(close);
        has_ended
    }
}

pub(super) fn deliver(inbox: &Inbox, sample: &Sample) {
    let attachment = sample.attachment().map(ZBytes::to_bytes);
    inbox.deliver(
        sample.key_expr().as_str(),
        attachment.as_deref(),
        sample.payload().to_bytes().into_owned(),
    );
}

fn serve(
    session: &Session,
    settings: &BridgeSettings,
    inbox: &Inbox,
) -> Result<Vec<Queryable<()>>, TransportError> {
    if settings.exports.is_empty() {
        return Ok(Vec::new());
    }
    let (host, replies) = (&settings.host, Replies::start()?);
    let mut queryables = Vec::new();
    // `**` does not match a chunk that begins with `@`.
    for key in [format!("{PREFIX}/{host}/**"), format!("{PREFIX}/{host}/*/@schema")] {
        let (inbox, replies) = (inbox.clone(), replies.clone());
        let queryable = session
            .declare_queryable(key)
            .callback(move |query| {
                // No bridge sends one with a payload, which would wait in the inbox with it.
                if query.payload().is_none() && query.attachment().is_none() {
                    let replies = replies.clone();
                    let query = ZenohQuery { query: Some(query), replies };
                    inbox.push(Incoming::Query(Box::new(query)));
                }
            })
            .wait();
        queryables.push(queryable.map_err(failed)?);
    }
    Ok(queryables)
}

fn announce(
    session: &Session,
    settings: &BridgeSettings,
) -> Result<Option<LivelinessToken>, TransportError> {
    if settings.exports.is_empty() {
        return Ok(None);
    }
    let key = Key::Alive(settings.host.clone()).to_string();
    session.liveliness().declare_token(key).wait().map(Some).map_err(failed)
}

impl Transport for Zenoh {
    fn put(&self, key: &Key, message: &Message<'_>) -> Result<(), TransportError> {
        let (attachment, payload, priority) = parts(message);
        let put = self.session.put(key.to_string(), payload);
        put.attachment(attachment)
            .congestion_control(CongestionControl::Drop)
            .priority(priority)
            .express(true)
            .wait()
            .map_err(failed)
    }

    fn get(&self, selector: &str) -> Result<(), TransportError> {
        let inbox = self.inbox.clone();
        self.session
            .get(selector)
            .consolidation(ConsolidationMode::None)
            .congestion_control(CongestionControl::Drop)
            .timeout(GET_TIMEOUT)
            .callback(move |reply| {
                if let Ok(sample) = reply.result() {
                    deliver(&inbox, sample);
                }
            })
            .wait()
            .map_err(failed)
    }

    fn is_linked(&self) -> bool {
        let info = self.session.info();
        info.routers_zid().wait().next().is_some() || info.peers_zid().wait().next().is_some()
    }
}

/// The attachment, if there is one, the payload and the priority of a message.
fn parts<'a>(message: &Message<'a>) -> (Option<Vec<u8>>, &'a [u8], Priority) {
    match *message {
        Message::Record(attachment, bytes) => (Some(attachment.encode()), bytes, Priority::Data),
        Message::Other(bytes) => (None, bytes, Priority::InteractiveHigh),
    }
}

#[derive(Debug)]
struct ZenohQuery {
    /// `None` only while it is dropped.
    query: Option<zenoh::query::Query>,
    replies: Replies,
}

impl ZenohQuery {
    fn query(&self) -> &zenoh::query::Query {
        self.query.as_ref().expect("a query until it is dropped")
    }
}

impl Drop for ZenohQuery {
    fn drop(&mut self) {
        if let Some(query) = self.query.take() {
            self.replies.end(query);
        }
    }
}

impl Query for ZenohQuery {
    fn asks_for(&self, key: &Key) -> bool {
        KeyExpr::new(key.to_string()).is_ok_and(|key| self.query().key_expr().intersects(&key))
    }

    fn after(&self) -> Option<(u64, u64)> {
        crate::keys::after(self.query().parameters().as_str())
    }

    fn reply(&self, key: &Key, message: &Message<'_>) -> Result<(), TransportError> {
        // It has the priority of the get.
        let (attachment, payload, _) = parts(message);
        let (key, payload) = (key.to_string(), payload.to_owned());
        self.replies.send(self.query(), ReplySample { key, attachment, payload })
    }
}

fn config(settings: &BridgeSettings) -> Result<Config, TransportError> {
    let mut config = Config::default();
    for (key, value) in values(settings) {
        config
            .insert_json5(key, &value)
            .map_err(|error| TransportError(format!("{key}: {error}")))?;
    }
    Ok(config)
}

/// Where Zenoh's defaults lose data or delay others: `docs/bridge.md` has the reason for each.
fn values(settings: &BridgeSettings) -> Vec<(&'static str, String)> {
    let mode = match settings.mode {
        BridgeMode::Router => "\"router\"",
        BridgeMode::Client => "\"client\"",
    };
    let buffer = settings.sndbuf.to_string();
    let mut values = vec![
        ("mode", mode.to_owned()),
        ("listen/endpoints", endpoints(&settings.listen)),
        ("connect/endpoints", endpoints(&settings.connect)),
        (
            "connect/retry",
            "{ period_init_ms: 200, period_max_ms: 1000, period_increase_factor: 2 }".to_owned(),
        ),
        ("scouting/multicast/enabled", "false".to_owned()),
        ("timestamping/enabled", "false".to_owned()),
        ("transport/link/tx/lease", settings.lease.as_millis().to_string()),
        ("transport/link/tcp/so_sndbuf", buffer.clone()),
        ("transport/link/tcp/so_rcvbuf", buffer.clone()),
    ];
    if let Some(tls) = &settings.tls {
        let path = |path: &std::path::Path| format!("\"{}\"", path.display());
        values.extend([
            ("transport/link/tls/root_ca_certificate", path(&tls.ca)),
            ("transport/link/tls/listen_certificate", path(&tls.cert)),
            ("transport/link/tls/listen_private_key", path(&tls.key)),
            ("transport/link/tls/connect_certificate", path(&tls.cert)),
            ("transport/link/tls/connect_private_key", path(&tls.key)),
            ("transport/link/tls/enable_mtls", "true".to_owned()),
            ("transport/link/tls/so_sndbuf", buffer.clone()),
            ("transport/link/tls/so_rcvbuf", buffer),
        ]);
        if !tls.hosts.is_empty() {
            values.push(("access_control", access_control(&tls.hosts, &tls.relays)));
        }
    }
    values
}

fn endpoints(endpoints: &[Endpoint]) -> String {
    let texts: Vec<_> = endpoints.iter().map(address).collect();
    list(texts.iter().map(|text| &**text))
}

/// An endpoint in Zenoh's form, which has brackets around IPv6 alone.
pub(super) fn address(endpoint: &Endpoint) -> String {
    let text = endpoint.as_str();
    let is_v6 = text.matches(':').count() > 1;
    if is_v6 { text.to_owned() } else { text.replace(['[', ']'], "") }
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<_> = texts.into_iter().map(quoted).collect();
    format!("[{}]", texts.join(", "))
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// What everybody may do, and what only a host may do, under its own name.
const ASK: &str =
    r#"["query", "declare_subscriber", "liveliness_query", "declare_liveliness_subscriber"]"#;
const PUBLISH: &str = r#"["put", "reply", "declare_queryable", "liveliness_token"]"#;

/// Each host may publish under its own name, a relay under those of all, and everybody may ask.
///
/// Zenoh refuses ids that are there twice, of rules and of subjects. The bridge's own begin with `@`, as no name of a host
/// does, and those of relays have numbers; who is named twice is there once.
fn access_control(hosts: &[String], relays: &[String]) -> String {
    let (hosts, relays): (BTreeSet<_>, BTreeSet<_>) =
        (hosts.iter().collect(), relays.iter().collect());
    let keys = |host: &str| {
        list(
            ["**", "@digest", "@alive", "*/@schema"]
                .map(|end| format!("{PREFIX}/{host}/{end}"))
                .iter()
                .map(String::as_str),
        )
    };
    let rule = |id: &str, messages: &str, flow: &str, keys: &str| {
        format!(
            r#"{{ id: "{id}", messages: {messages}, flows: {flow}, permission: "allow", key_exprs: {keys} }},"#
        )
    };
    let both = r#"["ingress", "egress"]"#;
    let mut rules =
        rule("@ask", ASK, both, &keys("*")) + &rule("@send", PUBLISH, r#"["egress"]"#, &keys("*"));
    let mut subjects = r#"{ id: "@anyone" },"#.to_owned();
    let mut policies = r#"{ rules: ["@ask", "@send"], subjects: ["@anyone"] },"#.to_owned();
    for host in &hosts {
        rules += &rule(host, PUBLISH, r#"["ingress"]"#, &keys(host));
        let _ = write!(subjects, r#"{{ id: "{host}", cert_common_names: ["{host}"] }},"#);
        let _ = write!(policies, r#"{{ rules: ["{host}"], subjects: ["{host}"] }},"#);
    }
    let all = list(hosts.iter().map(|host| host.as_str()));
    for (number, relay) in relays.iter().enumerate() {
        let name = quoted(relay);
        let _ = write!(subjects, r#"{{ id: "@relay{number}", cert_common_names: [{name}] }},"#);
        let _ = write!(policies, r#"{{ rules: {all}, subjects: ["@relay{number}"] }},"#);
    }
    format!(
        r#"{{ enabled: true, default_permission: "deny", rules: [{rules}], subjects: [{subjects}], policies: [{policies}] }}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Source;
    use e2e::free_port;

    /// Opens a session with these imports and keys of `[tls]`.
    fn open(listen: &str, imports: &str, tls: &str) -> Result<Zenoh, TransportError> {
        let port = free_port();
        let text = format!(
            "[bridge]\nhost = \"b\"\nlisten = \"tcp/{listen}:{port}\"\n\
             [tls]\nca = \"/ca\"\ncert = \"/cert\"\nkey = \"/key\"\n{tls}\n{imports}"
        );
        let settings = BridgeSettings::parse(&text, "session").expect("settings");
        Zenoh::open(&settings, &Inbox::new().expect("eventfd"))
    }

    const NEAR: &str = "127.0.0.1";

    #[test]
    fn a_session_is_opened_whatever_hosts_and_relays_are_called() {
        for tls in [
            "hosts = [\"a\", \"a\"]",
            "hosts = [\"ask\", \"send\", \"anyone\"]",
            "hosts = [\"relay0\", \"relay\"]\nrelays = [\"0\", \"relay0\"]",
            "hosts = [\"a\"]\nrelays = [\"hub\", \"hub\", \"a\"]",
            "hosts = [\"a\"]\nrelays = [\"a\\nb\", \"a\\u0007\", \"\u{fc} x'\"]",
        ] {
            open(NEAR, "", tls).unwrap_or_else(|error| panic!("{tls}: {error}"));
        }
    }

    #[test]
    fn a_session_is_opened_whatever_patterns_are_imported() {
        for (from, name) in [("***", "x"), ("a", "a**b***c"), ("**a**", "*****"), ("*", "**")] {
            let imports = format!("[[import]]\nfrom = \"{from}\"\nname = \"{name}\"\n");
            open(NEAR, &imports, "").unwrap_or_else(|error| panic!("{from} {name}: {error}"));
        }
    }

    #[test]
    fn a_session_does_not_hear_what_it_sends_itself() {
        let tables = "[[export]]\nregion = \"x\"\n[[import]]\nfrom = \"*\"\nname = \"*\"\n";
        let zenoh = open(NEAR, tables, "").expect("a session");
        for key in [Key::Digest("b".to_owned()), Key::Record(Source::new("b", "x"), None)] {
            zenoh.put(&key, &Message::Other(b"")).expect("sent");
        }
        let taken = zenoh.inbox.take();
        let is_token = |incoming: &Incoming| matches!(incoming, Incoming::Alive(..));
        assert!(taken.incoming.iter().all(is_token) && taken.refused == 0, "{taken:?}");
    }

    #[test]
    fn a_session_listens_on_an_address_in_brackets() {
        open("[127.0.0.1]", "", "").unwrap_or_else(|error| panic!("{error}"));
    }
}
