//! `--check`: what a configuration exports, imports and connects, on stdout.

use std::fmt::Write as _;

use daemon::counted;
use region::RegionErrorKind;
use settings::{BridgeMode, BridgeSettings, duration_text};

use super::error::Kind;

/// The report, a line for each export, import and endpoint.
pub(crate) fn report(settings: &BridgeSettings) -> String {
    let mut text = String::new();
    let mode = match settings.mode {
        BridgeMode::Router => "router",
        BridgeMode::Client => "client",
    };
    let host = &settings.host;
    let _ = writeln!(text, "host     {host}, a {mode}");
    for (what, endpoints) in [("listen ", &settings.listen), ("connect", &settings.connect)] {
        for endpoint in endpoints {
            let how = if endpoint.is_tls() { "encrypted" } else { "not encrypted" };
            let _ = writeln!(text, "{what}  {endpoint}, {how}");
        }
    }
    for export in &settings.exports {
        let how = match export.lossless {
            Some(kept) => format!("each record, {kept} kept"),
            None => format!("at most {} records/s", export.max_hz),
        };
        let mirrors = match export.hops {
            0 => String::new(),
            hops => format!(", mirrors up to {}", counted(hops, "hop")),
        };
        let (region, name) = (&export.region, &export.name);
        let _ = writeln!(text, "export   {region} as {host}/{name}, {how}{mirrors}");
    }
    for import in &settings.imports {
        let stale = duration_text(import.stale_after);
        let (from, name) = (&import.from, &import.name);
        let target = import.template();
        let behind = import
            .lossless
            .map_or(String::new(), |most| format!(", each record up to {most} behind"));
        let _ = writeln!(text, "import   {from}/{name} as {target}, stalled after {stale}{behind}");
    }
    let _ = writeln!(text, "status   {}", settings.status);
    text
}

/// An error if regions that are given by name have no directory: nothing could be read or written, and not even the status
/// would say so.
pub(crate) fn directory(settings: &BridgeSettings) -> Result<(), Kind> {
    match region::locate(&settings.status) {
        Err(error) if matches!(error.kind(), RegionErrorKind::RelativeDirectory(_)) => {
            Err(Kind::Directory(error))
        }
        _ => Ok(()),
    }
}

/// Warns of endpoints that others can read and change.
pub(crate) fn warn_of_exposed(settings: &BridgeSettings) {
    for endpoint in
        settings.listen.iter().chain(&settings.connect).filter(|endpoint| endpoint.is_exposed())
    {
        tracing::warn!(
            "{endpoint} is not encrypted: any host on the way can read and change what is sent; write tls/ instead"
        );
    }
}
