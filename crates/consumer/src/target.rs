//! From the argument to a region: which file, what its bytes are, how often to look.
//!
//! Invariant: what the argument means depends on its spelling alone, never on what lies in the
//! working directory.
//!
//! ```text
//!   (nothing)      the embedded configuration: the region "stu"
//!   my.toml        a configuration
//!   ./x, /run/x    the region at this path
//!   host           the region of this name: NAME.region in the default directory
//! ```

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use layout::Schema;
use region::RegionError;
use settings::{Address, AddressError, ConsumerSettings, Settings, SettingsError};

/// What the first argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A configuration: it ends in `.toml`.
    Config(PathBuf),
    /// A region.
    Region(Address),
}

impl Source {
    pub(crate) fn from_argument(argument: OsString) -> Result<Self, AddressError> {
        let path = Path::new(&argument);
        if path.extension().is_some_and(|extension| extension == "toml") {
            return Ok(Self::Config(path.to_owned()));
        }
        // A path need not be UTF-8; a name has to be, and is refused with its bytes replaced.
        if argument.as_bytes().contains(&b'/') {
            return Ok(Self::Region(Address::Path(argument.into())));
        }
        argument.to_string_lossy().parse().map(Self::Region)
    }
}

/// A region to read.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) format: Format,
    /// Time from one look at the latest value to the next.
    pub(crate) poll: Duration,
}

/// What its bytes are, and who says so.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// The region describes itself; a configuration may have said what to expect.
    Mapcast { expected: Option<Arc<Schema>> },
    /// The struct alone, as the configuration describes it.
    Bare(Arc<Schema>),
}

impl Target {
    /// Reads the configuration, if the argument is one.
    pub(crate) fn resolve(source: Option<&Source>) -> Result<Self, SettingsError> {
        match source {
            None => {
                let format = Format::Mapcast { expected: None };
                Ok(Self { format, ..Self::configured(Settings::embedded()) })
            }
            Some(Source::Config(path)) => Settings::load(path).map(Self::configured),
            Some(Source::Region(address)) => Ok(Self {
                address: address.clone(),
                format: Format::Mapcast { expected: None },
                poll: ConsumerSettings::default().poll,
            }),
        }
    }

    fn configured(settings: Settings) -> Self {
        let schema = settings.record.schema;
        let format = match settings.region.format {
            settings::Format::Mapcast => Format::Mapcast { expected: Some(schema) },
            settings::Format::Bare => Format::Bare(schema),
        };
        Self { address: settings.region.address, format, poll: settings.consumer.poll }
    }

    /// The file, as things stand now: a name is looked up again at each call, because a region
    /// that is not there yet may appear in one of two directories.
    pub(crate) fn path(&self) -> Result<PathBuf, RegionError> {
        match &self.address {
            Address::Name(name) => region::find(name),
            Address::Path(path) => Ok(path.clone()),
        }
    }

    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.format, Format::Bare(_))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;
    use std::time::Duration;

    use settings::Address;

    use super::{Format, Source, Target};

    #[test]
    fn the_spelling_decides_what_an_argument_is() {
        let source = |text: &str| Source::from_argument(text.into()).expect("usage");
        assert_eq!(source("x.toml"), Source::Config("x.toml".into()));
        assert_eq!(source("/etc/x.toml"), Source::Config("/etc/x.toml".into()));
        assert_eq!(source("./x"), Source::Region(Address::Path("./x".into())));
        assert_eq!(source("host"), Source::Region(Address::Name("host".into())));
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
        let target = Target::resolve(None).expect("embedded");
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
        let target = Target::resolve(Some(&Source::Config(path))).expect("a configuration");
        assert_eq!(target.address, Address::Path("./x.region".into()));
        assert_eq!(target.poll, Duration::from_millis(30));
        assert!(matches!(&target.format, Format::Bare(schema) if schema.size() == 4));
    }
}
