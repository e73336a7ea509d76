//! Zenoh's errors in the words of an operator: the cause without places in source files, and what to do about it.

/// Why a link or a session cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The fact.
    pub(super) fact: String,
    /// What to do about it.
    pub(super) step: &'static str,
}

/// A word of Zenoh's text, and what to do about it.
const STEPS: [(&str, &str); 10] = [
    ("Connection refused", "start the bridge there, or correct the port"),
    ("timed out", "check the network and the firewalls on the way"),
    ("route to host", "check the network and the firewalls on the way"),
    ("unreachable", "check the network and the firewalls on the way"),
    ("lookup address", "correct the name, or check that it is known here (getent hosts)"),
    ("Name or service", "correct the name, or check that it is known here (getent hosts)"),
    ("Address already in use", "end what listens there (ss -ltnp), or write another port"),
    ("Cannot assign requested", "write an address of this host (ip addr)"),
    ("invalid peer certificate", "compare the certificate there with [tls] ca (--check)"),
    ("fatal alert", "compare the certificates of both hosts with their [tls] ca (--check)"),
];

impl Cause {
    /// That of an error of Zenoh.
    pub(super) fn of(text: &str) -> Self {
        let text = without_places(text);
        let known = STEPS.iter().find(|(word, _)| text.contains(word));
        let step = known.map_or("see the log of the bridge there", |(_, step)| step);
        Self { fact: fact(&text).to_owned(), step }
    }

    /// That there is no answer.
    pub(super) fn silence() -> Self {
        Self {
            fact: "no answer".to_owned(),
            step: "check the network and the firewalls on the way",
        }
    }
}

/// The last part of a chain of causes, that of the system or of TLS.
fn fact(text: &str) -> &str {
    let from = ["invalid peer certificate", "received fatal alert"];
    let text = match from.iter().find_map(|word| text.find(word)) {
        Some(at) => &text[at..],
        None => text.rsplit(": ").next().unwrap_or(text),
    };
    text.split(" (os error").next().unwrap_or(text).trim_end_matches(['.', ']', '!', ' '])
}

/// `text` without `at /.../unicast.rs:378.`.
fn without_places(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, place)) = rest.split_once(" at /") {
        plain.push_str(before);
        let behind = place.split_once(".rs:").map_or("", |(_, behind)| behind);
        rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn the_cause_of_a_link_that_cannot_be_opened_names_no_source_file() {
        for (text, fact, step) in [
            (
                "Can not create a new TCP link bound to tcp/127.0.0.1:7999#so_rcvbuf=65536: [127.0.0.1:7999: \
                 Connection refused (os error 111) at /root/x/tcp/src/unicast.rs:12.] at /root/x/y.rs:3.. Retry in 1s.",
                "Connection refused",
                "start the bridge",
            ),
            (
                "failed to lookup address information: Name or service not known at /root/x/lib.rs:62.. Retry in 1s.",
                "Name or service not known",
                "correct the name",
            ),
            (
                "Can not create a new TLS link bound to IpAddress(V4(Ipv4Addr([127, 0, 0, 1]))): invalid peer \
                 certificate: UnknownIssuer at /root/x/unicast.rs:378.. Retry in 1s.",
                "invalid peer certificate: UnknownIssuer",
                "compare the certificate",
            ),
            ("something else at /a/b.rs:1.", "something else", "see the log"),
        ] {
            let text = text.split(". Retry").next().unwrap_or_default();
            let cause = Cause::of(text);
            assert!(cause.fact == fact && cause.step.starts_with(step), "{cause:?}");
        }
    }
}
