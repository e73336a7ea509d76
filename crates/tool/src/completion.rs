//! TAB for the names of fields and instances.
//!
//! A shell starts the program with the words typed so far, and clap passes on only the one that is being
//! completed. The region is among the others: the first one behind the command that is no option; behind `record`
//! the second one, after the file.
//!
//! Price: an attach for each TAB.

use std::env;
use std::ffi::{OsStr, OsString};

use clap::builder::StyledStr;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::observed::Observed;
use crate::region_argument::RegionArgument;

/// Completes a field of the region that is named before it.
pub(crate) fn fields() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let Some(region) = region() else { return Vec::new() };
        let fields = region.reader().schema().fields().iter();
        let candidate = |field: &mapcast::dynamic::Field| {
            let help = Some(field.help()).filter(|help| !help.is_empty());
            CompletionCandidate::new(field.name())
                .help(help.map(|help| StyledStr::from(help.to_owned())))
        };
        fields.filter(|field| is_begun(field.name(), typed)).map(candidate).collect()
    })
}

/// Completes an instance of the region that is named before it.
pub(crate) fn instances() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| match region() {
        Some(Observed::Many(reader)) => {
            let names = reader.all().filter(|(_, name)| is_begun(name, typed));
            names.map(|(_, name)| CompletionCandidate::new(name.to_string())).collect()
        }
        _ => Vec::new(),
    })
}

fn region() -> Option<Observed> {
    RegionArgument::parse(region_word(env::args_os())?).ok()?.observed().ok()
}

/// The region in the words with which a shell starts the program: `mapcast -- mapcast get REGION ...`.
fn region_word(words: impl Iterator<Item = OsString>) -> Option<OsString> {
    let mut typed = words.skip_while(|word| word != "--").skip(2);
    let before = usize::from(typed.next()? == "record");
    typed.filter(|word| !word.as_encoded_bytes().starts_with(b"-")).nth(before)
}

fn is_begun(name: &str, typed: &OsStr) -> bool {
    name.as_bytes().starts_with(typed.as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::region_word;

    #[test]
    fn the_region_is_the_first_word_behind_the_command_or_the_file_of_record() {
        let word = |line: &str| region_word(line.split(' ').map(Into::into));
        assert_eq!(word("mapcast -- mapcast get host sp"), Some("host".into()));
        assert_eq!(word("mapcast -- mapcast get --raw host sp"), Some("host".into()));
        assert_eq!(word("mapcast -- mapcast get"), None);
        assert_eq!(word("mapcast -- mapcast record a.mcap host --fields sp"), Some("host".into()));
    }
}
