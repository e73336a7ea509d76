//! What `#[derive(Record)]` emits: checks at compile time, `Pod`, and the schema.
//!
//! ```text
//!   const _: () = { each field begins where the one before it ends; ... };   no padding without a name
//!   unsafe impl Zeroable, Pod                                                by the checks above
//!   impl Record { fn schema() -> Schema { offsets by offset_of! } }          nothing is written twice
//! ```

use crate::parse::{Field, Kind, Labels, Record, Value, text_of};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The alignments that C types have: more padding in one place there cannot be.
const MOST_PADDING: usize = 7;

/// The items for `record`.
pub(crate) fn expand(record: &Record) -> TokenStream {
    let Record { ident, krate, name, line, .. } = record;
    let types = record.fields.iter().map(type_check);
    let gaps = (0..record.fields.len()).map(|index| no_gap(record, index));
    let size = size_check(record);
    let fields = record.values().map(|(field, value)| spec(ident, field, value));
    let line = line.iter();
    quote! {
        const _: () = {
            use #krate::derive_support as mapcast;
            #(#types)*
            const _: () = { #(#gaps)* };
            #size

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
                    match mapcast::Schema::builder(#name) #(.field(#fields))* #(.line(#line))* .build() {
                        Ok(schema) => schema,
                        Err(err) => panic!("{err}"),
                    }
                }
            }
        };
    }
}

/// The type is one that a field may have, and as large as it says.
fn type_check(field: &Field) -> TokenStream {
    let (ty, span) = (&field.ty, field.ty.span());
    let Some(value) = &field.value else {
        let bytes = quote_spanned!(span=> mapcast::expect_bytes::<#ty>());
        return quote_spanned! {span=> const _: () = #bytes; };
    };
    let ctype = ctype(field, value, span);
    let labels = labels_check(field, value);
    quote_spanned! {span=>
        const _: () = assert!(
            size_of::<#ty>() == #ctype.size() as usize,
            "this type is not as large as its `FieldType` says"
        );
        #labels
    }
}

/// Labels of an enum are for exactly its integer; listed ones fit the type.
fn labels_check(field: &Field, value: &Value) -> TokenStream {
    let labels = match &value.labels {
        Labels::Enum(path) => {
            let ty = &field.ty;
            return quote_spanned! {path.span()=>
                const _: () = mapcast::expect_labels::<#ty, #path>();
            };
        }
        Labels::Listed(labels) => labels,
    };
    let check = |(number, text): &(i64, syn::LitStr)| {
        let span = text.span();
        let ctype = ctype(field, value, span);
        quote_spanned! {span=>
            const _: () = assert!(
                mapcast::can_label(#ctype, #number),
                "a label names a value that this field can hold; integers, bool and char have labels"
            );
        }
    };
    labels.iter().map(check).collect()
}

/// Nothing lies between field number `index` and the next one, or the end of the struct: a `match`
/// whose arms report how many bytes of padding need a name.
fn no_gap(record: &Record, index: usize) -> TokenStream {
    let (of, Field { ident, ty, .. }) = (&record.ident, &record.fields[index]);
    let (end, relation, near) = match record.fields.get(index + 1) {
        Some(Field { ident: next, .. }) => (quote!(offset_of!(#of, #next)), "before", next),
        None => (quote!(size_of::<#of>()), "behind", ident),
    };
    let place = format!("{relation} `{}`", text_of(near).value());
    let span = near.span();
    let gap = quote!(#end - offset_of!(#of, #ident) - size_of::<#ty>());
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
fn size_check(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let span = ident.span();
    let ends = record.values().map(|(field, value)| {
        let (name, ctype) = (&field.ident, ctype(field, value, field.ty.span()));
        quote!((::core::mem::offset_of!(#ident, #name), #ctype))
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

/// The expression that describes a field.
fn spec(of: &syn::Ident, field: &Field, value: &Value) -> TokenStream {
    let (ident, name) = (&field.ident, &value.name);
    let ctype = ctype(field, value, field.ty.span());
    let (unit, help) = (value.unit.iter(), value.help.iter());
    let labels = match &value.labels {
        Labels::Enum(path) => quote!(.labels(<#path as mapcast::Labels>::LABELS)),
        Labels::Listed(labels) => {
            labels.iter().map(|(n, text)| quote!(.label(#n, #text))).collect()
        }
    };
    quote! {
        mapcast::FieldSpec::new(#name, #ctype)
            .offset(mapcast::offset(::core::mem::offset_of!(#of, #ident)))
            #(.unit(#unit))* #(.help(#help))* #labels
    }
}

/// The constant that describes a field's type.
fn ctype(Field { ty, .. }: &Field, value: &Value, span: Span) -> TokenStream {
    match value.kind {
        Kind::Number => quote_spanned!(span=> <#ty as mapcast::FieldType>::TYPE),
        Kind::Text => quote_spanned!(span=> <#ty as mapcast::TextType>::TEXT),
        Kind::Bool => quote_spanned!(span=> <#ty as mapcast::BoolType>::BOOL),
    }
}
