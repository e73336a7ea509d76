//! A passed descriptor: `fd:NAME` on a command line and in messages.

use std::ffi::OsStr;
use std::fs::File;
use std::path::PathBuf;

const PREFIX: &str = "fd:";

/// A file that the parent has opened.
#[derive(Debug)]
pub struct PassedFd {
    /// The file.
    pub file: File,
    /// What messages call it: `fd:NAME`.
    pub label: PathBuf,
}

impl PassedFd {
    /// The name of the descriptor that is used where no argument names another region.
    pub const REGION: &str = "region";

    pub(super) fn new(name: &str, file: File) -> Self {
        Self { file, label: Self::label(name).into() }
    }

    /// The name in `fd:NAME`; `None` if `argument` is something else.
    pub fn name_in(argument: &OsStr) -> Option<&str> {
        argument.to_str()?.strip_prefix(PREFIX)
    }

    /// `fd:NAME`.
    pub fn label(name: &str) -> String {
        format!("{PREFIX}{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::PassedFd;

    #[test]
    fn arguments_and_messages_name_descriptors_alike() {
        let label = PassedFd::label(PassedFd::REGION);
        assert_eq!(
            (label.as_str(), PassedFd::name_in(label.as_ref())),
            ("fd:region", Some("region"))
        );
        assert_eq!(PassedFd::name_in("./fd:x".as_ref()), None);
    }
}
