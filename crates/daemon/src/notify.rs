//! The service manager's side channel: what `sd_notify(3)` says, as datagrams.
//!
//! Invariant: without `NOTIFY_SOCKET` every call is a no-op, no call ever fails the daemon, and none
//! but [`Notify::finish`] waits for a manager that does not read its socket. What is sent often
//! (`STATUS=`, `WATCHDOG=1`) is lost then; what is sent once (`READY=1` and the like) is kept, in order,
//! and sent by a later [`Notify::flush`].
//!
//! ```text
//!   READY=1\nSTATUS=publishing stu\n  ------ one datagram ------>  $NOTIFY_SOCKET
//!   FDSTORE=1\nFDNAME=region\n  + SCM_RIGHTS(descriptor)           /path or @abstract
//! ```
//!
//! Not taken from a crate, because the existing ones block in `sendto` until the manager reads.
//!
//! Price: one socket; one system call for each datagram, none without a manager; at most one message
//! of each kind is kept.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
    SocketFlags, SocketType, sendmsg_addr, socket_with,
};

use crate::report::clean;
use crate::ticks::Monotonic;

/// The environment variable that names the manager's socket.
const SOCKET: &str = "NOTIFY_SOCKET";

/// The connection to the service manager, if there is one.
#[derive(Debug, Default)]
pub struct Notify {
    manager: Option<Manager>,
    /// What the manager had no room for, oldest first.
    kept: VecDeque<Message>,
}

/// A message that is sent once.
#[derive(Debug)]
struct Message {
    kind: Kind,
    text: String,
    descriptor: Option<OwnedFd>,
}

/// What a message is about; a newer one takes the place of an older one that was not sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ready,
    Reloading,
    Stopping,
    Forget,
    Store,
}

#[derive(Debug)]
struct Manager {
    socket: OwnedFd,
    address: SocketAddrUnix,
}

impl Notify {
    /// The manager that started this process, by its environment.
    pub fn from_environment() -> Self {
        Self::new(std::env::var_os(SOCKET))
    }

    /// The manager that listens at `address`: an absolute path, or `@` and an abstract name.
    ///
    /// None if it is missing or cannot be used, which is logged at `debug`.
    pub fn new(address: Option<OsString>) -> Self {
        let Some(address) = address else { return Self::default() };
        match Manager::new(address.as_bytes()) {
            Ok(manager) => Self { manager: Some(manager), kept: VecDeque::new() },
            Err(error) => {
                tracing::debug!("{SOCKET}={}: {error}; not used", address.display());
                Self::default()
            }
        }
    }

    /// Is there a manager to tell?
    pub fn is_connected(&self) -> bool {
        self.manager.is_some()
    }

    /// Whether messages wait for room in the manager's socket.
    pub fn is_behind(&self) -> bool {
        !self.kept.is_empty()
    }

    /// `READY=1`: started, or done with a reload; `status` is for people.
    pub fn ready(&mut self, status: &str) {
        self.send_once(Kind::Ready, format!("READY=1\nSTATUS={}\n", clean(status)), None);
    }

    /// `STATUS=`: the current state, for people. Lost if the manager's socket is full.
    pub fn status(&mut self, status: &str) {
        self.flush();
        if !self.is_behind() {
            self.mention(&format!("STATUS={}\n", clean(status)));
        }
    }

    /// `RELOADING=1` with the time by which the manager tells it from an older one. Call
    /// [`ready`](Self::ready) when it is done, well or not.
    pub fn reloading(&mut self, now: Monotonic) {
        let text = format!("RELOADING=1\nMONOTONIC_USEC={}\n", now.nanos() / 1000);
        self.send_once(Kind::Reloading, text, None);
    }

    /// `STOPPING=1`: the end has begun.
    pub fn stopping(&mut self, status: &str) {
        self.send_once(Kind::Stopping, format!("STOPPING=1\nSTATUS={}\n", clean(status)), None);
    }

    /// `WATCHDOG=1`: the loop is running. `false` if the manager's socket is full.
    pub fn alive(&self) -> bool {
        self.mention("WATCHDOG=1\n")
    }

    /// `FDSTORE=1`: keep `descriptor` and pass it to the next process of this service as `name`.
    /// What was kept under that name before is given up.
    pub fn store(&mut self, name: &str, descriptor: BorrowedFd<'_>) {
        if !self.is_connected() {
            return;
        }
        let name = clean(name);
        match descriptor.try_clone_to_owned() {
            Ok(descriptor) => {
                self.send_once(Kind::Forget, format!("FDSTOREREMOVE=1\nFDNAME={name}\n"), None);
                let text = format!("FDSTORE=1\nFDNAME={name}\n");
                self.send_once(Kind::Store, text, Some(descriptor));
            }
            Err(error) => tracing::warn!("the manager cannot keep {name}: {error}"),
        }
    }

    /// Sends what was kept, as far as the manager has room for it.
    pub fn flush(&mut self) {
        self.send_kept(SendFlags::DONTWAIT);
    }

    /// The same before the process ends: waits for the manager, but no longer than `most`.
    pub fn finish(&mut self, most: Duration) {
        self.flush();
        let Some(manager) = self.manager.as_ref().filter(|_| !self.kept.is_empty()) else { return };
        // The socket belongs to this process: the limit applies to no other.
        if set_socket_timeout(&manager.socket, Timeout::Send, Some(most)).is_ok() {
            self.send_kept(SendFlags::empty());
        }
    }

