//! What `#[derive(Record)]` emits: checks at compile time, `Pod`, and the schema.
//!
//! ```text
//!   const _: () = { each field begins where the one before it ends; ... };   no padding without a name
//!   unsafe impl Zeroable, Pod                                                by the checks above
//!   impl Record { fn schema() -> Schema { offsets by offset_of! } }          nothing is written twice
//! ```

use crate::parse::{Field, Kind, Labels, Record, Role, Value, text_of};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

/// The alignments that C types have: more padding in one place there cannot be.
const MOST_PADDING: usize = 7;

/// The items for `record`.
pub(crate) fn expand(record: &Record) -> TokenStream {
    let Record { ident, krate, .. } = record;
    let (checks, schema) = (checks(record), schema(record));
    quote! {
        const _: () = {
            use #krate::derive_support as mapcast;
            #checks

            // SAFETY: every field is `Pod` (`FieldType` demands it), which has a value of all zeros.
            #[automatically_derived]
            unsafe impl mapcast::bytemuck::Zeroable for #ident {}
            // SAFETY: `#[repr(C)]`, `Copy` and without parameters; every field is `Pod`, and by the checks
            // above no byte lies between, before or behind them.
            #[automatically_derived]
            unsafe impl mapcast::bytemuck::Pod for #ident {}

            #[automatically_derived]
            impl mapcast::Record for #ident {
                fn schema() -> mapcast::Schema {
                    #schema
                }
            }
        };
    }
}

