//! How a region describes its records.
//!
//! ```text
//!   | version u16 | hosts u8 | zero u8 | most instances u32 (0: a region of one record) | host, ... | encoded schema |
//!   host: | length u8 | name |
//! ```

use layout::Schema;
use layout::header::MAX_INSTANCES;
use settings::{MAX_HOPS, is_wire_name};
use xxhash_rust::xxh64::xxh64;

use super::VERSION;
use super::input::{Input, Refusal};

/// The schema of a region, and how many instances it can have.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The hosts over which its records have come to the one that sends it, that of their writer first; none: they are
    /// published there.
    pub route: Vec<String>,
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
        bytes.extend([u8::try_from(self.route.len()).unwrap_or(u8::MAX), 0]);
        bytes.extend(self.instances.unwrap_or(0).to_le_bytes());
        for host in &self.route {
            bytes.push(u8::try_from(host.len()).unwrap_or(u8::MAX));
            bytes.extend(host.as_bytes());
        }
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
        let (hosts, zero) = (input.u8()?, input.u8()?);
        if hosts > MAX_HOPS || zero != 0 {
            return Err(Refusal::Malformed("it has come over more hosts than it may"));
        }
        let instances = input.u32()?;
        let route = (0..hosts).map(|_| host(&mut input)).collect::<Result<_, _>>()?;
        if instances > MAX_INSTANCES {
            return Err(Refusal::Malformed("it has more instances than a region can have"));
        }
        let schema = Schema::decode(input.0)
            .map_err(|_| Refusal::Malformed("its schema cannot be decoded"))?;
        Ok(Self { route, instances: Some(instances).filter(|most| *most > 0), schema })
    }

    /// The name of these bytes in attachments: XXH64 with seed 0.
    pub fn hash(encoded: &[u8]) -> u64 {
        xxh64(encoded, 0)
    }
}

/// The name of a host.
fn host(input: &mut Input<'_>) -> Result<String, Refusal> {
    let len = input.u8()?.into();
    let name = str::from_utf8(input.bytes(len)?).ok().filter(|name| is_wire_name(name));
    name.map(str::to_owned).ok_or(Refusal::Malformed("an invalid host name"))
}

#[cfg(test)]
mod tests {
    use layout::{Record, Stu};

    use super::*;

    #[test]
    fn a_description_is_what_was_encoded_and_no_part_of_it_is_one() {
        for (instances, hosts) in [(None, 0), (Some(7), 1), (None, MAX_HOPS)] {
            let route = (0..hosts).map(|host| format!("host{host}")).collect();
            let description = Description { route, instances, schema: Stu::schema() };
            let bytes = description.encode();
            assert_eq!(Description::decode(&bytes), Ok(description));
            for len in 0..bytes.len() {
                assert!(Description::decode(&bytes[..len]).is_err(), "{len} bytes");
            }
        }
        let plain = Description { route: Vec::new(), instances: None, schema: Stu::schema() };
        let too_many = Description { instances: Some(MAX_INSTANCES + 1), ..plain.clone() };
        let too_far = Description { route: vec!["a".to_owned(); 9], ..plain.clone() };
        let no_host = Description { route: vec!["a/b".to_owned()], ..plain };
        for refused in [too_many, too_far, no_host] {
            assert!(Description::decode(&refused.encode()).is_err());
        }
    }
}
