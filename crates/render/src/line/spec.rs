//! How a value is laid out, as in Rust's format strings: `[[fill]align][0][width][.precision]`.

use layout::text::{is_control, quote};
use layout::{Field, MAX_PRECISION};
use unicode_width::UnicodeWidthChar;

/// Most columns of a value.
const MAX_WIDTH: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) fill: char,
    pub(super) align: Align,
    /// Columns of a terminal; 0: as many as the value has.
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
    /// The fill is between the sign and the digits.
    BehindSign,
}

/// What the value is: decides the alignment without one, and what is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) is_number: bool,
    /// `None`: it takes no precision.
    pub(super) max_precision: Option<usize>,
}

impl Shape {
    /// That of a field, or of one element of it.
    pub(super) fn of(field: &Field, element: Option<u32>) -> Self {
        let scalar = field.ctype().element();
        let is_one = element.is_some() || field.ctype().count().is_none();
        let is_number = (scalar.is_int() || scalar.is_float()) && field.labels().is_empty();
        let max_precision = scalar.is_float().then_some(MAX_PRECISION);
        Self { is_number: is_number && is_one, max_precision }
    }

    fn align(self) -> Align {
        if self.is_number { Align::Right } else { Align::Left }
    }
}

impl Spec {
    /// The layout of a value without any.
    pub(super) fn plain(shape: Shape) -> Self {
        Self { fill: ' ', align: shape.align(), width: 0, precision: None }
    }

    /// Parses what is behind the colon. The error is the fact and what to do.
    pub(super) fn parse(text: &str, shape: Shape) -> Result<Self, String> {
        let (mut spec, rest) = alignment(text, shape)?;
        let rest = zero(text, rest, shape, &mut spec)?;
        let (width, precision) = match rest.split_once('.') {
            Some((width, precision)) => (width, Some(precision)),
            None => (rest, None),
        };
        if !width.is_empty() {
            spec.width = number(width, 1, MAX_WIDTH).ok_or_else(|| {
                format!(
                    "{} is no width; write {{name:8}}, {{name:>8}} or {{name:8.2}}, with 1 to \
                     {MAX_WIDTH} columns",
                    quote(width)
                )
            })?;
        } else if precision.is_none() {
            return Err(format!("{} has no width; write {{name:>8}}", quote(text)));
        }
        spec.precision = precision.map(|text| parse_precision(text, shape)).transpose()?;
        Ok(spec)
    }
}

/// The fill and alignment at the start of `text`, and what follows them.
fn alignment(text: &str, shape: Shape) -> Result<(Spec, &str), String> {
    let plain = Spec::plain(shape);
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.next());
    if let (Some(fill), Some(align)) = (first, second.and_then(align)) {
        if is_control(fill) || fill.width() != Some(1) {
            return Err(format!("{fill:?} does not fill one column; use another fill"));
        }
        return Ok((Spec { fill, align, ..plain }, chars.as_str()));
    }
    match first.and_then(align) {
        Some(align) => Ok((Spec { align, ..plain }, &text[1..])),
        None => Ok((plain, text)),
    }
}

fn align(sign: char) -> Option<Align> {
    Some(match sign {
        '<' => Align::Left,
        '^' => Align::Center,
        '>' => Align::Right,
        _ => return None,
    })
}

/// Takes the `0` in front of a width.
fn zero<'t>(text: &str, rest: &'t str, shape: Shape, spec: &mut Spec) -> Result<&'t str, String> {
    let Some(behind) = rest.strip_prefix('0').filter(|behind| !behind.is_empty()) else {
        return Ok(rest);
    };
    if !shape.is_number {
        return Err(format!(
            "{} fills with zeros, which is for numbers; remove the 0",
            quote(text)
        ));
    }
    (spec.fill, spec.align) = ('0', Align::BehindSign);
    Ok(behind)
}

fn parse_precision(text: &str, shape: Shape) -> Result<usize, String> {
    let Some(most) = shape.max_precision else {
        return Err("a precision is for f32 and f64, age and published_at; remove it".to_owned());
    };
    number(text, 0, most).ok_or_else(|| {
        let text = quote(&format!(".{text}"));
        format!("{text} is no precision; write {{name:.2}}, with .0 to .{most}")
    })
}

fn number(text: &str, least: usize, most: usize) -> Option<usize> {
    // `parse` alone would accept "+2".
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (least..=most).contains(number))
}
