//! `counter`: counts the records that this producer has sampled.

use layout::Value;
use settings::Counter;

use super::range::whole;

/// A counter, and the number of values it has returned.
#[derive(Debug)]
pub(super) struct CounterSampler {
    counter: Counter,
    index: u64,
}

impl CounterSampler {
    pub(super) fn new(counter: Counter) -> Self {
        Self { counter, index: 0 }
    }

    /// The next value; the first one is the start.
    pub(super) fn sample(&mut self) -> Value {
        let value = value(self.counter, self.index);
        self.index = self.index.wrapping_add(1);
        value
    }
}

/// The value of record number `index`, the first being 0. The field can hold it.
fn value(counter: Counter, index: u64) -> Value {
    let Counter { start, step, least, greatest } = counter;
    // |step * index| < 2^127 and the rest is below 2^65: nothing here overflows.
    let count = greatest - least + 1;
    let moved = i128::from(step) * i128::from(index) % count;
    whole(least + (start - least + moved).rem_euclid(count))
}

#[cfg(test)]
mod tests {
    use layout::{Scalar, Value};
    use settings::{Counter, Settings, Source};

    use super::{CounterSampler, value};

    fn counter(start: i64, step: i64, scalar: Scalar) -> Counter {
        let source = format!("{{ counter = {{ start = {start}, step = {step} }} }}");
        let text = format!(
            "[region]\nname = \"x\"\n[record]\nname = \"X\"\n[[record.field]]\n\
             name = \"n\"\ntype = \"{scalar}\"\nsource = {source}"
        );
        let settings = Settings::parse(&text, "test").expect("settings");
        let Source::Counter(counter) = settings.record.sources[0] else { panic!("a counter") };
        counter
    }

    #[test]
    fn each_record_adds_a_step_to_the_start() {
        let mut sampler = CounterSampler::new(counter(254, 1, Scalar::U8));
        let values: Vec<Value> = (0..3).map(|_| sampler.sample()).collect();
        assert_eq!(
            values,
            [254, 255, 0].map(Value::Int),
            "the type's end is followed by its start"
        );
    }

    #[test]
    fn a_counter_adds_its_step_to_its_start() {
        let ids = counter(10, 1, Scalar::I32);
        assert_eq!([0, 1, 2].map(|n| value(ids, n)), [10, 11, 12].map(Value::Int));
        let down = counter(0, -5, Scalar::F64);
        assert_eq!([0, 1, 2].map(|n| value(down, n)), [0, -5, -10].map(Value::Int));
    }

    #[test]
    fn a_counter_wraps_at_the_ends_of_its_type() {
        let small = counter(126, 1, Scalar::I8);
        assert_eq!([1, 2, 3].map(|n| value(small, n)), [127, -128, -127].map(Value::Int));
        let down = counter(1, -1, Scalar::U64);
        assert_eq!(value(down, 1), Value::Int(0));
        assert_eq!(value(down, 2), Value::Uint(u64::MAX));
    }

    #[test]
    fn the_largest_step_and_index_do_not_overflow() {
        for scalar in [Scalar::I8, Scalar::U64, Scalar::I64, Scalar::F32] {
            for step in [i64::MIN, i64::MAX] {
                let counter = counter(0, step, scalar);
                let found = match value(counter, u64::MAX) {
                    Value::Int(value) => i128::from(value),
                    Value::Uint(value) => i128::from(value),
                    other => panic!("{other:?}"),
                };
                let range = counter.least..=counter.greatest;
                assert!(range.contains(&found), "{scalar} {step}: {found}");
            }
        }
    }
}
