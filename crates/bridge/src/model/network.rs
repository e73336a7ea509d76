//! A network in memory that loses, doubles and reorders messages, as a seed says.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::inbox::Inbox;
use crate::keys::Key;
use crate::transport::{Incoming, Message, Query, Transport, TransportError};

/// The network; clones are the same one.
#[derive(Clone)]
pub(super) struct Network(Arc<Mutex<State>>);

struct State {
    random: fastrand::Rng,
    inboxes: Vec<Inbox>,
    in_flight: Vec<(usize, Packet)>,
    is_cut: bool,
    /// Of each message, how likely it is lost or doubled.
    loss: f64,
}

#[derive(Clone)]
enum Packet {
    Put { key: String, attachment: Option<Vec<u8>>, payload: Vec<u8> },
    Get { from: usize, selector: String },
}

impl Packet {
    fn of(key: &Key, message: &Message<'_>) -> Self {
        let (attachment, payload) = match message {
            Message::Record(attachment, bytes) => (Some(attachment.encode()), bytes.to_vec()),
            Message::Other(bytes) => (None, bytes.to_vec()),
        };
        Self::Put { key: key.to_string(), attachment, payload }
    }
}

impl Network {
    /// One between these hosts.
    pub(super) fn new(seed: u64, inboxes: Vec<Inbox>) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let state = State { random, inboxes, in_flight: Vec::new(), is_cut: false, loss: 0.1 };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics in here")
    }

    pub(super) fn port(&self, host: usize) -> Port {
        Port { network: self.clone(), host }
    }

    pub(super) fn cut(&self, is_cut: bool) {
        self.state().is_cut = is_cut;
    }

    /// Loses and doubles nothing from now on.
    pub(super) fn heal(&self) {
        let mut state = self.state();
        (state.is_cut, state.loss) = (false, 0.0);
    }

    /// Delivers up to `most` messages, any of those that are under way.
    pub(super) fn deliver(&self, most: usize) {
        for _ in 0..most {
            let mut state = self.state();
            if state.in_flight.is_empty() {
                return;
            }
            let len = state.in_flight.len();
            let at = state.random.usize(..len);
            let (to, packet) = state.in_flight.swap_remove(at);
            let loss = state.loss;
            if state.is_cut || state.random.f64() < loss {
                continue;
            }
            if state.random.f64() < loss {
                state.in_flight.push((to, packet.clone()));
            }
            let inbox = state.inboxes[to].clone();
            drop(state);
            match packet {
                Packet::Put { key, attachment, payload } => {
                    inbox.deliver(&key, attachment.as_deref(), payload);
                }
                Packet::Get { from, selector } => {
                    let query = MemoryQuery { port: self.port(to), from, selector };
                    inbox.push(Incoming::Query(Box::new(query)));
                }
            }
        }
    }
}

/// A host's end of the network.
#[derive(Clone)]
pub(super) struct Port {
    network: Network,
    host: usize,
}

impl Port {
    fn to_others(&self, packet: &Packet) {
        let mut state = self.network.state();
        let others = (0..state.inboxes.len()).filter(|host| *host != self.host);
        let packets: Vec<_> = others.map(|host| (host, packet.clone())).collect();
        state.in_flight.extend(packets);
    }
}

impl Transport for Port {
    fn put(&self, key: &Key, message: &Message<'_>) -> Result<(), TransportError> {
        self.to_others(&Packet::of(key, message));
        Ok(())
    }

    fn get(&self, selector: &str) -> Result<(), TransportError> {
        self.to_others(&Packet::Get { from: self.host, selector: selector.to_owned() });
        Ok(())
    }

    fn is_linked(&self) -> bool {
        true
    }
}

struct MemoryQuery {
    port: Port,
    from: usize,
    selector: String,
}

impl Query for MemoryQuery {
    fn asks_for(&self, key: &Key) -> bool {
        let key = key.to_string();
        let selector = self.selector.split('?').next().expect("a first part");
        match (selector.strip_suffix("**"), selector.strip_suffix("*/@schema")) {
            (Some(front), _) => key.starts_with(front) && !key.contains("/@"),
            (_, Some(front)) => key.starts_with(front) && key.ends_with("/@schema"),
            _ => key == selector,
        }
    }

    fn after(&self) -> Option<(u64, u64)> {
        crate::keys::after(self.selector.split_once('?')?.1)
    }

    fn reply(&self, key: &Key, message: &Message<'_>) -> Result<(), TransportError> {
        self.port.network.state().in_flight.push((self.from, Packet::of(key, message)));
        Ok(())
    }
}

impl fmt::Debug for MemoryQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "get {}", self.selector)
    }
}
