//! The file of a bridge: which regions of this host are exported, and which of other hosts imported.
//!
//! Invariant: no two imports and no export use one region, as far as their patterns can tell; a plain endpoint
//! beyond this machine and private networks is there only if the file has `insecure`.
//!
//! ```text
//!   [bridge]    host, mode, listen, connect, lease, sndbuf, digest, status, insecure
//!   [tls]       ca, cert, key, hosts
//!   [[export]]  region -> name, max_hz
//!   [[import]]  from, name -> region, stale_after, mode
//! ```

mod checks;
mod endpoint;
mod regions;
mod tls;

use std::path::Path;
use std::time::Duration;

use region::is_region_name;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::SettingsError;
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::{DurationRange, duration_in, filled, size};
use crate::{file, read};

pub use endpoint::Endpoint;
pub use regions::{Export, Import, MAX_HOPS, NamePattern, is_wire_name};
pub use tls::{TlsProblem, TlsSettings};

use regions::{ExportTable, ImportTable};
use tls::TlsTable;

/// Time without a sign of life after which a link is closed, without the key.
const DEFAULT_LEASE: Duration = Duration::from_secs(2);
const LEASE: DurationRange = (Duration::from_millis(100), Duration::from_mins(1));
/// Send and receive buffers of a link without the key, in bytes.
const DEFAULT_SNDBUF: u64 = 64 << 10;
/// Time between two digests without the key.
const DEFAULT_DIGEST: Duration = Duration::from_millis(250);
const DIGEST: DurationRange = (Duration::from_millis(10), Duration::from_secs(10));
/// The region of the bridge's own state, without the key.
const DEFAULT_STATUS: &str = "bridge";

/// How a bridge runs, and what it exports and imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeSettings {
    /// What this host is called on other hosts.
    pub host: String,
    /// What it is in the network.
    pub mode: BridgeMode,
    /// Where other bridges connect to.
    pub listen: Vec<Endpoint>,
    /// Which bridges and routers it connects to.
    pub connect: Vec<Endpoint>,
    /// Time without a sign of life after which a link is closed.
    pub lease: Duration,
    /// Size of the send and receive buffers of a link, in bytes.
    pub sndbuf: u64,
    /// Time between two digests.
    pub digest: Duration,
    /// Name of the region of the bridge's own state.
    pub status: String,
    /// Certificates; `None`: no link is encrypted.
    pub tls: Option<TlsSettings>,
    /// Regions of this host.
    pub exports: Vec<Export>,
    /// Regions of other hosts.
    pub imports: Vec<Import>,
}

/// What a bridge is in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BridgeMode {
    /// It passes on what others send, and can be connected to.
    Router,
    /// It sends and receives through the routers that it connects to.
    Client,
}

/// The tables of the file, as serde fills them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    bridge: BridgeTable,
    #[serde(default)]
    tls: Option<TlsTable>,
    #[serde(default)]
    export: Vec<ExportTable>,
    #[serde(default)]
    import: Vec<ImportTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BridgeTable {
    #[serde(deserialize_with = "filled")]
    host: String,
    #[serde(default = "router")]
    mode: String,
    #[serde(default)]
    listen: Vec<String>,
    #[serde(default)]
    connect: Vec<String>,
    #[serde(rename = "lease")]
    _lease: Option<IgnoredAny>,
    #[serde(default = "default_sndbuf", deserialize_with = "size")]
    sndbuf: u64,
    #[serde(rename = "digest")]
    _digest: Option<IgnoredAny>,
    #[serde(default = "default_status", deserialize_with = "filled")]
    status: String,
    #[serde(default)]
    insecure: bool,
}

fn router() -> String {
    "router".to_owned()
}

const fn default_sndbuf() -> u64 {
    DEFAULT_SNDBUF
}

fn default_status() -> String {
    DEFAULT_STATUS.to_owned()
}

impl BridgeSettings {
    /// Reads the configuration at `path`: see [`Settings::load`](crate::Settings::load).
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        Self::load_checking(path, |_| Ok(()))
    }

    /// The same, refused also if `certificates` refuses those of `[tls]`.
    pub fn load_checking(
        path: &Path,
        certificates: impl Fn(&TlsSettings) -> Result<(), TlsProblem>,
    ) -> Result<Self, SettingsError> {
        let (origin, text) = file::text(path)?;
        read(&text, origin, |root| {
            let settings = Self::checked(root)?;
            let problem = settings.tls.as_ref().and_then(|tls| certificates(tls).err());
            let at =
                |TlsProblem { key, why }| root.at_key("tls").problem_at(key, Fault::Other(why));
            problem.map_or(Ok(settings), |problem| Err(at(problem)))
        })
    }

    /// Reads a configuration that is already in memory; messages call it `origin`.
    pub fn parse(text: &str, origin: impl AsRef<Path>) -> Result<Self, SettingsError> {
        read(text, origin.as_ref(), Self::checked)
    }

    fn checked(root: &Node<'_>) -> Result<Self, Problem> {
        if root.get("bridge").is_none() && root.value.is_table() {
            return Err(root.problem(Fault::Missing("bridge")));
        }
        let Tables { bridge: table, tls, export, import } = root.read()?;
        let bridge = root.at_key("bridge");
        let wrong = |key: &str, why: String| bridge.problem_at(key, Fault::Other(why));
        if !is_wire_name(&table.host) {
            return Err(wrong("host", regions::bad_name("a host", &table.host)));
        }
        if !is_region_name(&table.status) || table.status.len() > regions::MAX_NAME {
            return Err(wrong("status", regions::bad_name("a region", &table.status)));
        }
        let endpoints = endpoint::Rules { insecure: table.insecure, has_tls: tls.is_some() };
        let settings = Self {
            mode: mode(&bridge.at_key("mode"), &table.mode)?,
            listen: endpoints.list(&bridge, "listen", &table.listen)?,
            connect: endpoints.list(&bridge, "connect", &table.connect)?,
            lease: duration_in(&bridge, "lease", LEASE)?.unwrap_or(DEFAULT_LEASE),
            digest: duration_in(&bridge, "digest", DIGEST)?.unwrap_or(DEFAULT_DIGEST),
            tls: tls.map(|table| table.checked(&root.at_key("tls"))).transpose()?,
            exports: regions::exports(&root.at_key("export"), export)?,
            imports: regions::imports(&root.at_key("import"), import)?,
            host: table.host,
            sndbuf: table.sndbuf,
            status: table.status,
        };
        settings.check_links(&bridge)?;
        settings.check_regions(root)?;
        Ok(settings)
    }
}

fn mode(node: &Node<'_>, word: &str) -> Result<BridgeMode, Problem> {
    match word {
        "router" => Ok(BridgeMode::Router),
        "client" => Ok(BridgeMode::Client),
        "peer" => Err(node.problem(Fault::Other(
            "a peer passes nothing on, so that two of them behind a router never hear of each other; \
             write mode = \"router\" or mode = \"client\""
                .to_owned(),
        ))),
        _ => Err(node.problem(Fault::UnknownWord(&["router", "client"]))),
    }
}
