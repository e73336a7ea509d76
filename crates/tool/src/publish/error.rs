//! Why nothing was published.

use std::io;
use std::path::PathBuf;

use daemon::Exit;
use mapcast::InstanceName;
use mapcast::dynamic::SchemaError;
use producer::Refused;

use crate::file_advice::file_advice;

/// Why `publish` failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// An argument is no value.
    #[error("{0:?} is no value; write FIELD=VALUE, or - alone for lines of JSON on standard input")]
    NoValue(String),
    /// The lines have no region.
    #[error(
        "- is the place of the region here; write its name before it: `mapcast publish REGION -`"
    )]
    NoRegion,
    /// There are no values.
    #[error(
        "{}: no values; write them as {field}=VALUE, or - for lines of JSON on standard input",
        path.display()
    )]
    NoValues {
        /// The region's file.
        path: PathBuf,
        /// A field that a value can be given for.
        field: String,
    },
    /// The region does not exist, and nothing describes its record.
    #[error("{0}; describe its record with --field x:f64, or with --config FILE")]
    NotDescribed(mapcast::Error),
    /// The options `--field` are no record.
    #[error("--field: {0}")]
    Schema(SchemaError),
    /// Standard input is closed.
    #[error("standard input is closed; pipe lines of JSON into it, or give values as arguments")]
    NoInput,
    /// Standard input cannot be read.
    #[error("cannot read standard input: {}; {}", .0, file_advice(.0))]
    Input(io::Error),
    /// Standard input has ended without a line.
    #[error(
        "standard input is empty, and nothing was published; pipe lines of JSON into it, or give values as \
         arguments"
    )]
    NoLines,
    /// A value does not fit.
    #[error("{}: {why}", path.display())]
    Value {
        /// The region's file.
        path: PathBuf,
        /// Which one, and what to do.
        why: String,
    },
    /// A line of standard input is bad.
    #[error("{0}")]
    Line(Refused),
    /// The configuration has another source for a field.
    #[error("field {0:?} has a source of its own in the configuration; leave it out here")]
    OwnSource(String),
    /// Lines were skipped; each was reported.
    #[error("{} skipped; the messages above say why", daemon::counted(*.0, "line"))]
    Skipped(u64),
    /// Another process publishes the region.
    #[error("{0}; stop it, or publish to another name")]
    Busy(mapcast::Error),
    /// The region has a record that is read in another way.
    #[error(
        "{}: holds another record: {differences}; {}", path.display(), match pid {
            None => "publish to another name, or give --replace, by which its records are lost".to_owned(),
            Some(pid) => format!("process {pid} publishes it; stop it, or publish to another name"),
        }
    )]
    OtherRecord {
        /// The region's file.
        path: PathBuf,
        /// What is different, field by field.
        differences: String,
        /// Its writer.
        pid: Option<u64>,
    },
    /// The region has no room for the instance, or for those that are there.
    #[error("{0}; give a larger --max-instances")]
    Full(mapcast::Error),
    /// The region would have no room for the instance.
    #[error(
        "{}: has {} beside {name}; give --max-instances {} or more",
        path.display(), daemon::counted(*have as u64, "instance"), have + 1
    )]
    NoRoom {
        /// The region's file.
        path: PathBuf,
        /// The instance.
        name: InstanceName,
        /// How many there are without it.
        have: usize,
    },
    /// The region has one record.
    #[error("{}: the region has one record and no instances; leave out --instance", .0.display())]
    Plain(PathBuf),
    /// The region has instances.
    #[error("{}: the region has instances; name one with --instance", .0.display())]
    NeedsInstance(PathBuf),
    /// The configuration is of a region of instances.
    #[error(
        "{}: describes a region of instances; publish it with `producer`, or describe one record with \
         --field and --instance",
        .0.display()
    )]
    Instances(PathBuf),
    /// The configuration is of a bare file.
    #[error("{}: describes a bare file, which only a producer publishes; use `producer`", .0.display())]
    Bare(PathBuf),
    /// The operating system refuses something.
    #[error("{what}: {source}; {}", daemon::next_step(source))]
    System {
        /// What failed.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

impl PublishError {
    pub(super) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }

    /// The exit code for this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NotDescribed(_) => Exit::NoValue,
            Self::Line(_)
            | Self::Skipped(_)
            | Self::Busy(_)
            | Self::OtherRecord { .. }
            | Self::Input(_)
            | Self::Full(_)
            | Self::NoRoom { .. }
            | Self::NoLines
            | Self::System { .. } => Exit::Failure,
            _ => Exit::Usage,
        }
    }
}
