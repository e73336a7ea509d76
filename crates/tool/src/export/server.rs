//! The HTTP server: connections, their limits, and the end.
//!
//! Invariant: no client keeps another one out: a head that does not come in time and an answer that is not read end the
//! connection, and where there are as many as [`Limits`] says, a new one takes the place of another; so does a new
//! answer where too much of others is unread: see connections.rs.
//! One thread does everything.
//!
//! ```text
//!   accept --at most so many--> hyper: head, in time and not too long --> Site --> answer
//!   SIGTERM, SIGINT, SIGHUP: streams end, answers that have begun are sent, for at most two seconds; then the process ends
//! ```
//!
//! hyper, and not a smaller server such as `tiny_http`, because that has no limit on the time of a head, on its size or on
//! connections, and a thread for each; hyper parses HTTP for much of the field, and is maintained.
//!
//! Price: a scrape keeps the others waiting while it reads the regions, some milliseconds for 1,000.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use daemon::{Monotonic, RateLimit, Service, Signals};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::sockopt::{set_socket_send_buffer_size, set_tcp_user_timeout};
use tokio::net::unix::pipe;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::connections::{Connection, Connections};
use super::error::ExportError;
use super::feed;
use super::site::{Answer, Site};

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at one time.
    pub(crate) connections: usize,
    /// Bytes of all answers together that have not been read yet.
    pub(crate) answers: usize,
    /// Bytes of an answer that the system keeps of each.
    pub(crate) send_buffer: usize,
    /// Time until the head of a request is there, and between two requests.
    pub(crate) head_time: Duration,
    /// Bytes of a head, at least 8 KiB.
    pub(crate) head_bytes: usize,
    /// Time in which a client has to read something of what it was sent.
    pub(crate) read_time: Duration,
    /// Silence after which what a refused client sends, or an unread body, is taken to be complete.
    pub(crate) drain_pause: Duration,
    /// The longest time for which that is read.
    pub(crate) drain_time: Duration,
    /// Time for answers that have begun when the server ends.
    pub(crate) end_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            answers: 16 << 20,
            send_buffer: 128 << 10,
            head_time: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            read_time: Duration::from_secs(20),
            drain_pause: Duration::from_millis(500),
            drain_time: Duration::from_secs(10),
            end_time: Duration::from_secs(2),
        }
    }
}

/// Where the server listens, before there is a runtime: an error comes first.
pub(crate) fn bind(address: SocketAddr) -> Result<std::net::TcpListener, ExportError> {
    let bound = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| ExportError::Listen { address, source })
}

/// Serves `site` until a signal ends it.
pub(crate) fn serve(
    listener: std::net::TcpListener,
    signals: Signals,
    site: Site,
) -> Result<(), ExportError> {
    let limits = Limits::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(ExportError::Runtime)?;
    let until_signal = async {
        let listener = TcpListener::from_std(listener)?;
        let connections = Connections::new(limits.connections, limits.answers);
        let server = Server { site, limits, connections };
        let server = Rc::new(server);
        spawn_local(feed_pages(server.clone()));
        tokio::select! {
            stopped = stopped(signals) => stopped?,
            () = accept(listener, server.clone()) => {}
        }
        server.site.close_pages();
        // What a client does not take in this time is lost with its connection.
        let _ = timeout(limits.end_time, server.connections.finish()).await;
        Ok(())
    };
    LocalSet::new().block_on(&runtime, until_signal).map_err(ExportError::Runtime)
}

/// What the tasks share.
struct Server {
    site: Site,
    limits: Limits,
    connections: Connections,
}

