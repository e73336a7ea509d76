//! The loop: wait for an event, then handle it. One thread reads all exports and writes all mirrors.
//!
//! Invariant: nothing here waits for a network, but for the case in replies.rs. What other hosts send comes through the inbox.
//!
//! ```text
//!   turn:  wait(signals, inbox, first deadline)
//!          signal   stop -> end       reload -> the session anew; what is in both files stays open
//!          inbox    queries -> exporter, all else -> importer
//!          then     exporter, importer and status do what is due
//!          manager  READY=1, WATCHDOG=1 and STATUS=, from this loop
//! ```
//!
//! Price: one `ppoll` per turn; a turn for each burst of messages, and for each poll of the exports.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use daemon::{Monotonic, Service, Signals, StopSignal, counted, logging, one_line};
use settings::{BridgeSettings, TlsProblem};

use super::certificates::{self, Contents};
use super::check::{self, warn_of_exposed};
use super::error::{BridgeError, Kind};
use super::links::Links;
use super::network::Network;
use super::row::Row;
use super::status::Status;
use crate::cli::Args;
use crate::export::Exporter;
use crate::import::Importer;
use crate::inbox::Inbox;
use crate::keys::Key;
use crate::namesake::Namesake;
use crate::transport::{Incoming, Transport};
use crate::wall_clock;

/// Time between two logs of messages that were refused or dropped.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// A bridge that runs.
#[derive(Debug)]
pub(crate) struct Bridge<'a> {
    args: &'a Args,
    settings: Arc<BridgeSettings>,
    /// Of the certificates that the session was opened with.
    certificates: Contents,
    signals: Signals,
    service: &'a mut Service,
    inbox: Inbox,
    network: Network,
    links: Links,
    own_name: OwnName,
    exporter: Exporter,
    importer: Importer,
    status: Status,
    refused: Lost,
}

/// Messages that were not used, and when they were logged last.
#[derive(Debug)]
struct Lost {
    refused: u64,
    dropped: u64,
    log: Monotonic,
}

impl<'a> Bridge<'a> {
    /// Reads the configuration and begins to open the session.
    pub(crate) fn start(
        args: &'a Args,
        links: Links,
        service: &'a mut Service,
    ) -> Result<Self, BridgeError> {
        let settings = Arc::new(
            BridgeSettings::load_checking(&args.config, certificates::check)
                .map_err(Kind::Settings)?,
        );
        check::directory(&settings)?;
        // Before the session reads them: what replaces them from now on is another content.
        let certificates = Contents::of(&settings);
        warn_of_exposed(&settings);
        let signals = Signals::stop_and_reload().map_err(Kind::system("cannot handle signals"))?;
        let inbox = Inbox::new().map_err(Kind::system("cannot make an event descriptor"))?;
        daemon::raise_open_files();
        let now = Monotonic::now();
        let status = Status::new(&settings.status);
        inbox.keep_all(&settings.imports);
        let mut importer = Importer::new(&settings);
        importer.resume(status.resumed());
        // A later start has a greater number, as far as the clock is not set back.
        let mut exporter = Exporter::new(&settings, wall_clock::now(), now);
        exporter.wait_with(waker(&inbox));
        Ok(Self {
            args,
            certificates,
            signals,
            service,
            network: Network::open(Arc::clone(&settings), inbox.clone(), links.clone()),
            links,
            own_name: OwnName::default(),
            inbox,
            exporter,
            importer,
            status,
            settings,
            refused: Lost { refused: 0, dropped: 0, log: now },
        })
    }

    /// Runs until a signal.
    pub(crate) fn run(mut self) -> Result<(), BridgeError> {
        let signal = loop {
            if let Some(signal) = self.turn()? {
                break signal;
            }
        };
        let Self { importer, status, network, service, .. } = self;
        // The mirrors first, so that neither a slow log nor the network delays their readers.
        drop((importer, status));
        network.close();
        let text = format!("stopped ({signal})");
        tracing::info!("{text}");
        service.stopping(&text);
        Ok(())
    }

    fn turn(&mut self) -> Result<Option<StopSignal>, BridgeError> {
        let ready = self.wait()?;
        let now = Monotonic::now();
        self.service.keep_alive(now);
        logging::catch_up();
        if ready.signal {
            let pending = self.signals.take();
            if pending.stop.is_some() {
                return Ok(pending.stop);
            }
            if pending.reload {
                self.reload(now);
            }
        }
        self.network.turn(now);
        self.take(now);
        // Before it looks for regions: a mirror that is taken for a region of this host would hide where it comes from.
        if let Some(mirrors) = self.importer.new_routes() {
            self.exporter.know_mirrors(mirrors);
        }
        self.exporter.turn(now, &self.network);
        self.importer.turn(now, &self.network);
        if self.status.due() <= now {
            self.publish_status(now);
        }
        Ok(None)
    }

    fn wait(&self) -> Result<daemon::Ready, BridgeError> {
        let due = [Some(self.exporter.due()), Some(self.importer.due()), Some(self.status.due())];
        let due =
            due.into_iter().chain([self.network.due(), self.service.deadline()]).flatten().min();
        daemon::wait(&self.signals, Some(self.inbox.as_fd()), due)
            .map_err(|error| Kind::system("cannot wait")(error).into())
    }

