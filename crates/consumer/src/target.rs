//! From the argument to a region: which file, in which format, how often to poll.
//!
//! Invariant: the meaning of the argument depends on its spelling alone, never on the files in the
//! working directory.
//!
//! ```text
//!   (nothing)      the embedded configuration: the region "stu"
//!   my.toml        a configuration
//!   -              a configuration on standard input
//!   ./x, /run/x    the region at this path
//!   host           the region of this name: NAME.region in the default directory
//!   fd:NAME        the region in a descriptor that the parent process has passed
//! ```
//!
//! One exception: if the argument names no region, a descriptor passed as `region` is read.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use daemon::{Passed, PassedFd};
use layout::Schema;
use region::{AnyReader, Begin, RegionError, ToPlace};
use settings::{Address, AddressError, ConsumerSettings, RecordSettings, Settings, is_stdin};

use crate::error::{ConsumerError, Kind};
use crate::selection::Selection;
use crate::source::{BareSource, InstanceSource, RegionSource, Source as MappedSource};

/// The kinds of first argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A configuration: it ends in `.toml`, or is standard input.
    Config(PathBuf),
    /// A region.
    Region(Address),
    /// A descriptor that was passed, by name.
    Descriptor(String),
}

impl Source {
    pub(crate) fn from_argument(argument: OsString) -> Result<Self, AddressError> {
        let path = Path::new(&argument);
        if is_stdin(path) || path.extension().is_some_and(|extension| extension == "toml") {
            return Ok(Self::Config(path.to_owned()));
        }
        if let Some(name) = PassedFd::name_in(&argument) {
            return Ok(Self::Descriptor(name.to_owned()));
        }
        Address::from_argument(argument).map(Self::Region)
    }
}

/// A region to read.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: Address,
    /// Read in place of the address.
    pub(crate) passed: Option<Arc<PassedFd>>,
    pub(crate) format: Format,
    /// Time between two reads of the latest value.
    pub(crate) poll: Duration,
    /// The configuration's template of a line.
    pub(crate) line: Option<String>,
    /// The record that following begins with; `None`: the first one, in a file that has taken the place of
    /// another.
    pub(crate) begin: Option<Begin>,
    /// The instances that are asked for.
    pub(crate) selection: Selection,
}

/// The format of a region.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// The region describes itself; a configuration may describe the expected record.
    Mapcast { expected: Option<Arc<Schema>> },
    /// The struct alone, as the configuration describes it.
    /// With instances, an array of it.
    Bare(RecordSettings),
}

impl Target {
    /// Reads the configuration, if the argument is one.
    pub(crate) fn resolve(
        source: Option<&Source>,
        mut passed: Passed,
    ) -> Result<Self, ConsumerError> {
        // The region's own line is the one to print.
        let default = Self {
            format: Format::Mapcast { expected: None },
            line: None,
            ..Self::configured(Settings::embedded())
        };
        let mut target = match source {
            None => default,
            Some(Source::Config(path)) => Self::configured(Settings::load(path)?),
            Some(Source::Region(address)) => {
                let poll = ConsumerSettings::default().poll;
                return Ok(Self { address: address.clone(), poll, ..default });
            }
            Some(Source::Descriptor(name)) => {
                let passed = passed.require(name).map_err(Kind::Passed)?;
                let poll = ConsumerSettings::default().poll;
                return Ok(Self { passed: Some(Arc::new(passed)), poll, ..default });
            }
        };
        target.passed = passed.take(PassedFd::REGION).map(Arc::new);
        match &target.passed {
            Some(passed) if target.is_bare() => {
                Err(Kind::BareDescriptor(passed.label.clone()).into())
            }
            _ => Ok(target),
        }
    }

    fn configured(settings: Settings) -> Self {
        let record = settings.record;
        let format = match settings.region.format {
            settings::Format::Mapcast => Format::Mapcast { expected: Some(record.schema) },
            settings::Format::Bare => Format::Bare(record),
        };
        let ConsumerSettings { poll, line } = settings.consumer;
        let (address, begin) = (settings.region.address, Some(Begin::default()));
        let selection = Selection::default();
        Self { address, passed: None, format, poll, line, begin, selection }
    }

    /// Where the region is now. A name is resolved at each call, because a region that does not
    /// exist yet may appear in one of two directories.
    pub(crate) fn locate(&self) -> Result<region::Address, RegionError> {
        match (&self.passed, &self.address) {
            (Some(passed), _) => Ok(passed.label.as_path().into()),
            (None, address) => address.place().to_read(),
        }
    }

