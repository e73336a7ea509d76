//! The messages of `sd_notify(3)`, as datagrams to the service manager.
//!
//! Invariant: without `NOTIFY_SOCKET` every call is a no-op, no call fails the daemon, and none but
//! [`Notify::finish`] blocks on a manager that does not read its socket. What is sent often
//! (`STATUS=`, `WATCHDOG=1`) is lost then; what is sent once (`READY=1` and the like) is kept, in order,
//! and sent by a later [`Notify::flush`].
//!
//! ```text
//!   READY=1\nSTATUS=publishing stu\n  ------ one datagram ------>  $NOTIFY_SOCKET
//!   FDSTORE=1\nFDNAME=region\n  + SCM_RIGHTS(descriptor)           /path or @abstract
//! ```
//!
//! Price: one socket; one system call for each datagram, none without a manager; at most one message
//! of each kind is kept.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::SendFlags;

use super::socket::ManagerSocket;
use crate::terminal::clean;
use crate::ticks::Monotonic;

/// The environment variable that names the manager's socket.
const SOCKET: &str = "NOTIFY_SOCKET";

/// The connection to the service manager, if there is one.
#[derive(Debug, Default)]
pub(super) struct Notify {
    manager: Option<ManagerSocket>,
    /// Messages for which the manager had no room, oldest first.
    kept: VecDeque<Message>,
}

/// A message that is sent once. A newer one with the same first line replaces it.
#[derive(Debug)]
struct Message {
    text: String,
    descriptor: Option<OwnedFd>,
}

impl Notify {
    /// The manager that `NOTIFY_SOCKET` names.
    pub(super) fn from_environment() -> Self {
        Self::new(std::env::var_os(SOCKET))
    }

    /// The manager that listens at `address`: an absolute path, or `@` and an abstract name.
    ///
    /// None if it is missing or cannot be used, which is logged at `debug`.
    pub(super) fn new(address: Option<OsString>) -> Self {
        let Some(address) = address else { return Self::default() };
        match ManagerSocket::new(address.as_bytes()) {
            Ok(manager) => Self { manager: Some(manager), kept: VecDeque::new() },
            Err(error) => {
                tracing::debug!("{SOCKET}={}: {error}; not used", address.display());
                Self::default()
            }
        }
    }

    /// Whether there is a manager.
    pub(super) fn is_connected(&self) -> bool {
        self.manager.is_some()
    }

    /// Whether messages wait for room in the manager's socket.
    pub(super) fn has_unsent(&self) -> bool {
        !self.kept.is_empty()
    }

    /// `READY=1`: started, or done with a reload; `status` is for people.
    pub(super) fn ready(&mut self, status: &str) {
        self.send_once(format!("READY=1\nSTATUS={}\n", clean(status)), None);
    }

    /// `STATUS=`: the current state, for people. Lost if the manager's socket is full.
    pub(super) fn status(&mut self, status: &str) {
        self.flush();
        if !self.has_unsent() {
            self.try_send(&format!("STATUS={}\n", clean(status)));
        }
    }

    /// `RELOADING=1` with the time that distinguishes it from an older one. Call
    /// [`ready`](Self::ready) when the reload has succeeded or failed.
    pub(super) fn reloading(&mut self, now: Monotonic) {
        let text = format!("RELOADING=1\nMONOTONIC_USEC={}\n", now.nanos() / 1000);
        self.send_once(text, None);
    }

    /// `STOPPING=1`: the daemon is shutting down.
    pub(super) fn stopping(&mut self, status: &str) {
        self.send_once(format!("STOPPING=1\nSTATUS={}\n", clean(status)), None);
    }

    /// `WATCHDOG=1`: the loop is running. `false` if the manager's socket is full.
    pub(super) fn alive(&self) -> bool {
        self.try_send("WATCHDOG=1\n")
    }

    /// `FDSTORE=1`: keep `descriptor` and pass it to the next process of this service as `name`.
    /// It replaces the one kept under that name.
    pub(super) fn store(&mut self, name: &str, descriptor: BorrowedFd<'_>) {
        if !self.is_connected() {
            return;
        }
        let name = clean(name);
        match descriptor.try_clone_to_owned() {
            Ok(descriptor) => {
                self.send_once(format!("FDSTOREREMOVE=1\nFDNAME={name}\n"), None);
                let text = format!("FDSTORE=1\nFDNAME={name}\n");
                self.send_once(text, Some(descriptor));
            }
            Err(error) => tracing::warn!("the manager cannot keep {name}: {error}"),
        }
    }

    /// Sends the kept messages, as far as the manager has room for them.
    pub(super) fn flush(&mut self) {
        self.send_kept(SendFlags::DONTWAIT);
    }

    /// The same before the process ends: waits at most `most` for the manager.
    pub(super) fn finish(&mut self, most: Duration) {
        self.flush();
        let Some(manager) = self.manager.as_ref().filter(|_| !self.kept.is_empty()) else { return };
        // This process alone uses the socket, so the limit applies to no other.
        if manager.limit_wait(most).is_ok() {
            self.send_kept(SendFlags::empty());
        }
    }

    fn send_once(&mut self, text: String, descriptor: Option<OwnedFd>) {
        if !self.is_connected() {
            return;
        }
        let first_line = text.lines().next();
        self.kept.retain(|older| older.text.lines().next() != first_line);
        self.kept.push_back(Message { text, descriptor });
        self.flush();
    }

