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
    /// The same where not all instances are asked for: their names are not known.
    UnseenOfAny,
    SeveralOfAny,
}

const UNSEEN: &str = " of instances that joined and were retired meanwhile";
/// Their names went with them.
const OF_ANY: &str = ", perhaps of some that --instance leaves out";

impl Of {
    /// Whether some may be of instances that are not asked for.
    fn is_of_any(self) -> bool {
        matches!(self, Self::UnseenOfAny | Self::SeveralOfAny)
    }
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

    /// The same, where some may be of instances that are not asked for.
    pub(crate) fn unseen_of_any(count: u64) -> Self {
        Self { count, of: Of::UnseenOfAny }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn add(&mut self, more: Self) {
        let of_any = [self.of, more.of].iter().any(|of| of.is_of_any());
        let of = match self.of {
            of if self.is_none() || of == more.of => more.of,
            _ if of_any => Of::SeveralOfAny,
            _ => Of::Several,
        };
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
            Of::Unseen => f.write_str(UNSEEN),
            Of::UnseenOfAny => write!(f, "{UNSEEN}{OF_ANY}"),
            Of::SeveralOfAny => write!(f, " of several instances{OF_ANY}"),
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

    #[test]
    fn what_may_be_of_an_instance_that_is_not_asked_for_says_so() {
        let mut misses = Misses::unseen_of_any(2);
        misses.add(Misses::unseen_of_any(1));
        let unseen = "missed 3 records of instances that joined and were retired meanwhile, perhaps of some that \
                      --instance leaves out";
        assert_eq!(misses.to_string(), unseen);
        misses.add(Misses::new("eth0".parse().ok(), 4));
        misses.add(Misses::new("lo".parse().ok(), 1));
        let several =
            "missed 8 records of several instances, perhaps of some that --instance leaves out";
        assert_eq!(misses.to_string(), several);
    }
}
