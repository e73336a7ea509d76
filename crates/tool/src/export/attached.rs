//! One region that is attached, plain or with instances, and its records one after the other.
//!
//! Invariant: a record is read once for each look, whole; so all values of a [`Row`] belong together.
//!
//! Price: an attach; then a `stat` and a copy of each record for each look.

use mapcast::dynamic::{AnyReader, Field, Reader, RecordBuf, RecordView};
use mapcast::{Error, ErrorKind, Publication, Refreshed, ToPlace};
use render::{Format, Renderer, View};

use super::metrics::OWN;
use super::names::FieldMetric;

/// An attached region.
#[derive(Debug)]
pub(crate) struct Attached {
    reader: AnyReader,
    record: RecordBuf,
    shape: Shape,
}

/// Which fields are exported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// Longest array and text: longer arrays are left out, longer texts cut.
    pub(crate) longest: u32,
    /// Their names; all if there are none.
    pub(crate) names: Vec<String>,
}

/// What the schema of a region decides.
#[derive(Debug)]
pub(crate) struct Shape {
    /// For each field, in the schema's order; `None` for one that is not exported.
    pub(crate) metrics: Vec<Option<FieldMetric>>,
    /// The line of a record as `consumer --format json` prints it.
    pub(crate) json: Renderer,
    /// Longest text that is exported.
    pub(crate) longest: u32,
}

impl Choice {
    fn has(&self, field: &Field) -> bool {
        let is_short = field.ctype().is_text()
            || field.ctype().count().is_none_or(|count| count <= self.longest);
        is_short && (self.names.is_empty() || self.names.iter().any(|name| name == field.name()))
    }
}

/// A record, or that there is none yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) region: &'a Reader,
    /// The instance it is of.
    pub(crate) instance: Option<&'a str>,
    pub(crate) newest: Option<(Publication, RecordView<'a>)>,
}

impl Attached {
    /// Attaches to the region at `place`, of which the fields of `choice` are exported.
    pub(crate) fn open(place: impl ToPlace, choice: &Choice) -> Result<Self, Error> {
        let reader = AnyReader::open(&place)?;
        let schema = reader.schema().clone();
        let shown = schema.fields().iter().filter(|field| choice.has(field));
        let fields = shown.map(|field| field.name().to_owned()).collect();
        let view = View { format: Format::Json, fields: Some(fields), ..View::default() };
        let json = view.of(&schema).expect("each of its fields once");
        let all = FieldMetric::all(&schema, &OWN).into_iter().zip(schema.fields());
        let metrics = all.map(|(metric, field)| choice.has(field).then_some(metric)).collect();
        let shape = Shape { metrics, json, longest: choice.longest };
        Ok(Self { reader, record: RecordBuf::new(schema), shape })
    }

    pub(crate) fn region(&self) -> &Reader {
        &self.reader
    }

    /// The fields that are exported.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        let fields = self.reader.schema().fields().iter().zip(&self.shape.metrics);
        fields.filter_map(|(field, metric)| metric.is_some().then_some(field))
    }

    pub(crate) fn has_instances(&self) -> bool {
        matches!(self.reader, AnyReader::Instances(_))
    }

    /// Whether the path still names the attached file.
    pub(crate) fn is_current(&mut self) -> bool {
        matches!(self.reader.refresh(), Ok(Refreshed::Same))
    }

    /// Reads each record once, and passes it to `visit`.
    pub(crate) fn look(&mut self, mut visit: impl FnMut(Row<'_>, &mut Shape)) -> Result<(), Error> {
        let Self { reader, record, shape } = self;
        match reader {
            AnyReader::Plain(region) => {
                let newest = region.latest(record.bytes_mut())?;
                let newest = newest.map(|publication| (publication, record.view()));
                visit(Row { region, instance: None, newest }, shape);
            }
            AnyReader::Instances(region) => {
                let all: Vec<_> = region.all().collect();
                for (instance, name) in all {
                    let newest = match region.latest(instance, record.bytes_mut()) {
                        // It was retired meanwhile.
                        Err(error) if matches!(error.kind(), ErrorKind::NoSuchInstance) => continue,
                        newest => newest?.map(|publication| (publication, record.view())),
                    };
                    visit(Row { region, instance: Some(&name), newest }, shape);
                }
            }
        }
        Ok(())
    }
}
