//! What systemd, or another service manager with its protocols, exchanges with its services.
//!
//! Invariant: without a manager nothing is sent, at the cost of a comparison. With one, the
//! daemon's loop never waits for it: see [`Notify`](notify::Notify).
//!
//! ```text
//!   LISTEN_FDS      manager --> Passed      descriptors by name, taken once at the start
//!   NOTIFY_SOCKET   Service --> manager     READY, STATUS, RELOADING, STOPPING, FDSTORE
//!   WATCHDOG_USEC   Service --> manager     WATCHDOG=1 from the running loop
//! ```
//!
//! Not a crate: `sd-notify` blocks in `sendto` until the manager reads its socket, and `listenfd`
//! does not return the names of descriptors.

mod listen_fds;
mod notify;
mod passed;
mod passed_fd;
mod service;
mod socket;
#[cfg(test)]
mod testing;
mod watchdog;

pub use listen_fds::PassedError;
pub use passed::Passed;
pub use passed_fd::PassedFd;
pub use service::Service;
