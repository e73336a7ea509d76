//! What the parts of a bridge's file are together: links that lead somewhere, regions that are not written twice.

use std::borrow::Cow;

use super::{BridgeMode, BridgeSettings, Export, Import, NamePattern};
use crate::address::Address;
use crate::duration_text;
use crate::fault::{Fault, Problem};
use crate::node::Node;

/// An error about `key` in the table `index` of a list.
fn wrong(list: &Node<'_>, index: usize, key: &str, why: impl Into<String>) -> Problem {
    let items = list.items();
    items.get(index).unwrap_or(list).problem_at(key, Fault::Other(why.into()))
}

impl BridgeSettings {
    pub(super) fn check_links(&self, bridge: &Node<'_>) -> Result<(), Problem> {
        self.check_mode(bridge)?;
        self.check_endpoints(bridge)?;
        self.check_own_endpoints(bridge)
    }

    /// An error if an endpoint is there twice.
    fn check_endpoints(&self, bridge: &Node<'_>) -> Result<(), Problem> {
        for (key, endpoints) in [("listen", &self.listen), ("connect", &self.connect)] {
            let is_again = |&(index, endpoint): &(usize, &_)| endpoints[..index].contains(endpoint);
            if let Some((index, endpoint)) = endpoints.iter().enumerate().find(is_again) {
                let why = format!("{endpoint} is there twice; remove one");
                return Err(problem_of(bridge, key, index, why));
            }
        }
        Ok(())
    }

    fn check_mode(&self, bridge: &Node<'_>) -> Result<(), Problem> {
        let (key, why) = match self.mode {
            BridgeMode::Client if self.connect.is_empty() => (
                "connect",
                "missing: a client needs a router; add connect = [\"tls/hub.example:7447\"]",
            ),
            BridgeMode::Client if !self.listen.is_empty() => {
                ("listen", "a client does not listen; remove it, or write mode = \"router\"")
            }
            BridgeMode::Router if self.listen.is_empty() && self.connect.is_empty() => (
                "listen",
                "missing: there is no link; add listen = [\"tls/0.0.0.0:7447\"], or connect",
            ),
            _ => return Ok(()),
        };
        Err(bridge.problem_at(key, Fault::Other(why.to_owned())))
    }

    /// An error if the bridge would connect to itself.
    fn check_own_endpoints(&self, bridge: &Node<'_>) -> Result<(), Problem> {
        for (index, endpoint) in self.connect.iter().enumerate() {
            let Some(own) = self.listen.iter().find(|listen| endpoint.leads_to(listen)) else {
                continue;
            };
            let why =
                format!("{endpoint} is this bridge itself, which listens on {own}; remove it");
            return Err(problem_of(bridge, "connect", index, why));
        }
        Ok(())
    }

    /// An error if nothing would be exported, imported or passed on, or a region would have two uses.
    pub(super) fn check_regions(&self, root: &Node<'_>) -> Result<(), Problem> {
        if self.exports.is_empty() && self.imports.is_empty() && self.listen.is_empty() {
            let why = "there is nothing to do; add [[export]] with region = \"stu\", or [[import]]";
            return Err(root.problem_at("bridge", Fault::Other(why.to_owned())));
        }
        let own = Address::Name(self.status.clone());
        let exports = root.at_key("export");
        if let Some(index) = self.exports.iter().position(|export| export.region == own) {
            let why = "is the region of the bridge's own state; export another one, or give that another name \
                       (status in [bridge])";
            return Err(wrong(&exports, index, "region", why));
        }
        let imports = root.at_key("import");
        for index in 0..self.imports.len() {
            self.check_import(index, &own)
                .map_err(|(key, why)| wrong(&imports, index, key, why))?;
        }
        Ok(())
    }

    fn check_import(
        &self,
        index: usize,
        own: &Address,
    ) -> Result<(), (&'static str, Cow<'static, str>)> {
        let (before, import) = (&self.imports[..index], &self.imports[index]);
        if import.from == NamePattern::exact(&self.host) {
            return Err(("from", "is this host; import from another one".into()));
        }
        if import.stale_after < 2 * self.digest {
            // With the names of both keys: what is too short may be the default.
            let (have, least) = (duration_text(import.stale_after), duration_text(2 * self.digest));
            let why = format!(
                "is {have}, shorter than two digests; write stale_after = \"{least}\" or more, or a \
                 shorter digest in [bridge]"
            );
            return Err(("stale_after", why.into()));
        }
        if before.iter().any(|other| other.covers(import)) {
            let why =
                "is imported by an [[import]] before this one; write this one first, or remove it";
            return Err(("name", why.into()));
        }
        let Some(target) = import.fixed_target() else { return Ok(()) };
        let is_exported = |export: &Export| target == export.region && export.hops == 0;
        let twice = |other: &Import| other.fixed_target().as_ref() == Some(&target);
        let why = match () {
            () if target == *own => {
                "is the region of the bridge's own state; give the mirror another name"
            }
            () if self.exports.iter().any(is_exported) => {
                "is exported, too; export a region of this host, or write hops = 1 in that export"
            }
            () if before.iter().any(twice) => {
                "is the mirror of another import already; give it another name"
            }
            () => return Ok(()),
        };
        Err(("region", why.into()))
    }
}

/// A problem of one endpoint of a list, or of the only one that is written without a list.
fn problem_of(bridge: &Node<'_>, key: &str, index: usize, why: String) -> Problem {
    let list = bridge.at_key(key);
    let items = list.items_or_self();
    items.get(index).unwrap_or(&list).problem(Fault::Other(why))
}
