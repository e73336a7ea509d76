//! What is exchanged, and its name on the helper's standard input.

use crate::Failure;
use std::fmt;
use std::str::FromStr;

/// What two processes exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// A number in a cache line; both spin. The bare limit of `next`.
    Line,
    /// A number in a futex word; both sleep. The bare limit of `wake`.
    Futex,
    /// `Reader<Stu>::next`, spinning.
    NextStu,
    /// `DynReader::next`, spinning, records of so many bytes.
    Next(usize),
    /// `DynReader::wait`, then `next`, records of so many bytes.
    Wake(usize),
}

impl Exchange {
    /// Bytes of the records that are handed over.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Line | Self::Futex => size_of::<u32>(),
            Self::NextStu => size_of::<layout::Stu>(),
            Self::Next(size) | Self::Wake(size) => size,
        }
    }

    /// A file of this exchange.
    pub(crate) fn file(self, what: &str) -> String {
        format!("{self}-{what}").replace(' ', "-")
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line => f.write_str("line"),
            Self::Futex => f.write_str("futex"),
            Self::NextStu => f.write_str("next-stu"),
            Self::Next(size) => write!(f, "next {size}"),
            Self::Wake(size) => write!(f, "wake {size}"),
        }
    }
}

impl FromStr for Exchange {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (name, size) = text.split_once(' ').unwrap_or((text, ""));
        match name {
            "line" => Ok(Self::Line),
            "futex" => Ok(Self::Futex),
            "next-stu" => Ok(Self::NextStu),
            "next" => Ok(Self::Next(size.parse()?)),
            "wake" => Ok(Self::Wake(size.parse()?)),
            _ => Err(format!("no such exchange: {text}").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_is_called_by_its_name() {
        for exchange in [
            Exchange::Line,
            Exchange::Futex,
            Exchange::NextStu,
            Exchange::Next(28),
            Exchange::Wake(4096),
        ] {
            assert_eq!(exchange.to_string().parse::<Exchange>().unwrap(), exchange);
        }
        assert!("chess".parse::<Exchange>().is_err() && "next".parse::<Exchange>().is_err());
    }
}