    fn send_once(&mut self, kind: Kind, text: String, descriptor: Option<OwnedFd>) {
        if !self.is_connected() {
            return;
        }
        self.kept.retain(|older| older.kind != kind);
        self.kept.push_back(Message { kind, text, descriptor });
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

    fn mention(&self, text: &str) -> bool {
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

impl Manager {
    fn new(address: &[u8]) -> io::Result<Self> {
        let address = match address {
            [b'/', ..] => SocketAddrUnix::new(address)?,
            [b'@', name @ ..] => SocketAddrUnix::new_abstract_name(name)?,
            _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "no AF_UNIX address")),
        };
        let (family, kind) = (AddressFamily::UNIX, SocketType::DGRAM);
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
        Ok(Self { socket, address })
    }

    fn send(
        &self,
        text: &str,
        descriptor: Option<BorrowedFd<'_>>,
        flags: SendFlags,
    ) -> Result<(), Errno> {
        let descriptors: &[BorrowedFd<'_>] = descriptor.as_slice();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() {
            // The space is for one descriptor, and there is one.
            control.push(SendAncillaryMessage::ScmRights(descriptors));
        }
        let text = [IoSlice::new(text.as_bytes())];
        let flags = flags | SendFlags::NOSIGNAL;
        loop {
            let socket = self.socket.as_fd();
            match sendmsg_addr(socket, &self.address, &text, &mut control, flags) {
                Err(Errno::INTR) => {}
                sent => return sent.map(drop),
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::ffi::OsString;
    use std::fs::File;
    use std::io::{IoSliceMut, Read as _, Seek as _, Write as _};
    use std::mem::MaybeUninit;
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    use tempfile::TempDir;

    use super::Notify;
    use crate::ticks::Monotonic;

    /// A socket in place of the service manager's.
    pub(crate) struct FakeManager {
        socket: UnixDatagram,
        dir: TempDir,
    }

    impl FakeManager {
        pub(crate) fn new() -> Self {
            let dir = tempfile::tempdir().expect("directory");
            let socket = UnixDatagram::bind(dir.path().join("notify")).expect("bind");
            socket.set_nonblocking(true).expect("nonblocking");
            Self { socket, dir }
        }

        pub(crate) fn address(&self) -> OsString {
            self.dir.path().join("notify").into()
        }

        /// Fills the queue of the socket.
        pub(crate) fn is_busy(&self) {
            let notify = Notify::new(Some(self.address()));
            while notify.alive() {}
        }

        /// Everything that was said, each datagram with the descriptors that came along.
        pub(crate) fn heard(&self) -> Vec<(String, Vec<OwnedFd>)> {
            std::iter::from_fn(|| receive(&self.socket)).collect()
        }

        /// The texts alone.
        pub(crate) fn texts(&self) -> Vec<String> {
            self.heard().into_iter().map(|(text, _)| text).collect()
        }
    }

    fn receive(socket: &UnixDatagram) -> Option<(String, Vec<OwnedFd>)> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; 4096];
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let got = recvmsg(socket, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC).ok()?;
        let mut descriptors = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                descriptors.extend(rights);
            }
        }
        let text = String::from_utf8(bytes[..got.bytes].to_vec()).expect("UTF-8");
        Some((text, descriptors))
    }

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
        let mut heard = manager.heard();
        assert_eq!(heard[0].0, "FDSTOREREMOVE=1\nFDNAME=region\n");
        let (text, mut descriptors) = heard.remove(1);
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
        // Such names are the machine's; that of a directory which is there is nobody else's.
        let dir = tempfile::tempdir().expect("directory");
        let name = format!("mapcast-test-{}", dir.path().display());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let socket = UnixDatagram::bind_addr(&address).expect("bind");
        Notify::new(Some(format!("@{name}").into())).status("here");
        assert_eq!(receive(&socket).expect("a datagram").0, "STATUS=here\n");
    }

    #[test]
    fn without_a_manager_nothing_is_said_and_nothing_fails() {
        for address in [None, Some(""), Some("relative"), Some("vsock:2:1234"), Some("/none")] {
            let mut notify = Notify::new(address.map(OsString::from));
            assert_eq!(notify.is_connected(), address == Some("/none"), "{address:?}");
            notify.ready("x");
            assert!(notify.alive());
        }
    }

    #[test]
    fn a_manager_that_does_not_listen_is_not_waited_for_and_hears_later_what_is_said_once() {
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
        assert!(notify.is_behind());
        assert_eq!(manager.texts().len(), sent);
        notify.flush();
        assert!(!notify.is_behind());
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
    fn the_end_gives_a_manager_that_does_not_listen_up() {
        let manager = FakeManager::new();
        let mut notify = Notify::new(Some(manager.address()));
        manager.is_busy();
        notify.stopping("the end");
        notify.finish(Duration::from_millis(20));
        assert!(notify.is_behind());
        let busy = manager.texts();
        notify.finish(Duration::from_mins(10));
        assert_eq!(manager.texts(), ["STOPPING=1\nSTATUS=the end\n"], "after {}", busy.len());
    }
}
