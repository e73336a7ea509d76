//! `counter`: counts the records that this producer has sampled.

use layout::Value;
use settings::Counter;

/// A counter and how often it was asked.
#[derive(Debug)]
pub(super) struct Counting {
    counter: Counter,
    index: u64,
}

impl Counting {
    pub(super) fn new(counter: Counter) -> Self {
        Self { counter, index: 0 }
    }

    /// The next value; the first one is the start.
    pub(super) fn next(&mut self) -> Value {
        let value = self.counter.at(self.index);
        self.index = self.index.wrapping_add(1);
        value
    }
}

#[cfg(test)]
mod tests {
    use layout::Value;
    use settings::{Settings, Source};

    use super::Counting;

    #[test]
    fn the_first_record_has_the_start_and_each_one_after_it_a_step_more() {
        let text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n[[record.field]]\n\
                    name = \"n\"\ntype = \"u8\"\nsource = { counter = { start = 254, step = 1 } }";
        let settings = Settings::parse(text, "test").expect("settings");
        let Source::Counter(counter) = settings.record.sources[0] else { panic!("a counter") };
        let mut counting = Counting::new(counter);
        let values: Vec<Value> = (0..3).map(|_| counting.next()).collect();
        assert_eq!(
            values,
            [254, 255, 0].map(Value::Int),
            "the type's end is followed by its start"
        );
    }
}
