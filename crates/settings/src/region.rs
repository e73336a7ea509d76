//! `[region]`: where the region is and what its file is like.

use crate::address::Address;
use crate::document::{Entry, Section};
use crate::error::{SettingsError, SettingsErrorKind as Kind};
use crate::keys::REGION;

/// Mode of a region's file that says nothing else: the owner writes, everybody reads.
pub const DEFAULT_MODE: u32 = 0o644;
/// Slots of a region that says nothing else.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Header, slots and schema: torn-free and self-describing.
    #[default]
    Mapcast,
    /// The struct alone at offset 0, as plain C programs share it: no protection from torn reads.
    Bare,
}

impl RegionSettings {
    pub(crate) fn read(top: &Section<'_>) -> Result<Self, SettingsError> {
        let region = top.require("region")?.section(&REGION)?;
        let formats = [("mapcast", Format::Mapcast), ("bare", Format::Bare)];
        Ok(Self {
            address: address(&region)?,
            format: region.get("format").map_or(Ok(Format::default()), |e| e.word(&formats))?,
            mode: region.get("mode").map_or(Ok(DEFAULT_MODE), |entry| mode(&entry))?,
            group: region.get("group").map(|e| e.filled_text()).transpose()?.map(str::to_owned),
            slots: region.get("slots").map_or(Ok(DEFAULT_SLOTS), |entry| slots(&entry))?,
            wake: region.get("wake").map_or(Ok(true), |entry| entry.boolean())?,
        })
    }
}

fn address(region: &Section<'_>) -> Result<Address, SettingsError> {
    match (region.get("name"), region.get("path")) {
        (Some(_), Some(path)) => Err(path.error(Kind::Conflict { other: "name" })),
        (Some(name), None) => Address::name(name.text()?).map_err(|error| name.error(error)),
        (None, Some(path)) => Address::path(path.text()?).map_err(|error| path.error(error)),
        (None, None) => Err(region.missing("name")),
    }
}

/// An octal file mode: "0644" and "644", or the number `0o644`. A decimal 644 is none: it would
/// be the mode 1204.
fn mode(entry: &Entry<'_>) -> Result<u32, SettingsError> {
    let octal = match entry.value().as_integer() {
        Some(number) if number.radix() == 8 => number.as_str(),
        Some(_) => return Err(entry.bad_value("an octal file mode")),
        None => entry.text()?,
    };
    let digits = (3..=4).contains(&octal.len()) && octal.bytes().all(|b| b.is_ascii_digit());
    let bits = u32::from_str_radix(octal, 8).ok().filter(|bits| digits && *bits <= 0o777);
    let bits = bits.ok_or_else(|| entry.bad_value("an octal file mode"))?;
    if bits & 0o600 != 0o600 {
        return Err(entry.bad_value("a mode that lets the owner read and write"));
    }
    Ok(bits)
}

fn slots(entry: &Entry<'_>) -> Result<u32, SettingsError> {
    use layout::header::{MAX_SLOTS, MIN_SLOTS};

    let found = entry.whole()?;
    if let Ok(slots) = u32::try_from(found)
        && slots.is_power_of_two()
        && (MIN_SLOTS..=MAX_SLOTS).contains(&slots)
    {
        return Ok(slots);
    }
    let within = found.clamp(MIN_SLOTS.into(), MAX_SLOTS.into());
    let next = u32::try_from(within).map_or(DEFAULT_SLOTS, u32::next_power_of_two);
    let want = format!("a power of two from {MIN_SLOTS} to {MAX_SLOTS}");
    Err(entry.bad_value_for(want, format!("slots = {next}")))
}
