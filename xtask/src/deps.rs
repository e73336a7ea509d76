//! Licences, sources and known advisories of every dependency.
//!
//! cargo-deny does more, but the gate runs on fresh machines that reach the registry and not GitHub, where it
//! cannot get its advisories, and its build (cargo-deny 0.20.2, 140 crates) took more than 20 minutes on
//! two busy processors (November 2026). So the advisories of the packages in use are
//! kept in `xtask/advisories.toml`, and a package without an entry there is an error.

use std::collections::BTreeSet;

use semver::VersionReq;
use serde::Deserialize;

use crate::Outcome;
use crate::tools::{Package, metadata};

const ADVISORIES: &str = include_str!("../advisories.toml");

/// Also what only a feature brings in, such as the fuzzer.
const ALL: [&str; 2] = ["--locked", "--all-features"];

/// Licences that a binary under MIT or Apache-2.0 may carry along.
const ALLOWED: [&str; 14] = [
    // Of a part of iceoryx2: in no program that is shipped.
    "0BSD",
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    // Of a list of root certificates, in the bridge.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT-0",
    // Of cbindgen, which makes a header in a test: in no program that is shipped. Of `option-ext`, in the bridge,
    // whose files are unchanged.
    "MPL-2.0",
    // LLVM's, of libFuzzer: in no program that is shipped.
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Knowledge {
    reviewed: BTreeSet<String>,
    #[serde(default)]
    advisory: Vec<Advisory>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    id: String,
    package: String,
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
    /// Why it does not concern this project, if it does not.
    accepted: Option<String>,
}

/// Checks every package that Cargo.lock names.
pub(crate) fn run() -> Outcome {
    let knowledge: Knowledge = toml::from_str(ADVISORIES)?;
    let packages = metadata(&ALL)?.packages;
    let complaints: Vec<String> =
        packages.iter().flat_map(|package| complaints_about(package, &knowledge)).collect();
    if complaints.is_empty() {
        println!(
            "{} packages: licences, sources and {} known advisories are in order",
            packages.len(),
            knowledge.advisory.len()
        );
        return Ok(());
    }
    Err(format!("dependencies:\n  {}", complaints.join("\n  ")).into())
}

fn complaints_about(package: &Package, knowledge: &Knowledge) -> Vec<String> {
    let name = format!("{} {}", package.name, package.version);
    let mut complaints = Vec::new();
    if !is_licence_allowed(package.license.as_deref()) {
        let licence = package.license.as_deref().unwrap_or("none");
        complaints
            .push(format!("{name}: licence {licence} is not on the list in xtask/src/deps.rs"));
    }
    let Some(source) = &package.source else { return complaints };
    if !source.starts_with("registry+") {
        complaints.push(format!("{name}: comes from {source}, not from the registry"));
    }
    if !knowledge.reviewed.contains(&package.name) {
        complaints.push(format!(
            "{name}: look it up at rustsec.org, then add it to xtask/advisories.toml"
        ));
    }
    let hits = knowledge.advisory.iter().filter(|advisory| advisory.affects(package));
    complaints.extend(hits.map(|advisory| format!("{name}: {}; update it", advisory.id)));
    complaints
}

fn is_licence_allowed(licence: Option<&str>) -> bool {
    // "MIT/Apache-2.0" is how "or" was written before SPDX expressions.
    let expression = licence.unwrap_or_default().replace('/', " OR ");
    spdx::Expression::parse(&expression).is_ok_and(|expression| {
        expression.evaluate(|requirement| {
            requirement.license.id().is_some_and(|id| ALLOWED.contains(&id.name))
        })
    })
}

impl Advisory {
    fn affects(&self, package: &Package) -> bool {
        let safe = self.patched.iter().chain(&self.unaffected);
        self.package == package.name
            && self.accepted.is_none()
            && !safe.into_iter().any(|range| range.matches(&package.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, licence: &str, source: &str) -> Package {
        let version = version.parse().expect("a version");
        Package {
            name: name.into(),
            version,
            license: Some(licence.into()),
            manifest_path: std::path::PathBuf::new(),
            source: Some(source.into()),
        }
    }

    #[test]
    fn an_unpatched_version_a_strange_licence_and_a_foreign_source_are_each_complained_about() {
        let knowledge: Knowledge = toml::from_str(ADVISORIES).expect("the file");
        let registry = "registry+https://example.invalid/index";
        let cases = [
            (package("nix", "0.22.0", "MIT", registry), "RUSTSEC-2021-0119"),
            (package("nix", "0.31.0", "GPL-3.0-only", registry), "licence GPL-3.0-only"),
            (package("nix", "0.31.0", "MIT", "git+https://example.invalid"), "comes from git"),
            (package("left-pad", "1.0.0", "MIT", registry), "look it up"),
        ];
        for (package, complaint) in cases {
            let complaints = complaints_about(&package, &knowledge);
            assert_eq!(complaints.len(), 1, "{complaints:?}");
            assert!(complaints[0].contains(complaint), "{complaints:?}");
        }
        assert!(
            complaints_about(&package("nix", "0.31.0", "MIT", registry), &knowledge).is_empty()
        );
    }

    #[test]
    fn an_accepted_advisory_is_no_complaint_and_says_why() {
        let advisory = "[[advisory]]\nid = \"X-1\"\npackage = \"nix\"\npatched = [\">= 9\"]\n";
        let complaints = |text: &str| {
            let text = format!("reviewed = [\"nix\"]\n{text}");
            let knowledge: Knowledge = toml::from_str(&text).expect("knowledge");
            let nix = package("nix", "0.31.0", "MIT", "registry+https://example.invalid/index");
            complaints_about(&nix, &knowledge).len()
        };
        assert_eq!(complaints(advisory), 1);
        assert_eq!(complaints(&format!("{advisory}accepted = \"only on another system\"\n")), 0);
    }

    #[test]
    fn licences_are_read_as_expressions() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception OR MIT",
            "(MIT OR GPL-2.0-only) AND Unicode-3.0",
        ] {
            assert!(is_licence_allowed(Some(good)), "{good}");
        }
        for bad in [Some("GPL-2.0-only"), Some("MIT AND GPL-2.0-only"), Some(""), None] {
            assert!(!is_licence_allowed(bad), "{bad:?}");
        }
    }
}
