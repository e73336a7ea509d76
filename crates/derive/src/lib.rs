//! `#[derive(Record)]` and `#[derive(Labels)]`: the schema is generated from the struct itself.
//!
//! Invariant: what `derive(Record)` emits compiles only if every byte of the struct is a byte of a
//! plain number or of padding that has a name. That is what makes the emitted `unsafe impl Pod` sound.
//!
//! ```text
//!   attributes -> Record (parse, check)  -> checks, Pod, schema (record)
//!   variants   -------------------------->  Labels, TryFrom     (labels)
//! ```
//!
//! Price: nothing at run time; `syn` at compile time, which most programs build anyway.
#![forbid(unsafe_code)]

mod attribute;
mod check;
mod errors;
mod labels;
mod line;
mod parse;
mod record;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a `#[repr(C)]` struct a record. See the documentation of `Record`.
#[proc_macro_derive(Record, attributes(record))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    parse::record(&input).map_or_else(|err| err.to_compile_error(), |r| record::expand(&r)).into()
}

/// Makes a fieldless enum the labels of an integer field. See the documentation of `Labels`.
#[proc_macro_derive(Labels, attributes(record))]
pub fn derive_labels(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    labels::expand(&input).unwrap_or_else(|err| err.to_compile_error()).into()
}
