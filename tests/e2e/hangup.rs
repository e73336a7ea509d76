//! SIGHUP and the terminal: a program whose window is closed ends, and cleanly; any other SIGHUP makes a producer
//! reload and ends a consumer.

use std::os::fd::OwnedFd;

use e2e::{Daemon, Place, Program, Reading};
use nix::sys::signal::Signal;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

use crate::{consumer, producer};

/// A window, which is closed by dropping it, and the program that was started in it.
struct Window {
    terminal: Option<OwnedFd>,
    program: Daemon,
}

/// A session of its own on its standard input, and SIGHUP as it is by default: the tests may have been
/// started by `nohup`, which ignores it.
const WINDOW: [&str; 4] = ["env", "--default-signal=HUP", "setsid", "--ctty"];

impl Window {
    /// Starts a producer of `./x.toml` as the argument of `around`, in a new terminal.
    fn with_producer(place: &Place, around: &[&str], arguments: &[&str]) -> Self {
        Self::with(&producer(), place, around, &[&["./x.toml"], arguments].concat())
    }

    fn with(program: &Program, place: &Place, around: &[&str], arguments: &[&str]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal = openpt(flags).expect("a terminal");
        grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("its other side");
        let stdin = ioctl_tiocgptpeer(&terminal, flags).expect("its other side");
        let mut command = program.command_under(&[&WINDOW, around].concat(), place);
        let name = format!("{} in a window", program.name());
        let program = Daemon::start_reading(&name, command.args(arguments), stdin);
        Self { terminal: Some(terminal), program }
    }

    fn close(&mut self) {
        self.terminal = None;
    }
}

fn configured() -> Place {
    let place = Place::new();
    let text = "[region]\npath = \"./x.region\"\n[record]\nname = \"X\"\n[[record.field]]\n\
                name = \"n\"\ntype = \"u32\"\nsource = { counter = {} }\n[producer]\ntick = \"10ms\"\n";
    place.write("x.toml", text);
    place
}

/// A shell that waits for the command in its arguments, a process of its own.
const SHELL: [&str; 4] = ["sh", "-c", "\"$@\"; :", "sh"];

const ENDED: &str = "closed ./x.region (SIGHUP, its terminal has hung up)";

#[test]
fn a_producer_ends_and_closes_its_region_when_its_window_is_closed() {
    for around in [&[][..], &SHELL] {
        let place = configured();
        let mut window = Window::with_producer(&place, around, &[]);
        let mut first = consumer().start(&place, "./x.region --once --timeout 20s");
        assert_eq!(first.exit_code(), 0, "a record");
        window.close();
        window.program.says(ENDED);
        let mut consumer = consumer().start(&place, "./x.region --once --format json");
        assert_eq!(Reading::of(&consumer.next_out()).state, "closed", "{around:?}");
        if around.is_empty() {
            assert_eq!(window.program.exit_code(), 0);
        }
    }
}

#[test]
fn a_standby_ends_when_its_window_is_closed() {
    let place = configured();
    let mut active = producer().start(&place, "./x.toml");
    active.says("publishing");
    let mut window = Window::with_producer(&place, &[], &["--standby"]);
    window.program.says("waiting");
    window.close();
    assert_eq!(window.program.exit_code(), 0);
    active.stop();
}

#[test]
fn a_sighup_reloads_while_the_window_is_open() {
    let place = configured();
    let mut window = Window::with_producer(&place, &[], &[]);
    window.program.says("publishing");
    window.program.signal(Signal::SIGHUP);
    window.program.says("SIGHUP: ./x.toml is unchanged");
    assert!(window.terminal.is_some());
    window.program.stop();
}

#[test]
fn a_producer_under_nohup_outlives_its_window_and_still_reloads() {
    let place = configured();
    let mut window = Window::with_producer(&place, &["nohup"], &[]);
    window.program.says("publishing");
    window.close();
    // The kernel's SIGHUP, and one of a person who wants a reload.
    window.program.says("SIGHUP: ./x.toml is unchanged");
    window.program.signal(Signal::SIGHUP);
    window.program.says("SIGHUP: ./x.toml is unchanged");
    window.program.stop();
    assert_eq!(window.program.said(ENDED), 0);
}

#[test]
fn a_consumer_ends_cleanly_when_its_window_is_closed_and_at_any_sighup() {
    let place = configured();
    let mut active = producer().start(&place, "./x.toml");
    active.says("publishing");
    for close in [Window::close, |window: &mut Window| window.program.signal(Signal::SIGHUP)] {
        let mut window = Window::with(&consumer(), &place, &[], &["./x.region", "--follow"]);
        window.program.next_out();
        close(&mut window);
        assert_eq!(window.program.exit_code(), 0, "{:?}", window.program.err());
        assert!(window.program.out().iter().all(|line| !line.contains("[...]")), "whole lines");
    }
    active.stop();
}

#[test]
fn a_consumer_under_nohup_outlives_its_window() {
    let place = configured();
    let mut window = Window::with(&consumer(), &place, &["nohup"], &["./x.region", "--follow"]);
    window.program.says("waiting");
    window.close();
    let mut active = producer().start(&place, "./x.toml");
    window.program.next_out();
    window.program.stop();
    active.stop();
}
