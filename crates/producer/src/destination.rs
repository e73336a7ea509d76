//! Where the region is: at an address, in a descriptor that was passed, or in a memfd.
//!
//! ```text
//!   --memfd            the memfd kept since the last start, else a new one
//!   --region fd:NAME   the descriptor of that name
//!   --region ADDRESS   there
//!   (neither)          the descriptor called "region" if one was passed, else the configuration's; with
//!                      several configurations always that
//! ```

use std::fs::File;
use std::path::PathBuf;

use daemon::{Passed, PassedFd};
use settings::{Format, Settings};

use crate::cli::{Args, RegionArgument};
use crate::configs::Configs;
use crate::error::{Kind, ProducerError};

/// Where this producer's region is.
#[derive(Debug)]
pub(crate) enum Destination {
    /// At the address in the settings.
    Address,
    /// In a descriptor that another process opened.
    Passed { file: File, label: PathBuf },
    /// In memory alone; `kept` is the memfd of the previous process.
    Memfd { kept: Option<File>, label: PathBuf },
}

impl Destination {
    /// Chooses among what the command line, the environment and the settings offer.
    pub(crate) fn choose(
        args: &Args,
        configs: &Configs,
        passed: &mut Passed,
        settings: &Settings,
    ) -> Result<Self, ProducerError> {
        if configs.may_be_many() {
            return Ok(Self::Address);
        }
        let destination = match &args.region {
            None if args.memfd => {
                let kept = passed.take(PassedFd::REGION).map(|kept| kept.file);
                Self::Memfd { kept, label: format!("memfd:{}", settings.region.address).into() }
            }
            Some(RegionArgument::Descriptor(name)) => {
                passed.require(name).map_err(Kind::Passed)?.into()
            }
            Some(RegionArgument::Address(_)) => Self::Address,
            None => passed.take(PassedFd::REGION).map_or(Self::Address, Self::from),
        };
        destination.check(args, settings)
    }

    fn check(self, args: &Args, settings: &Settings) -> Result<Self, ProducerError> {
        let label = match &self {
            Self::Address => return Ok(self),
            Self::Passed { label, .. } | Self::Memfd { label, .. } => label.clone(),
        };
        match () {
            () if settings.region.format == Format::Bare => Err(Kind::BareDescriptor(label).into()),
            () if args.standby => Err(Kind::StandbyDescriptor(label).into()),
            () => Ok(self),
        }
    }
}

impl From<PassedFd> for Destination {
    fn from(PassedFd { file, label }: PassedFd) -> Self {
        Self::Passed { file, label }
    }
}
