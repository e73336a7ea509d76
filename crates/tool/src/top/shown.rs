//! The content of the selected region, as it was read last.

use std::time::Duration;

use mapcast::Publication;
use mapcast::dynamic::{RecordView, Schema};

use super::track::{self, Track};
use query::FieldRef;

/// What is known of the region that is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// The record's name.
    pub(crate) record: String,
    pub(crate) writer: Option<String>,
    /// Of the newest record that was read.
    pub(crate) sequence: u64,
    pub(crate) age: Option<Duration>,
    /// Why nothing can be read; what is below is older then.
    pub(crate) problem: Option<String>,
    /// The fields of the region, or of the instance that was opened.
    pub(crate) tracks: Vec<Track>,
    /// The names of all fields, for the table of instances.
    pub(crate) heads: Vec<String>,
    /// The instances, if it has any; the cells of those on the screen are filled.
    pub(crate) instances: Option<Vec<InstanceLine>>,
}

/// An instance and the values of its newest record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InstanceLine {
    pub(crate) name: String,
    pub(crate) age: Option<Duration>,
    /// A value for each field.
    pub(crate) cells: Vec<String>,
}

impl InstanceLine {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: daemon::plain(name), ..Self::default() }
    }
}

impl Shown {
    /// Nothing yet of records of `schema`.
    pub(crate) fn of(schema: &Schema) -> Self {
        let heads = schema.fields().iter().map(|field| daemon::plain(field.name())).collect();
        let record = daemon::plain(schema.name());
        Self { record, tracks: Track::of(schema), heads, ..Self::default() }
    }

    /// Takes the newest record; forgets those before if there is none (any more).
    pub(crate) fn take_or_clear(&mut self, record: RecordView<'_>, newest: Option<&Publication>) {
        match newest {
            Some(publication) => self.take(record, publication),
            // With an age the old record would pass for that of a live writer.
            None => self.clear_tracks(record.schema()),
        }
    }

    fn take(&mut self, record: RecordView<'_>, publication: &Publication) {
        (self.sequence, self.age) = (publication.sequence, publication.age());
        for track in &mut self.tracks {
            track.take(record, publication.published_at);
        }
    }

    /// Forgets what was seen before, of another region or instance.
    pub(crate) fn clear_tracks(&mut self, schema: &Schema) {
        self.tracks = Track::of(schema);
        (self.sequence, self.age) = (0, None);
    }

    /// The position of an instance.
    pub(crate) fn index_of(&self, instance: &str) -> Option<usize> {
        self.instances.as_ref()?.iter().position(|line| line.name == instance)
    }

    /// Takes the newest record of the instance in row `index`.
    pub(crate) fn take_instance(
        &mut self,
        index: usize,
        record: RecordView<'_>,
        publication: &Publication,
    ) {
        let Some(line) = self.instances.as_mut().and_then(|lines| lines.get_mut(index)) else {
            return;
        };
        let fields = 0..record.schema().fields().len();
        line.age = publication.age();
        line.cells = fields.map(|field| track::text(FieldRef::whole(field), record)).collect();
    }

    /// Minimum and maximum begin with the present values.
    pub(crate) fn reset_ranges(&mut self) {
        self.tracks.iter_mut().for_each(Track::reset_range);
    }
}
