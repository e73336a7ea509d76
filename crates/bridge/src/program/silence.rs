//! A session that has a link and hears nothing.
//!
//! The routers of Zenoh 1.10.2 may lose what they declare to each other when links come and go within 100 ms (see
//! [`OPEN_DELAY`](super::network::OPEN_DELAY)): the link is there, and nothing ever comes over it. A session that is opened
//! anew is another router, to which all is declared. Nothing is heard, too, while no host that is imported is there: so it
//! is tried three times at most, until something is heard again.
//!
//! Price: one comparison a second; while nothing is heard, a question whether there is a link.

use std::time::Duration;

use daemon::Monotonic;
use settings::BridgeSettings;

/// The least time with a link after which the silence is too long, and twice as long each next time. A host sends a digest
/// each 250 ms, unless it is set to more, as `stale_after` then is.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a session is opened anew.
const ATTEMPTS: u32 = 3;
/// Time between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// How long nothing was heard.
#[derive(Debug)]
pub(super) struct Silence {
    /// Whether something was heard since the last look.
    is_broken: bool,
    /// Since when there is a link over which nothing was heard.
    since: Option<Monotonic>,
    patience: Duration,
    attempts: u32,
    look: Monotonic,
}

impl Silence {
    /// `None`: a bridge that imports nothing hears nothing.
    pub(super) fn of(settings: &BridgeSettings, now: Monotonic) -> Option<Self> {
        let stale_after = settings.imports.iter().map(|import| import.stale_after).max()?;
        Some(Self::new(stale_after.max(PATIENCE), now))
    }

    fn new(patience: Duration, now: Monotonic) -> Self {
        Self { is_broken: false, since: None, patience, attempts: 0, look: now }
    }

    /// Records that a digest of another host has come. A token does not count: it may come where digests do not.
    pub(super) fn hear(&mut self) {
        self.is_broken = true;
    }

    /// When to look next.
    pub(super) fn due(&self) -> Monotonic {
        self.look
    }

    /// Whether the session is to be opened anew, whose links are there or not.
    pub(super) fn is_too_long(&mut self, now: Monotonic, is_linked: impl FnOnce() -> bool) -> bool {
        if now < self.look {
            return false;
        }
        self.look = now.after(LOOK);
        if std::mem::take(&mut self.is_broken) {
            (self.since, self.attempts) = (None, 0);
            return false;
        }
        if self.attempts == ATTEMPTS {
            return false;
        }
        if !is_linked() {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let is_too_long = now.since(since) >= self.patience * (1 << self.attempts);
        if is_too_long {
            self.attempts += 1;
            self.since = None;
        }
        is_too_long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Monotonic {
        Monotonic::from_nanos(second * 1_000_000_000)
    }

    #[test]
    fn a_session_that_hears_nothing_is_opened_anew_three_times_and_later_each_time() {
        let mut silence = Silence::new(PATIENCE, at(0));
        let opened = |silence: &mut Silence, seconds: std::ops::Range<u64>| -> Vec<_> {
            seconds.filter(|second| silence.is_too_long(at(*second), || *second >= 3)).collect()
        };
        assert_eq!(opened(&mut silence, 0..200), [8, 19, 40]);
        silence.hear();
        assert_eq!(opened(&mut silence, 200..400), [206, 217, 238], "something was heard");
    }

    #[test]
    fn a_host_whose_digests_are_rare_is_waited_for_as_long_as_its_mirrors() {
        let keys = "host = \"b\"\nlisten = \"tcp/127.0.0.1:1\"\ndigest = \"5s\"";
        let text = |imports: &str| format!("[bridge]\n{keys}\n{imports}");
        let of = |imports: &str| {
            let settings = BridgeSettings::parse(&text(imports), "silence").expect("settings");
            Silence::of(&settings, at(0)).map(|silence| silence.patience)
        };
        let import = |stale: u32| {
            format!("[[import]]\nfrom = \"a{stale}\"\nname = \"x\"\nstale_after = \"{stale}s\"\n")
        };
        assert_eq!(of("[[export]]\nregion = \"x\"\n"), None);
        assert_eq!(of(&(import(10) + &import(30))), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_session_that_hears_something_or_has_no_link_stays() {
        let mut heard = Silence::new(PATIENCE, at(0));
        assert!((0..60).all(|second| {
            if second % 4 == 0 {
                heard.hear();
            }
            !heard.is_too_long(at(second), || true)
        }));
        let mut lost = Silence::new(PATIENCE, at(0));
        assert!((0..60).all(|second| !lost.is_too_long(at(second), || second % 4 != 0)));
    }
}
