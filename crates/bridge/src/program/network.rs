//! The session of a bridge, which may not be open yet.
//!
//! Invariant: the loop never waits for it. A session is opened by a thread of its own, again and again until that
//! succeeds; until then messages are not sent, and mirrors wait.
//!
//! Price: a router opens its session half a second after it starts or reloads, see [`OPEN_DELAY`].

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use settings::{BridgeMode, BridgeSettings, Endpoint};

use super::cause::{self, Cause};
use super::links::Links;
use super::over_zenoh::Zenoh;
use super::silence::Silence;
use crate::inbox::Inbox;
use crate::keys::Key;
use crate::transport::{Message, Transport, TransportError};

/// Time between two attempts to open a session.
const RETRY: Duration = Duration::from_secs(1);

/// The longest wait for the end of the session before, which may have a host that does not answer.
const CLOSING: Duration = Duration::from_secs(5);

/// Time before a router opens its session, in which the other routers drop the session before it. A router of Zenoh
/// 1.10.2 computes its routes at most every 100 ms, and sends its declarations to the neighbours whose index the last
/// computation did not have. A new neighbour gets the index of one that has left: if both happen between two
/// computations, as they may in a ring or a mesh, it never gets the declarations (`compute_trees` in
/// `zenoh/src/net/protocol/network.rs`).
pub(super) const OPEN_DELAY: Duration = Duration::from_millis(500);

/// A session, or the attempt to open one.
#[derive(Debug)]
pub(crate) struct Network {
    settings: Arc<BridgeSettings>,
    inbox: Inbox,
    state: State,
    links: Links,
    /// Attempts in a row that have failed.
    failures: u32,
    trouble: OnChange<String>,
    /// `None` without imports: then nothing is to be heard.
    silence: Option<Silence>,
}

#[derive(Debug)]
enum State {
    /// By an attempt that began then.
    Opening(Receiver<Result<Zenoh, TransportError>>, Monotonic),
    Open(Zenoh),
    Failed(Monotonic),
}

impl Network {
    /// Begins to open a session.
    pub(crate) fn open(settings: Arc<BridgeSettings>, inbox: Inbox, links: Links) -> Self {
        let now = Monotonic::now();
        links.expect(&settings, now);
        let state = State::Opening(begin(&settings, &inbox, None), now);
        let silence = Silence::of(&settings, now);
        Self { settings, inbox, links, state, failures: 0, trouble: OnChange::new(), silence }
    }

    /// Ends the session, and begins to open one with these settings.
    pub(crate) fn change(&mut self, settings: Arc<BridgeSettings>, now: Monotonic) {
        self.silence = Silence::of(&settings, now);
        self.settings = settings;
        self.trouble.clear();
        self.open_anew(now);
    }

    /// When [`turn`](Self::turn) has something to do that the inbox does not show.
    pub(crate) fn due(&self) -> Option<Monotonic> {
        match self.state {
            State::Failed(retry) => Some(retry),
            State::Open(_) => self.silence.as_ref().map(Silence::due),
            State::Opening(..) => None,
        }
    }

    /// Takes a session that was opened.
    pub(crate) fn turn(&mut self, now: Monotonic) {
        match &self.state {
            State::Opening(opened, began) => match opened.try_recv() {
                Ok(Ok(zenoh)) => {
                    tracing::info!("{}", describe(&self.settings));
                    self.links.opened(&self.settings, *began, now);
                    self.failures = 0;
                    self.trouble.clear();
                    self.state = State::Open(zenoh);
                }
                Ok(Err(error)) => self.fail(now, &error.to_string()),
                Err(TryRecvError::Disconnected) => {
                    self.fail(now, "the thread that opens it has ended");
                }
                Err(TryRecvError::Empty) => {}
            },
            State::Failed(retry) if *retry <= now => {
                self.state = State::Opening(begin(&self.settings, &self.inbox, None), now);
            }
            State::Open(zenoh) => {
                let silence = self.silence.as_mut();
                if silence.is_some_and(|silence| silence.is_too_long(now, || zenoh.is_linked())) {
                    tracing::debug!("a link, and no host is heard: the session is opened anew");
                    self.open_anew(now);
                }
            }
            State::Failed(_) => {}
        }
    }

    /// Records that a digest of another host has come.
    pub(crate) fn hear(&mut self) {
        if let Some(silence) = &mut self.silence {
            silence.hear();
        }
    }

    fn open_anew(&mut self, now: Monotonic) {
        self.links.expect(&self.settings, now);
        self.failures = 0;
        let former = std::mem::replace(&mut self.state, State::Failed(now)).close();
        self.state = State::Opening(begin(&self.settings, &self.inbox, former), now);
    }

