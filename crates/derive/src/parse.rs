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

/// A field of the struct.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) span: Span,
    pub(crate) role: Role,
}

/// What the bytes of a field are.
pub(crate) enum Role {
    /// Nothing: they keep the place of padding.
    Padding,
    /// A value of the record.
    Value(Box<Value>),
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
        return Err(Error::new(param.span(), what));
    }
    expect_repr_c(input)?;
    let mut record = Record {
        ident: input.ident.clone(),
        name: text_of(&input.ident),
        line: None,
        krate: parse_quote!(::mapcast),
        fields: Vec::new(),
    };
    for attr in record_attributes(&input.attrs) {
        attr.parse_nested_meta(|meta| match key(&meta).as_str() {
            "name" => meta.value()?.parse().map(|name| record.name = name),
            "line" => meta.value()?.parse().map(|line| record.line = Some(line)),
            "crate" => meta.value()?.call(Path::parse_mod_style).map(|path| record.krate = path),
            _ => Err(meta.error("unknown; a record takes `name`, `line` and `crate`")),
        })?;
    }
    record.fields = fields.iter().map(field).collect::<Result<_>>()?;
    if record.fields.iter().all(|field| matches!(field.role, Role::Padding)) {
        return Err(Error::new(input.ident.span(), "a record has at least one field; add one"));
    }
    Ok(record)
}

fn named_fields(
    input: &DeriveInput,
) -> Result<&syn::punctuated::Punctuated<syn::Field, Token![,]>> {
    let refuse = |what| Err(Error::new(input.ident.span(), what));
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(&fields.named),
            _ => refuse("the fields of a record have names; write `struct Load { one: f32 }`"),
        },
        Data::Enum(_) => {
            refuse("an enum is no record; `#[derive(Labels)]` makes one the labels of a field")
        }
        Data::Union(_) => {
            refuse("a union is no record: its bytes have no one meaning; use a struct")
        }
    }
}

/// Refuses a struct whose layout Rust may choose, or that has another than C's.
fn expect_repr_c(input: &DeriveInput) -> Result<()> {
    let mut is_c = false;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        attr.parse_nested_meta(|meta| match key(&meta).as_str() {
            "C" => {
                is_c = true;
                Ok(())
            }
            _ => Err(meta.error("the layout of a record is C's alone; write `#[repr(C)]`")),
        })?;
    }
    let what = "Rust may lay this struct out as it likes; write `#[repr(C)]` above it";
    if is_c { Ok(()) } else { Err(Error::new(input.ident.span(), what)) }
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
    for attr in record_attributes(&field.attrs) {
        attr.parse_nested_meta(|meta| {
            match key(&meta).as_str() {
                "padding" => is_padding = true,
                "text" => value.kind = kind(&meta, value.kind, Kind::Text)?,
                "bool" => value.kind = kind(&meta, value.kind, Kind::Bool)?,
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
    }
    let role = if is_padding { Role::Padding } else { Role::Value(Box::new(value)) };
    Ok(Field { ident, ty: field.ty.clone(), span: field.ty.span(), role })
}

fn kind(meta: &ParseNestedMeta<'_>, old: Kind, new: Kind) -> Result<Kind> {
    if old == Kind::Number {
        Ok(new)
    } else {
        Err(meta.error("a field is `text` or `bool`, not both"))
    }
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
    let number = number(&input.parse()?)?;
    input.parse::<Token![=]>()?;
    Ok((if is_negative { -number } else { number }, input.parse()?))
}

fn number(lit: &Lit) -> Result<i64> {
    match lit {
        Lit::Int(int) => int.base10_parse(),
        Lit::Byte(byte) => Ok(byte.value().into()),
        other => Err(Error::new(other.span(), "a label names a whole number; write `0 = \"off\"`")),
    }
}

/// Types that a bound would refuse too, but less helpfully.
fn refuse_unshareable(ty: &Type) -> Result<()> {
    let step = match ty {
        Type::Reference(_) | Type::Ptr(_) => {
            "an address means nothing in another process; use a number or `[u8; N]`"
        }
        Type::Tuple(_) => "a tuple has no fixed layout; give each part a field of its own",
        Type::Array(array) => {
            return refuse_unshareable(&array.elem).and_then(|()| refuse_nested(array));
        }
        Type::Path(path) => {
            match path.path.segments.last().map(|last| last.ident.to_string()).as_deref() {
                Some("bool") => {
                    "another process may write a byte that no `bool` has; write `#[record(bool)]` and `u8`"
                }
                Some("char") => {
                    "a Rust `char` has no C type; write `#[record(text)]` and `[u8; N]`, or `u32`"
                }
                Some("String" | "str") => {
                    "text is kept in the record itself; write `#[record(text)]` and `[u8; N]`"
                }
                Some("usize") => "its width depends on the machine; use u32 or u64",
                Some("isize") => "its width depends on the machine; use i32 or i64",
                Some("u128" | "i128") => "a record has no 128-bit numbers; use `[u64; 2]`",
                Some("Option") => {
                    "another process may write any byte; use a number and a value for \"none\""
                }
                Some("Vec" | "Box" | "Rc" | "Arc") => {
                    "what lies on the heap is not in the record; use an array such as `[f32; 16]`"
                }
                _ => return Ok(()),
            }
        }
        _ => return Ok(()),
    };
    Err(Error::new(ty.span(), step))
}

fn refuse_nested(array: &syn::TypeArray) -> Result<()> {
    match &*array.elem {
        Type::Array(_) => Err(Error::new(
            array.span(),
            "an array of arrays has no C type here; write one array, as `[f32; 9]` for 3 x 3",
        )),
        _ => Ok(()),
    }
}

fn record_attributes(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("record"))
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
    let lines: Vec<LitStr> = docs
        .filter_map(|attr| match &attr.meta.require_name_value().ok()?.value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let span = lines.first()?.span();
    let text: Vec<String> = lines
        .iter()
        .map(|line| line.value().trim().to_owned())
        .skip_while(String::is_empty)
        .take_while(|line| !line.is_empty())
        .collect();
    (!text.is_empty()).then(|| LitStr::new(&text.join(" "), span))
}
