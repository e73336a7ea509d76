//! `[record]`: the fields of the record and where their values come from.
//!
//! Invariant: either every field has a source or none has. A record without sources is one that
//! another program publishes, described here so that a consumer can read it.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use layout::text::{quote, shorten};
use layout::{
    CType, FieldSpec, InstanceName, MAX_RECORD, RecordBuf, Schema, SchemaBuilder, SchemaError,
    SchemaPart as Part,
};
use render::{Line, LineText};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};

use crate::error::Place;
use crate::fault::{Fault, Problem};
use crate::instances::{self, Instances};
use crate::node::Node;
use crate::source::read::{self, RecordKind};
use crate::source::{Nested, Source, nested};
use crate::values::filled;

/// The record: what its bytes mean and where its values come from.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSettings {
    /// What the bytes mean, the line template of `[consumer]` included if a region can carry it.
    pub schema: Arc<Schema>,
    /// One source for each field, in the same order; empty if the record is only described.
    pub sources: Vec<Source>,
    /// The indices of the fields that are computed from others, each after those it uses.
    pub computed: Vec<usize>,
    /// The instances; `None`: the region has one record.
    pub instances: Option<Instances>,
}

impl RecordSettings {
    /// The instances that the configuration lists. None if there is one record, or if their names come from
    /// elsewhere.
    pub fn listed(&self) -> &[InstanceName] {
        match &self.instances {
            Some(Instances::Named(names)) => names,
            Some(Instances::Glob(_) | Instances::Input(_)) | None => &[],
        }
    }

    /// How many structs a bare file of it holds: one for each instance that is listed.
    pub fn structs(&self) -> NonZeroU32 {
        u32::try_from(self.listed().len()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }
}

/// `[record]` as serde fills it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordTable {
    name: String,
    /// Read by [`instances::read`].
    #[serde(rename = "instances")]
    _instances: Option<IgnoredAny>,
    field: Vec<FieldTable>,
}

/// `[[record.field]]` as serde fills it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldTable {
    #[serde(deserialize_with = "filled")]
    name: String,
    #[serde(rename = "type", deserialize_with = "ctype")]
    ctype: CType,
    offset: Option<i64>,
    unit: Option<String>,
    help: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Read by [`read::source`] once the type of the field is known.
    source: Option<IgnoredAny>,
}

fn ctype<'de, D: Deserializer<'de>>(value: D) -> Result<CType, D::Error> {
    String::deserialize(value)?.parse().map_err(D::Error::custom)
}

impl RecordTable {
    /// The settings, if they are valid; `root` is the file, and `line` the template of `[consumer]`.
    pub(crate) fn checked(
        &self,
        root: &Node<'_>,
        text: &str,
        line: Option<&str>,
    ) -> Result<RecordSettings, Problem> {
        let record = root.at_key("record");
        let list = record.at_key("field");
        let nodes = list.items();
        self.refuse_duplicates(&nodes, text)?;
        let mut builder = Schema::builder(&self.name);
        for (field, node) in self.field.iter().zip(&nodes) {
            builder = builder.field(field.spec(node)?);
        }
        let schema = Arc::new(schema(root, &nodes, builder, line)?);
        let listed = record.get("instances");
        let instances = listed.as_ref().map(instances::read).transpose()?;
        let kind = if instances.is_some() { RecordKind::OfInstances } else { RecordKind::Plain };
        let sources = self.sources(&nodes, &schema, kind)?;
        if let (Some(Instances::Named(names)), Some(listed)) = (&instances, &listed) {
            check_names(listed, names, &sources)?;
        }
        if let Some(Nested { field, why }) = nested(&sources, &schema, instances.as_ref()) {
            let fault = Fault::Other(why);
            let Some(field) = field else {
                return Err(record.at_key("instances").problem_at("input", fault));
            };
            let source = nodes[field].at_key("source");
            return Err(source.at_key("input").problem_at("key", fault));
        }
        let computed = in_order(&sources).map_err(|cycle| {
            let names: Vec<&str> = cycle.iter().map(|&index| &*self.field[index].name).collect();
            let why = format!(
                "depends on itself ({}); compute one of them from other fields",
                shorten(&names.join(" <- "))
            );
            nodes[cycle[0]].at_key("source").problem_at("expr", Fault::Other(why))
        })?;
        Ok(RecordSettings { schema, sources, computed, instances })
    }