/// Reports to the service manager until a signal has come.
async fn stopped(mut signals: Signals) -> io::Result<()> {
    let wake = pipe::Receiver::from_owned_fd(signals.as_fd().try_clone_to_owned()?)?;
    let mut service = Service::from_environment();
    service.ready(Monotonic::now(), "exporting");
    loop {
        let now = Monotonic::now();
        service.keep_alive(now);
        let sleeping = service.clamp_timeout(now, Duration::from_hours(1));
        tokio::select! {
            ready = wake.readable() => {
                ready?;
                // Without a read that finds it empty, it stays ready.
                while wake.try_read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
            }
            () = sleep_until(Instant::now() + sleeping) => {}
        }
        if let Some(signal) = signals.take().stop {
            info!("stopped by {signal}");
            service.stopping("stopped");
            return Ok(());
        }
    }
}

async fn feed_pages(server: Rc<Server>) {
    loop {
        server.site.opened.notified().await;
        while server.site.feed() {
            sleep(feed::EVERY).await;
        }
    }
}

async fn accept(listener: TcpListener, server: Rc<Server>) {
    let mut warnings = RateLimit::new(1, Duration::from_mins(1));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (server, connection) = (server.clone(), server.connections.open());
                spawn_local(async move {
                    serve_connection(stream, &connection, server.clone()).await;
                    server.connections.close(&connection);
                });
                // One whose place was taken ends before the next is accepted.
                yield_now().await;
            }
            Err(error) => {
                // Too many open files, for example: some close.
                if warnings.pass(Monotonic::now()).is_some() {
                    warn!("cannot accept a connection: {error}; {}", daemon::next_step(&error));
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, connection: &Rc<Connection>, server: Rc<Server>) {
    let limits = server.limits;
    let read_time = u32::try_from(limits.read_time.as_millis()).unwrap_or(u32::MAX);
    // Where the system cannot, a client that does not read keeps its connection until another needs its place.
    let _ = set_tcp_user_timeout(&stream, read_time);
    let _ = set_socket_send_buffer_size(&stream, limits.send_buffer);
    let own = connection.clone();
    let answer = service_fn(move |request: Request<Incoming>| {
        own.begin(request.body());
        let answer = server.site.answer(&request);
        match answer.body() {
            Answer::Events(stream) => own.become_page(&stream.lease),
            Answer::Metrics(unsent) => server.connections.answer(&own, unsent),
            Answer::Whole(_) => {}
        }
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
    http.max_buf_size(limits.head_bytes);
    let mut exchange = http.serve_connection(TokioIo::new(stream), answer);
    loop {
        tokio::select! {
            ended = &mut exchange => {
                if let Err(error) = &ended {
                    debug!("a connection ended: {error}");
                }
                if ended.is_err() || connection.has_body() {
                    let stream = exchange.into_parts().io.into_inner();
                    tokio::select! {
                        () = drain(&stream, limits) => {}
                        () = connection.displaced.notified() => {}
                        () = connection.finishing.notified() => {}
                    }
                }
                return;
            }
            () = connection.displaced.notified() => {
                debug!("a connection was ended: its place was needed, or its page is behind");
                return;
            }
            () = connection.finishing.notified() => {
                std::pin::Pin::new(&mut exchange).graceful_shutdown();
            }
        }
    }
}

/// Reads what a client still sends that was refused, or the rest of a body that is not read, for a moment: a close before
/// that would be a reset, which can overtake the answer.
async fn drain(stream: &TcpStream, limits: Limits) {
    let read = async {
        let mut bytes = [0; 4096];
        while timeout(limits.drain_pause, stream.readable()).await.is_ok_and(|ready| ready.is_ok())
        {
            match stream.try_read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    };
    let _ = timeout(limits.drain_time, read).await;
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};
    use std::rc::Rc;
    use std::time::Duration;

    use tokio::net::TcpListener;
    use tokio::sync::oneshot;
    use tokio::task::LocalSet;

    use super::{Connections, Limits, Server, accept, bind};
    use crate::export::attached::Choice;
    use crate::export::fleet::Fleet;
    use crate::export::hosts::Hosts;
    use crate::export::site::Site;

    const SHORT: Duration = Duration::from_millis(50);

    /// Runs a server until `client` has returned.
    fn serve_one(limits: Limits, client: impl FnOnce(SocketAddr) + Send + 'static) {
        let dir = tempfile::tempdir().expect("a directory");
        let place = dir.path().join("none.region").into_os_string();
        let place = settings::Address::from_argument(place).expect("a path");
        let place = crate::region_argument::RegionArgument::Region(place).located();
        let fleet = Fleet::new(vec![place.expect("a place")], Choice::default()).expect("a fleet");
        let site = Site::new(fleet, Hosts::default(), 4);
        let connections = Connections::new(limits.connections, limits.answers);
        let server = Rc::new(Server { site, limits, connections });
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = listener.local_addr().expect("its address");
        let (sender, done) = oneshot::channel::<()>();
        let client = std::thread::spawn(move || {
            client(address);
            drop(sender);
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        LocalSet::new().block_on(&runtime.expect("a runtime"), async {
            let listener = TcpListener::from_std(listener).expect("a listener");
            tokio::select! {
                () = accept(listener, server) => {}
                _ = done => {}
            }
        });
        client.join().expect("what the client asserts");
    }

    fn connect(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).expect("it listens");
        let deadline = Some(Duration::from_mins(1));
        stream.set_read_timeout(deadline).expect("a timeout");
        stream.set_write_timeout(deadline).expect("a timeout");
        stream
    }

    /// What a client with a whole request gets.
    fn ask(address: SocketAddr) -> io::Result<String> {
        let mut good = connect(address);
        good.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        good.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Asserts that a client with a whole request gets its answer.
    #[track_caller]
    fn is_served(address: SocketAddr) {
        let answer = ask(address).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }

    #[test]
    fn a_head_that_does_not_come_ends_the_connection_and_others_are_served() {
        let limits = Limits { head_time: SHORT, ..Limits::default() };
        serve_one(limits, |address| {
            let idle = connect(address);
            let mut slow = connect(address);
            let _ = slow.write_all(b"GET / HT"); // it may have been ended already
            // A client that loses the processor before it sends is too slow as well.
            let is_answered =
                |_| ask(address).is_ok_and(|text| text.starts_with("HTTP/1.1 200 OK"));
            assert!((0..100).any(is_answered), "others are served");
            let ended = |mut stream: TcpStream| {
                let mut rest = String::new();
                match stream.read_to_string(&mut rest) {
                    Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                    end => drop(end.expect("its end")),
                }
                assert!(!rest.contains("200 OK"), "{rest}");
            };
            ended(slow);
            ended(idle);
        });
    }

    #[test]
    fn a_new_connection_takes_the_place_of_a_slow_one() {
        let limits =
            Limits { connections: 2, head_time: Duration::from_hours(1), ..Limits::default() };
        serve_one(limits, |address| {
            let slow = [(); 5].map(|()| {
                let mut stream = connect(address);
                stream.write_all(b"GET / HT").expect("sent");
                stream
            });
            is_served(address);
            drop(slow);
        });
    }

    #[test]
    fn a_client_that_sends_a_long_body_gets_its_answer() {
        let hour = Duration::from_hours(1);
        let limits = Limits { drain_pause: hour, drain_time: hour, ..Limits::default() };
        serve_one(limits, |address| {
            let mut stream = connect(address);
            let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n";
            stream.write_all(head.as_bytes()).expect("sent");
            stream.write_all(&vec![b'x'; 4_000_000]).expect("the whole body");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("the whole answer");
            assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
        });
    }

    #[test]
    fn an_answer_that_is_not_read_ends_the_connection() {
        let limits = Limits { read_time: SHORT, ..Limits::default() };
        serve_one(limits, |address| {
            let mut stream = connect(address);
            let request = b"GET /uplot.js HTTP/1.1\r\nHost: localhost\r\n\r\n";
            // It answers until the buffers of the connection are full, and then no longer reads.
            let error = loop {
                if let Err(error) = stream.write_all(request) {
                    break error;
                }
            };
            let is_late = matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            );
            // ETIMEDOUT of the server's side reaches the client as a reset.
            assert!(!is_late, "{error}");
        });
    }
}
