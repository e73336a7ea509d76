//! Encrypted links: who may connect, and who may publish under which name.

use e2e::{Place, Program, wait_until};

use crate::host::{Host, bytes, free_port};

/// An authority that signs certificates.
struct Authority {
    place: Place,
}

impl Authority {
    fn new() -> Self {
        let authority = Self { place: Place::new() };
        authority.make("ca", "ca", "");
        authority
    }

    /// Makes a key and a certificate for `name`, in the files NAME.key and NAME.pem.
    fn make(&self, name: &str, extensions: &str, signed: &str) {
        let config = format!(
            "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = {name}\n\
             [ca]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n\
             [host]\nbasicConstraints = critical,CA:FALSE\nsubjectAltName = IP:127.0.0.1\n"
        );
        self.place.write("openssl.cnf", config);
        let args = format!(
            "req -x509 -config openssl.cnf -extensions {extensions} -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
             -nodes -days 30 -keyout {name}.key -out {name}.pem {signed}"
        );
        let mut openssl = Program::new("openssl", "/usr/bin/openssl").start(&self.place, &args);
        assert_eq!(openssl.exit_code(), 0, "{:?}", openssl.err());
    }

    /// `[tls]` with a certificate for `name`, which this authority signs.
    fn tls(&self, name: &str, hosts: &str) -> String {
        self.make(name, "host", "-CA ca.pem -CAkey ca.key");
        let path = |file: &str| self.place.path(file).display().to_string();
        let (ca, cert, key) =
            (path("ca.pem"), path(&format!("{name}.pem")), path(&format!("{name}.key")));
        format!("[tls]\nca = \"{ca}\"\ncert = \"{cert}\"\nkey = \"{key}\"\nhosts = {hosts}\n")
    }
}

const EXPORT: &str = "[[export]]\nregion = \"stu\"\n";

fn import(host: &str) -> String {
    format!("[[import]]\nfrom = \"{host}\"\nname = \"stu\"\n")
}

#[test]
fn a_host_publishes_under_the_name_of_its_certificate_alone() {
    let authority = Authority::new();
    let endpoint = format!("\"tls/127.0.0.1:{}\"", free_port());
    let connect = format!("connect = {endpoint}");
    let (sink, honest, forger) = (Host::new("sink"), Host::new("hostA"), Host::new("hostB"));
    let hosts = "[\"hostA\", \"hostB\"]";
    let imports = import("hostA") + &import("hostB");
    sink.configure(&format!("listen = {endpoint}"), &(authority.tls("sink", hosts) + &imports));
    honest.configure(&connect, &(authority.tls("hostA", "[\"sink\"]") + EXPORT));
    // It calls itself hostB, and has the certificate of another host.
    forger.configure(&connect, &(authority.tls("hostC", "[\"sink\"]") + EXPORT));
    let mut writers = [&honest, &forger].map(|host| host.writer("stu"));
    for (number, writer) in (1..).zip(&mut writers) {
        writer.publish(&bytes(number)).expect("published");
    }
    let _bridges = (sink.start(), forger.start(), honest.start());
    wait_until("the record of hostA", || sink.number("hostA.stu") == Some(1));
    // Records of hostA went through after the forger had as much time to send.
    for number in 10..30 {
        writers[0].publish(&bytes(number)).expect("published");
        wait_until("the next record", || sink.number("hostA.stu") == Some(number));
    }
    assert!(!sink.region("hostB.stu").exists(), "a forged mirror");
    // With its own certificate it may.
    forger.configure(&connect, &(authority.tls("hostB", "[\"sink\"]") + EXPORT));
    let _again = forger.start();
    wait_until("the record of hostB", || sink.number("hostB.stu") == Some(2));
}

#[test]
fn a_certificate_of_another_authority_does_not_connect() {
    let (authority, other) = (Authority::new(), Authority::new());
    let endpoint = format!("\"tls/127.0.0.1:{}\"", free_port());
    let (sink, source) = (Host::new("sink"), Host::new("hostA"));
    let client = format!("mode = \"client\"\nconnect = {endpoint}");
    sink.configure(
        &format!("listen = {endpoint}"),
        &(authority.tls("sink", "\"hostA\"") + &import("hostA")),
    );
    source.configure(&client, &(other.tls("hostA", "\"sink\"") + EXPORT));
    source.writer("stu").publish(&bytes(1)).expect("published");
    let mut on_sink = sink.start();
    on_sink.says("listening on");
    let mut on_source = source.start();
    on_source.says("no session");
    assert!(!sink.region("hostA.stu").exists());
    source.configure(&client, &(authority.tls("hostA", "\"sink\"") + EXPORT));
    on_source.signal(nix::sys::signal::Signal::SIGHUP);
    wait_until("the record", || sink.number("hostA.stu") == Some(1));
}
