//! What gives a field its value: a sampler for each kind of source.

use layout::{Digits, Label, Scalar, Value};
use settings::{DiskSource, Source};

use super::clock::{ClockSampler, Moment};
use super::counter::CounterSampler;
use super::disk;
use super::file::FileSampler;
use super::files::Files;
use super::random::RandomSampler;
use super::sample_error::SampleError;
use super::wave::WaveSampler;

/// What a sampler returns.
#[derive(Debug)]
pub(super) enum Sample<'f> {
    /// A new value.
    Value(Value),
    /// A new value: the digits in a file.
    Number(Digits<'f>),
    /// A new value: a whole number, perhaps too large for any type.
    Whole(i128),
    /// No new value, which is not an error.
    Keep,
    /// No value, and why.
    Missing(SampleError),
}

/// The state of one field's source.
#[derive(Debug)]
pub(super) enum Sampler {
    /// `const`, `input` and `expr`: set once, by lines, or after all others.
    Constant,
    Counter(CounterSampler),
    Clock(ClockSampler),
    File(Box<FileSampler>),
    Disk(Box<DiskSource>),
    Wave(WaveSampler),
    Random(RandomSampler),
}

impl Sampler {
    /// The value at `now`, for a field with these labels.
    pub(super) fn sample<'f>(
        &mut self,
        now: Moment,
        labels: &[Label],
        files: &'f mut Files,
    ) -> Sample<'f> {
        match self {
            Self::Constant => Sample::Keep,
            Self::Counter(counter) => Sample::Value(counter.sample()),
            Self::Clock(clock) => Sample::Value(clock.sample(now)),
            Self::File(field) => field.sample(labels, files),
            Self::Disk(disk) => disk::sample(disk),
            Self::Wave(wave) => Sample::Value(wave.sample(now)),
            Self::Random(random) => Sample::Value(random.sample()),
        }
    }
}

/// The sampler of `source`, which starts at `now`.
pub(super) fn sampler(source: &Source, element: Scalar, now: Moment, files: &mut Files) -> Sampler {
    match source {
        Source::Counter(counter) => Sampler::Counter(CounterSampler::new(*counter)),
        Source::Clock(clock) => Sampler::Clock(ClockSampler::new(*clock, element)),
        Source::File(file) => Sampler::File(Box::new(FileSampler::new(file, element, files))),
        Source::Disk(disk) => Sampler::Disk(Box::new(disk.clone())),
        Source::Wave(wave) => Sampler::Wave(WaveSampler::new(*wave, now)),
        Source::Random(random) => Sampler::Random(RandomSampler::new(*random)),
        // Set once, by lines, or after all others.
        Source::Const(_) | Source::Input(_) | Source::Expr(_) => Sampler::Constant,
    }
}
