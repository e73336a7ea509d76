//! The struct, its fields and their `#[record(..)]` attributes, checked as far as a macro can see.
//! Each error points at the token it is about and says what to write instead.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Fields, Ident, Lit, LitStr, Path, Result, Token,
    Type, parenthesized, parse_quote,
};

use crate::check;

/// A struct that is to be a record.
pub(crate) struct Record {
    /// The struct.
    pub(crate) ident: Ident,
    /// The record's name.
    pub(crate) name: LitStr,
    /// The line template.
    pub(crate) line: Option<LitStr>,
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
    pub(crate) help: Option<LitStr>,
    pub(crate) labels: Labels,
}

/// How the type of a field is to be read.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Number,
    Text,
    Bool,
}

/// Where the labels of a field come from.
pub(crate) enum Labels {
    /// `labels(0 = "off", 1 = "on")`, perhaps none.
    Listed(Vec<(i64, LitStr)>),
    /// `labels = Mode`.
    Enum(Path),
}

/// Reads a struct.
pub(crate) fn record(input: &DeriveInput) -> Result<Record> {
    let fields = named_fields(input)?;
    if let Some(param) = input.generics.params.first() {
        let what = "a record has one layout, so it takes no parameters; write the types out";
        return refuse(param.span(), what);
    }
    expect_repr_c(input)?;
    let mut record = Record {
        ident: input.ident.clone(),
        name: text_of(&input.ident),
        line: None,
        krate: default_crate(),
        fields: Vec::new(),
    };
    each_attribute(&input.attrs, "record", |meta| match key(&meta).as_str() {
        "name" => meta.value()?.parse().map(|name| record.name = name),
        "line" => meta.value()?.parse().map(|line| record.line = Some(line)),
        "crate" => crate_path(&meta).map(|path| record.krate = path),
        _ => Err(meta.error("unknown; a record takes `name`, `line` and `crate`")),
    })?;
    record.fields = fields.iter().map(field).collect::<Result<_>>()?;
    if record.values().next().is_none() {
        return refuse(input.ident.span(), "a record has at least one field; add one");
    }
    check::record(&record)?;
    Ok(record)
}

/// An error at `span` that says what to write instead.
pub(crate) fn refuse<T>(span: Span, what: impl std::fmt::Display) -> Result<T> {
    Err(Error::new(span, what))
}

/// Reads what is in the parentheses of each attribute called `name`.
pub(crate) fn each_attribute(
    attrs: &[Attribute],
    name: &str,
    mut read: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    let mut named = attrs.iter().filter(|attr| attr.path().is_ident(name));
    named.try_for_each(|attr| attr.parse_nested_meta(&mut read))
}

/// Where a program that depends on `mapcast` alone finds what the emitted code calls.
pub(crate) fn default_crate() -> Path {
    parse_quote!(::mapcast)
}

/// `crate = path`.
pub(crate) fn crate_path(meta: &ParseNestedMeta<'_>) -> Result<Path> {
    meta.value()?.call(Path::parse_mod_style)
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
        is_c = meta.path.is_ident("C");
        if is_c {
            Ok(())
        } else {
            Err(meta.error("the layout of a record is C's alone; write `#[repr(C)]`"))
        }
    })?;
    let what = "Rust may lay this struct out as it likes; write `#[repr(C)]` above it";
    if is_c { Ok(()) } else { refuse(input.ident.span(), what) }
}

fn field(field: &syn::Field) -> Result<Field> {
    let ident = field.ident.clone().expect("a named field");
    refuse_unshareable(&field.ty)?;
    let mut value = Value {
        name: text_of(&ident),
        kind: Kind::Number,
        unit: None,
        help: doc_of(&field.attrs),
        labels: Labels::Listed(Vec::new()),
    };
    let mut is_padding = false;
    each_attribute(&field.attrs, "record", |meta| {
        match key(&meta).as_str() {
            "padding" => is_padding = true,
            "text" => set_kind(&meta, &mut value.kind, Kind::Text)?,
            "bool" => set_kind(&meta, &mut value.kind, Kind::Bool)?,
            "name" => value.name = meta.value()?.parse()?,
            "unit" => value.unit = Some(meta.value()?.parse()?),
            "help" => value.help = Some(meta.value()?.parse()?),
            "labels" => value.labels = labels(&meta)?,
            _ => return Err(meta.error(
                "unknown; a field takes `name`, `unit`, `help`, `labels`, `text`, `bool` and `padding`",
            )),
        }
        Ok(())
    })?;
    Ok(Field { ident, ty: field.ty.clone(), value: (!is_padding).then_some(value) })
}

fn set_kind(meta: &ParseNestedMeta<'_>, kind: &mut Kind, new: Kind) -> Result<()> {
    if *kind != Kind::Number {
        return Err(meta.error("a field is `text` or `bool`, not both"));
    }
    *kind = new;
    Ok(())
}

/// `labels = Mode` or `labels(0 = "off", 1 = "on")`.
fn labels(meta: &ParseNestedMeta<'_>) -> Result<Labels> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Labels::Enum);
    }
    let content;
    parenthesized!(content in meta.input);
    let pairs = content.parse_terminated(label, Token![,])?;
    Ok(Labels::Listed(pairs.into_iter().collect()))
}

/// `0 = "off"`; the number may be negative or a `b'm'`.
fn label(input: ParseStream<'_>) -> Result<(i64, LitStr)> {
    let is_negative = input.parse::<Option<Token![-]>>()?.is_some();
    let number = match input.parse()? {
        Lit::Int(int) => int.base10_parse()?,
        Lit::Byte(byte) => i64::from(byte.value()),
        other => {
            return refuse(other.span(), "a label names a whole number; write `0 = \"off\"`");
        }
    };
    input.parse::<Token![=]>()?;
    Ok((if is_negative { -number } else { number }, input.parse()?))
}

/// Types that a bound would refuse too, but less helpfully.
fn refuse_unshareable(ty: &Type) -> Result<()> {
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

fn key(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map_or_else(String::new, Ident::to_string)
}

/// The identifier as text, without the `r#` of a raw one.
pub(crate) fn text_of(ident: &Ident) -> LitStr {
    let text = ident.to_string();
    match text.strip_prefix("r#") {
        // Not where the `r#` is: lints would take the literal for a raw one.
        Some(text) => LitStr::new(text, Span::mixed_site()),
        None => LitStr::new(&text, ident.span()),
    }
}

/// The first paragraph of the doc comment, on one line.
fn doc_of(attrs: &[Attribute]) -> Option<LitStr> {
    let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let lines = docs.filter_map(|attr| match &attr.meta.require_name_value().ok()?.value {
        Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    });
    let span = lines.clone().next()?.span();
    let text: Vec<String> = lines
        .map(|line| line.value().trim().to_owned())
        .skip_while(String::is_empty)
        .take_while(|line| !line.is_empty())
        .collect();
    (!text.is_empty()).then(|| LitStr::new(&text.join(" "), span))
}
