//! What the sources of a record keep at a reload.

use layout::RecordBuf;
use settings::Source;

use super::{FieldSource, Sampler, Sources};
use crate::input::copy_field;

impl Sources {
    /// Continues where `earlier` was, for every field whose name, type and source are still the same.
    /// Takes their values over into `record`; returns pairs of their number now and then.
    pub(crate) fn carry_over(
        &mut self,
        mut earlier: Self,
        last: &RecordBuf,
        record: &mut RecordBuf,
    ) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let old = std::mem::take(&mut earlier.fields);
        let mut old: Vec<Option<FieldSource>> = old.into_iter().map(Some).collect();
        for (index, field) in self.fields.iter_mut().enumerate() {
            let at = old.iter().position(|old| old.as_ref().is_some_and(|old| old.is_like(field)));
            let Some((at, kept)) = at.and_then(|at| Some((at, old[at].take()?))) else { continue };
            // The label that a constant is may name another number now.
            if !matches!(field.source, Source::Const(_)) {
                copy_field((last, at), (record, index));
            }
            (field.error, field.is_logged) = (kept.error, kept.is_logged);
            field.has_had_value = kept.has_had_value;
            match (&mut field.sampler, kept.sampler) {
                // The files are opened again, under their numbers in this collection.
                (Sampler::File(new), Sampler::File(old)) => new.carry_over(&old),
                (sampler, kept) => *sampler = kept,
            }
            pairs.push((index, at));
        }
        pairs
    }
}

impl FieldSource {
    /// Whether `other` is the same field with the same source. What is done about a line without its value
    /// may have changed.
    fn is_like(&self, other: &Self) -> bool {
        let same_source = match (&self.source, &other.source) {
            (Source::Input(own), Source::Input(other)) => own.key == other.key,
            (own, other) => own == other,
        };
        self.name == other.name && self.ctype == other.ctype && same_source
    }
}