    fn fail(&mut self, now: Monotonic, why: &str) {
        self.state = State::Failed(now.after(RETRY));
        self.failures += 1;
        // After a reload the session before may still listen for a moment.
        if self.settings.mode == BridgeMode::Router && self.failures == 1 {
            return;
        }
        if let Some(why) = self.trouble.update(why.to_owned()) {
            match self.settings.mode {
                // The links say why.
                BridgeMode::Client if why.contains("Unable to connect") => {
                    tracing::warn!("no session until a link of connect is there; tried again");
                }
                _ => tracing::warn!("no session: {}; tried again", refusal(why, &self.settings)),
            }
        }
    }

    /// Ends the session. Returns at once.
    pub(crate) fn close(self) {
        self.state.close();
    }
}

impl State {
    /// Ends the session; what is returned is closed when it has ended.
    fn close(self) -> Option<Receiver<()>> {
        match self {
            Self::Open(zenoh) => Some(zenoh.close()),
            Self::Opening(..) | Self::Failed(_) => None,
        }
    }
}

/// Opens a session in a thread, after the one before, `former`, has ended.
fn begin(
    settings: &Arc<BridgeSettings>,
    inbox: &Inbox,
    former: Option<Receiver<()>>,
) -> Receiver<Result<Zenoh, TransportError>> {
    let (sender, opened) = channel();
    let (settings, inbox) = (Arc::clone(settings), inbox.clone());
    let open = move || {
        // It says nothing, and is closed at the end.
        let _ = former.map(|former| former.recv_timeout(CLOSING));
        if settings.mode == BridgeMode::Router {
            std::thread::sleep(OPEN_DELAY);
        }
        // An error means that the loop has ended.
        let _ = sender.send(Zenoh::open(&settings, &inbox));
        inbox.wake();
    };
    // Without a thread the sender is dropped, which is tried again, too.
    let _ = std::thread::Builder::new().name("open".into()).spawn(open);
    opened
}

/// Why there is no session: an address that cannot be listened on, or else what Zenoh refuses of this file.
fn refusal(why: &str, settings: &BridgeSettings) -> String {
    match Cause::known(why) {
        Some(Cause { fact, step }) if !settings.listen.is_empty() => {
            format!("cannot listen on {}: {fact}; {step}", list(&settings.listen))
        }
        Some(Cause { fact, step }) => format!("{fact}; {step}"),
        None => {
            let whole = cause::without_places(why);
            format!("Zenoh refuses this configuration: {whole}; correct that setting")
        }
    }
}

fn list(endpoints: &[Endpoint]) -> String {
    let texts: Vec<_> = endpoints.iter().map(Endpoint::as_str).collect();
    texts.join(" ")
}

fn describe(settings: &BridgeSettings) -> String {
    let part = |what: &str, endpoints: &[Endpoint]| match endpoints {
        [] => String::new(),
        some => format!(", {what} {}", list(some)),
    };
    let (listen, connect) =
        (part("listening on", &settings.listen), part("connecting to", &settings.connect));
    format!("host {}{listen}{connect}", settings.host)
}

impl Transport for Network {
    fn put(&self, key: &Key, message: &Message<'_>) -> Result<(), TransportError> {
        self.zenoh()?.put(key, message)
    }

    fn get(&self, selector: &str) -> Result<(), TransportError> {
        self.zenoh()?.get(selector)
    }

    fn is_linked(&self) -> bool {
        self.zenoh().is_ok_and(Zenoh::is_linked)
    }
}

impl Network {
    fn zenoh(&self) -> Result<&Zenoh, TransportError> {
        match &self.state {
            State::Open(zenoh) => Ok(zenoh),
            State::Opening(..) | State::Failed(_) => {
                Err(TransportError("there is no session yet".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_session_names_the_address_or_what_is_wrong_with_the_file() {
        let text = "[bridge]\nhost = \"b\"\nlisten = \"tcp/127.0.0.1:1\"\n";
        let settings = BridgeSettings::parse(text, "network").expect("settings");
        for (why, said) in [
            (
                "x: [127.0.0.1:1: Address already in use (os error 98)] at /a/b.rs:1.",
                "cannot listen on tcp/127.0.0.1:1: Address",
            ),
            (
                "x: Permission denied (os error 13) at /a/b.rs:1.",
                "cannot listen on tcp/127.0.0.1:1: Permission",
            ),
            (
                "id 'a' is repeated at /a/b.rs:1.",
                "Zenoh refuses this configuration: id 'a' is repeated",
            ),
        ] {
            let refusal = refusal(why, &settings);
            assert!(refusal.starts_with(said), "{refusal}");
            assert!(!refusal.contains("bridge there") && !refusal.contains(".rs"), "{refusal}");
        }
    }
}
