//! Types that a bound would refuse too, but less helpfully.

use crate::errors::refuse;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, Result, Type};

/// Refuses types that cannot be shared, as far as their names show it.
pub(crate) fn refuse_unshareable(ty: &Type) -> Result<()> {
    let what = match ty {
        Type::Reference(_) | Type::Ptr(_) => {
            "an address means nothing in another process; use a number or `[u8; N]`"
        }
        Type::Tuple(_) => "a tuple has no fixed layout; give each part a field of its own",
        Type::Array(array) => match &*array.elem {
            Type::Array(inner) => {
                refuse_unshareable(&inner.elem)?;
                "an array of arrays has no C type here; write one array, as `[f32; 9]` for 3 x 3"
            }
            _ if is_zero(&array.len) => {
                "an array in a record has at least one element; remove the field"
            }
            element => return refuse_unshareable(element),
        },
        Type::Path(path) => {
            let name = path.path.segments.last().map(|last| last.ident.to_string());
            match unshareable(name.as_deref().unwrap_or("")) {
                Some(what) => what,
                None => return Ok(()),
            }
        }
        _ => return Ok(()),
    };
    refuse(ty.span(), what)
}

fn is_zero(len: &Expr) -> bool {
    matches!(len, Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if int.base10_digits() == "0")
}

/// Why a type of this name is refused.
fn unshareable(name: &str) -> Option<&'static str> {
    Some(match name {
        "bool" => {
            "another process may write a byte that no `bool` has; write `#[record(bool)]` and `u8`"
        }
        "char" => "a Rust `char` has no C type; write `#[record(text)]` and `[u8; N]`, or `u32`",
        "String" | "str" => {
            "text is kept in the record itself; write `#[record(text)]` and `[u8; N]`"
        }
        "usize" => "its width depends on the machine; use u32 or u64",
        "isize" => "its width depends on the machine; use i32 or i64",
        "u128" | "i128" => "a record has no 128-bit numbers; use `[u64; 2]`",
        "Option" => "another process may write any byte; use a number and a value for \"none\"",
        "Vec" | "Box" | "Rc" | "Arc" => {
            "what lies on the heap is not in the record; use an array such as `[f32; 16]`"
        }
        _ => return None,
    })
}
