//! The links to the endpoints of `connect`: which are there, and why the others are not.
//!
//! Invariant: a link that is lost or cannot be opened is logged once for each cause, and once when it is there (again),
//! also if it was lost before anybody looked. What Zenoh logs of its attempts is the only source, since its stable
//! interface has none; a text of another form changes nothing, and a test fails.
//!
//! Price: an event of Zenoh for each attempt; a look at each endpoint with each publish of the status.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daemon::Monotonic;
use daemon::logging::Observer;
use settings::{BridgeMode, BridgeSettings, duration_text};

use super::cause::Cause;
use super::over_zenoh::address;

/// Zenoh's module that connects.
const MODULE: &str = "zenoh::net::runtime::orchestrator";
/// Time without an answer after which an endpoint cannot be reached.
const PATIENCE: Duration = Duration::from_secs(3);

/// The links; a clone is about the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Links(Arc<Mutex<BTreeMap<String, Link>>>);

/// One endpoint.
#[derive(Debug)]
struct Link {
    state: State,
    /// Since when it has this state.
    since: Monotonic,
    /// When the last attempt failed.
    failed: Option<Monotonic>,
    /// When it came up, if that is not logged.
    came_up: Option<Monotonic>,
    /// What was logged last, and since when that held.
    logged: Option<(Option<Cause>, Monotonic)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// No attempt has begun yet: the session is being opened.
    Opening,
    Connecting,
    Up,
    Down(Cause),
}

/// What is known of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LinkStatus {
    Connecting,
    Up,
    /// A client has another link, and needs one only.
    Spare,
    Down(Cause),
}

impl Link {
    fn new(now: Monotonic) -> Self {
        Self { state: State::Opening, since: now, failed: None, came_up: None, logged: None }
    }

    fn set(&mut self, state: State, now: Monotonic) {
        match state {
            State::Down(_) => self.failed = Some(now),
            State::Up => self.came_up = Some(now),
            State::Opening | State::Connecting => {}
        }
        // While it is down, each attempt begins and fails anew.
        let is_retry =
            matches!((&self.state, &state), (State::Down(_), State::Opening | State::Connecting));
        if !is_retry && self.state != state {
            self.since = now;
            self.state = state;
        }
    }

    /// Why it is down at `now`.
    fn trouble(&self, now: Monotonic) -> Option<Cause> {
        match &self.state {
            State::Down(cause) => Some(cause.clone()),
            State::Connecting if now.since(self.since) >= PATIENCE => Some(Cause::silence()),
            State::Opening | State::Connecting | State::Up => None,
        }
    }

    /// Logs what has changed since the last call.
    fn log(&mut self, endpoint: &str, now: Monotonic) {
        if let Some(since) = self.came_up.take() {
            self.log_change(endpoint, None, since);
        }
        if let Some(trouble) = self.trouble(now) {
            self.log_change(endpoint, Some(trouble), now);
        }
    }

    fn log_change(&mut self, endpoint: &str, trouble: Option<Cause>, now: Monotonic) {
        let before = self.logged.as_ref();
        if before.is_some_and(|(logged, _)| *logged == trouble) {
            return;
        }
        let was_up = before.is_some_and(|(logged, _)| logged.is_none());
        let since = before.map_or(now, |(_, since)| *since);
        match &trouble {
            Some(Cause { fact, step }) if was_up => {
                tracing::warn!("the link to {endpoint} is lost: {fact}; {step}; tried again");
            }
            Some(Cause { fact, step }) => {
                tracing::warn!("cannot connect to {endpoint}: {fact}; {step}; tried again");
            }
            None if before.is_some() => {
                let gap = duration_text(Duration::from_secs(now.since(since).as_secs()));
                tracing::info!("linked to {endpoint} again, after {gap}");
            }
            None => tracing::info!("linked to {endpoint}"),
        }
        let is_same_gap = trouble.is_some() && before.is_some() && !was_up;
        self.logged = Some((trouble, if is_same_gap { since } else { now }));
    }
}

impl Links {
    /// What is to be given to the log, so that attempts are noticed.
    pub(super) fn observer(&self) -> Observer {
        let links = self.clone();
        Observer::of(MODULE, move |message| {
            if let Some((endpoint, state)) = parsed(message) {
                links.note(endpoint, state, Monotonic::now());
            }
        })
    }

    /// Sets which endpoints there are to be links to.
    pub(super) fn expect(&self, settings: &BridgeSettings, now: Monotonic) {
        let mut links = self.lock();
        let is_expected = |text: &str| settings.connect.iter().any(|end| address(end) == text);
        links.retain(|endpoint, _| is_expected(endpoint));
        for endpoint in &settings.connect {
            let link = links.entry(address(endpoint)).or_insert_with(|| Link::new(now));
            // The session is opened again.
            link.set(State::Opening, now);
        }
    }

    /// Records that the session of a client was opened, an attempt that began at `began`: over the first endpoint that has
    /// not failed since.
    pub(super) fn opened(&self, settings: &BridgeSettings, began: Monotonic, now: Monotonic) {
        if settings.mode != BridgeMode::Client {
            return;
        }
        let mut links = self.lock();
        for endpoint in &settings.connect {
            let Some(link) = links.get_mut(&address(endpoint)) else { continue };
            if link.failed.is_none_or(|failed| failed < began) {
                return link.set(State::Up, now);
            }
        }
    }

