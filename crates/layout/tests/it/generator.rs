//! Random schemas and bytes from a fixed seed, the same in every run.

use layout::{CType, FieldSpec, Scalar, Schema};

/// splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number from 0 to `end - 1`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("below a usize")
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    pub(crate) fn ctype(&mut self) -> CType {
        let scalar = Scalar::ALL[self.below(Scalar::ALL.len())];
        match self.below(3) {
            0 => CType::array(scalar, 1 + u32::from(self.byte() % 9)).expect("1 to 9 elements"),
            _ => CType::scalar(scalar),
        }
    }

    fn field(&mut self, index: usize) -> FieldSpec {
        let ctype = self.ctype();
        let mut field = FieldSpec::new(format!("f{index}"), ctype);
        if self.below(2) == 0 {
            field = field.unit("m/s\u{b2}");
        }
        if self.below(3) == 0 {
            field = field.help("for people");
        }
        if ctype.element().is_int() && self.below(2) == 0 {
            field = field.label(0, "off").label(1, "on \u{2713}");
        }
        field
    }

    /// A schema of 1 to 12 fields, some with units, help, labels and a line.
    pub(crate) fn schema(&mut self) -> Schema {
        let count = 1 + self.below(12);
        let mut builder = Schema::builder("RANDOM").fields((0..count).map(|i| self.field(i)));
        if self.below(2) == 0 {
            builder = builder.line("first\t{f0} {{of}} many");
        }
        builder.build().expect("the generator stays within the rules")
    }
}
