//! A network of namespaces: a switch, and hosts that are linked to it.
//!
//! ```text
//!   host 0 (10.77.0.1) --veth--.
//!   host 1 (10.77.0.2) --veth--+-- br0 in the switch's namespace
//!   host 2 ...         --veth--'
//! ```
//!
//! Invariant: nothing is sent outside of them, and they go with the value.

use std::process::id;

use e2e::{Daemon, Place, Program};

/// A host: a namespace, and a directory for its regions and configuration.
pub(crate) struct Host {
    pub(crate) place: Place,
    namespace: String,
    /// The switch's end of its link.
    port: String,
    switch: String,
}

/// A switch and its hosts.
pub(crate) struct Net {
    switch: String,
    pub(crate) hosts: Vec<Host>,
}

/// Whether `ip` with these arguments succeeds.
fn ip(args: &str) -> bool {
    let place = Place::new();
    Program::new("ip", "/usr/sbin/ip").start(&place, args).exit_code() == 0
}

#[track_caller]
fn must(args: &str) {
    assert!(ip(args), "ip {args}");
}

/// Whether this process may make network namespaces.
pub(crate) fn is_possible() -> bool {
    let name = format!("mapcast-{}-probe", id());
    let made = ip(&format!("netns add {name}"));
    made && ip(&format!("netns del {name}"))
}

impl Net {
    pub(crate) fn new(count: usize) -> Self {
        // The name of a directory that no other test has.
        let place = Place::new();
        let prefix =
            place.dir().file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let switch = format!("{prefix}-switch");
        must(&format!("netns add {switch}"));
        must(&format!("-n {switch} link add br0 type bridge"));
        must(&format!("-n {switch} link set br0 up"));
        let mut net = Self { switch: switch.clone(), hosts: Vec::new() };
        for number in 0..count {
            let (namespace, port) = (format!("{prefix}-{number}"), format!("port{number}"));
            must(&format!("netns add {namespace}"));
            let address = format!("10.77.0.{}", number + 1);
            net.hosts.push(Host {
                place: Place::new(),
                namespace: namespace.clone(),
                port: port.clone(),
                switch: switch.clone(),
            });
            must(&format!(
                "-n {switch} link add {port} type veth peer name eth0 netns {namespace}"
            ));
            must(&format!("-n {switch} link set {port} master br0 up"));
            must(&format!("-n {namespace} addr add {address}/24 dev eth0"));
            must(&format!("-n {namespace} link set eth0 up"));
            must(&format!("-n {namespace} link set lo up"));
        }
        net
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for host in &self.hosts {
            ip(&format!("netns del {}", host.namespace));
        }
        ip(&format!("netns del {}", self.switch));
    }
}

impl Host {
    /// Starts its bridge with this configuration.
    pub(crate) fn start(&self, config: &str) -> Daemon {
        self.place.write("bridge.toml", config);
        let bridge = env!("CARGO_BIN_EXE_mapcast-bridge");
        let args = format!("netns exec {} {bridge} ./bridge.toml", self.namespace);
        Program::new("ip", "/usr/sbin/ip").start(&self.place, &args)
    }

    /// Cuts its link so that neither end is told.
    pub(crate) fn cut(&self) {
        must(&format!("-n {} link set {} nomaster", self.switch, self.port));
    }

    /// Links it again.
    pub(crate) fn mend(&self) {
        must(&format!("-n {} link set {} master br0", self.switch, self.port));
    }

    /// Makes the link to it as slow as `rate`, such as `2mbit`.
    pub(crate) fn slow_down(&self, rate: &str) {
        let place = Place::new();
        let args = format!(
            "-n {} qdisc add dev {} root tbf rate {rate} burst 16kb latency 50ms",
            self.switch, self.port
        );
        let code = Program::new("tc", "/usr/sbin/tc").start(&place, &args).exit_code();
        assert_eq!(code, 0, "tc {args}");
    }
}