    fn refuse_duplicates(&self, nodes: &[Node<'_>], text: &str) -> Result<(), Problem> {
        let mut seen = HashMap::new();
        for (field, node) in self.field.iter().zip(nodes) {
            if let Some(first) = seen.insert(&field.name, node.at_key("name").at) {
                let line = Place::of(text, first).line;
                let why = format!("the field in line {line} has the same name; rename one of them");
                return Err(node.problem_at("name", Fault::Other(why)));
            }
        }
        Ok(())
    }

    /// A source for every field, or none at all.
    fn sources(
        &self,
        nodes: &[Node<'_>],
        schema: &Arc<Schema>,
        kind: RecordKind,
    ) -> Result<Vec<Source>, Problem> {
        if self.field.iter().all(|field| field.source.is_none()) {
            return Ok(Vec::new());
        }
        let mut scratch = RecordBuf::new(Arc::clone(schema));
        let read = |(index, field): (usize, &Node<'_>)| {
            let source = field.get("source");
            let source = source.ok_or_else(|| field.problem(Fault::Missing("source")))?;
            read::source(&source, index, &mut scratch, kind)
        };
        nodes.iter().enumerate().map(read).collect()
    }
}

/// An error if the name of an instance leads the path of a source out of its folder.
fn check_names(
    listed: &Node<'_>,
    names: &[InstanceName],
    sources: &[Source],
) -> Result<(), Problem> {
    let items = listed.items();
    for (index, name) in names.iter().enumerate() {
        if let Err(error) = sources.iter().try_for_each(|source| source.of_instance(name).map(drop))
        {
            let item = items.get(index).unwrap_or(listed);
            return Err(item.problem(Fault::Other(error.to_string())));
        }
    }
    Ok(())
}

/// The schema of `builder`, with `line` as its template if a region can carry it; a line that only a consumer can print
/// is checked, but left out of the schema.
fn schema(
    root: &Node<'_>,
    nodes: &[Node<'_>],
    builder: SchemaBuilder,
    line: Option<&str>,
) -> Result<Schema, Problem> {
    let schema = builder.clone().build().map_err(|error| blame(root, nodes, &error))?;
    let Some(line) = line else { return Ok(schema) };
    match builder.line(line).build() {
        Err(error) if error.part() == Part::Line => {
            let own = Line::parse(&LineText::Literal(line.to_owned()), &schema);
            let consumer = root.at_key("consumer");
            own.map(|_| schema)
                .map_err(|error| consumer.problem_at("line", Fault::Other(error.to_string())))
        }
        built => built.map_err(|error| blame(root, nodes, &error)),
    }
}

/// The fields that are computed, each after those it uses; else fields of which each uses the next, and
/// the last one the first.
fn in_order(sources: &[Source]) -> Result<Vec<usize>, Vec<usize>> {
    let expr = |index: usize| match &sources[index] {
        Source::Expr(expr) => Some(expr),
        _ => None,
    };
    let mut left: Vec<usize> = (0..sources.len()).filter(|&index| expr(index).is_some()).collect();
    let mut is_known: Vec<bool> = (0..sources.len()).map(|index| expr(index).is_none()).collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let before = left.len();
        left.retain(|&index| {
            let is_ready = expr(index).is_some_and(|expr| expr.fields().all(|used| is_known[used]));
            if is_ready {
                is_known[index] = true;
                order.push(index);
            }
            !is_ready
        });
        if left.len() == before {
            let next = |index| expr(index)?.fields().find(|&used| !is_known[used]);
            return Err(cycle(left[0], next));
        }
    }
    Ok(order)
}

/// The cycle that `next` leads to from `start`.
fn cycle(start: usize, next: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let mut way = vec![start];
    while let Some(index) = next(way[way.len() - 1]) {
        if let Some(first) = way.iter().position(|&seen| seen == index) {
            way.drain(..first);
            break;
        }
        way.push(index);
    }
    way
}

/// The error of `layout` about the record, at its key.
fn blame(root: &Node<'_>, nodes: &[Node<'_>], error: &SchemaError) -> Problem {
    let fault = Fault::Other(error.to_string());
    let record = root.at_key("record");
    let key = match error.part() {
        Part::Name if error.field().is_none() => return record.problem_at("name", fault),
        Part::Name => "name",
        Part::Offset => "offset",
        Part::Unit => "unit",
        Part::Help => "help",
        Part::Labels => "labels",
        _ => "type",
    };
    let node = error.field().and_then(|index| nodes.get(index));
    match node.and_then(|node| node.get(key).or_else(|| node.get("type"))) {
        Some(node) => node.problem(fault),
        None => record.problem_at("field", fault),
    }
}

impl FieldTable {
    fn spec(&self, node: &Node<'_>) -> Result<FieldSpec, Problem> {
        let mut spec = FieldSpec::new(&self.name, self.ctype);
        if let Some(offset) = self.offset {
            spec = spec.offset(node.at_key("offset").in_range(offset, (0, MAX_RECORD.into()))?);
        }
        if let Some(unit) = &self.unit {
            spec = spec.unit(unit);
        }
        if let Some(help) = &self.help {
            spec = spec.help(help);
        }
        for (value, text) in self.labels(node)? {
            spec = spec.label(value, text);
        }
        Ok(spec)
    }

    /// `labels = { 0 = "off", 1 = "on" }`, by value.
    fn labels(&self, node: &Node<'_>) -> Result<Vec<(i64, &str)>, Problem> {
        let label = |(value, text): (&String, _)| {
            let number = value.parse::<i64>().map_err(|_| {
                let example = crate::examples::example(&["record", "field", "labels"]);
                let why = format!("{} is not a whole number; write {example}", quote(value));
                node.at_key("labels").problem_at(value, Fault::Other(why))
            });
            Ok((number?, String::as_str(text)))
        };
        let mut labels = self.labels.iter().map(label).collect::<Result<Vec<_>, _>>()?;
        labels.sort_unstable();
        Ok(labels)
    }
}
