//! Clients that send slowly, read slowly or not at all, and too many of them: the others are served.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use mapcast::{Options, Record};
use rustix::process::Signal;

use crate::server::Server;
use crate::world::{World, wait_until};

/// Connections that the server has at most, and descriptors that it has beside them.
const MOST: usize = 128;
const OTHERS: usize = 32;

/// Clients of a crowd.
const MANY: usize = 1000;

/// Pages that the server has at most.
const PAGES: usize = 32;

/// Connects `count` clients, each of which sends what `head` says.
fn crowd(server: &Server, count: usize, head: impl Fn(usize) -> String) -> Vec<TcpStream> {
    daemon::raise_open_files();
    let client = |number| {
        let mut stream = server.connect();
        // A later one may have taken its place already.
        let _ = stream.write_all(head(number).as_bytes());
        stream
    };
    (0..count).map(client).collect()
}

/// The descriptors that the server has open.
fn descriptors(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("it runs").count()
}

/// The most memory that the server has had, in KiB.
fn peak(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    peak.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[track_caller]
fn serves(server: &Server) {
    assert!(server.metrics().contains("mapcast_stu_id{region=\"live\"} 10\n"));
}

#[test]
fn a_thousand_clients_that_send_nothing_or_half_a_request_do_not_block_others() {
    let world = World::new();
    let _live = world.students("live");
    let server = Server::start(&world, "");
    serves(&server);
    let before = peak(&server);
    let half = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ";
    let heads = ["", "GET /metrics HT", half, "no request\r\n\r\n"];
    let _crowd = crowd(&server, MANY, |number| heads[number % heads.len()].to_owned());
    serves(&server);
    assert!(descriptors(&server) <= MOST + OTHERS, "{}", descriptors(&server));
    let grown = peak(&server) - before;
    assert!(grown < 16 << 10, "{grown} KiB for {MANY} clients");
}

#[test]
fn clients_that_read_none_of_many_answers_do_not_block_others() {
    let world = World::new();
    let _live = world.students("live");
    let server = Server::start(&world, "");
    serves(&server);
    let before = peak(&server);
    let request = "GET /uplot.js HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    let _crowd = crowd(&server, 2 * MOST, |_| request.clone());
    serves(&server);
    let grown = peak(&server) - before;
    assert!(grown < 16 << 10, "{grown} KiB");
}

#[test]
fn requests_that_come_at_once_are_answered_one_after_the_other() {
    let world = World::new();
    let server = Server::start(&world, "");
    let request = "GET /page.css HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(49);
    let last = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut stream = server.connect();
    write!(stream, "{request}{last}").expect("sent");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("its end in time");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 49);
    let (_, last) = answers.rsplit_once("HTTP/1.1 ").expect("an answer");
    assert!(last.starts_with("404"), "{last}");
}

#[test]
fn a_head_without_an_end_and_a_body_that_does_not_come_end_the_connection() {
    let world = World::new();
    let _live = world.students("live");
    let server = Server::start(&world, "");
    let mut endless = server.connect();
    while endless.write_all(&[b'x'; 4096]).is_ok() {}
    let post = "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n";
    let mut body = server.connect();
    body.write_all(post.as_bytes()).expect("sent");
    let mut answer = String::new();
    body.read_to_string(&mut answer).expect("its end in time");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    serves(&server);
}

/// A record of 4 KiB.
#[repr(C)]
#[derive(Clone, Copy, Record)]
struct Wide {
    values: [f64; 256],
    more: [f64; 256],
}

#[test]
fn pages_that_never_read_give_their_places_to_others() {
    let world = World::new();
    let path = world.path("wide.region");
    let mut writer = Options::new().open_instances::<Wide>(path, 64).expect("a writer");
    let names: Vec<_> = (0..64).map(|number| format!("i{number}")).collect();
    let server = Server::start(&world, "");
    let request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let never_read = crowd(&server, PAGES, |_| request.to_owned());
    let another = "GET /events HTTP/1.1\nHost: localhost\nConnection: close";
    wait_until("all pages are open", || {
        let mut stream = server.connect();
        write!(stream, "{}\r\n\r\n", another.replace('\n', "\r\n")).expect("sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("a status");
        &status == b"HTTP/1.1 503"
    });
    let mut number = 0.0;
    wait_until("a page that reads", || {
        number += 1.0;
        for name in &names {
            let instance = writer.instance(name).expect("an instance");
            let values = [number / 3.0; 256];
            writer.publish(instance, &Wide { values, more: values }).expect("published");
        }
        let mut stream = server.connect();
        stream.write_all(request.as_bytes()).expect("sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("a status");
        &status == b"HTTP/1.1 200"
    });
    drop(never_read);
}

#[test]
fn scrapes_that_are_never_read_take_little_memory_and_end_for_new_ones() {
    let world = World::new();
    let path = world.path("wide.region");
    let mut writer = Options::new().open_instances::<Wide>(path, 64).expect("a writer");
    for number in 0..64 {
        let instance = writer.instance(&format!("i{number}")).expect("an instance");
        let values = [f64::from(number) / 3.0; 256];
        writer.publish(instance, &Wide { values, more: values }).expect("published");
    }
    let server = Server::start(&world, "");
    let size = server.metrics().len();
    assert!(size > 2 << 20, "{size} bytes are more than the system keeps of an answer");
    let before = peak(&server);
    let begun = |number| {
        let head = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let mut stream = crowd(&server, 1, |_| head.to_owned()).remove(0);
        stream.read_exact(&mut [0; 12]).unwrap_or_else(|error| panic!("{number}: {error}"));
        stream
    };
    let mut crowd: Vec<TcpStream> = (0..16).map(begun).collect();
    let grown = peak(&server) - before;
    // Unread ones, the samples and the text of the newest, and what the allocator keeps.
    let most = (16 << 10) + 6 * size as u64 / 1024;
    assert!(grown < most, "{grown} KiB for answers of {size} bytes");
    let mut read = |at: usize| {
        let mut answer = Vec::new();
        crowd[at].read_to_end(&mut answer).map_or(0, |_| answer.len())
    };
    let (last, first) = (read(15), read(0));
    assert!(last > size && first < size / 2, "{first} and {last} of {size} bytes");
}

#[test]
fn a_signal_ends_the_streams_of_pages_whole_and_the_server_with_success() {
    let world = World::new();
    let _live = world.students("live");
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&world, "");
        let mut events = server.events();
        events.next("all");
        let _idle = crowd(&server, 2, |number| "GET / HT"[..number * 8].to_owned());
        assert_eq!(server.end_by(signal).code(), Some(0));
        assert!(events.rest().ends_with("0\r\n\r\n"), "the last chunk");
    }
}
