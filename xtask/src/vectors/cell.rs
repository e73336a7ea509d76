//! Values of fields: their bytes in a record, and as `vectors.json` has them.
//!
//! Both are written here by hand, so that no decoder of ours decides what a vector holds.

use serde_json::Value;

/// The value of one field.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) bytes: Vec<u8>,
    pub(super) json: Value,
}

/// A number that a field can hold.
pub(super) trait Number: Copy {
    fn bytes(self) -> Vec<u8>;
    fn json(self) -> Value;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Number for $integer {
            fn bytes(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
            fn json(self) -> Value {
                self.into()
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Number for f32 {
    fn bytes(self) -> Vec<u8> {
        self.to_le_bytes().to_vec()
    }

    /// Exact: each `f32` is an `f64`.
    fn json(self) -> Value {
        f64::from(self).json()
    }
}

impl Number for f64 {
    fn bytes(self) -> Vec<u8> {
        self.to_le_bytes().to_vec()
    }

    /// JSON has no NaN and no infinities.
    fn json(self) -> Value {
        let strange = match self {
            Self::INFINITY => "Infinity",
            Self::NEG_INFINITY => "-Infinity",
            _ if self.is_nan() => "NaN",
            _ => return self.into(),
        };
        strange.into()
    }
}

impl Number for bool {
    fn bytes(self) -> Vec<u8> {
        vec![self.into()]
    }

    fn json(self) -> Value {
        self.into()
    }
}

/// A single number.
pub(super) fn one(number: impl Number) -> Cell {
    Cell { bytes: number.bytes(), json: number.json() }
}

/// An array of numbers.
pub(super) fn list<N: Number>(numbers: &[N]) -> Cell {
    let bytes = numbers.iter().flat_map(|number| number.bytes()).collect();
    Cell { bytes, json: numbers.iter().map(|number| number.json()).collect() }
}

/// A text, of `bytes` in the record.
pub(super) fn text(bytes: &[u8], json: &str) -> Cell {
    Cell { bytes: bytes.to_vec(), json: json.into() }
}

/// A `bool` that another program stored as this byte.
pub(super) fn truth(byte: u8) -> Cell {
    Cell { bytes: vec![byte], json: (byte != 0).into() }
}
