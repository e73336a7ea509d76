//! A region as it is given on the command line: a name, a path, or a configuration.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use mapcast::{ErrorKind, InstanceName, ToPlace};
use settings::{Address, AddressError, Format, Settings, nearest};

use crate::ToolError;
use crate::observed::Observed;

/// Ends the name of a configuration.
const CONFIG: &str = ".toml";

/// What an argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionArgument {
    /// A region.
    Region(Address),
    /// A configuration, whose region it is.
    Config(PathBuf),
}

impl RegionArgument {
    /// Parses an argument: see [`RegionArgument`].
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        OsStringValueParser::new().try_map(Self::parse)
    }

    /// What `argument` names.
    pub(crate) fn parse(argument: OsString) -> Result<Self, AddressError> {
        let is_config = argument.to_str().is_some_and(|text| text.ends_with(CONFIG));
        if is_config {
            return Ok(Self::Config(argument.into()));
        }
        Address::from_argument(argument).map(Self::Region)
    }

    /// Attaches to the region.
    pub(crate) fn observed(&self) -> Result<Observed, ToolError> {
        Observed::open(self.located()?).map_err(|error| self.explained(error))
    }

    /// `error` of this region; if it is not there, with the name of one that may be meant.
    pub(crate) fn explained(&self, error: mapcast::Error) -> ToolError {
        let meant = match self {
            Self::Region(Address::Name(name)) if matches!(error.kind(), ErrorKind::NotThere) => {
                similar(name)
            }
            _ => None,
        };
        match meant {
            Some(meant) => ToolError::OtherName { error, meant },
            None => ToolError::Region(error),
        }
    }

    /// Where the region is.
    pub(crate) fn located(&self) -> Result<Address, ToolError> {
        match self {
            Self::Region(address) => Ok(address.clone()),
            Self::Config(path) => {
                let region = Settings::load(path)?.region;
                match region.format {
                    Format::Mapcast => Ok(region.address),
                    Format::Bare => Err(ToolError::Bare(path.clone())),
                }
            }
        }
    }
}

/// The name of an instance on a command line.
///
/// # Errors
/// It is none: why, and what to give.
pub(crate) fn instance_name(text: &str) -> Result<InstanceName, String> {
    InstanceName::new(text).map_err(|error| format!("{error}; give a name of 1 to 64 bytes"))
}

/// The region whose name is nearest to `name`.
pub(crate) fn similar(name: &str) -> Option<String> {
    let listing = mapcast::list().ok()?;
    let names: Vec<&str> = listing.regions.iter().map(|(name, _)| name.as_str()).collect();
    nearest(name, &names).map(str::to_owned)
}

/// The file of a region, if it is there; else its path or its name. Two arguments with one file are the same
/// region.
pub(crate) fn file_of(address: &Address) -> PathBuf {
    let path = match address.place().to_read() {
        Ok(address) => address.path().to_owned(),
        Err(_) => address.to_string().into(),
    };
    path.canonicalize().unwrap_or(path)
}
