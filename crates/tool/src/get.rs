//! `mapcast get`: values of one record, bare, for scripts.
//!
//! Invariant: the values of a line are of one record.
//!
//! Price: the bytes from the first to the last of the named fields are copied, not the record; of an
//! instance, its record.

use std::io;
use std::path::{Path, PathBuf};

use daemon::Exit;
use daemon::cli::{option_value, shell_path, shell_word};
use mapcast::dynamic::{InstanceReader, Reader, RecordBuf};
use mapcast::{ErrorKind, Instance, InstanceName};
use query::instead_of_shown;
use render::{Values, ViewError};

use crate::ToolError;
use crate::cli::Format;
use crate::completion;
use crate::error::print;
use crate::observed::Observed;
use crate::region_argument::{RegionArgument, instance_name};

const EXAMPLES: &str = "\
Examples:
  mapcast get host load1                     12.5
  mapcast get drone mode velocity[0]         two values, a line each
  mapcast get drone mode --raw               3, where the label would be hold
  mapcast get drone mode battery --format json   {\"mode\":\"hold\",\"battery\":87.5}
  mapcast get net received                   a line for each instance: its name, a tab, the value
  mapcast get net received --instance eth0   the value of one
  [ \"$(mapcast get boiler burner)\" = on ] && echo burning

JSON has no NaN and no infinities: they are null in it, and NaN, inf, -inf in text.

Values are those of the newest record, also after its writer has ended; `consumer REGION --once --require live --max-age 5s` checks that it is fresh. All values of a line are of one record.

Exit codes:
  0  done
  1  failure
  2  wrong usage, or the record has no such field
  3  no such region, no record yet, or no such instance";

/// The command line of `get`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
#[allow(rustdoc::broken_intra_doc_links, reason = "the text of --help, in which [0] is an element")]
pub struct Args {
    /// A region (name or path) or a .toml
    #[arg(value_parser = RegionArgument::parser(), add = daemon::cli::regions(&["toml"]))]
    pub region: RegionArgument,

    /// Fields, or elements of arrays: speed velocity[0]
    #[arg(required = true, value_name = "FIELD", add = completion::fields())]
    pub fields: Vec<String>,

    /// Of a region of instances, print this one's values only: its name, not a pattern
    ///
    /// `consumer REGION --once --instance 'eth*'` prints those that a pattern matches.
    #[arg(long, value_name = "NAME", value_parser = instance_name, add = completion::instances())]
    pub instance: Option<InstanceName>,

    /// Print the number of a value that has a label
    #[arg(long)]
    pub raw: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
}

/// Why there are no values. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GetError {
    /// A field is not there, or named twice.
    #[error("{}: {error}", path.display())]
    Fields {
        /// The region's file.
        path: PathBuf,
        /// Which field, and what to write instead.
        error: ViewError,
    },
    /// Nothing has been published.
    #[error(
        "{}: nothing has been published yet; wait for it with `consumer {} --once --timeout 10s`",
        .0.display(), shell_path(.0)
    )]
    NothingYet(PathBuf),
    /// Nothing has been published for this instance.
    #[error(
        "{}: instance {name:?} has no record yet; wait for it with `consumer {} --once --instance={} --timeout 10s`",
        path.display(), shell_path(path), shell_word(name)
    )]
    NothingYetOf {
        /// The region's file.
        path: PathBuf,
        /// The name that was given.
        name: String,
    },
    /// Of many instances none is there.
    #[error("{}: the region has no instances now; {}", .0.display(), daemon::NO_INSTANCES_STEP)]
    NoInstances(PathBuf),
    /// There is no such instance.
    #[error("{}: there is no instance {name:?}; {instead}", path.display())]
    NoInstance {
        /// The region's file.
        path: PathBuf,
        /// The name that was given.
        name: String,
        /// What to do.
        instead: String,
    },
    /// The region has one record.
    #[error("{}: the region has one record and no instances; leave out --instance", .0.display())]
    Plain(PathBuf),
}