    fn note(&self, endpoint: &str, state: State, now: Monotonic) {
        if let Some(link) = self.lock().get_mut(endpoint) {
            link.set(state, now);
        }
    }

    /// Logs what has changed, and returns what is known of each endpoint.
    pub(super) fn turn(
        &self,
        settings: &BridgeSettings,
        now: Monotonic,
    ) -> Vec<(String, LinkStatus)> {
        let mut links = self.lock();
        let is_client = settings.mode == BridgeMode::Client;
        let has_link = links.values().any(|link| link.state == State::Up);
        let mut all = Vec::new();
        for (endpoint, link) in &mut *links {
            let is_spare = is_client && has_link && link.state != State::Up;
            if !is_spare {
                link.log(endpoint, now);
            }
            let status = match link.trouble(now) {
                _ if is_spare => LinkStatus::Spare,
                Some(cause) => LinkStatus::Down(cause),
                None if link.state == State::Up => LinkStatus::Up,
                None => LinkStatus::Connecting,
            };
            all.push((endpoint.clone(), status));
        }
        all
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Link>> {
        // Nothing in here panics half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The endpoint that a message of Zenoh is about, and its state.
fn parsed(message: &str) -> Option<(&str, State)> {
    if let Some(rest) = message.strip_prefix("Try to connect: ") {
        return Some((rest.split_once(": global timeout")?.0, State::Connecting));
    }
    if let Some(endpoint) = message.strip_prefix("Successfully connected to configured peer ") {
        return Some((endpoint, State::Up));
    }
    let rest = message.strip_prefix("Unable to connect to ")?;
    let (endpoint, why) = rest.strip_prefix("configured peer ").unwrap_or(rest).split_once("! ")?;
    let why = why.split(". Retry in").next().unwrap_or(why);
    Some((endpoint, State::Down(Cause::of(why))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Monotonic {
        Monotonic::from_nanos(second * 1_000_000_000)
    }

    fn links(keys: &str) -> (BridgeSettings, Links) {
        let text =
            format!("[bridge]\nhost = \"b\"\n{keys}\n[[import]]\nfrom = \"a\"\nname = \"*\"\n");
        let settings = BridgeSettings::parse(&text, "links").expect("settings");
        let links = Links::default();
        links.expect(&settings, at(0));
        (settings, links)
    }

    const A: &str = "tcp/127.0.0.1:1";
    const B: &str = "tcp/127.0.0.1:2";

    #[test]
    fn an_endpoint_that_does_not_answer_is_down_after_a_while_and_one_that_refuses_at_once() {
        let (settings, links) = links(&format!("connect = [\"{A}\", \"{B}\"]"));
        links.note(A, State::Connecting, at(5));
        links.note(B, State::Down(Cause::of("x: refused")), at(6));
        let status =
            |second| links.turn(&settings, at(second)).into_iter().map(|(_, status)| status);
        let down = LinkStatus::Down(Cause::of("refused"));
        assert_eq!(status(6).collect::<Vec<_>>(), [LinkStatus::Connecting, down.clone()]);
        links.note(B, State::Connecting, at(7));
        let silent = LinkStatus::Down(Cause::silence());
        assert_eq!(status(8).collect::<Vec<_>>(), [silent, down]);
        links.note(A, State::Up, at(9));
        assert_eq!(status(9).next(), Some(LinkStatus::Up));
    }

    #[test]
    fn an_endpoint_that_was_not_tried_yet_is_not_down_however_long_the_session_is_opened() {
        let (settings, links) = links(&format!("connect = \"{A}\""));
        assert_eq!(links.turn(&settings, at(60))[0].1, LinkStatus::Connecting);
        links.note(A, State::Connecting, at(60));
        assert_eq!(links.turn(&settings, at(62))[0].1, LinkStatus::Connecting);
        assert_eq!(links.turn(&settings, at(63))[0].1, LinkStatus::Down(Cause::silence()));
    }

    #[test]
    fn a_link_that_came_and_went_between_two_turns_is_logged_as_linked_and_as_lost() {
        let (settings, links) = links(&format!("connect = \"{A}\""));
        let refused = Cause::of("refused");
        let logged = || links.lock()[A].logged.clone();
        links.note(A, State::Down(refused.clone()), at(1));
        links.turn(&settings, at(2));
        assert_eq!(logged(), Some((Some(refused.clone()), at(2))));
        links.note(A, State::Up, at(3));
        links.note(A, State::Down(refused.clone()), at(4));
        links.turn(&settings, at(5));
        assert_eq!(logged(), Some((Some(refused), at(5))), "a second loss");
    }

    #[test]
    fn a_client_needs_one_link_only_the_first_that_did_not_fail() {
        let (settings, links) = links(&format!("mode = \"client\"\nconnect = [\"{A}\", \"{B}\"]"));
        links.note(A, State::Down(Cause::of("x: refused")), at(2));
        links.opened(&settings, at(1), at(2));
        let status = links.turn(&settings, at(9));
        assert_eq!(status[0].1, LinkStatus::Spare);
        assert_eq!(status[1].1, LinkStatus::Up);
    }
}