    /// Handles what has come in.
    fn take(&mut self, now: Monotonic) {
        let taken = self.inbox.take();
        for incoming in taken.incoming {
            match incoming {
                Incoming::Query(query) => self.exporter.answer(&*query),
                Incoming::Other(Key::Digest(host), _) if host == self.settings.host => {
                    self.own_name.hear(&host, now);
                }
                other => {
                    if matches!(other, Incoming::Other(Key::Digest(_), _)) {
                        self.network.hear();
                    }
                    self.importer.take(other, now);
                }
            }
        }
        let refused = taken.refused + self.importer.take_undecoded();
        self.refused.add(refused, taken.dropped, now);
    }

    fn publish_status(&mut self, now: Monotonic) {
        let host = &*self.settings.host;
        let exports = self.exporter.status();
        // As other hosts call it: its address may be that of a mirror.
        let exports = exports
            .map(|export| (format!("{host}/{}", export.name), Row::of_export(host, &export)));
        let mirrors = self.importer.status(now, self.network.is_linked());
        let mirrors = mirrors.map(|mirror| (mirror.address.clone(), Row::of_mirror(&mirror)));
        let links = self.links.turn(&self.settings, now).into_iter().map(|(endpoint, status)| {
            let row = Row::of_link(host, &endpoint, &status);
            (endpoint, row)
        });
        self.status.publish(now, links.chain(exports).chain(mirrors));
        let (mirrors, exports) = (self.importer.count(), self.exporter.count());
        let text = format!(
            "{}: {}, {}",
            self.settings.host,
            counted(exports as u64, "export"),
            counted(mirrors as u64, "mirror")
        );
        self.service.ready(now, &text);
    }

    fn reload(&mut self, now: Monotonic) {
        self.service.reloading(now);
        match self.reread() {
            Ok(None) => {
                tracing::info!("reloaded {}: nothing has changed", self.args.config.display());
            }
            Ok(Some((settings, certificates))) => {
                self.certificates = certificates;
                self.change(settings, now);
            }
            Err(error) => tracing::error!("{}; the old settings stay", one_line(&error)),
        }
        self.service.reloaded(now, "reloaded");
    }

    /// The configuration and its certificates, if it is another one now, or they are.
    fn reread(&self) -> Result<Option<(BridgeSettings, Contents)>, BridgeError> {
        let settings = if settings::is_stdin(&self.args.config) {
            self.check_certificates()?;
            BridgeSettings::clone(&self.settings)
        } else {
            BridgeSettings::load_checking(&self.args.config, certificates::check)
                .map_err(Kind::Settings)?
        };
        let certificates = Contents::of(&settings);
        let is_other = settings != *self.settings || certificates != self.certificates;
        Ok(is_other.then_some((settings, certificates)))
    }

    /// An error if those of `[tls]` cannot be used now: standard input, which has the rest, is read once.
    fn check_certificates(&self) -> Result<(), BridgeError> {
        let problem = self.settings.tls.as_ref().and_then(|tls| certificates::check(tls).err());
        problem
            .map_or(Ok(()), |TlsProblem { key, why }| Err(Kind::Certificates { key, why }.into()))
    }

    fn change(&mut self, settings: BridgeSettings, now: Monotonic) {
        warn_of_exposed(&settings);
        self.settings = Arc::new(settings);
        let settings = &self.settings;
        self.inbox.keep_all(&settings.imports);
        self.importer.change(settings);
        self.exporter.change(settings, wall_clock::now(), now);
        if self.status.name() != settings.status {
            self.status = Status::new(&settings.status);
        }
        self.network.change(Arc::clone(settings), now);
        tracing::info!("reloaded {}", self.args.config.display());
    }
}

/// Another bridge that calls itself by the name of this one.
#[derive(Debug, Default)]
struct OwnName {
    namesake: Namesake,
    is_logged: bool,
}

impl OwnName {
    /// Records that what only a bridge of this name sends has come from elsewhere.
    fn hear(&mut self, host: &str, now: Monotonic) {
        // It may have been silent for long.
        self.is_logged &= self.namesake.is_there(now);
        self.namesake.hear(now);
        if self.namesake.is_there(now) && !self.is_logged {
            self.is_logged = true;
            tracing::warn!(
                "another bridge calls itself {host}, too; give one of them another host in its [bridge]"
            );
        }
    }
}

impl Lost {
    fn add(&mut self, refused: u64, dropped: u64, now: Monotonic) {
        self.refused += refused;
        self.dropped += dropped;
        if self.refused + self.dropped == 0 || now < self.log {
            return;
        }
        self.log = now.after(LOG_EVERY);
        if self.refused > 0 {
            let messages = counted(self.refused, "malformed message");
            tracing::warn!("refused {messages}; check who may publish here ([tls] hosts)");
        }
        if self.dropped > 0 {
            let messages = counted(self.dropped, "message");
            tracing::warn!(
                "dropped {messages}: they came faster than they were handled; lower max_hz at their sources"
            );
        }
        (self.refused, self.dropped) = (0, 0);
    }
}

/// What ends the loop's wait from another thread.
fn waker(inbox: &Inbox) -> impl Fn() + Send + Sync + use<> {
    let inbox = inbox.clone();
    move || inbox.wake()
}
