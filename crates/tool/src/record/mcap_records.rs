//! Records of MCAP as bytes: an operation code, a length, and numbers and texts in little-endian order.

/// The end of a file, and its begin.
pub(super) const MAGIC: &[u8] = mcap::MAGIC;

/// Bytes in front of the body of a record.
pub(super) const HEAD: usize = 9;

/// Appends a record, whose body `body` appends.
pub(super) fn record(out: &mut Vec<u8>, op: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; HEAD]);
    body(out);
    let len = out.len() - start - HEAD;
    out[start..start + HEAD].copy_from_slice(&head(op, len));
}

/// What is in front of a body of `len` bytes.
pub(super) fn head(op: u8, len: usize) -> [u8; HEAD] {
    let mut head = [op; HEAD];
    head[1..].copy_from_slice(&(len as u64).to_le_bytes());
    head
}

/// Appends 64-bit numbers.
pub(super) fn longs(out: &mut Vec<u8>, numbers: &[u64]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

/// Appends the number of `bytes`, and them.
///
/// # Panics
/// There are 4 GiB or more.
pub(super) fn counted(out: &mut Vec<u8>, bytes: &[u8]) {
    let len = u32::try_from(bytes.len()).expect("a description or the index of a chunk");
    out.extend(len.to_le_bytes());
    out.extend(bytes);
}
