//! A service manager whose received messages a test can read.

use std::ffi::OsString;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tempfile::TempDir;

use super::notify::Notify;

/// A socket in place of the service manager's.
pub(super) struct FakeManager {
    socket: UnixDatagram,
    dir: TempDir,
}

impl FakeManager {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("directory");
        let socket = UnixDatagram::bind(dir.path().join("notify")).expect("bind");
        socket.set_nonblocking(true).expect("nonblocking");
        Self { socket, dir }
    }

    pub(super) fn address(&self) -> OsString {
        self.dir.path().join("notify").into()
    }

    /// Fills the queue of the socket.
    pub(super) fn is_busy(&self) {
        let notify = Notify::new(Some(self.address()));
        while notify.alive() {}
    }

    /// The datagrams received, each with its descriptors.
    pub(super) fn received(&self) -> Vec<(String, Vec<OwnedFd>)> {
        std::iter::from_fn(|| receive(&self.socket)).collect()
    }

    /// The texts alone.
    pub(super) fn texts(&self) -> Vec<String> {
        self.received().into_iter().map(|(text, _)| text).collect()
    }
}

pub(super) fn receive(socket: &UnixDatagram) -> Option<(String, Vec<OwnedFd>)> {
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
