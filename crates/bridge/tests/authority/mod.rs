//! An authority of a test, which signs certificates.

use std::path::PathBuf;

use e2e::{Place, Program};

/// An authority that signs certificates.
pub(crate) struct Authority {
    place: Place,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self { place: Place::new() };
        authority.make("ca", "ca", "");
        authority
    }

    /// Makes a key and a certificate for `name`, in the files NAME.key and NAME.pem.
    fn make(&self, name: &str, extensions: &str, signed: &str) {
        let config = format!(
            "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = {name}\n\
             [ca]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n\
             [host]\nbasicConstraints = critical,CA:FALSE\nsubjectAltName = IP:127.0.0.1, IP:10.77.0.1\n"
        );
        self.place.write("openssl.cnf", config);
        let args = format!(
            "req -x509 -config openssl.cnf -extensions {extensions} -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
             -nodes -days 30 -keyout {name}.key -out {name}.pem {signed}"
        );
        let mut openssl = Program::new("openssl", "/usr/bin/openssl").start(&self.place, &args);
        assert_eq!(openssl.exit_code(), 0, "{:?}", openssl.err());
    }

    /// One of its files.
    #[allow(dead_code, reason = "not in every program of tests")]
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path(name)
    }

    /// `[tls]` with a certificate for `name`, which this authority signs.
    pub(crate) fn tls(&self, name: &str, hosts: &str) -> String {
        self.make(name, "host", "-CA ca.pem -CAkey ca.key");
        let path = |file: &str| self.place.path(file).display().to_string();
        let (ca, cert, key) =
            (path("ca.pem"), path(&format!("{name}.pem")), path(&format!("{name}.key")));
        format!("[tls]\nca = \"{ca}\"\ncert = \"{cert}\"\nkey = \"{key}\"\nhosts = {hosts}\n")
    }
}
