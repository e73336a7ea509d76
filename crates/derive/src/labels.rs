//! What `#[derive(Labels)]` emits: the texts of an enum's variants, and the way back from a number.

use crate::parse::text_of;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Ident, LitStr, Path, Result, Variant, parse_quote};

const INTEGERS: [&str; 7] = ["u8", "i8", "u16", "i16", "u32", "i32", "i64"];

/// The items for the enum in `input`.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        let what = "labels are the variants of an enum; for a struct there is `#[derive(Record)]`";
        return Err(Error::new(input.ident.span(), what));
    };
    let (ident, repr, krate) = (&input.ident, repr(input)?, krate(input)?);
    let texts = texts(data.variants.iter())?;
    let variants: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let name = text_of(ident);
    Ok(quote! {
        #[automatically_derived]
        impl #krate::derive_support::Labels for #ident {
            type Repr = #repr;
            const LABELS: &'static [(i64, &'static str)] = &[#((#ident::#variants as i64, #texts)),*];
        }

        #[automatically_derived]
        impl ::core::convert::From<#ident> for #repr {
            fn from(value: #ident) -> Self {
                value as #repr
            }
        }

        #[automatically_derived]
        impl ::core::convert::TryFrom<#repr> for #ident {
            type Error = #krate::derive_support::UnknownValue;

            fn try_from(value: #repr) -> ::core::result::Result<Self, Self::Error> {
                match value {
                    #(found if found == #ident::#variants as #repr => Ok(#ident::#variants),)*
                    _ => Err(#krate::derive_support::UnknownValue { value: value.into(), of: #name }),
                }
            }
        }
    })
}

/// The integer in `#[repr(..)]`.
fn repr(input: &DeriveInput) -> Result<Ident> {
    let mut repr = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        attr.parse_nested_meta(|meta| {
            repr = meta
                .path
                .get_ident()
                .filter(|ident| INTEGERS.iter().any(|name| ident == name))
                .cloned();
            if repr.is_some() {
                Ok(())
            } else {
                Err(meta.error("write one of u8 i8 u16 i16 u32 i32 i64"))
            }
        })?;
    }
    let what = "say which integer the field is: write `#[repr(u8)]` above the enum";
    repr.ok_or_else(|| Error::new(input.ident.span(), what))
}

fn krate(input: &DeriveInput) -> Result<Path> {
    let mut krate: Path = parse_quote!(::mapcast);
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("record")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("unknown; labels take `crate`"));
            }
            krate = meta.value()?.call(Path::parse_mod_style)?;
            Ok(())
        })?;
    }
    Ok(krate)
}

/// Each variant's text: its name, or the one in `#[record(label = "..")]`.
fn texts<'a>(variants: impl Iterator<Item = &'a Variant>) -> Result<Vec<LitStr>> {
    let mut seen = BTreeSet::new();
    variants
        .map(|variant| {
            let text = text(variant)?;
            if text.value().is_empty() {
                return Err(Error::new(text.span(), "a label has a text; write one"));
            }
            if !seen.insert(text.value()) {
                return Err(Error::new(text.span(), "another variant has this text; change one"));
            }
            Ok(text)
        })
        .collect()
}

fn text(variant: &Variant) -> Result<LitStr> {
    if !matches!(variant.fields, Fields::Unit) {
        let what = "a variant with fields is no number; labels are variants without fields";
        return Err(Error::new(variant.fields.span(), what));
    }
    let mut text = text_of(&variant.ident);
    for attr in variant.attrs.iter().filter(|attr| attr.path().is_ident("record")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("label") {
                return Err(meta.error("unknown; a variant takes `label`"));
            }
            text = meta.value()?.parse()?;
            Ok(())
        })?;
    }
    Ok(text)
}
