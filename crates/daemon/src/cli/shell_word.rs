//! Words for messages that a person types or pastes into a shell.

use std::borrow::Cow;
use std::path::Path;

/// `text` as a shell reads it as one word: in quotes if it has to be.
///
/// ```
/// assert_eq!(daemon::cli::shell_word("eth0"), "eth0");
/// assert_eq!(daemon::cli::shell_word("my disk"), "'my disk'");
/// ```
pub fn shell_word(text: &str) -> Cow<'_, str> {
    // No shell takes a NUL in any form.
    shlex::try_quote(text).unwrap_or(Cow::Borrowed(text))
}

/// The same for a path, behind a command: one that begins with a dash is none of its options.
pub fn shell_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let dot = if text.starts_with('-') { "./" } else { "" };
    shell_word(&format!("{dot}{text}")).into_owned()
}

/// The value of `option` in a shell: with the option in front where a value that begins with a dash would be taken
/// for another option.
///
/// ```
/// assert_eq!(daemon::cli::option_value("--instance", "eth0"), "eth0");
/// assert_eq!(daemon::cli::option_value("--instance", "-x"), "--instance=-x");
/// ```
pub fn option_value(option: &str, value: &str) -> String {
    let word = shell_word(value);
    if value.starts_with('-') { format!("{option}={word}") } else { word.into_owned() }
}
