//! Bytes that another host has sent, read from the front.

use super::VERSION;

/// Why what another host has sent is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is of a version that this bridge does not know.
    #[error("version {0}, this bridge knows {VERSION}")]
    Version(u16),
    /// It is too short, too long, or holds an invalid value.
    #[error("{0}")]
    Malformed(&'static str),
}

/// What is left of the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], Refusal> {
        let (bytes, rest) =
            self.0.split_at_checked(len).ok_or(Refusal::Malformed("it is cut short"))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        Ok(self.bytes(N)?.try_into().expect("`bytes` returns as many as it was asked for"))
    }

    pub(super) fn u8(&mut self) -> Result<u8, Refusal> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Refusal> {
        self.array().map(u64::from_le_bytes)
    }

    /// The version in front of every form.
    pub(super) fn version(&mut self) -> Result<(), Refusal> {
        match self.u16()? {
            VERSION => Ok(()),
            other => Err(Refusal::Version(other)),
        }
    }

    pub(super) fn end(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Malformed("there are bytes behind its end"))
        }
    }
}
