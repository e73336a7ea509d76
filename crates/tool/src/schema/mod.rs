//! `mapcast schema`: the record of a region as a program or a configuration declares it.
//!
//! Invariant: what is printed describes the very bytes: the offsets of C, Rust and Python are asserted in
//! the text itself, those of TOML are written wherever C's rules would give others.

mod c;
mod json;
mod members;
mod python;
mod rust;
mod toml;

use clap::ValueEnum;
use mapcast::dynamic::Schema;

use crate::ToolError;
use crate::error::print;
use crate::region_argument::RegionArgument;

const EXAMPLES: &str = "\
Examples:
  mapcast schema host                        a configuration that would make this record
  mapcast schema host --as c > host.h        a struct, its offsets asserted
  mapcast schema host --as rust              the same with #[derive(Record)]
  mapcast schema host --as python            a class of ctypes
  mapcast schema host --as json | jq '.fields[].name'

Units, help and labels are comments in C and Python. The record of a region of instances is that of each.";

/// The command line of `schema`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// A region (name or path) or a .toml
    #[arg(value_parser = RegionArgument::parser(), add = daemon::cli::regions(&["toml"]))]
    pub region: RegionArgument,

    /// What to print
    #[arg(long = "as", value_name = "LANGUAGE", value_enum, default_value_t)]
    pub language: Language,
}

/// What a record is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// A configuration whose producer takes the record from lines of input
    #[default]
    Toml,
    /// A struct with its offsets asserted, for C11
    C,
    /// A struct with #[derive(Record)]
    Rust,
    /// A class of ctypes
    Python,
    /// One object
    Json,
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let region = args.region.observed()?;
    let reader = region.reader();
    let name = reader.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let max = reader.header().instances.map(|instances| instances.max);
    print(&match args.language {
        Language::Toml => toml::text(reader.schema(), &name, max),
        language => text(language, reader.schema(), &name),
    })
}

/// `schema` in `language`, for the region called `name`, which has one record.
pub fn text(language: Language, schema: &Schema, name: &str) -> String {
    match language {
        Language::Toml => toml::text(schema, name, None),
        Language::C => c::text(schema),
        Language::Rust => rust::text(schema),
        Language::Python => python::text(schema),
        Language::Json => json::text(schema),
    }
}

/// Unit, help and labels of a field, for a comment.
pub(crate) fn about(field: &mapcast::dynamic::Field) -> String {
    let mut parts = Vec::new();
    if !field.help().is_empty() {
        parts.push(field.help().to_owned());
    }
    if !field.unit().is_empty() {
        parts.push(format!("in {}", field.unit()));
    }
    let labels = field.labels().iter().map(|label| format!("{} = {}", label.value, label.text));
    let labels: Vec<_> = labels.collect();
    if !labels.is_empty() {
        parts.push(labels.join(", "));
    }
    parts.join("; ")
}
