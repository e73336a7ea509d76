//! An address to listen on or connect to: `tcp/HOST:PORT` or `tls/HOST:PORT`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use layout::text::quote;

use crate::fault::{Fault, Problem};
use crate::node::Node;

/// Where a bridge listens or connects to. Displays as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    text: String,
    is_tls: bool,
    is_exposed: bool,
}

/// Where an endpoint is, as far as its text tells.
#[derive(PartialEq, Eq)]
enum Place<'a> {
    /// All addresses of this machine.
    Any,
    /// One that only this machine has; `None`: localhost.
    Loopback(Option<IpAddr>),
    Other(&'a str),
}

impl Endpoint {
    /// The endpoint as it was written, which is Zenoh's own form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether links over it are encrypted.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether it is neither encrypted nor within this machine or a private network: any host on the way can
    /// read and change what is sent.
    pub fn is_exposed(&self) -> bool {
        self.is_exposed
    }

    /// Whether what connects to it reaches the one that listens on `listen`, on the same host.
    pub(super) fn leads_to(&self, listen: &Self) -> bool {
        let ((to, port), (on, own_port)) = (self.host_and_port(), listen.host_and_port());
        let is_same = match (to, on) {
            (Place::Other(to), Place::Other(on)) => to == on,
            (Place::Other(_), _) | (_, Place::Other(_)) => false,
            (Place::Any, _) | (_, Place::Any) | (Place::Loopback(None), Place::Loopback(None)) => {
                true
            }
            (Place::Loopback(Some(to)), Place::Loopback(Some(on))) => to == on,
            (Place::Loopback(None), Place::Loopback(Some(ip)))
            | (Place::Loopback(Some(ip)), Place::Loopback(None)) => {
                ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST
            }
        };
        port == own_port && is_same
    }

    fn host_and_port(&self) -> (Place<'_>, Option<u16>) {
        let (_, rest) = self.text.split_once('/').unwrap_or_default();
        let (host, port) = rest.rsplit_once(':').unwrap_or_default();
        let host = host.trim_matches(['[', ']']);
        let place = match host.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => Place::Any,
            Ok(address) if address.is_loopback() => Place::Loopback(Some(address)),
            _ if host == "localhost" => Place::Loopback(None),
            _ => Place::Other(host),
        };
        (place, port.parse().ok())
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let (protocol, rest) = text.split_once('/').ok_or("has no protocol")?;
        let is_tls = match protocol {
            "tcp" => false,
            "tls" => true,
            _ => return Err("has another protocol than tcp and tls"),
        };
        let (host, port) = rest.rsplit_once(':').ok_or("has no port")?;
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        let address =
            host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let parsed = address.parse::<IpAddr>().ok();
        match () {
            () if !is_port => Err("has a port that is not from 1 to 65535"),
            () if parsed.is_none() && (host.is_empty() || !host.chars().all(is_name)) => {
                Err("names no host")
            }
            () => {
                let is_exposed = !is_tls && !parsed.map_or(address == "localhost", is_near);
                Ok(Self { text: text.to_owned(), is_tls, is_exposed })
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Whether the address is of this machine or of a private network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// What the rest of the file allows.
pub(super) struct Rules {
    pub(super) insecure: bool,
    pub(super) has_tls: bool,
}

impl Rules {
    /// The endpoints under `key` of the table `bridge`.
    pub(super) fn list(
        &self,
        bridge: &Node<'_>,
        key: &str,
        texts: &[String],
    ) -> Result<Vec<Endpoint>, Problem> {
        let list = bridge.at_key(key);
        let items = list.items_or_self();
        let checked = texts.iter().zip(&items).map(|(text, item)| {
            self.endpoint(text)
                .map_err(|why| item.problem(Fault::Other(format!("{} {why}", quote(text)))))
        });
        checked.collect()
    }

    fn endpoint(&self, text: &str) -> Result<Endpoint, String> {
        let endpoint = Endpoint::parse(text)
            .map_err(|why| format!("{why}; write an endpoint such as \"tls/hub.example:7447\""))?;
        if endpoint.is_tls && !self.has_tls {
            return Err("needs certificates; add [tls] with ca, cert and key".to_owned());
        }
        if endpoint.is_exposed && !self.insecure {
            return Err(
                "sends unencrypted beyond this machine and private networks; write tls/, or \
                        insecure = true in [bridge]"
                    .to_owned(),
            );
        }
        Ok(endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn plain_tcp_is_exposed_unless_the_address_is_loopback_or_private() {
        for near in [
            "127.0.0.1",
            "localhost",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "[::1]",
            "[fd00::1]",
        ] {
            let endpoint = Endpoint::parse(&format!("tcp/{near}:7447")).expect(near);
            assert!(!endpoint.is_exposed(), "{near}");
        }
        for far in ["0.0.0.0", "8.8.8.8", "[::]", "hub.example", "172.32.0.1"] {
            assert!(Endpoint::parse(&format!("tcp/{far}:7447")).expect(far).is_exposed(), "{far}");
            assert!(!Endpoint::parse(&format!("tls/{far}:7447")).expect(far).is_exposed(), "{far}");
        }
    }

    #[test]
    fn an_endpoint_leads_to_one_that_listens_on_the_same_port_of_the_same_machine() {
        let leads = |to: &str, on: &str| {
            let end = |text| Endpoint::parse(text).expect("an endpoint");
            end(to).leads_to(&end(on))
        };
        assert!(leads("tcp/10.0.0.1:7447", "tcp/10.0.0.1:7447"));
        assert!(leads("tcp/localhost:7447", "tcp/0.0.0.0:7447"));
        assert!(leads("tls/127.0.0.1:7447", "tls/[::]:7447"));
        assert!(leads("tcp/localhost:7447", "tcp/127.0.0.1:7447"));
        assert!(leads("tcp/127.0.0.2:7447", "tcp/127.0.0.2:7447"));
        assert!(!leads("tcp/127.0.0.2:7447", "tcp/127.0.0.1:7447"), "a tunnel may listen there");
        assert!(!leads("tcp/localhost:7447", "tcp/127.0.0.2:7447"));
        assert!(!leads("tcp/localhost:7448", "tcp/0.0.0.0:7447"));
        assert!(!leads("tcp/10.0.0.1:7447", "tcp/0.0.0.0:7447"), "it may be another host's");
        assert!(!leads("tcp/10.0.0.2:7447", "tcp/10.0.0.1:7447"));
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in [
            "",
            "tcp",
            "hub:7447",
            "udp/hub:7447",
            "tcp/hub",
            "tcp/:7447",
            "tcp/hub:0",
            "tcp/hub:70000",
            "tcp/h b:1",
            "tcp/h#x=1:1",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
