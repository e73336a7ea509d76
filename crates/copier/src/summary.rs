//! The line at the end: what was copied, how fast, and how.

use std::fmt;
use std::time::Duration;

use bytesize::ByteSize;
use daemon::counted;

use crate::crew::{Done, Fewer};

/// The result of a copy, before it is named.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) len: u64,
    /// Bytes that are not in holes.
    pub(crate) data: u64,
    pub(crate) done: Done,
    /// Whether both files were read again.
    pub(crate) is_verified: bool,
}

/// The result of a copy, and how long it took.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) made: Made,
    pub(crate) elapsed: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |bytes| ByteSize(bytes).display().iec();
        let Made { len, data, done, is_verified } = &self.made;
        write!(f, "copied {}", size(*len))?;
        if data < len {
            write!(f, " ({} of it data, the rest holes)", size(*data))?;
        }
        let seconds = self.elapsed.as_secs_f64();
        write!(f, " in {seconds:.3} s")?;
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        #[allow(clippy::cast_sign_loss, reason = "a speed, for people")]
        if *data > 0 && seconds > 0.0 {
            write!(f, ", {}/s", size((*data as f64 / seconds) as u64))?;
        }
        let mut engines: Vec<String> =
            done.progress.iter().filter_map(|done| Some(done.engine?.to_string())).collect();
        engines.sort();
        engines.dedup();
        write!(f, ", {}", counted(done.progress.len() as u64, "process"))?;
        if let Some(Fewer { wanted, why }) = &done.fewer {
            write!(f, " instead of {wanted} ({why})")?;
        }
        if !engines.is_empty() {
            write!(f, ", engine {}", engines.join(" and "))?;
        }
        f.write_str(if *is_verified { ", verified" } else { "" })
    }
}
