//! How many records were missed, and of which instance.

use std::fmt;

use daemon::counted;
use layout::InstanceName;

/// Records that were overwritten before they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Misses {
    count: u64,
    of: Of,
}

/// Whose records they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Of {
    #[default]
    Region,
    Instance(InstanceName),
    Several,
    /// Of instances that have come and gone without being seen.
    Unseen,
}

impl Misses {
    /// `count` records of an instance, or of a plain region.
    pub(crate) fn new(instance: Option<InstanceName>, count: u64) -> Self {
        Self { count, of: instance.map_or(Of::Region, Of::Instance) }
    }

    /// `count` records of instances that have come and gone without being seen.
    pub(crate) fn unseen(count: u64) -> Self {
        Self { count, of: Of::Unseen }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn add(&mut self, more: Self) {
        let of = if self.is_none() || self.of == more.of { more.of } else { Of::Several };
        *self = Self { count: self.count.saturating_add(more.count), of };
    }
}

impl fmt::Display for Misses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "missed {}", counted(self.count, "record"))?;
        match self.of {
            Of::Region => Ok(()),
            Of::Instance(name) => write!(f, " of {name}"),
            Of::Several => f.write_str(" of several instances"),
            Of::Unseen => f.write_str(" of instances that joined and were retired meanwhile"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Misses;

    #[test]
    fn misses_are_added_up_and_name_the_instance_if_it_is_one() {
        let of = |name: &str, count| Misses::new(name.parse().ok(), count);
        let mut misses = Misses::default();
        misses.add(of("eth0", 2));
        misses.add(of("eth0", 1));
        assert_eq!(misses.to_string(), "missed 3 records of eth0");
        misses.add(of("lo", 1));
        assert_eq!(misses.to_string(), "missed 4 records of several instances");
        assert_eq!(Misses::new(None, 1).to_string(), "missed 1 record");
        let unseen = "missed 2 records of instances that joined and were retired meanwhile";
        assert_eq!(Misses::unseen(2).to_string(), unseen);
    }
}
