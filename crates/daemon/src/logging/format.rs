//! `--log-format`: where events go, and in which form.
//!
//! `auto` checks whether stderr is the service manager's journal stream: then events go to the
//! journal by its own protocol, with priorities and fields, which a line of text cannot carry.

use std::io;
use std::os::fd::AsFd;

use clap::ValueEnum;

/// The variable that names the device and inode of the journal's stream.
const STREAM: &str = "JOURNAL_STREAM";

/// How events are written.
#[allow(clippy::doc_markdown)] // the text of `--help`, where backticks would be printed
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// The journal if stderr leads there (started by systemd), else text
    #[default]
    Auto,
    /// One line of text an event, on stderr
    Text,
    /// One JSON object an event and line, on stderr
    Json,
    /// systemd's journal, with priorities and fields such as MAPCAST_REGION
    Journal,
}

/// Whether stderr is the journal's stream.
pub(crate) fn stderr_is_journal() -> bool {
    let stream = std::env::var(STREAM).ok();
    stream.is_some_and(|stream| is_stream(io::stderr(), &stream))
}

/// Whether `output` is the file that `stream` names as `DEVICE:INODE`.
fn is_stream(output: impl AsFd, stream: &str) -> bool {
    let Ok(stat) = rustix::fs::fstat(output) else { return false };
    stream == format!("{}:{}", stat.st_dev, stat.st_ino)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::is_stream;

    #[test]
    fn only_the_file_in_the_variable_is_the_journal() {
        let stderr = tempfile::tempfile().expect("file");
        let meta = stderr.metadata().expect("fstat");
        let (device, inode) = (meta.dev(), meta.ino());
        assert!(is_stream(&stderr, &format!("{device}:{inode}")));
        for other in [format!("{device}:{}", inode + 1), format!("{}:{inode}", device + 1)] {
            assert!(!is_stream(&stderr, &other), "a stream that was inherited");
        }
        assert!(!is_stream(&stderr, "") && !is_stream(&stderr, "nonsense"));
    }
}
