//! `expr`: a number computed from other fields of the record, such as `mem_total - mem_available`.

use query::Expr;

use super::read::one_number;
use super::target::Target;
use crate::fault::{Fault, Problem};
use crate::node::Node;

pub(super) fn read(node: &Node<'_>, target: &Target<'_>) -> Result<Expr, Problem> {
    let text: String = node.read()?;
    one_number(node, target.field())?;
    Expr::parse(&text, target.schema())
        .map_err(|error| node.problem(Fault::Other(error.to_string())))
}
