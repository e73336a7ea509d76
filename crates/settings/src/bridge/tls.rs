//! `[tls]`: the certificates of a bridge, and which hosts its peers' certificates stand for.

use std::path::PathBuf;

use serde::Deserialize;

use super::regions::{bad_name, is_wire_name};
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::path;

/// Certificates, in PEM files. Both ends of a link show theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// The authority that has signed the certificates of all hosts.
    pub ca: PathBuf,
    /// The certificate of this host; its common name is the name of the host.
    pub cert: PathBuf,
    /// The private key of that certificate.
    pub key: PathBuf,
    /// Hosts that may publish, each under its own name alone, if their certificates bear that name. Empty: any
    /// certificate of the authority may publish under any name.
    pub hosts: Vec<String>,
    /// Names of the certificates of routers, which pass on what those hosts publish.
    pub relays: Vec<String>,
}

/// Why no link can be encrypted with a `[tls]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsProblem {
    /// The key that is wrong.
    pub key: &'static str,
    /// The fact, and what to do about it.
    pub why: String,
}

/// `[tls]` as serde fills it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsTable {
    #[serde(deserialize_with = "path")]
    ca: PathBuf,
    #[serde(deserialize_with = "path")]
    cert: PathBuf,
    #[serde(deserialize_with = "path")]
    key: PathBuf,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    relays: Vec<String>,
}

impl TlsTable {
    pub(super) fn checked(self, node: &Node<'_>) -> Result<TlsSettings, Problem> {
        let Self { ca, cert, key, hosts, relays } = self;
        for (name, path) in [("ca", &ca), ("cert", &cert), ("key", &key)] {
            if path.to_str().is_none_or(|path| path.contains(['"', '\\'])) {
                let why = "holds a quote or a backslash; give another path".to_owned();
                return Err(node.problem_at(name, Fault::Other(why)));
            }
        }
        if let Some(bad) = hosts.iter().find(|host| !is_wire_name(host)) {
            return Err(node.problem_at("hosts", Fault::Other(bad_name("a host", bad))));
        }
        if let Some(bad) = relays.iter().find(|name| name.is_empty() || name.contains(['"', '\\']))
        {
            return Err(node.problem_at("relays", Fault::Other(bad_name("a router", bad))));
        }
        if hosts.is_empty() && !relays.is_empty() {
            let why = "has no effect without hosts; add the hosts that may publish".to_owned();
            return Err(node.problem_at("relays", Fault::Other(why)));
        }
        Ok(TlsSettings { ca, cert, key, hosts, relays })
    }
}
