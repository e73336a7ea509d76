//! The manager's datagram socket, at a path or an abstract name.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
    SocketFlags, SocketType, sendmsg_addr, socket_with,
};

/// A socket of this process alone, and where the manager listens.
#[derive(Debug)]
pub(super) struct ManagerSocket {
    socket: OwnedFd,
    address: SocketAddrUnix,
}

impl ManagerSocket {
    /// For the manager that listens at `address`: an absolute path, or `@` and an abstract name.
    pub(super) fn new(address: &[u8]) -> io::Result<Self> {
        let address = match address {
            [b'/', ..] => SocketAddrUnix::new(address)?,
            [b'@', name @ ..] => SocketAddrUnix::new_abstract_name(name)?,
            _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "no AF_UNIX address")),
        };
        let (family, kind) = (AddressFamily::UNIX, SocketType::DGRAM);
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
        Ok(Self { socket, address })
    }

    /// Limits the blocking of [`send`](Self::send) without `DONTWAIT` to `most`.
    pub(super) fn limit_wait(&self, most: Duration) -> Result<(), Errno> {
        set_socket_timeout(&self.socket, Timeout::Send, Some(most))
    }

    /// Sends one datagram, with `descriptor` if there is one.
    pub(super) fn send(
        &self,
        text: &str,
        descriptor: Option<BorrowedFd<'_>>,
        flags: SendFlags,
    ) -> Result<(), Errno> {
        let descriptors: &[BorrowedFd<'_>] = descriptor.as_slice();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() {
            // The space is for exactly one descriptor.
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
