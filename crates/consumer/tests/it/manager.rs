//! A service manager as a consumer sees it: a socket for its messages, and descriptors that are
//! passed.

use std::fs::File;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::world::{Consumer, World, wait_until};

/// The manager of one service.
pub(crate) struct Manager<'a> {
    world: &'a World,
    socket: UnixDatagram,
    watchdog: Duration,
    heard: Vec<String>,
}

impl<'a> Manager<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let socket = UnixDatagram::bind(world.path("notify")).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { world, socket, watchdog: Duration::from_millis(20), heard: Vec::new() }
    }

    /// With a watchdog for a story that must not fill the socket while this test does not read it: it takes ten messages.
    pub(crate) fn with_watchdog(mut self, interval: Duration) -> Self {
        self.watchdog = interval;
        self
    }

    /// Starts `consumer ARGS` with the watchdog (20 ms), and passes it `region`, if there is one.
    ///
    /// The shell duplicates `region` to descriptor 3 and writes its own pid, which becomes the
    /// consumer's, into the environment: both need unsafe code in a parent written in Rust.
    pub(crate) fn start(&self, region: Option<&File>, args: &[&str]) -> Consumer {
        let script = match region {
            None => "exec \"$@\"",
            Some(_) => "exec 3<&0 </dev/null; export LISTEN_PID=$$; exec \"$@\"",
        };
        let mut shell = self.shell(script, args);
        if let Some(region) = region {
            shell.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "region");
            shell.stdin(Stdio::from(region.try_clone().unwrap()));
        }
        Consumer(shell.spawn().unwrap())
    }

    /// Starts `consumer ARGS`, and announces descriptors without saying how many.
    pub(crate) fn start_with_bad_descriptors(&self, args: &[&str]) -> Consumer {
        let mut shell = self.shell("export LISTEN_PID=$$; exec \"$@\"", args);
        Consumer(shell.env("LISTEN_FDS", "many").spawn().unwrap())
    }

    fn shell(&self, script: &str, args: &[&str]) -> Command {
        let mut shell = self.world.command("/bin/sh");
        shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_consumer")]).args(args);
        shell.env("NOTIFY_SOCKET", self.world.path("notify"));
        shell.env("WATCHDOG_USEC", self.watchdog.as_micros().to_string());
        shell
    }

    /// All messages received so far, one assignment per item.
    pub(crate) fn heard(&mut self) -> &[String] {
        let mut bytes = [0; 4096];
        while let Ok(count) = self.socket.recv(&mut bytes) {
            let text = str::from_utf8(&bytes[..count]).unwrap();
            self.heard.extend(text.lines().map(str::to_owned));
        }
        &self.heard
    }

    /// Stops listening: fills the queue of the socket.
    pub(crate) fn is_busy(&self) {
        let other = UnixDatagram::unbound().unwrap();
        other.set_nonblocking(true).unwrap();
        while other.send_to(b"OTHER=1\n", self.world.path("notify")).is_ok() {}
    }

    pub(crate) fn count(&mut self, assignment: &str) -> usize {
        self.heard().iter().filter(|heard| *heard == assignment).count()
    }

    #[track_caller]
    pub(crate) fn wait_for(&mut self, start: &str) {
        wait_until(start, || self.heard().iter().any(|heard| heard.starts_with(start)));
    }
}
