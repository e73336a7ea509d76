//! Which names a request may call this server by.
//!
//! Invariant: a page of another site that has its own name lead here (DNS rebinding) gets no answer: it can send
//! no `Host` but that name. An address is no name, and `localhost` leads to the machine of the browser.

use std::net::IpAddr;

/// The names besides addresses and `localhost`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// `text`, if a server can be called so.
    pub(crate) fn name(text: &str) -> Result<String, &'static str> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let name = text.trim_end_matches('.');
        let is_name = !name.is_empty() && name.chars().all(is_plain);
        let name = is_name.then(|| name.to_owned());
        name.ok_or("write a name without a port, such as drone.lan; addresses are accepted anyway")
    }

    /// Whether `host`, the header's value, is one of them, with or without a port.
    pub(crate) fn has(&self, host: &str) -> bool {
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if address.unwrap_or(host).parse::<IpAddr>().is_ok() {
            return true;
        }
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost") || self.0.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn a_name_has_no_port_and_no_dot_at_the_end() {
        assert_eq!(Hosts::name("Drone.lan."), Ok("Drone.lan".to_owned()));
        for bad in ["", ".", "a:80", "a b", "http://a", "[::1]", "a/b"] {
            assert!(Hosts::name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_localhost_and_given_names_are_accepted_and_no_other() {
        let hosts = Hosts::new(&["Drone.lan".to_owned()]);
        for host in [
            "127.0.0.1:9464",
            "127.0.0.1",
            "[::1]:9464",
            "[::1]",
            "10.0.0.7:80",
            "localhost:9464",
            "LOCALHOST",
            "localhost.",
            "drone.lan:9464",
        ] {
            assert!(hosts.has(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:9464",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "drone.lan.evil.example:1",
            "127.0.0.1:9464:1",
            "127.0.0.1@evil.example",
        ] {
            assert!(!hosts.has(host), "{host}");
        }
    }
}
