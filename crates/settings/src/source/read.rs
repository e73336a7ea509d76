//! From `source = { ... }` to a [`Source`] that fits its field.
//!
//! serde fills a table for each kind; what depends on the type of the field is checked after it.

use layout::{CType, Field, RecordBuf, Scalar};

use super::target::Target;
use super::{Source, clock, counter, disk, expr, file, input, range};
use crate::fault::{Fault, Problem};
use crate::node::Node;

/// What a record is, for the texts of its sources: in one of instances `{instance}` is the name of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
    Plain,
    OfInstances,
}

/// Reads the source of field number `index` of a record of this kind; `scratch` is for trying constants.
pub(crate) fn source(
    source: &Node<'_>,
    index: usize,
    scratch: &mut RecordBuf,
    kind: RecordKind,
) -> Result<Source, Problem> {
    let kinds = source.members();
    let (key, node) = match kinds.as_slice() {
        [] => return Err(source.problem(Fault::Type("a table with one kind of source".into()))),
        [(key, node)] => (*key, node),
        [(first, _), (second, _), ..] => {
            let why = format!("two sources, {first} and {second}; keep one of them");
            return Err(source.problem(Fault::Other(why)));
        }
    };
    let mut target = Target::new(index, scratch, kind);
    Ok(match key {
        "const" => Source::Const(target.constant(node)?),
        "counter" => Source::Counter(counter::read(node, target.field())?),
        "clock" => Source::Clock(clock::read(node, target.field())?),
        "file" => Source::File(file::read(node, &mut target)?),
        "disk" => Source::Disk(disk::read(node, &mut target)?),
        "expr" => Source::Expr(expr::read(node, &target)?),
        "wave" => Source::Wave(range::read_wave(node, target.field())?),
        "random" => Source::Random(range::read_random(node, target.field())?),
        "input" => Source::Input(input::read(node, &mut target)?),
        other => return Err(source.problem(Fault::UnknownKey(other.to_owned()))),
    })
}

/// The error that a source of this kind cannot fill a field of this type.
pub(super) fn mismatch(node: &Node<'_>, ctype: CType, advice: &str) -> Problem {
    let kind = node.keys().last().copied().unwrap_or_default();
    node.problem(Fault::Other(format!("{kind} cannot fill a field of type {ctype}; {advice}")))
}

/// The scalar of a field that is one number; else the error that `node` does not fit.
pub(super) fn one_number(node: &Node<'_>, field: &Field) -> Result<Scalar, Problem> {
    let (scalar, count) = (field.ctype().element(), field.ctype().count());
    if count.is_none() && (scalar.is_int() || scalar.is_float()) {
        return Ok(scalar);
    }
    let advice = "it makes single numbers: use const or input, or change the type";
    Err(mismatch(node, field.ctype(), advice))
}
