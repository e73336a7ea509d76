//! `mapcast schema`: the record of a region as a program or a configuration declares it.
//!
//! Invariant: what is printed describes the very bytes: the offsets of C, Rust and Python are asserted in
//! the text itself, those of TOML are written wherever C's rules would give others. A producer with the printed
//! configuration makes a region with the slots, wakes, rights, instances and heartbeats of the one that it was
//! printed of.

mod c;
mod c_names;
mod json;
mod members;
mod origin;
mod python;
mod rust;
mod toml;

use clap::ValueEnum;
use mapcast::dynamic::Schema;
use settings::{Format, Settings};

use crate::ToolError;
use crate::error::print;
use crate::region_argument::RegionArgument;
use origin::Origin;

const EXAMPLES: &str = "\
Examples:
  mapcast schema host                        a configuration that would make this region
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
    let bare = match &args.region {
        RegionArgument::Config(path) => Some(Settings::load(path)?),
        RegionArgument::Region(_) => None,
    };
    if let Some(settings) = bare.filter(|settings| settings.region.format == Format::Bare) {
        let origin = Origin::of_bare(&settings);
        return print(&as_language(args.language, &settings.record.schema, &origin));
    }
    let region = args.region.observed()?;
    let origin = Origin::of(&region, &args.region.located()?);
    print(&as_language(args.language, region.reader().schema(), &origin))
}

/// `schema` in `language`, for the region called `name`, which has one record.
pub fn text(language: Language, schema: &Schema, name: &str) -> String {
    as_language(language, schema, &Origin::named(name))
}

fn as_language(language: Language, schema: &Schema, origin: &Origin) -> String {
    match language {
        Language::Toml => toml::text(schema, origin),
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
