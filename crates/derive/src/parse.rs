//! The struct, its fields and their `#[record(..)]` attributes, checked as far as a macro can see.
//! Each error points at the token it is about and says what to write instead.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{
    Data, DeriveInput, Fields, Ident, LitStr, Path, Result, Token, Type, parenthesized, token,
};

use crate::attribute::{
    Labels, crate_path, default_crate, doc_of, each_attribute, key, labels, text_of, text_value,
    unknown_key,
};
use crate::check;
use crate::errors::{Errors, refuse};
use crate::line::Precise;
use crate::types::refuse_unshareable;

/// A struct that is to be a record.
pub(crate) struct Record {
    /// The struct.
    pub(crate) ident: Ident,
    /// The record's name.
    pub(crate) name: LitStr,
    /// The line template.
    pub(crate) line: Option<LitStr>,
    /// Its placeholders with a precision.
    pub(crate) precise: Vec<Precise>,
    /// Where the emitted code finds mapcast.
    pub(crate) krate: Path,
    /// In the order of memory.
    pub(crate) fields: Vec<Field>,
}

impl Record {
    /// The fields of the struct that are fields of the record, too.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&Field, &Value)> {
        self.fields.iter().filter_map(|field| Some((field, field.value.as_ref()?)))
    }
}

/// A field of the struct.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// `None` for padding.
    pub(crate) value: Option<Value>,
}

/// A field of the record.
pub(crate) struct Value {
    pub(crate) name: LitStr,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<LitStr>,
    /// What `help = ".."` says.
    pub(crate) explicit_help: Option<LitStr>,
    /// What its doc comment says.
    pub(crate) doc: Option<LitStr>,
    pub(crate) labels: Labels,
}

impl Value {
    pub(crate) fn help(&self) -> Option<&LitStr> {
        self.explicit_help.as_ref().or(self.doc.as_ref())
    }
}

/// How the type of a field is to be read.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Number,
    Text,
    Bool,
}

/// Reads a struct. All its errors are reported together.
pub(crate) fn record(input: &DeriveInput) -> Result<Record> {
    let fields = named_fields(input)?;
    let mut errors = Errors::default();
    if let Some(param) = input.generics.params.first() {
        let what = "a record has one layout, so it takes no parameters; write the types out";
        errors.keep::<()>(refuse(param.span(), what));
    }
    errors.keep(expect_repr_c(input));
    let mut record = Record {
        ident: input.ident.clone(),
        name: text_of(&input.ident),
        line: None,
        precise: Vec::new(),
        krate: default_crate(),
        fields: Vec::new(),
    };
    errors.keep(each_attribute(&input.attrs, "record", |meta| {
        match key(&meta).as_str() {
            "name" => record.name = text_value(&meta)?,
            "line" => record.line = Some(text_value(&meta)?),
            "crate" => record.krate = crate_path(&meta)?,
            _ => return unknown_key(&meta, "a record", &["name", "line", "crate"]),
        }
        Ok(())
    }));
    record.fields = fields.iter().filter_map(|found| field(found, &mut errors)).collect();
    if errors.is_empty() && record.values().next().is_none() {
        return refuse(input.ident.span(), "a record has at least one field; add one");
    }
    check::record(&mut record, &mut errors);
    errors.finish().map(|()| record)
}

fn named_fields(
    input: &DeriveInput,
) -> Result<&syn::punctuated::Punctuated<syn::Field, Token![,]>> {
    let what = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Ok(&fields.named),
            _ => "the fields of a record have names; write `struct Load { one: f32 }`",
        },
        Data::Enum(_) => {
            "an enum is no record; `#[derive(Labels)]` makes one the labels of a field"
        }
        Data::Union(_) => "a union is no record: its bytes have no one meaning; use a struct",
    };
    refuse(input.ident.span(), what)
}

/// Refuses a struct whose layout Rust may choose, or that has another than C's.
fn expect_repr_c(input: &DeriveInput) -> Result<()> {
    let mut is_c = false;
    each_attribute(&input.attrs, "repr", |meta| {
        if meta.path.is_ident("C") {
            is_c = true;
            return Ok(());
        }
        let mut other = key(&meta);
        if meta.input.peek(token::Paren) {
            let content;
            parenthesized!(content in meta.input);
            other = format!("{other}({})", content.parse::<TokenStream>()?);
        }
        let what =
            format!("the layout of a record is C's alone; write `#[repr(C)]` without `{other}`");
        refuse(meta.path.span(), what)
    })?;
    let what = "Rust may lay this struct out as it likes; write `#[repr(C)]` above it";
    if is_c { Ok(()) } else { refuse(input.ident.span(), what) }
}

const FIELD_KEYS: [&str; 7] = ["name", "unit", "help", "labels", "text", "bool", "padding"];

/// The field, if nothing is wrong with it.
fn field(field: &syn::Field, errors: &mut Errors) -> Option<Field> {
    let ident = field.ident.clone().expect("a named field");
    let is_type = errors.keep(refuse_unshareable(&field.ty));
    let mut value = Value {
        name: text_of(&ident),
        kind: Kind::Number,
        unit: None,
        explicit_help: None,
        doc: doc_of(&field.attrs),
        labels: Labels::Listed(Vec::new()),
    };
    let mut is_padding = false;
    let read = each_attribute(&field.attrs, "record", |meta| {
        match key(&meta).as_str() {
            "padding" => is_padding = true,
            "text" => set_kind(&meta, &mut value.kind, Kind::Text)?,
            "bool" => set_kind(&meta, &mut value.kind, Kind::Bool)?,
            "name" => value.name = text_value(&meta)?,
            "unit" => value.unit = Some(text_value(&meta)?),
            "help" => value.explicit_help = Some(text_value(&meta)?),
            "labels" => value.labels = labels(&meta)?,
            _ => return unknown_key(&meta, "a field", &FIELD_KEYS),
        }
        Ok(())
    });
    errors.keep(read).and(is_type)?;
    Some(Field { ident, ty: field.ty.clone(), value: (!is_padding).then_some(value) })
}

fn set_kind(meta: &ParseNestedMeta<'_>, kind: &mut Kind, new: Kind) -> Result<()> {
    if *kind != Kind::Number {
        return Err(meta.error("a field is `text` or `bool`, not both"));
    }
    *kind = new;
    Ok(())
}
