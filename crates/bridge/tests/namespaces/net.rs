//! A network of namespaces: a switch, and hosts that are linked to it.
//!
//! ```text
//!   host 0 (10.77.0.1) --veth--.
//!   host 1 (10.77.0.2) --veth--+-- br0 in the switch's namespace
//!   host 2 ...         --veth--'
//! ```
//!
//! Invariant: nothing is sent outside of them, and they go with the value.

use std::fs::File;

use e2e::{Daemon, Namespace, Place, Program, WallClock};
use nix::sched::{CloneFlags, setns};

/// A host: a namespace, and a directory for its regions and configuration.
pub(crate) struct Host {
    pub(crate) place: Place,
    namespace: String,
    /// The switch's end of its link.
    port: String,
    switch: String,
}

/// A switch and its hosts.
pub(crate) struct Net<const N: usize> {
    switch: String,
    pub(crate) hosts: [Host; N],
}

/// Whether `program` of this machine succeeds with these arguments.
fn succeeds(program: &str, args: &str) -> bool {
    Program::new(program, format!("/usr/sbin/{program}")).start(&Place::new(), args).exit_code()
        == 0
}

#[track_caller]
fn must(program: &str, args: &str) {
    assert!(succeeds(program, args), "{program} {args}");
}

/// Whether this process may make network namespaces.
fn is_possible() -> bool {
    let place = Place::new();
    let name = place.dir().file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let made = succeeds("ip", &format!("netns add {name}"));
    made && succeeds("ip", &format!("netns del {name}"))
}

impl<const N: usize> Net<N> {
    /// `None`, with a message, if it cannot be made here.
    pub(crate) fn new() -> Option<Self> {
        if !is_possible() {
            println!("skipped: network namespaces need root (CAP_NET_ADMIN)");
            return None;
        }
        // The name of a directory that no other test has.
        let place = Place::new();
        let prefix = place.dir().file_name().and_then(|name| name.to_str()).expect("a name");
        let switch = format!("{prefix}-switch");
        must("ip", &format!("netns add {switch}"));
        must("ip", &format!("-n {switch} link add br0 type bridge"));
        must("ip", &format!("-n {switch} link set br0 up"));
        let hosts = std::array::from_fn(|number| Host::new(prefix, &switch, number));
        Some(Self { switch, hosts })
    }
}

impl<const N: usize> Drop for Net<N> {
    fn drop(&mut self) {
        for host in &self.hosts {
            succeeds("ip", &format!("netns del {}", host.namespace));
        }
        succeeds("ip", &format!("netns del {}", self.switch));
    }
}

/// The bridge.
fn bridge() -> Program {
    Program::new("mapcast-bridge", env!("CARGO_BIN_EXE_mapcast-bridge"))
}

const CONFIG: &str = "./bridge.toml";

impl Host {
    fn new(prefix: &str, switch: &str, number: usize) -> Self {
        let (namespace, port) = (format!("{prefix}-{number}"), format!("port{number}"));
        must("ip", &format!("netns add {namespace}"));
        must(
            "ip",
            &format!("-n {switch} link add {port} type veth peer name eth0 netns {namespace}"),
        );
        must("ip", &format!("-n {switch} link set {port} master br0 up"));
        must("ip", &format!("-n {namespace} addr add 10.77.0.{}/24 dev eth0", number + 1));
        must("ip", &format!("-n {namespace} link set eth0 up"));
        must("ip", &format!("-n {namespace} link set lo up"));
        Self { place: Place::new(), namespace, port, switch: switch.to_owned() }
    }

    /// Calls `start` in its network; so are the processes that it starts.
    pub(crate) fn inside<T: Send>(&self, start: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.namespace)).expect("a namespace");
        let enter = || {
            setns(namespace, CloneFlags::CLONE_NEWNET).expect("root");
            start()
        };
        // Another thread: the network is that of a thread.
        std::thread::scope(|scope| scope.spawn(enter).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Starts `program` there.
    pub(crate) fn run(&self, program: &Program, args: &str) -> Daemon {
        self.inside(|| program.start(&self.place, args))
    }

    /// Starts its bridge with this configuration.
    pub(crate) fn start(&self, config: &str) -> Daemon {
        self.place.write("bridge.toml", config);
        self.start_again()
    }

    /// Starts its bridge with the configuration that it had.
    pub(crate) fn start_again(&self) -> Daemon {
        self.run(&bridge(), CONFIG)
    }

    /// The same with a wall clock of its own; `None`: that is not possible here.
    pub(crate) fn start_with_clock(&self, config: &str) -> Option<(Daemon, WallClock)> {
        self.place.write("bridge.toml", config);
        // With Zenoh's own threads: so it does not execute itself again.
        let threads = [("ZENOH_RUNTIME", "()")];
        self.inside(|| WallClock::start_with(&bridge(), &self.place, CONFIG, &threads))
    }

    /// The same where the clocks since the start of the machine are a year ahead.
    pub(crate) fn start_later(&self, config: &str) -> Option<Daemon> {
        self.place.write("bridge.toml", config);
        self.inside(|| Namespace::LATER.start(&bridge(), &self.place, CONFIG))
    }

    /// Cuts its link so that neither end is told.
    pub(crate) fn cut(&self) {
        must("ip", &format!("-n {} link set {} nomaster", self.switch, self.port));
    }

    /// Links it again.
    pub(crate) fn mend(&self) {
        must("ip", &format!("-n {} link set {} master br0", self.switch, self.port));
    }

    /// Makes the link to it as slow as `rate`, such as `2mbit`.
    pub(crate) fn slow_down(&self, rate: &str) {
        let (switch, port) = (&self.switch, &self.port);
        let shape = format!("root tbf rate {rate} burst 16kb latency 50ms");
        must("tc", &format!("-n {switch} qdisc replace dev {port} {shape}"));
    }

    /// Makes it as fast as it was.
    pub(crate) fn speed_up(&self) {
        must("tc", &format!("-n {} qdisc del dev {} root", self.switch, self.port));
    }
}
