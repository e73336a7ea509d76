//! The tip for a value that begins with a dash, and so looks like an option.
//!
//! clap advises to write it behind `--`, where it would be no value of the option in front of it.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::option_value;

/// `error` about `args`, with the way to write the unknown argument as the value of the option in front of it.
pub(super) fn with_tip(
    mut error: clap::Error,
    command: &Command,
    args: impl Iterator<Item = OsString>,
) -> clap::Error {
    if let Some(tip) = tip(&error, command, args) {
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

fn tip(
    error: &clap::Error,
    command: &Command,
    args: impl Iterator<Item = OsString>,
) -> Option<String> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    // clap names the first letter of several behind one dash.
    let at = args.iter().position(|arg| arg.starts_with(unknown.as_str()))?;
    let option = args.get(at.checked_sub(1)?)?;
    takes_value(command, option.strip_prefix("--")?).then(|| {
        format!("to pass '{}' as a value, use '{}'", args[at], option_value(option, &args[at]))
    })
}

/// Whether the command, or one of its subcommands, has an option of this name with a value.
fn takes_value(command: &Command, name: &str) -> bool {
    let is_it = |arg: &Arg| arg.get_long() == Some(name) && arg.get_action().takes_values();
    command.get_arguments().any(is_it)
        || command.get_subcommands().any(|command| takes_value(command, name))
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, Command};

    use super::with_tip;

    fn usage(args: &[&str]) -> String {
        let get = Command::new("get")
            .arg(Arg::new("region"))
            .arg(Arg::new("instance").long("instance"))
            .arg(Arg::new("raw").long("raw").action(ArgAction::SetTrue));
        let command = Command::new("mapcast").subcommand(get);
        let error = command.clone().try_get_matches_from(args).expect_err("wrong usage");
        with_tip(error, &command, args.iter().map(Into::into)).to_string()
    }

    #[test]
    fn a_value_that_begins_with_a_dash_is_written_behind_the_option_and_an_equals_sign() {
        let message = usage(&["mapcast", "get", "net", "--instance", "-xy z"]);
        assert!(
            message.contains("tip: to pass '-xy z' as a value, use '--instance='-xy z''"),
            "{message}"
        );
        let message = usage(&["mapcast", "get", "net", "--instance", "--x"]);
        assert!(message.contains("to pass '--x' as a value, use '--instance=--x'"), "{message}");
    }

    #[test]
    fn an_unknown_option_elsewhere_has_the_usual_tip() {
        let message = usage(&["mapcast", "get", "--raw", "-x"]);
        assert!(message.contains("to pass '-x' as a value, use '-- -x'"), "{message}");
        assert!(!usage(&["mapcast", "get", "net", "dev", "more"]).contains("--instance="));
    }
}
