//! The man pages and completions of the package: those that each program prints by `--man` and
//! `--completions`.
//!
//! Invariant: a page has the words of `--help` (a test compares them). The package installs `producer`
//! as `mapcast-producer`, so the examples call it by that name.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap::builder::StyledStr;
use daemon::cli::{Shell, page};

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
.BR mapcast (1),
.BR mapcast\\-producer (1),
.BR mapcast\\-consumer (1),
.BR mapcast\\-copier (1),
.BR mapcast\\-bridge (1),
.BR mapcast.toml (5),
.BR systemctl (1),
.BR journalctl (1)
";

/// The command lines of all programs, under the names that the package gives them.
pub(super) fn commands() -> [Command; super::PROGRAMS.len() + 1] {
    [
        installed(tool::cli::command(), tool::cli::PROGRAM),
        installed(producer::cli::command(), "mapcast-producer"),
        installed(consumer::cli::command(), "mapcast-consumer"),
        installed(copier::cli::command(), "mapcast-copier"),
    ]
}

/// That of the program in the package `mapcast-bridge`.
pub(super) fn bridge() -> Command {
    installed(bridge::cli::command(), bridge::cli::PROGRAM)
}

fn installed(command: Command, name: &'static str) -> Command {
    let command = command.name(name).bin_name(name).display_name(name);
    renamed(command).mut_subcommands(renamed)
}

/// The same, whose texts call the programs by the names that the package gives them.
fn renamed(command: Command) -> Command {
    let text = |text: Option<&StyledStr>| {
        by_installed_name(&text.map(ToString::to_string).unwrap_or_default())
    };
    let (after, about) = (text(command.get_after_long_help()), text(command.get_long_about()));
    let command = if after.is_empty() { command } else { command.after_long_help(after) };
    if about.is_empty() { command } else { command.long_about(about) }
}

/// The programs as commands (at the start of an example, behind a pipe, in backticks)
/// by the names that the package installs them under.
pub(super) fn by_installed_name(text: &str) -> String {
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
    let name = command.get_name();
    let write = |folder: &str, file: &str, text: String| {
        let folder = into.join(folder);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(file), text)
    };
    write("man", &format!("{name}.1"), page(command)? + TAIL)?;
    write("bash", name, Shell::Bash.registration(name, name)?)?;
    write("fish", &format!("{name}.fish"), Shell::Fish.registration(name, name)?)?;
    // zsh reads the file at the first TAB and takes it for the function itself.
    let zsh = Shell::Zsh.registration(name, name)?;
    let function = name.replace('-', "_");
    write("zsh", &format!("_{name}"), format!("{zsh}_clap_dynamic_completer_{function} \"$@\"\n"))
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
            Some((".SH" | ".SS" | ".B", text)) => Some(text),
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
        for mut command in commands().into_iter().chain([bridge()]) {
            let page = page(&command).expect("a page");
            let shown = words(&page);
            command.build();
            for command in command.get_subcommands().chain([&command]) {
                let help = command.clone().term_width(0).render_long_help().to_string();
                // A page has other words for these two headings.
                let lines = help.lines().filter(|line| *line != "Arguments:");
                let lines = lines.map(|line| line.trim_start_matches("Usage:"));
                for line in lines.map(plain_words).filter(|line| !line.is_empty()) {
                    let found = shown.windows(line.len()).any(|part| part == line);
                    assert!(found, "{}: no line {line:?}:\n{page}", command.get_name());
                }
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
            let named = format!("\n  {}", command.get_name().replace('-', "\\-"));
            assert!(page.matches(&named).count() >= 5, "{page}");
        }
    }
}