    /// The region's file, as messages call it.
    pub(crate) fn path(&self) -> PathBuf {
        match self.locate() {
            Ok(address) => address.path().to_owned(),
            Err(error) => error.path().to_owned(),
        }
    }

    /// Attaches to the current file.
    pub(crate) fn open(&self) -> Result<Box<dyn MappedSource>, RegionError> {
        let address = self.locate()?;
        Ok(match (&self.format, &self.passed) {
            (Format::Bare(record), _) => {
                Box::new(BareSource::open(&address, record, &self.selection)?)
            }
            (Format::Mapcast { .. }, Some(passed)) => {
                self.source(AnyReader::open_file(&passed.file, &passed.label)?)
            }
            (Format::Mapcast { .. }, None) => self.source(AnyReader::open(&address)?),
        })
    }

    fn source(&self, reader: AnyReader) -> Box<dyn MappedSource> {
        match reader {
            AnyReader::Plain(reader) => {
                Box::new(RegionSource::new(reader, self.begin.unwrap_or(Begin::Oldest)))
            }
            AnyReader::Instances(reader) => {
                Box::new(InstanceSource::new(reader, self.begin, self.selection.clone()))
            }
        }
    }

    /// Why an instance that is asked for will never be there, if that is so: a bare file has those of its
    /// configuration.
    pub(crate) fn absence(&self) -> Option<Kind> {
        let Format::Bare(record) = &self.format else { return None };
        let names = record.listed();
        if names.is_empty() { None } else { self.selection.absence(self.path(), names) }
    }

    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.format, Format::Bare(_))
    }
}

/// As given: a name, a path, or a passed descriptor.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.passed {
            Some(passed) => passed.label.display().fmt(f),
            None => self.address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;
    use std::time::Duration;

    use settings::Address;

    use super::{Format, Passed, Source, Target};

    #[test]
    fn the_spelling_decides_what_an_argument_is() {
        let source = |text: &str| Source::from_argument(text.into()).expect("usage");
        assert_eq!(source("x.toml"), Source::Config("x.toml".into()));
        assert_eq!(source("/etc/x.toml"), Source::Config("/etc/x.toml".into()));
        assert_eq!(source("-"), Source::Config("-".into()));
        assert_eq!(source("./-"), Source::Region(Address::Path("./-".into())));
        assert_eq!(source("./x"), Source::Region(Address::Path("./x".into())));
        assert_eq!(source("host"), Source::Region(Address::Name("host".into())));
        assert_eq!(source("fd:region"), Source::Descriptor("region".into()));
        assert_eq!(source("./fd:x"), Source::Region(Address::Path("./fd:x".into())));
        for bad in ["", ".hidden", "na me", "new\nline"] {
            assert!(Source::from_argument(bad.into()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_path_need_not_be_utf8() {
        let bytes = OsString::from_vec(b"/dev/shm/\xff".to_vec());
        let source = Source::from_argument(bytes.clone()).expect("a path");
        assert_eq!(source, Source::Region(Address::Path(PathBuf::from(bytes))));
        assert!(Source::from_argument(OsString::from_vec(b"\xff".to_vec())).is_err());
    }

    #[test]
    fn without_an_argument_it_is_the_embedded_region() {
        let target = Target::resolve(None, Passed::default()).expect("embedded");
        assert_eq!(target.address, Address::Name("stu".into()));
        assert_eq!(target.poll, Duration::from_secs(2));
        assert!(matches!(target.format, Format::Mapcast { expected: None }));
    }

    #[test]
    fn a_configuration_says_where_how_and_how_often() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.toml");
        let text = "[region]\npath = \"./x.region\"\nformat = \"bare\"\n[record]\nname = \"X\"\n\
                    [[record.field]]\nname = \"x\"\ntype = \"i32\"\n[consumer]\npoll = \"30ms\"\n";
        std::fs::write(&path, text).unwrap();
        let target = Target::resolve(Some(&Source::Config(path)), Passed::default())
            .expect("a configuration");
        assert_eq!(target.address, Address::Path("./x.region".into()));
        assert_eq!(target.poll, Duration::from_millis(30));
        assert!(matches!(&target.format, Format::Bare(record) if record.schema.size() == 4));
    }
}