    fn send_kept(&mut self, flags: SendFlags) {
        while let Some(message) = self.kept.front() {
            let descriptor = message.descriptor.as_ref().map(AsFd::as_fd);
            if !self.send(&message.text, descriptor, flags) {
                return;
            }
            self.kept.pop_front();
        }
    }

    fn try_send(&self, text: &str) -> bool {
        self.send(text, None, SendFlags::DONTWAIT)
    }

    /// `true` unless the manager has no room. Other failures are logged: retrying does not help.
    fn send(&self, text: &str, descriptor: Option<BorrowedFd<'_>>, flags: SendFlags) -> bool {
        let Some(manager) = &self.manager else { return true };
        match manager.send(text, descriptor, flags) {
            Ok(()) => true,
            Err(Errno::AGAIN) => false,
            Err(error) => {
                tracing::debug!("{SOCKET}: {}: {error}", clean(text));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs::File;
    use std::io::{Read as _, Seek as _, Write as _};
    use std::os::fd::AsFd;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    use super::super::testing::{FakeManager, receive};
    use super::Notify;
    use crate::ticks::Monotonic;

    #[test]
    fn each_message_is_one_datagram_of_assignments() {
        let manager = FakeManager::new();
        let mut notify = Notify::new(Some(manager.address()));
        assert!(notify.is_connected());
        notify.ready("publishing stu");
        notify.status("a\nREADY=1");
        notify.reloading(Monotonic::from_nanos(7_654_321));
        assert!(notify.alive());
        notify.stopping("the end");
        assert_eq!(
            manager.texts(),
            [
                "READY=1\nSTATUS=publishing stu\n",
                "STATUS=a READY=1\n",
                "RELOADING=1\nMONOTONIC_USEC=7654\n",
                "WATCHDOG=1\n",
                "STOPPING=1\nSTATUS=the end\n",
            ]
        );
    }

    #[test]
    fn a_stored_descriptor_arrives_as_the_same_open_file() {
        let manager = FakeManager::new();
        let mut file = tempfile::tempfile().expect("file");
        file.write_all(b"kept").expect("write");
        Notify::new(Some(manager.address())).store("region", file.as_fd());
        let mut received = manager.received();
        assert_eq!(received[0].0, "FDSTOREREMOVE=1\nFDNAME=region\n");
        let (text, mut descriptors) = received.remove(1);
        assert_eq!(text, "FDSTORE=1\nFDNAME=region\n");
        let mut kept = File::from(descriptors.pop().expect("one descriptor"));
        drop(file);
        kept.rewind().expect("seek");
        let mut content = String::new();
        kept.read_to_string(&mut content).expect("read");
        assert_eq!((content.as_str(), descriptors.len()), ("kept", 0));
    }

    #[test]
    fn an_abstract_name_is_an_address_too() {
        // Abstract names belong to the machine; the name of an existing directory is unique.
        let dir = tempfile::tempdir().expect("directory");
        let name = format!("mapcast-test-{}", dir.path().display());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let socket = UnixDatagram::bind_addr(&address).expect("bind");
        Notify::new(Some(format!("@{name}").into())).status("here");
        assert_eq!(receive(&socket).expect("a datagram").0, "STATUS=here\n");
    }

    #[test]
    fn without_a_manager_nothing_is_sent_and_nothing_fails() {
        for address in [None, Some(""), Some("relative"), Some("vsock:2:1234"), Some("/none")] {
            let mut notify = Notify::new(address.map(OsString::from));
            assert_eq!(notify.is_connected(), address == Some("/none"), "{address:?}");
            notify.ready("x");
            assert!(notify.alive());
        }
    }

    #[test]
    fn messages_sent_once_wait_for_a_manager_that_does_not_read() {
        let manager = FakeManager::new();
        let mut notify = Notify::new(Some(manager.address()));
        // The queue of a datagram socket is bounded.
        let sent = (0..100_000).take_while(|_| notify.alive()).count();
        assert!(sent < 100_000, "the queue is full by now");
        let file = tempfile::tempfile().expect("file");
        for _ in 0..3 {
            notify.store("region", file.as_fd());
            notify.ready("one");
            notify.reloading(Monotonic::from_nanos(1_000));
            notify.ready("two");
            notify.status("lost");
        }
        assert!(notify.has_unsent());
        assert_eq!(manager.texts().len(), sent);
        notify.flush();
        assert!(!notify.has_unsent());
        assert_eq!(
            manager.texts(),
            [
                "FDSTOREREMOVE=1\nFDNAME=region\n",
                "FDSTORE=1\nFDNAME=region\n",
                "RELOADING=1\nMONOTONIC_USEC=1\n",
                "READY=1\nSTATUS=two\n",
            ],
            "each of them once, and a reload before its end"
        );
    }

    #[test]
    fn the_exit_does_not_wait_long_for_a_manager_that_does_not_read() {
        let manager = FakeManager::new();
        let mut notify = Notify::new(Some(manager.address()));
        manager.is_busy();
        notify.stopping("the end");
        notify.finish(Duration::from_millis(20));
        assert!(notify.has_unsent());
        let busy = manager.texts();
        notify.finish(Duration::from_mins(10));
        assert_eq!(manager.texts(), ["STOPPING=1\nSTATUS=the end\n"], "after {}", busy.len());
    }
}