impl GetError {
    /// The exit code for this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Fields { .. } | Self::Plain(_) => Exit::Usage,
            Self::NothingYet(_)
            | Self::NothingYetOf { .. }
            | Self::NoInstances(_)
            | Self::NoInstance { .. } => Exit::NoValue,
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let mut region = args.region.observed()?;
    let (path, schema) = (region.reader().path().to_owned(), region.reader().schema().clone());
    let values = Values::named(&args.fields, &schema)
        .map_err(|error| GetError::Fields { path: path.clone(), error })?;
    let values = if args.raw { values.without_labels() } else { values };
    let mut lines = Lines { values, format: args.format, text: Vec::new() };
    let mut record = RecordBuf::new(schema);
    match (&mut region, &args.instance) {
        (Observed::One(_), Some(_)) => return Err(GetError::Plain(path).into()),
        (Observed::One(reader), None) => lines.add_newest(reader, &mut record)?,
        (Observed::Many(reader), Some(name)) => lines.add_instance(reader, name, &mut record)?,
        (Observed::Many(reader), None) => lines.add_all(reader, &mut record)?,
    }
    print(&String::from_utf8_lossy(&lines.text))
}

/// What will be printed.
struct Lines {
    values: Values,
    format: Format,
    text: Vec<u8>,
}

impl Lines {
    fn add_newest(&mut self, reader: &mut Reader, record: &mut RecordBuf) -> Result<(), ToolError> {
        let range = self.values.range(reader.schema());
        let found = reader.latest_range(range, record.bytes_mut())?;
        found.ok_or_else(|| GetError::NothingYet(reader.path().to_owned()))?;
        self.add(record);
        Ok(())
    }

    fn add_instance(
        &mut self,
        reader: &mut InstanceReader,
        name: &str,
        record: &mut RecordBuf,
    ) -> Result<(), ToolError> {
        let instance = reader.find(name).ok_or_else(|| no_instance(reader, name))?;
        let found = reader.latest(instance, record.bytes_mut())?;
        let (path, name) = (reader.path(), name.to_owned());
        found.ok_or_else(|| GetError::NothingYetOf { path: path.to_owned(), name })?;
        self.add(record);
        Ok(())
    }

    /// Every instance that has a record.
    fn add_all(
        &mut self,
        reader: &mut InstanceReader,
        record: &mut RecordBuf,
    ) -> Result<(), ToolError> {
        let all: Vec<(Instance, _)> = reader.all().collect();
        if all.is_empty() {
            return Err(GetError::NoInstances(reader.path().to_owned()).into());
        }
        for (instance, name) in all {
            match reader.latest(instance, record.bytes_mut()) {
                Ok(Some(_)) => self.add_named(&name, record),
                Ok(None) => {}
                // It is retired meanwhile.
                Err(error) if matches!(error.kind(), ErrorKind::NoSuchInstance) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.text.is_empty() {
            return Err(GetError::NothingYet(reader.path().to_owned()).into());
        }
        Ok(())
    }

    fn add(&mut self, record: &RecordBuf) {
        let written = match self.format {
            Format::Text => self.values.write_text(record.view(), "\n", &mut self.text),
            Format::Json => self.values.write_json(record.view(), None, &mut self.text),
        };
        in_memory(written);
    }

    fn add_named(&mut self, name: &str, record: &RecordBuf) {
        let written = match self.format {
            Format::Text => {
                self.text.extend_from_slice(name.as_bytes());
                self.text.push(b'\t');
                self.values.write_text(record.view(), "\t", &mut self.text)
            }
            Format::Json => self.values.write_json(record.view(), Some(name), &mut self.text),
        };
        in_memory(written);
    }
}

fn in_memory(written: io::Result<()>) {
    written.expect("a vector takes all bytes");
}

/// The error for `name`, with the one that may be meant.
fn no_instance(reader: &InstanceReader, name: &str) -> GetError {
    let path: &Path = reader.path();
    let names: Vec<_> = reader.all().map(|(_, name)| name).collect();
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let instead = match names[..] {
        [] => format!("the region has none now; {}", daemon::NO_INSTANCES_STEP),
        _ => instead_of_shown(name, &names, |name| option_value("--instance", name)),
    };
    GetError::NoInstance { path: path.to_owned(), name: name.to_owned(), instead }
}