/// Everything that is asserted at compile time.
fn checks(record: &Record) -> TokenStream {
    let types = record.fields.iter().map(type_check);
    let gaps = record.fields.windows(2).map(|pair| gap_before(record, pair));
    let tail = gap_at_the_end(record);
    let line = record.line.as_ref().map(|line| line_check(record, line));
    let name = name_check(&record.name);
    let size = too_large(record);
    quote! {
        #(#types)*
        const _: () = { #(#gaps)* #tail };
        #size
        #name
        #line
    }
}

/// The type is one that a field may have, and as large as it says.
fn type_check(field: &Field) -> TokenStream {
    let (ty, span) = (&field.ty, field.span);
    let Role::Value(value) = &field.role else {
        let bytes = quote_spanned!(span=> mapcast::expect_bytes::<#ty>());
        return quote_spanned! {span=> const _: () = #bytes; };
    };
    let ctype = ctype(ty, value.kind, span);
    let mut checks = quote_spanned! {span=>
        const _: () = assert!(
            size_of::<#ty>() == #ctype.size() as usize,
            "this type is not as large as its `FieldType` says"
        );
    };
    checks.extend(name_check(&value.name));
    checks.extend(value.unit.iter().map(|unit| {
        length_check(unit, &quote!(MAX_UNIT), "a unit has at most 64 bytes; shorten it")
    }));
    checks.extend(value.help.iter().map(|help| length_check(help, &quote!(MAX_TEXT), "help has at most 1024 bytes, and the first paragraph of a doc comment is help; shorten it, or begin a new paragraph")));
    checks.extend(labels_check(ty, value));
    checks
}

fn name_check(name: &LitStr) -> TokenStream {
    let span = name.span();
    quote_spanned! {span=>
        const _: () = assert!(
            mapcast::is_identifier(#name),
            "a name is a C identifier of at most 64 bytes: letters, digits and _; give another by `#[record(name = \"..\")]`"
        );
    }
}

fn length_check(text: &LitStr, most: &TokenStream, what: &str) -> TokenStream {
    let span = text.span();
    quote_spanned! {span=> const _: () = assert!(#text.len() <= mapcast::#most, #what); }
}

/// Labels of an enum are for exactly its integer; listed ones fit the type.
fn labels_check(ty: &syn::Type, value: &Value) -> TokenStream {
    match &value.labels {
        Labels::Enum(path) => {
            let span = syn::spanned::Spanned::span(path);
            quote_spanned! {span=> const _: () = mapcast::expect_labels::<#ty, #path>(); }
        }
        Labels::Listed(labels) => labels
            .iter()
            .map(|(number, text)| {
                let span = text.span();
                let ctype = ctype(ty, value.kind, span);
                quote_spanned! {span=>
                    const _: () = assert!(
                        mapcast::can_label(#ctype, #number),
                        "a label names a value that this field can hold; integers, bool and char have labels"
                    );
                }
            })
            .collect(),
    }
}

/// Nothing lies between two fields.
fn gap_before(record: &Record, pair: &[Field]) -> TokenStream {
    let [before, field] = pair else { return TokenStream::new() };
    let (ident, span) = (&record.ident, field.ident.span());
    let (first, second, ty) = (&before.ident, &field.ident, &before.ty);
    let gap = quote!(offset_of!(#ident, #second) - offset_of!(#ident, #first) - size_of::<#ty>());
    let place = format!("before `{}`", text_of(second).value());
    no_gap(&gap, &place, span)
}

/// Nothing lies behind the last field.
fn gap_at_the_end(record: &Record) -> TokenStream {
    let Some(last) = record.fields.last() else { return TokenStream::new() };
    let (ident, field, ty) = (&record.ident, &last.ident, &last.ty);
    let gap = quote!(size_of::<#ident>() - offset_of!(#ident, #field) - size_of::<#ty>());
    no_gap(&gap, &format!("behind `{}`", text_of(field).value()), field.span())
}

/// A `match` whose arms report how many bytes of padding need a name.
fn no_gap(gap: &TokenStream, place: &str, span: proc_macro2::Span) -> TokenStream {
    let arms = (1..=MOST_PADDING).map(|count| {
        let bytes = if count == 1 { "byte" } else { "bytes" };
        let what = format!(
            "{count} {bytes} of padding {place}; give them a name there: `#[record(padding)] reserved: [u8; {count}],`"
        );
        quote_spanned!(span=> #count => panic!("{}", #what),)
    });
    let more = format!("padding {place}; give it a name");
    quote_spanned! {span=>
        { use ::core::mem::{offset_of, size_of}; match #gap { 0 => {} #(#arms)* _ => panic!("{}", #more) } }
    }
}

/// The schema ends where the struct does, and is not larger than a record may be.
fn too_large(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let span = ident.span();
    let ends = record.fields.iter().filter_map(|field| match &field.role {
        Role::Padding => None,
        Role::Value(value) => {
            let (name, ty) = (&field.ident, &field.ty);
            let ctype = ctype(ty, value.kind, field.span);
            Some(quote!((::core::mem::offset_of!(#ident, #name), #ctype)))
        }
    });
    quote_spanned! {span=>
        const _: () = assert!(
            mapcast::ends_at(&[#(#ends),*]) == size_of::<#ident>(),
            "the padding behind the last value is longer than C makes it; make it a value, without `#[record(padding)]`"
        );
        const _: () = assert!(
            size_of::<#ident>() <= mapcast::MAX_RECORD as usize,
            "a record has at most 16 MiB; shorten an array"
        );
    }
}

fn line_check(record: &Record, line: &LitStr) -> TokenStream {
    let names = record.fields.iter().filter_map(|field| match &field.role {
        Role::Value(value) => Some(&value.name),
        Role::Padding => None,
    });
    let known: Vec<String> = names.clone().map(LitStr::value).collect();
    let what = format!("`{{name}}` in a line names a field; use one of: {}", known.join(", "));
    let span = line.span();
    quote_spanned! {span=>
        const _: () = match mapcast::check_line(#line, &[#(#names),*]) {
            mapcast::LineCheck::Good => {}
            mapcast::LineCheck::UnknownField => panic!("{}", #what),
            mapcast::LineCheck::Brace => panic!("an unpaired brace; write a brace twice for the brace itself"),
            mapcast::LineCheck::Length => panic!("a line has 1 to 1024 bytes"),
        };
    }
}

/// The expression that builds the schema.
fn schema(record: &Record) -> TokenStream {
    let name = &record.name;
    let fields = record.fields.iter().filter_map(|field| match &field.role {
        Role::Padding => None,
        Role::Value(value) => Some(spec(record, field, value)),
    });
    let line = record.line.iter();
    quote! {
        match mapcast::Schema::builder(#name) #(.field(#fields))* #(.line(#line))* .build() {
            Ok(schema) => schema,
            Err(err) => panic!("{err}"),
        }
    }
}

fn spec(record: &Record, field: &Field, value: &Value) -> TokenStream {
    let (ident, place, name) = (&record.ident, &field.ident, &value.name);
    let ctype = ctype(&field.ty, value.kind, field.span);
    let (unit, help) = (value.unit.iter(), value.help.iter());
    let labels = match &value.labels {
        Labels::Enum(path) => quote!(.labels(<#path as mapcast::Labels>::LABELS)),
        Labels::Listed(labels) => {
            labels.iter().map(|(n, text)| quote!(.label(#n, #text))).collect()
        }
    };
    quote! {
        mapcast::FieldSpec::new(#name, #ctype)
            .offset(mapcast::offset(::core::mem::offset_of!(#ident, #place)))
            #(.unit(#unit))* #(.help(#help))* #labels
    }
}

/// The constant that describes a field's type.
fn ctype(ty: &syn::Type, kind: Kind, span: proc_macro2::Span) -> TokenStream {
    match kind {
        Kind::Number => quote_spanned!(span=> <#ty as mapcast::FieldType>::TYPE),
        Kind::Text => quote_spanned!(span=> <#ty as mapcast::TextType>::TEXT),
        Kind::Bool => quote_spanned!(span=> <#ty as mapcast::BoolType>::BOOL),
    }
}
