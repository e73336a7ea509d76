//! `mapcast export` as a process, and a client that says exactly what a test wants.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::World;

/// Longest wait for anything.
const DEADLINE: Duration = Duration::from_mins(1);

/// A running export. Killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The head, in small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    /// Starts `mapcast export ARGUMENTS` on a free port, and waits until it listens.
    pub(crate) fn start(world: &World, arguments: &str) -> Self {
        Self::listening(world.command_with(&format!("export --listen 127.0.0.1:0 {arguments}")))
    }

    /// Starts `command`, an export on a free port, and waits until it listens.
    pub(crate) fn listening(command: Command) -> Self {
        let mut server = Self::of(command);
        let line = server.says("listening on http://");
        let (_, address) = line.split_once("http://").expect("its address");
        address.trim_end().trim_end_matches('/').clone_into(&mut server.address);
        server
    }

    /// Starts `mapcast ARGUMENTS`.
    pub(crate) fn spawn(world: &World, arguments: &str) -> Self {
        Self::of(world.command_with(arguments))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("mapcast");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        Self { child, stderr, address: String::new() }
    }

    /// The next line of its log that contains `part`.
    #[track_caller]
    pub(crate) fn says(&mut self, part: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).expect("its log");
            assert!(read > 0, "it ended without {part:?}: {all}");
            if line.contains(part) {
                return line;
            }
            all.push_str(&line);
        }
    }

    /// Sends it a signal and waits for its end.
    pub(crate) fn end_by(&mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
        self.child.wait().expect("its end")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream
    }

    /// The events of a page.
    pub(crate) fn events(&self) -> Events {
        let mut stream = self.connect();
        write!(stream, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        Events(BufReader::new(stream))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it answers to these lines of a head.
    pub(crate) fn ask(&self, head: &str) -> Answer {
        let mut stream = self.connect();
        write!(stream, "{}\r\n\r\n", head.replace('\n', "\r\n")).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer before the deadline");
        Answer::of(&answer)
    }

    /// What it answers to a GET that accepts `accept`.
    pub(crate) fn get(&self, path: &str, accept: &str) -> Answer {
        self.ask(&format!(
            "GET {path} HTTP/1.1\nHost: {}\nAccept: {accept}\nConnection: close",
            self.address
        ))
    }

    /// The metrics as text.
    pub(crate) fn metrics(&self) -> String {
        self.get("/metrics", "text/plain").body
    }

    /// The metrics, once they contain `part`.
    #[track_caller]
    pub(crate) fn metrics_with(&self, part: &str) -> String {
        let begin = Instant::now();
        loop {
            let text = self.metrics();
            if text.contains(part) {
                return text;
            }
            assert!(begin.elapsed() < DEADLINE, "{part:?} is not in:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The events of a page, as they come.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    /// The data of the next event, whose name is `name`.
    #[track_caller]
    pub(crate) fn next(&mut self, name: &str) -> serde_json::Value {
        let (begin, mut line) = (Instant::now(), String::new());
        while !line.starts_with("event: ") {
            // A page that nothing changes on gets comments.
            assert!(begin.elapsed() < DEADLINE, "no event {name}");
            line = self.line();
        }
        assert_eq!(line.trim_end(), format!("event: {name}"));
        let data = self.line();
        serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON")
    }

    /// All that comes until the server ends the connection.
    pub(crate) fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("its end in time");
        rest
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).expect("a line in time"), 0, "the stream ended");
        line
    }
}

impl Answer {
    fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
