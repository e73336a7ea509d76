//! What `#[derive(Labels)]` emits: the texts of an enum's variants, and the way back from a number.

use crate::attribute::{
    crate_path, default_crate, each_attribute, text_of, text_value, unknown_key,
};
use crate::check::label_texts;
use crate::errors::refuse;
use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Path, Result, Variant};

const INTEGERS: [&str; 7] = ["u8", "i8", "u16", "i16", "u32", "i32", "i64"];

/// The items for the enum in `input`.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        let what = "labels are the variants of an enum; for a struct there is `#[derive(Record)]`";
        return refuse(input.ident.span(), what);
    };
    let (ident, krate, repr) = (&input.ident, krate(input)?, repr(input)?);
    // Not what the module calls so.
    let repr = quote!(::core::primitive::#repr);
    let texts = texts(data.variants.iter())?;
    let variants: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let name = text_of(ident);
    Ok(quote! {
        #[automatically_derived]
        impl #krate::derive_support::Labels for #ident {
            type Repr = #repr;
            const LABELS: &'static [(::core::primitive::i64, &'static ::core::primitive::str)] =
                &[#((#ident::#variants as ::core::primitive::i64, #texts)),*];
        }

        #[automatically_derived]
        impl ::core::convert::From<#ident> for #repr {
            fn from(__value: #ident) -> Self {
                __value as #repr
            }
        }

        #[automatically_derived]
        impl ::core::convert::TryFrom<#repr> for #ident {
            type Error = #krate::derive_support::UnknownValue;

            // Not `Self::Error`: a variant may be called so.
            fn try_from(
                __value: #repr,
            ) -> ::core::result::Result<Self, #krate::derive_support::UnknownValue> {
                match __value {
                    #(__found if __found == #ident::#variants as #repr => {
                        ::core::result::Result::Ok(#ident::#variants)
                    })*
                    _ => ::core::result::Result::Err(#krate::derive_support::UnknownValue {
                        value: ::core::convert::From::from(__value),
                        of: #name,
                    }),
                }
            }
        }
    })
}

/// The integer in `#[repr(..)]`.
fn repr(input: &DeriveInput) -> Result<Ident> {
    let mut repr = None;
    each_attribute(&input.attrs, "repr", |meta| {
        let is_integer = |ident: &&Ident| INTEGERS.iter().any(|name| ident == name);
        repr = meta.path.get_ident().filter(is_integer).cloned();
        match &repr {
            Some(_) => Ok(()),
            None => refuse(
                meta.path.span(),
                "write `#[repr(u8)]` alone, or one of i8 u16 i16 u32 i32 i64",
            ),
        }
    })?;
    let what = "say which integer the field is: write `#[repr(u8)]` above the enum";
    repr.map_or_else(|| refuse(input.ident.span(), what), Ok)
}

fn krate(input: &DeriveInput) -> Result<Path> {
    let mut krate = default_crate();
    each_attribute(&input.attrs, "record", |meta| {
        if !meta.path.is_ident("crate") {
            return unknown_key(&meta, "an enum", &["crate"]);
        }
        krate = crate_path(&meta)?;
        Ok(())
    })?;
    Ok(krate)
}

/// Each variant's text: its name, or the one in `#[record(label = "..")]`.
fn texts<'a>(variants: impl Iterator<Item = &'a Variant>) -> Result<Vec<LitStr>> {
    let texts = variants.map(text).collect::<Result<Vec<_>>>()?;
    label_texts(texts.iter())?;
    Ok(texts)
}

fn text(variant: &Variant) -> Result<LitStr> {
    if !matches!(variant.fields, Fields::Unit) {
        let what = "a variant with fields is no number; labels are variants without fields";
        return refuse(variant.fields.span(), what);
    }
    let mut text = text_of(&variant.ident);
    each_attribute(&variant.attrs, "record", |meta| {
        if !meta.path.is_ident("label") {
            return unknown_key(&meta, "a variant", &["label"]);
        }
        text = text_value(&meta)?;
        Ok(())
    })?;
    Ok(text)
}
