//! What `#[derive(Record)]` emits: checks at compile time, `Pod`, and the schema.
//!
//! ```text
//!   const _: () = { each field begins where the one before it ends; ... };   no padding without a name
//!   unsafe impl Zeroable, Pod                                                by the checks above
//!   impl Record { fn schema() -> Schema { offsets by offset_of! } }          nothing is written twice
//! ```

use crate::attribute::{Labels, text_of};
use crate::check::encoded_len;
use crate::parse::{Field, Kind, Record, Value};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// The alignments that C types have: more padding in one place there cannot be.
const MOST_PADDING: usize = 7;

/// The items for `record`.
pub(crate) fn expand(record: &Record) -> TokenStream {
    let Record { ident, krate, name, line, .. } = record;
    let types = record.fields.iter().map(type_check);
    let gaps = (0..record.fields.len()).map(|index| no_gap(record, index));
    let size = size_check(record);
    let line_check = line_check(record);
    let fields = record.values().map(|(field, value)| spec(ident, field, value));
    let line = line.iter();
    quote! {
        const _: () = {
            use #krate::derive_support as __mapcast;
            #(#types)*
            const _: () = { #(#gaps)* };
            #size
            #line_check

            // SAFETY: every field is `Pod` (`FieldType` and `Padding` demand it), which has a value of all zeros.
            #[automatically_derived]
            unsafe impl __mapcast::bytemuck::Zeroable for #ident {}
            // SAFETY: `#[repr(C)]`, `Copy` and without parameters; every field is `Pod`, and by the checks
            // above no byte lies between, before or behind them.
            // The bound makes a missing `Copy` one error.
            #[automatically_derived]
            #[allow(trivial_bounds)]
            unsafe impl __mapcast::bytemuck::Pod for #ident where #ident: ::core::marker::Copy {}

            #[automatically_derived]
            #[allow(trivial_bounds)]
            impl __mapcast::Record for #ident where #ident: ::core::marker::Copy {
                fn schema() -> __mapcast::Schema {
                    match __mapcast::Schema::builder(#name) #(.field(#fields))* #(.line(#line))* .build() {
                        ::core::result::Result::Ok(__schema) => __schema,
                        ::core::result::Result::Err(__err) => ::core::panic!("{}", __err),
                    }
                }
            }
        };
    }
}

