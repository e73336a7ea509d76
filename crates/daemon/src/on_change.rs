//! Reports a value only when it changes, so that a lasting condition is logged once.
//!
//! Invariant: [`OnChange::update`] returns a value if and only if it differs from the previous one.
//!
//! Price: the last value is kept.

/// The last value of something that is observed repeatedly.
#[derive(Clone, Debug)]
pub struct OnChange<T> {
    last: Option<T>,
}

impl<T: PartialEq> OnChange<T> {
    /// No value yet: the first one is a change.
    pub const fn new() -> Self {
        Self { last: None }
    }

    /// Returns `value` if it differs from the last one, and keeps it.
    pub fn update(&mut self, value: T) -> Option<&T> {
        if self.last.as_ref() == Some(&value) {
            return None;
        }
        Some(self.last.insert(value))
    }

    /// The last value, unless it was cleared.
    pub const fn last(&self) -> Option<&T> {
        self.last.as_ref()
    }

    /// Forgets the last value and returns it, so that any next one is a change.
    pub fn clear(&mut self) -> Option<T> {
        self.last.take()
    }
}

impl<T: PartialEq> Default for OnChange<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::OnChange;

    #[test]
    fn a_value_is_reported_once_until_it_changes() {
        let mut state = OnChange::default();
        let seen = ["a", "a", "b", "b", "a"];
        assert_eq!(
            seen.map(|value| state.update(value).copied()),
            [Some("a"), None, Some("b"), None, Some("a")]
        );
        assert_eq!(state.last(), Some(&"a"));
    }

    #[test]
    fn after_a_clear_the_same_value_is_reported_again() {
        let mut state = OnChange::new();
        assert_eq!(state.clear(), None);
        assert_eq!(state.update(1), Some(&1));
        assert_eq!(state.clear(), Some(1));
        assert_eq!(state.last(), None);
        assert_eq!(state.update(1), Some(&1));
    }
}
