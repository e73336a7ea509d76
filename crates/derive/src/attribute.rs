//! Reading `#[record(..)]`: keys, texts and labels.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Path, Result, Token,
    parenthesized, parse_quote,
};

use crate::errors::refuse;

/// Where the labels of a field come from.
pub(crate) enum Labels {
    /// `labels(0 = "off", 1 = "on")`, perhaps none.
    Listed(Vec<(i64, LitStr)>),
    /// `labels = Mode`.
    Enum(Path),
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

/// The key, empty for a path of several parts.
pub(crate) fn key(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map_or_else(String::new, Ident::to_string)
}

/// The error for a key that `of` does not take.
pub(crate) fn unknown_key<T>(meta: &ParseNestedMeta<'_>, of: &str, known: &[&str]) -> Result<T> {
    let key = key(meta);
    let is_near =
        |name: &&&str| !key.is_empty() && (name.starts_with(&key) || distance(&key, name) <= 2);
    Err(meta.error(match known.iter().find(is_near) {
        Some(name) => format!("unknown; did you mean `{name}`?"),
        None => format!("unknown; {of} takes `{}`", known.join("`, `")),
    }))
}

/// How many letters to insert, remove or replace to make one text of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (at, other) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

/// `unit = "m/s"`.
pub(crate) fn text_value(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let error = |span| Error::new(span, format!("write a text: `{} = \"..\"`", key(meta)));
    if !meta.input.peek(Token![=]) {
        return Err(error(meta.path.span()));
    }
    meta.value()?.parse().map_err(|err| error(err.span()))
}

/// Where a program that depends on `mapcast` alone finds what the emitted code calls.
pub(crate) fn default_crate() -> Path {
    parse_quote!(::mapcast)
}

/// `crate = path`.
pub(crate) fn crate_path(meta: &ParseNestedMeta<'_>) -> Result<Path> {
    meta.value()?.call(Path::parse_mod_style)
}

/// `labels = Mode` or `labels(0 = "off", 1 = "on")`.
pub(crate) fn labels(meta: &ParseNestedMeta<'_>) -> Result<Labels> {
    if meta.input.peek(Token![=]) {
        let value = meta.value()?;
        if let Some(text) = value.parse::<Option<LitStr>>()? {
            let what = format!("name the enum without quotes: `labels = {}`", text.value());
            return refuse(text.span(), what);
        }
        return value.parse().map(Labels::Enum);
    }
    if !meta.input.peek(syn::token::Paren) {
        let what = "write `labels(0 = \"off\", 1 = \"on\")`, or `labels = Mode` for an enum";
        return refuse(meta.path.span(), what);
    }
    let content;
    parenthesized!(content in meta.input);
    let pairs = content.parse_terminated(label, Token![,])?;
    Ok(Labels::Listed(pairs.into_iter().collect()))
}

/// `0 = "off"`; the number may be negative or a `b'm'`.
fn label(input: ParseStream<'_>) -> Result<(i64, LitStr)> {
    let how = "a label is a whole number and a text; write `0 = \"off\"`";
    let with_how = |err: Error| Error::new(err.span(), how);
    let is_negative = input.parse::<Option<Token![-]>>()?.is_some();
    let number = match input.parse().map_err(with_how)? {
        Lit::Int(int) => signed(is_negative, &int)?,
        Lit::Byte(byte) if is_negative => -i64::from(byte.value()),
        Lit::Byte(byte) => i64::from(byte.value()),
        other => return refuse(other.span(), how),
    };
    input.parse::<Token![=]>().map_err(with_how)?;
    Ok((number, input.parse().map_err(with_how)?))
}

/// The number of a label. Negated in more bits, because that of `i64::MIN` is none of 64 before its sign.
fn signed(is_negative: bool, int: &LitInt) -> Result<i64> {
    let number: i128 = int.base10_parse()?;
    let number = if is_negative { -number } else { number };
    let what = "the number of a label has 64 bits; write one from -9223372036854775808 to 9223372036854775807";
    i64::try_from(number).or_else(|_| refuse(int.span(), what))
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

/// The first paragraph of the doc comment, on one line: a tab or several spaces are one space.
pub(crate) fn doc_of(attrs: &[Attribute]) -> Option<LitStr> {
    let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let texts = docs.filter_map(|attr| match &attr.meta.require_name_value().ok()?.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    });
    let span = texts.clone().next()?.span();
    let texts: Vec<String> = texts.map(LitStr::value).collect();
    // An empty doc line is an empty text, which has no `lines`.
    let lines = texts.iter().flat_map(|text| text.split('\n').map(str::trim));
    let paragraph = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    let words: Vec<&str> = paragraph.flat_map(str::split_whitespace).collect();
    (!words.is_empty()).then(|| LitStr::new(&words.join(" "), span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::DeriveInput;

    #[test]
    fn a_doc_comment_is_one_line_of_its_first_paragraph() {
        let help = |doc: &str| {
            let input: DeriveInput = syn::parse_str(&format!("{doc}\nstruct A;")).unwrap();
            doc_of(&input.attrs).map(|text| text.value())
        };
        for (doc, want) in [
            ("/// one\ttwo\n///   three\n///\n/// four", Some("one two three")),
            ("/** one\n   two\n\n three */", Some("one two")),
            ("///\n/// one", Some("one")),
            ("///", None),
            ("#[doc(hidden)]", None),
        ] {
            assert_eq!(help(doc).as_deref(), want, "{doc:?}");
        }
    }

    #[test]
    fn a_misspelled_key_is_near_its_own() {
        assert_eq!(
            [distance("unit", "units"), distance("lable", "label"), distance("", "a")],
            [1, 2, 1]
        );
    }
}
