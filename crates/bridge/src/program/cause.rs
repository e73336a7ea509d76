//! Zenoh's errors in the words of an operator: the cause without places in source files, and what to do about it.

/// Why a link or a session cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// The fact.
    pub(super) fact: String,
    /// What to do about it.
    pub(super) step: &'static str,
}

const NETWORK: &str = "check the network and the firewalls on the way";
const NAME: &str = "correct the name, or check that it is known here (getent hosts)";

/// A word of Zenoh's text, and what to do about it. The words of a certificate come before those of every failure.
const STEPS: [(&str, &str); 21] = [
    ("Connection refused", "start the bridge there, or correct the port"),
    ("timed out", NETWORK),
    ("route to host", NETWORK),
    ("unreachable", NETWORK),
    ("lookup address", NAME),
    ("Name or service", NAME),
    ("Address already in use", "end what listens there (ss -ltnp), or write another port"),
    ("Cannot assign requested", "write an address of this host (ip addr)"),
    (
        "Permission denied",
        "write a port from 1024 on, or let it have this one (CAP_NET_BIND_SERVICE)",
    ),
    ("certificate not valid yet", "set the clocks, or have it issued anew"),
    ("certificate: NotValidYet", "set the clocks, or have it issued anew"),
    ("certificate expired", "renew it there, or set the clock here"),
    ("certificate: Expired", "renew it there, or set the clock here"),
    ("certificate not valid for name", "write a name that is in it in connect"),
    ("certificate: NotValidForName", "write a name that is in it in connect"),
    ("invalid peer certificate", "compare the certificate there with [tls] ca (--check)"),
    ("alert: CertificateExpired", "renew [tls] cert of this host"),
    ("fatal alert", "compare the certificates of both hosts with their [tls] ca (--check)"),
    ("Received an invalid message", "correct the port"),
    ("TLS files", "correct the paths in [tls] (--check)"),
    ("private key", "correct the paths in [tls] (--check)"),
];

/// A word of Zenoh's text that the link or the whole message follows, in the form in which it keeps them, and what it says.
const ANSWERS: [(&str, &str); 2] = [
    ("Received a close message", "the bridge there has closed it"),
    ("Received an invalid message", "what answers there does not speak Zenoh"),
];

impl Cause {
    /// That of an error of Zenoh about another host.
    pub(super) fn of(text: &str) -> Self {
        Self::known(text).unwrap_or_else(|| Self {
            fact: fact(&without_places(text)),
            step: "see the log of the bridge there",
        })
    }

    /// The same, if it is known what to do about it.
    pub(super) fn known(text: &str) -> Option<Self> {
        let text = without_places(text);
        let (_, step) = STEPS.iter().find(|(word, _)| text.contains(word))?;
        Some(Self { fact: fact(&text), step })
    }

    /// Both in one line of at most `most` bytes: a long fact is cut, so that the step is there.
    pub(super) fn within(&self, most: usize) -> String {
        let Self { fact, step } = self;
        let room = most.saturating_sub(step.len() + 2);
        if fact.len() <= room {
            return format!("{fact}; {step}");
        }
        let cut = &fact[..fact.floor_char_boundary(room.saturating_sub(3))];
        format!("{cut}...; {step}")
    }

    /// That there is no answer.
    pub(super) fn silence() -> Self {
        Self { fact: "no answer".to_owned(), step: NETWORK }
    }
}

/// The last part of a chain of causes, that of the system or of TLS. A semicolon is before the step alone.
fn fact(text: &str) -> String {
    if let Some((_, fact)) = ANSWERS.iter().find(|(word, _)| text.contains(word)) {
        return (*fact).to_owned();
    }
    let from = ["invalid peer certificate", "received fatal alert"];
    let text = match from.iter().find_map(|word| text.find(word)) {
        Some(at) => &text[at..],
        None => text.rsplit(": ").next().unwrap_or(text),
    };
    let text = text.split(" (os error").next().unwrap_or(text);
    text.trim_end_matches(['.', ']', '!', ' ']).replace(';', ",")
}

/// `text` without `at /.../unicast.rs:378.`.
pub(super) fn without_places(text: &str) -> String {
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
            (
                "x: invalid peer certificate: certificate expired: verification time 9 (UNIX), but certificate is not \
                 valid after 8 (1 seconds ago) at /root/x/unicast.rs:378.",
                "invalid peer certificate: certificate expired: verification time 9 (UNIX), but certificate is not \
                 valid after 8 (1 seconds ago)",
                "renew it",
            ),
            (
                "x: invalid peer certificate: certificate not valid for name \"b\"; certificate is only valid for \
                 DnsName(\"a\") at /root/x/unicast.rs:378.",
                "invalid peer certificate: certificate not valid for name \"b\", certificate is only valid for \
                 DnsName(\"a\")",
                "write a name that is in it",
            ),
            (
                "x: received fatal alert: CertificateExpired",
                "received fatal alert: CertificateExpired",
                "renew [tls]",
            ),
            (
                "Received a close message (reason GENERIC) in response to an OpenSyn on: TransportLinkUnicast { link: \
                 Link { src: tcp/127.0.0.1:1 }, config: { reliability: None } } at /root/x/open.rs:526.. Retry in 1s.",
                "the bridge there has closed it",
                "see the log",
            ),
            (
                "Received an invalid message in response to an InitSyn on Link { src: tcp/127.0.0.1:1 }: Frame(Frame { ext: \
                 None }) at /root/x/open.rs:272.",
                "what answers there does not speak Zenoh",
                "correct the port",
            ),
            ("something else at /a/b.rs:1.", "something else", "see the log"),
        ] {
            let text = text.split(". Retry").next().unwrap_or_default();
            let cause = Cause::of(text);
            assert!(cause.fact == fact && cause.step.starts_with(step), "{cause:?}");
        }
    }

    #[test]
    fn a_long_fact_is_cut_and_its_step_is_not() {
        let long =
            format!("x: invalid peer certificate: certificate expired: {}", "\u{e4}".repeat(200));
        let cause = Cause::of(&long);
        let text = cause.within(128);
        assert!(text.len() <= 128 && text.ends_with(&format!("...; {}", cause.step)), "{text}");
        let short = Cause::of("x: Connection refused");
        assert_eq!(short.within(128), format!("Connection refused; {}", short.step));
    }
}
