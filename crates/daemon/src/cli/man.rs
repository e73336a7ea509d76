//! A man page, out of the clap definition that `--help` is made of.
//!
//! Invariant: a page has the words of `--help` (a test compares them).
//!
//! ```text
//!   clap::Command --clap_mangen----> NAME SYNOPSIS DESCRIPTION OPTIONS
//!      subcommands -----------------> COMMANDS, and a section for each with what its --help has
//!      after_long_help --sections--> EXAMPLES SIGNALS "EXIT CODES" ..., one for each heading
//! ```

use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::Command;
use clap_mangen::Man;

use super::after_help;
use super::help::fit;

/// Columns of a page's examples and tables, which `man` does not break.
const COLUMNS: usize = 76;

/// The man page of `command`, in roff.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn page(command: &Command) -> io::Result<String> {
    // The subcommands get their usage and the option --help.
    let mut command = command.clone();
    command.build();
    let name = command.get_name();
    let man = Man::new(command.clone())
        .title(name.to_uppercase())
        .source(format!("mapcast {}", env!("CARGO_PKG_VERSION")))
        .manual("mapcast");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    out.write_all(format!(".SH SYNOPSIS\n{}", usage(&command)).as_bytes())?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    let mut text = String::from_utf8(out).map_err(io::Error::other)?;
    if command.has_subcommands() {
        text += &list(&command);
        for subcommand in command.get_subcommands() {
            text += &described(subcommand)?;
        }
    }
    Ok(text + &sections(&after_help(&command), "SH"))
}

/// The line of usage, as `--help` has it.
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    let (name, arguments) = usage.split_once(" [").unwrap_or((usage, ""));
    let bracket = if arguments.is_empty() { "" } else { "[" };
    format!(".B {}\n{bracket}{}\n", escaped(name), escaped(arguments))
}

/// The subcommands, a line each.
fn list(command: &Command) -> String {
    let mut text = ".SH COMMANDS\n".to_owned();
    for subcommand in command.get_subcommands() {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, ".TP\n\\fB{}\\fR\n{}", subcommand.get_name(), escaped(&about));
    }
    text
}

/// All of one subcommand, as a section.
fn described(command: &Command) -> io::Result<String> {
    let mut out = Vec::new();
    let man = Man::new(command.clone());
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let parts = String::from_utf8(out).map_err(io::Error::other)?.replace(".SH ", ".SS ");
    let head = format!(".SH \"{}\"\n", escaped(&name.to_uppercase()));
    Ok(head + &usage(command) + &parts + &sections(&after_help(command), "SS"))
}

/// The text behind the options: paragraphs that begin with `Heading:` become sections of their own,
/// with their lines as they are; what has no heading is a note. `request` begins a heading.
fn sections(text: &str, request: &str) -> String {
    let mut page = String::new();
    let text = fit(text, COLUMNS);
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let (heading, body) = match paragraph.trim_matches('\n').split_once('\n') {
            Some((first, rest)) if first.ends_with(':') => (first.trim_end_matches(':'), rest),
            _ => ("Notes", paragraph),
        };
        let _ = writeln!(page, ".{request} \"{}\"\n.nf", escaped(&heading.to_uppercase()));
        for line in body.lines() {
            let _ = writeln!(page, "{}", escaped(line));
        }
        page.push_str(".fi\n");
    }
    page
}

/// A line of text for roff: no escapes, hyphens that can be copied, no dot that is a request.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\(rs").replace('-', "\\-").replace('\'', "\\(aq");
    if line.starts_with('.') { format!("\\&{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_line_cannot_be_a_request_and_keeps_its_backslashes() {
        assert_eq!(escaped(".x"), "\\&.x");
        assert_eq!(escaped("written as \\x1b"), "written as \\(rsx1b");
    }
}
