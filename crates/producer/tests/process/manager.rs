//! A service manager as a producer sees it: a socket for its messages, and descriptors
//! that are passed.

use std::fs::File;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::place::{Place, Running, wait_until};

/// The manager of one service.
pub(crate) struct Manager<'a> {
    place: &'a Place,
    socket: UnixDatagram,
    watchdog: Option<Duration>,
    heard: Vec<String>,
    stored: Vec<File>,
}

impl<'a> Manager<'a> {
    pub(crate) fn new(place: &'a Place) -> Self {
        let socket = UnixDatagram::bind(place.path("notify")).expect("bind");
        socket.set_nonblocking(true).expect("nonblocking");
        Self { place, socket, watchdog: None, heard: Vec::new(), stored: Vec::new() }
    }

    pub(crate) fn with_watchdog(mut self, interval: Duration) -> Self {
        self.watchdog = Some(interval);
        self
    }

    /// Starts `producer x.toml ARGS` and passes it `region`, if there is one.
    pub(crate) fn start(&self, log: &str, region: Option<&File>, args: &[&str]) -> Running {
        let mut command = self.command(region);
        command.arg(self.place.path("x.toml")).args(args);
        self.place.spawn(log, &mut command)
    }

    /// Starts `producer ARGS`.
    pub(crate) fn start_with(&self, log: &str, args: &[&str]) -> Running {
        self.place.spawn(log, self.command(None).args(args))
    }

    /// The shell duplicates `region` to descriptor 3 and writes its own pid, which becomes the
    /// producer's, into the environment: both need unsafe code in a parent written in Rust.
    fn command(&self, region: Option<&File>) -> Command {
        let mut command = self.place.command("/bin/sh");
        let script = match region {
            None => "exec \"$@\"",
            Some(_) => "exec 3<&0 </dev/null; export LISTEN_PID=$$; exec \"$@\"",
        };
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_producer")]);
        command.env("NOTIFY_SOCKET", self.place.path("notify")).stdin(Stdio::null());
        if let Some(watchdog) = self.watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
        if let Some(region) = region {
            command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "region");
            command.stdin(region.try_clone().expect("dup"));
        }
        command
    }

    /// All messages received so far, one assignment per item.
    pub(crate) fn heard(&mut self) -> &[String] {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut bytes = [0; 4096];
        loop {
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let flags = RecvFlags::CMSG_CLOEXEC;
            let Ok(got) = recvmsg(&self.socket, &mut parts, &mut control, flags) else { break };
            for message in control.drain() {
                if let RecvAncillaryMessage::ScmRights(rights) = message {
                    self.stored.extend(rights.map(|descriptor: OwnedFd| File::from(descriptor)));
                }
            }
            let text = String::from_utf8(bytes[..got.bytes].to_vec()).expect("UTF-8");
            self.heard.extend(text.lines().map(str::to_owned));
        }
        &self.heard
    }

    /// Stops listening: fills the queue of the socket.
    pub(crate) fn is_busy(&self) {
        let other = UnixDatagram::unbound().expect("socket");
        other.set_nonblocking(true).expect("nonblocking");
        while other.send_to(b"OTHER=1\n", self.place.path("notify")).is_ok() {}
    }

    /// How often it received `assignment`.
    pub(crate) fn count(&mut self, assignment: &str) -> usize {
        self.heard().iter().filter(|heard| *heard == assignment).count()
    }

    #[track_caller]
    pub(crate) fn wait_for(&mut self, start: &str) {
        wait_until(start, || self.heard().iter().any(|heard| heard.starts_with(start)));
    }

    /// The descriptor that was pushed last.
    pub(crate) fn stored(&mut self) -> &File {
        self.heard();
        self.stored.last().expect("a descriptor was pushed")
    }

    pub(crate) fn stored_count(&mut self) -> usize {
        self.heard();
        self.stored.len()
    }

    /// Forgets the messages received.
    pub(crate) fn clear(&mut self) {
        self.heard();
        self.heard.clear();
    }
}
