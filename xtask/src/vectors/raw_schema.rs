//! A schema whose encoding and fingerprint can be wrong in any way.

use xxhash_rust::xxh64::xxh64;

/// The parts of an encoded schema.
#[derive(Clone, Debug)]
pub(super) struct RawSchema {
    pub(super) size: u32,
    pub(super) align: u32,
    /// What stands for the number of fields.
    pub(super) count: u32,
    pub(super) name: Vec<u8>,
    pub(super) line: Vec<u8>,
    pub(super) fields: Vec<RawField>,
    /// Bytes after the last field.
    pub(super) rest: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(super) struct RawField {
    pub(super) offset: u32,
    pub(super) count: u32,
    pub(super) scalar: u8,
    pub(super) zero: u8,
    /// What stands for the number of labels.
    pub(super) label_count: u16,
    pub(super) name: Vec<u8>,
    pub(super) unit: Vec<u8>,
    pub(super) help: Vec<u8>,
    pub(super) labels: Vec<(i64, Vec<u8>)>,
}

fn text(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).expect("a short text");
    [&len.to_le_bytes(), bytes].concat()
}

impl RawField {
    pub(super) fn new(name: &str, offset: u32, count: u32, scalar: u8) -> Self {
        let (name, unit, help) = (name.into(), Vec::new(), Vec::new());
        Self {
            offset,
            count,
            scalar,
            zero: 0,
            label_count: 0,
            name,
            unit,
            help,
            labels: Vec::new(),
        }
    }

    /// The number of elements, the scalar and the zero, as both encodings have them.
    fn ctype(&self) -> Vec<u8> {
        [&self.count.to_le_bytes()[..], &[self.scalar, self.zero]].concat()
    }

    fn encode(&self) -> Vec<u8> {
        let labels = self
            .labels
            .iter()
            .flat_map(|(value, label)| [value.to_le_bytes().to_vec(), text(label)]);
        let texts = [&self.name, &self.unit, &self.help].map(|bytes| text(bytes));
        let fixed =
            [&self.offset.to_le_bytes()[..], &self.ctype(), &self.label_count.to_le_bytes()]
                .concat();
        [fixed].into_iter().chain(texts).chain(labels).flatten().collect()
    }

    fn hashed(&self) -> Vec<u8> {
        [text(&self.name), self.ctype(), self.offset.to_le_bytes().to_vec(), text(&self.unit)]
            .concat()
    }
}

impl RawSchema {
    fn sizes(&self) -> Vec<u8> {
        [self.size.to_le_bytes(), self.align.to_le_bytes()].concat()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let start =
            [self.sizes(), self.count.to_le_bytes().to_vec(), text(&self.name), text(&self.line)];
        let fields = self.fields.iter().map(RawField::encode);
        start.into_iter().chain(fields).chain([self.rest.clone()]).flatten().collect()
    }

    pub(super) fn fingerprint(&self) -> u64 {
        let start = [text(&self.name), self.sizes()];
        let fields = self.fields.iter().map(RawField::hashed);
        let bytes: Vec<u8> = start.into_iter().chain(fields).flatten().collect();
        xxh64(&bytes, 0)
    }
}
