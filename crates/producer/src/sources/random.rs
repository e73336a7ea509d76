//! `random`: numbers between two bounds, both included.

use fastrand::Rng;
use layout::Value;
use settings::{Random, Range};

use super::range::{value_at, whole};

/// A random source and its generator.
#[derive(Debug)]
pub(super) struct RandomSampler {
    range: Range,
    rng: Rng,
}

impl RandomSampler {
    pub(super) fn new(random: Random) -> Self {
        Self { range: random.range, rng: random.seed.map_or_else(Rng::new, Rng::with_seed) }
    }

    /// The next number; whole numbers are uniformly distributed.
    pub(super) fn sample(&mut self) -> Value {
        match self.range {
            Range::Whole { min, max } => whole(self.rng.i128(min..=max)),
            real @ Range::Real { .. } => value_at(real, self.rng.f64_inclusive()),
        }
    }
}

#[cfg(test)]
mod tests {
    use layout::Value;
    use settings::{Random, Range};

    use super::RandomSampler;

    #[test]
    fn a_die_shows_every_face() {
        let random = Random { range: Range::Whole { min: 1, max: 6 }, seed: Some(42) };
        let mut sampler = RandomSampler::new(random);
        let mut faces = [0; 6];
        for _ in 0..6_000 {
            match sampler.sample() {
                Value::Int(face @ 1..=6) => faces[usize::try_from(face - 1).expect("1 to 6")] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(faces.iter().all(|&count| (800..1_200).contains(&count)), "{faces:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_the_bounds() {
        let random = Random { range: Range::Real { min: -1.5, max: 2.0 }, seed: Some(7) };
        let (mut one, mut two) = (RandomSampler::new(random), RandomSampler::new(random));
        for _ in 0..100 {
            let value = one.sample();
            assert_eq!(value, two.sample());
            assert!(matches!(value, Value::F64(number) if (-1.5..=2.0).contains(&number)));
        }
    }

    #[test]
    fn the_widest_range_does_not_overflow() {
        let range = Range::Whole { min: i64::MIN.into(), max: u64::MAX.into() };
        let mut sampler = RandomSampler::new(Random { range, seed: Some(1) });
        assert_ne!(sampler.sample(), sampler.sample());
    }
}