/// The type is one that a field may have, and lies in memory as its C type does. The constants that
/// describe it and its labels have names, so that one mistake is one error.
fn type_check(field: &Field) -> TokenStream {
    let (ty, span) = (&field.ty, field.ty.span());
    let Some(value) = &field.value else {
        let bytes = quote_spanned!(span=> __mapcast::expect_bytes::<#ty>());
        return quote_spanned! {span=> const _: () = #bytes; };
    };
    let (name, labels) = (ctype(field), labels_check(field, value));
    let ctype = match value.kind {
        Kind::Number => quote_spanned!(span=> <#ty as __mapcast::FieldType>::TYPE),
        Kind::Text => quote_spanned!(span=> <#ty as __mapcast::TextType>::TEXT),
        Kind::Bool => quote_spanned!(span=> <#ty as __mapcast::BoolType>::BOOL),
    };
    quote_spanned! {span=>
        #[allow(non_upper_case_globals)]
        const #name: __mapcast::CType = #ctype;
        const _: () = ::core::assert!(
            ::core::mem::size_of::<#ty>() == #name.size() as ::core::primitive::usize
                && ::core::mem::align_of::<#ty>() == #name.align() as ::core::primitive::usize,
            "this type has another size or alignment than its `FieldType` says"
        );
        #labels
    }
}

/// Labels of an enum are for exactly its integer; listed ones fit the type.
fn labels_check(field: &Field, value: &Value) -> TokenStream {
    let ctype = ctype(field);
    let listed = match &value.labels {
        Labels::Enum(path) => {
            let (ty, name) = (&field.ty, labels_of(field));
            return quote_spanned! {path.span()=>
                #[allow(non_upper_case_globals)]
                const #name: &[(::core::primitive::i64, &::core::primitive::str)] = __mapcast::labels::<#ty, #path>();
                const _: () = match __mapcast::wrong_label(#ctype, #name) {
                    ::core::option::Option::Some(__what) => ::core::panic!("{}", __what),
                    ::core::option::Option::None => {}
                };
            };
        }
        Labels::Listed(listed) => listed,
    };
    let of = match value.kind {
        Kind::Number => {
            let ty = &field.ty;
            quote!(#ty).to_string().replace(' ', "")
        }
        Kind::Text => "char".to_owned(),
        Kind::Bool => "bool".to_owned(),
    };
    let check = |(number, text): &(i64, syn::LitStr)| {
        let what =
            format!("{number} is not a `{of}`; labels are for values of integers, bool and char");
        quote_spanned! {text.span()=>
            const _: () = ::core::assert!(__mapcast::can_label(#ctype, #number), "{}", #what);
        }
    };
    listed.iter().map(check).collect()
}

/// What has a precision in the line is a float.
fn line_check(record: &Record) -> TokenStream {
    let Some(line) = &record.line else { return TokenStream::new() };
    let values: Vec<&Field> = record.values().map(|(field, _)| field).collect();
    let checks = record.precise.iter().map(|precise| {
        let ctype = ctype(values[precise.index]);
        let name = text_of(&values[precise.index].ident).value();
        let what = format!(
            "`{}` in the line has a precision, which is for f32 and f64; `{name}` is neither",
            precise.text
        );
        quote_spanned!(line.span()=> ::core::assert!(#ctype.element().is_float(), "{}", #what);)
    });
    quote!(const _: () = { #(#checks)* };)
}

/// Nothing lies between field number `index` and the next one, or the end of the struct: a `match`
/// whose arms report how many bytes of padding need a name.
fn no_gap(record: &Record, index: usize) -> TokenStream {
    let (of, Field { ident, ty, .. }) = (&record.ident, &record.fields[index]);
    let (end, relation, near) = match record.fields.get(index + 1) {
        Some(Field { ident: next, .. }) => {
            (quote!(::core::mem::offset_of!(#of, #next)), "before", next)
        }
        None => (quote!(::core::mem::size_of::<#of>()), "behind", ident),
    };
    let place = format!("{relation} `{}`", text_of(near).value());
    let span = near.span();
    let gap = quote!(#end - ::core::mem::offset_of!(#of, #ident) - ::core::mem::size_of::<#ty>());
    let arms = (1..=MOST_PADDING).map(|count| {
        let bytes = if count == 1 { "byte" } else { "bytes" };
        let what = format!(
            "{count} {bytes} of padding {place}; give them a name there: `#[record(padding)] reserved: [u8; {count}],`"
        );
        quote_spanned!(span=> #count => ::core::panic!("{}", #what),)
    });
    let more = format!("padding {place}; give it a name");
    quote_spanned! {span=>
        match #gap { 0 => {} #(#arms)* _ => ::core::panic!("{}", #more) }
    }
}

/// The schema ends where the struct does, and no part is larger than it may be.
fn size_check(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let span = ident.span();
    let len = encoded_len(record);
    let labels = record.values().filter(|(_, value)| matches!(value.labels, Labels::Enum(_)));
    let labels = labels.map(|(field, _)| labels_of(field));
    let padding = padding_check(record);
    quote_spanned! {span=>
        #padding
        const _: () = ::core::assert!(
            ::core::mem::size_of::<#ident>() <= __mapcast::MAX_RECORD as ::core::primitive::usize,
            "a record has at most 16 MiB; shorten an array"
        );
        const _: () = ::core::assert!(
            #len #(+ __mapcast::labels_len(#labels))* <= __mapcast::MAX_SCHEMA as ::core::primitive::usize,
            "names, units, help and labels have together at most 1 MiB; shorten them"
        );
    }
}

/// The padding behind the last value is as long as C makes it.
fn padding_check(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let ends = record.values().map(|(field, _)| {
        let (name, ctype) = (&field.ident, ctype(field));
        quote!((::core::mem::offset_of!(#ident, #name), #ctype))
    });
    let last = record.fields.last().map_or(ident.span(), |field| field.ty.span());
    let arms = (1..=MOST_PADDING).map(|count| {
        let what = format!("too much padding at the end; write `[u8; {count}]`");
        quote_spanned!(last=> #count => ::core::panic!("{}", #what),)
    });
    quote_spanned! {last=>
        const _: () = {
            let (__end, __size) = __mapcast::ends_at(&[#(#ends),*]);
            if __size != ::core::mem::size_of::<#ident>() {
                match __size - __end {
                    #(#arms)*
                    _ => ::core::panic!("too much padding at the end; remove it, or the `#[record(padding)]` above it"),
                }
            }
        };
    }
}

/// The expression that describes a field.
fn spec(of: &syn::Ident, field: &Field, value: &Value) -> TokenStream {
    let (ident, name, ctype) = (&field.ident, &value.name, ctype(field));
    let (unit, help) = (value.unit.iter(), value.help().into_iter());
    let labels = match &value.labels {
        Labels::Enum(_) => {
            let labels = labels_of(field);
            quote!(.labels(#labels))
        }
        Labels::Listed(labels) => {
            labels.iter().map(|(n, text)| quote!(.label(#n, #text))).collect()
        }
    };
    quote! {
        __mapcast::FieldSpec::new(#name, #ctype)
            .offset(__mapcast::offset(::core::mem::offset_of!(#of, #ident)))
            #(.unit(#unit))* #(.help(#help))* #labels
    }
}

/// The constant that describes a field's type.
fn ctype(field: &Field) -> syn::Ident {
    format_ident!("TYPE_{}", field.ident, span = field.ty.span())
}

/// The constant with the labels of a field's enum.
fn labels_of(field: &Field) -> syn::Ident {
    format_ident!("LABELS_{}", field.ident, span = field.ty.span())
}
