//! `[region]`: where the region is and what its file is like.

use layout::header::{MAX_SLOTS, MIN_SLOTS};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::address::Address;
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::filled;

/// Mode of a region's file without the key: the owner writes, all users read.
pub const DEFAULT_MODE: u32 = 0o644;
/// Slots of a region without the key.
pub const DEFAULT_SLOTS: u32 = 8;

/// Where the region is and what its file is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionSettings {
    /// Where it is.
    pub address: Address,
    /// What its bytes are.
    pub format: Format,
    /// Permission bits of the file, whatever the umask; `0o600` to `0o777`: the owner must always
    /// be able to read and write, or a restart could not.
    pub mode: u32,
    /// The group of the file, by name or number; `None` leaves it to the system.
    pub group: Option<String>,
    /// Records kept, a power of two. A bare region always has one.
    pub slots: u32,
    /// Whether each publish wakes waiting readers. A bare region cannot.
    pub wake: bool,
}

/// What the bytes of a region are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Header, slots and schema: torn-free and self-describing.
    #[default]
    Mapcast,
    /// The struct alone at offset 0, as plain C programs share it: no protection from torn reads.
    Bare,
}

/// `[region]` as serde fills it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionTable {
    name: Option<String>,
    path: Option<String>,
    #[serde(default)]
    format: Format,
    /// Read by [`mode`], because serde does not tell 0o644 from 420.
    #[serde(rename = "mode")]
    _mode: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "filled")]
    group: Option<String>,
    slots: Option<i64>,
    wake: Option<bool>,
}

impl RegionTable {
    /// The settings, if they are valid; `region` is the table in the file.
    pub(crate) fn checked(self, region: &Node<'_>) -> Result<RegionSettings, Problem> {
        Ok(RegionSettings {
            address: address(region, self.name.as_deref(), self.path.as_deref())?,
            format: self.format,
            mode: mode_in(region)?,
            group: self.group,
            slots: self.slots.map_or(Ok(DEFAULT_SLOTS), |found| slots(region, found))?,
            wake: self.wake.unwrap_or(true),
        })
    }
}

fn address(region: &Node<'_>, name: Option<&str>, path: Option<&str>) -> Result<Address, Problem> {
    let (key, address) = match (name, path) {
        (Some(_), Some(_)) => {
            let both = "given together with name; keep one of the two".to_owned();
            return Err(region.problem_at("path", Fault::Other(both)));
        }
        (Some(name), None) => ("name", Address::name(name)),
        (None, Some(path)) => ("path", Address::path(path)),
        (None, None) => return Err(region.problem(Fault::Missing("name"))),
    };
    address.map_err(|error| region.problem_at(key, Fault::Other(error.to_string())))
}

/// The mode in this table, or the usual one.
pub(crate) fn mode_in(table: &Node<'_>) -> Result<u32, Problem> {
    table.get("mode").map_or(Ok(DEFAULT_MODE), |node| mode(&node))
}

/// An octal file mode: "0644" and "644", or the number `0o644`. A decimal 644 is none: it would
/// be the mode 1204.
fn mode(node: &Node<'_>) -> Result<u32, Problem> {
    let octal = match node.value.as_integer() {
        Some(number) if number.radix() == 8 => number.as_str().to_owned(),
        Some(_) => String::new(),
        None => node.read()?,
    };
    let digits = (3..=4).contains(&octal.len()) && octal.bytes().all(|b| b.is_ascii_digit());
    let bits = u32::from_str_radix(&octal, 8).ok().filter(|bits| digits && *bits <= 0o777);
    let bits = bits.ok_or_else(|| node.problem(Fault::not("an octal file mode")))?;
    if bits & 0o600 != 0o600 {
        return Err(node.problem(Fault::not("a mode that lets the owner read and write")));
    }
    Ok(bits)
}

fn slots(region: &Node<'_>, found: i64) -> Result<u32, Problem> {
    let slots = found.clamp(MIN_SLOTS.into(), MAX_SLOTS.into());
    let slots = u32::try_from(slots).map_or(DEFAULT_SLOTS, u32::next_power_of_two);
    if found == i64::from(slots) {
        return Ok(slots);
    }
    let want = format!("a power of two from {MIN_SLOTS} to {MAX_SLOTS}");
    Err(region.problem_at("slots", Fault::not_but(want, format!("slots = {slots}"))))
}
