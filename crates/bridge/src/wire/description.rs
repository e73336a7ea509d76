//! How a region describes its records.
//!
//! ```text
//!   | version u16 | zero u16 | most instances u32 (0: a region of one record) | encoded schema |
//! ```

use layout::Schema;
use layout::header::MAX_INSTANCES;
use xxhash_rust::xxh64::xxh64;

use super::VERSION;
use super::input::{Input, Refusal};

/// The schema of a region, and how many instances it can have.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Most instances; `None`: a region of one record.
    pub instances: Option<u32>,
    /// All of the schema, with help, labels and line.
    pub schema: Schema,
}

impl Description {
    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(0_u16.to_le_bytes());
        bytes.extend(self.instances.unwrap_or(0).to_le_bytes());
        bytes.extend(self.schema.encode());
        bytes
    }

    /// Decodes what another host has sent.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut input = Input(bytes);
        input.version()?;
        input.zero_u16()?;
        let instances = input.u32()?;
        if instances > MAX_INSTANCES {
            return Err(Refusal::Malformed("it has more instances than a region can have"));
        }
        let schema = Schema::decode(input.0)
            .map_err(|_| Refusal::Malformed("its schema cannot be decoded"))?;
        Ok(Self { instances: Some(instances).filter(|most| *most > 0), schema })
    }

    /// The name of these bytes in attachments: XXH64 with seed 0.
    pub fn hash(encoded: &[u8]) -> u64 {
        xxh64(encoded, 0)
    }
}

#[cfg(test)]
mod tests {
    use layout::{Record, Stu};

    use super::*;

    #[test]
    fn a_description_is_what_was_encoded_and_no_part_of_it_is_one() {
        for instances in [None, Some(7)] {
            let description = Description { instances, schema: Stu::schema() };
            let bytes = description.encode();
            assert_eq!(Description::decode(&bytes), Ok(description));
            for len in 0..bytes.len() {
                assert!(Description::decode(&bytes[..len]).is_err(), "{len} bytes");
            }
        }
        let too_many = Description { instances: Some(MAX_INSTANCES + 1), schema: Stu::schema() };
        assert!(Description::decode(&too_many.encode()).is_err());
    }
}
