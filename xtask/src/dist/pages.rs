//! Man pages and shell completions, out of the same clap definitions that `--help` is made of.
//!
//! Invariant: a page has the words of `--help` (a test compares them). The package
//! installs `producer` as `mapcast-producer`, so the examples are called by that name here.
//!
//! ```text
//!   clap::Command --clap_mangen----> NAME SYNOPSIS DESCRIPTION OPTIONS
//!      after_long_help --sections-------> EXAMPLES SIGNALS "EXIT CODES" ..., one for each heading
//!                 --clap_complete--> bash, zsh, fish
//! ```

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// What every page ends with.
const TAIL: &str = "\
.SH FILES
.TP
/etc/mapcast/*.toml
configurations of the services mapcast\\-producer@ and mapcast\\-consumer@, one an instance
.TP
/run/mapcast
regions of the services
.TP
/usr/share/doc/mapcast/docs
configuration.md: every key; operate.md: the services; format.md: the bytes of a region
.SH SEE ALSO
.BR mapcast\\-producer (1),
.BR mapcast\\-consumer (1),
.BR mapcast\\-copier (1),
.BR systemctl (1),
.BR journalctl (1)
";

/// The command lines of all programs, under the names that the package gives them.
pub(super) fn commands() -> [Command; super::PROGRAMS.len()] {
    [
        installed(producer::cli::command(), "mapcast-producer"),
        installed(consumer::cli::command(), "mapcast-consumer"),
        installed(copier::cli::command(), "mapcast-copier"),
    ]
}

fn installed(command: Command, name: &'static str) -> Command {
    let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let about = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    let command = command.name(name).bin_name(name).display_name(name);
    command.after_long_help(by_installed_name(&after)).long_about(by_installed_name(&about))
}

/// The programs as commands (at the start of an example, behind a pipe, in backticks)
/// by the names that the package installs them under.
fn by_installed_name(text: &str) -> String {
    let mut renamed = text.to_owned();
    for program in super::PROGRAMS {
        for before in ["\n  ", "| ", "`"] {
            for after in [" ", "`"] {
                let (from, to) = (
                    format!("{before}{program}{after}"),
                    format!("{before}mapcast-{program}{after}"),
                );
                renamed = renamed.replace(&from, &to);
            }
        }
    }
    renamed
}

/// Writes the page and the completions of `command` below `into`, a folder for each kind.
pub(super) fn write(command: &Command, into: &Path) -> io::Result<()> {
    let name = command.get_name().to_owned();
    let file = |folder: &str, file: &str| {
        let folder = into.join(folder);
        fs::create_dir_all(&folder)?;
        File::create(folder.join(file))
    };
    file("man", &format!("{name}.1"))?.write_all(page(command)?.as_bytes())?;
    for (folder, shell, path) in [
        ("bash", Shell::Bash, name.clone()),
        ("zsh", Shell::Zsh, format!("_{name}")),
        ("fish", Shell::Fish, format!("{name}.fish")),
    ] {
        clap_complete::generate(shell, &mut command.clone(), &name, &mut file(folder, &path)?);
    }
    Ok(())
}

/// The man page.
fn page(command: &Command) -> io::Result<String> {
    let name = command.get_name();
    let man = Man::new(command.clone())
        .title(name.to_uppercase())
        .source(format!("mapcast {}", env!("CARGO_PKG_VERSION")))
        .manual("mapcast");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    out.write_all(synopsis(command).as_bytes())?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    out.write_all(sections(&after).as_bytes())?;
    out.write_all(TAIL.as_bytes())?;
    String::from_utf8(out).map_err(io::Error::other)
}

/// The line of usage, as `--help` has it.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    let (name, arguments) = usage.split_once(' ').unwrap_or((usage, ""));
    format!(".SH SYNOPSIS\n.B {}\n{}\n", escaped(name), escaped(arguments))
}

/// The text behind the options: paragraphs that begin with `Heading:` become sections of their own,
/// with their lines as they are; what has no heading is a note.
fn sections(text: &str) -> String {
    let mut page = String::new();
    for paragraph in
        daemon::fit(text, 76).split("\n\n").filter(|paragraph| !paragraph.trim().is_empty())
    {
        let (heading, body) = match paragraph.trim_matches('\n').split_once('\n') {
            Some((first, rest)) if first.ends_with(':') => (first.trim_end_matches(':'), rest),
            _ => ("Notes", paragraph),
        };
        let _ = writeln!(page, ".SH {}\n.nf", quoted(&heading.to_uppercase()));
        for line in body.lines() {
            let _ = writeln!(page, "{}", escaped(line));
        }
        page.push_str(".fi\n");
    }
    page
}

fn quoted(heading: &str) -> String {
    format!("\"{}\"", escaped(heading))
}

/// A line of text for roff: no escapes, hyphens that can be copied, no dot that is a request.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\(rs").replace('-', "\\-").replace('\'', "\\(aq");
    if line.starts_with('.') { format!("\\&{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that a reader of the page sees.
    fn words(page: &str) -> Vec<String> {
        let mut text = page.to_owned();
        for (roff, plain) in
            [("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\-", "-"), ("\\(rs", "\\"), ("\\&", "")]
        {
            text = text.replace(roff, plain);
        }
        let text = text.replace("\\(aq", "'").replace("\\*(Aq", "'").replace("\\\\", "\\");
        let lines = text.lines().filter_map(|line| match line.split_once(' ') {
            Some((".SH" | ".B", text)) => Some(text),
            _ => (!line.starts_with('.')).then_some(line),
        });
        plain_words(&lines.collect::<Vec<_>>().join(" "))
    }

    /// Without the brackets and bullets that clap and roff set in their own ways.
    fn plain_words(text: &str) -> Vec<String> {
        let is_frame = |c: char| "[]<>\",.:;()|".contains(c);
        let words = text.split_whitespace().map(|word| word.trim_matches(is_frame).to_lowercase());
        words.filter(|word| !word.is_empty() && word != "-").collect()
    }

    #[test]
    fn a_page_says_what_help_says() {
        for command in commands() {
            let shown = words(&page(&command).expect("a page"));
            let help = command.clone().term_width(0).render_long_help().to_string();
            // A page has other words for these two headings.
            let lines = help.lines().filter(|line| *line != "Arguments:");
            let lines = lines.map(|line| line.trim_start_matches("Usage:"));
            for line in lines.map(plain_words).filter(|line| !line.is_empty()) {
                let found = shown.windows(line.len()).any(|part| part == line);
                let name = command.get_name();
                assert!(found, "{name}(1) does not say {line:?}:\n{}", page(&command).unwrap());
            }
        }
    }

    #[test]
    fn examples_call_the_programs_by_the_names_they_are_installed_under() {
        let text = "Examples:\n  producer x.toml\n  sensor | producer y.toml\nas `producer` does";
        assert_eq!(
            by_installed_name(text),
            "Examples:\n  mapcast-producer x.toml\n  sensor | mapcast-producer y.toml\n\
             as `mapcast-producer` does"
        );
        for command in commands() {
            let page = page(&command).expect("a page");
            let named = format!("\n  {}", escaped(command.get_name()));
            assert!(page.matches(&named).count() >= 5, "{page}");
        }
    }

    #[test]
    fn a_line_cannot_be_a_request_and_keeps_its_backslashes() {
        assert_eq!(escaped(".x"), "\\&.x");
        assert_eq!(escaped("written as \\x1b"), "written as \\(rsx1b");
    }
}
