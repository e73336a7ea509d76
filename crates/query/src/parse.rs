//! The parser of expressions and conditions; their grammar is at [`Expr`](crate::Expr) and
//! [`Condition`](crate::Condition).
//!
//! Our own: of the crates for expressions evalexpr is under the AGPL, meval and fasteval are not
//! maintained any more, exmex brings all of regex, and none knows labels or exact 64-bit numbers.

use layout::text::quote;
use layout::{CType, Scalar, Schema};

use crate::error::QueryError;
use crate::field_ref::FieldRef;
use crate::number::Number;
use crate::program::{Arithmetic, Comparison, Step};
use crate::word::{labelled, literal, nearest_f32, word_end};

/// How deep parentheses and signs may be nested.
const MAX_DEPTH: usize = 64;

type Parsed<T = Operand> = Result<T, QueryError>;

/// The text, how far it is parsed, and the steps so far.
pub(crate) struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    schema: &'t Schema,
    pub(crate) steps: Vec<Step>,
}

/// A part of the expression that has a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    kind: Kind,
    /// Where it begins and ends in the text, and where its steps begin.
    start: usize,
    end: usize,
    step: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    /// A `bool` field: a number or a condition, as it is used.
    Switch,
    Truth,
    Text,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t str, schema: &'t Schema) -> Self {
        Self { text, at: 0, depth: 0, schema, steps: Vec::new() }
    }

    /// All of the text, as a number.
    pub(crate) fn number(&mut self) -> Parsed<()> {
        let operand = self.sum()?;
        self.expect_end("+ - * / or the end")?;
        self.expect_number(operand)
    }

    /// All of the text, as a condition.
    pub(crate) fn truth(&mut self) -> Parsed<()> {
        let operand = self.condition()?;
        self.expect_end("an operator, and, or, or the end")?;
        self.expect_truth(operand)
    }

    fn condition(&mut self) -> Parsed {
        let first = self.all()?;
        self.joined(first, "or", &Step::Or, Self::all)
    }

    fn all(&mut self) -> Parsed {
        let first = self.not()?;
        self.joined(first, "and", &Step::And, Self::not)
    }

    /// `first`, and each further operand behind `word`.
    fn joined(
        &mut self,
        first: Operand,
        word: &'static str,
        step: &Step,
        operand: fn(&mut Self) -> Parsed,
    ) -> Parsed {
        let mut whole = first;
        while self.take_word(word) {
            self.expect_truth(whole)?;
            let next = operand(self)?;
            self.expect_truth(next)?;
            self.steps.push(step.clone());
            whole = self.since(first, Kind::Truth);
        }
        Ok(whole)
    }

    fn not(&mut self) -> Parsed {
        let start = self.begin();
        if self.schema.index_of("not").is_some() || !self.take_word("not") {
            return self.comparison();
        }
        self.nested(|parser| {
            let operand = parser.not()?;
            parser.expect_truth(operand)?;
            parser.steps.push(Step::Not);
            Ok(parser.since(start, Kind::Truth))
        })
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        let at = self.skip_blanks();
        let rest = self.rest();
        let sign = Comparison::SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign));
        let Some((sign, comparison)) = sign else { return Ok(left) };
        self.at += sign.len();
        let right = self.sum()?;
        self.make_comparable(left, right)?;
        let is_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if is_order && left.kind == Kind::Text && right.kind == Kind::Text {
            return Err(QueryError::new(at, "texts are compared with == and !="));
        }
        self.steps.push(Step::Compare(comparison));
        Ok(self.since(left, Kind::Truth))
    }

    fn sum(&mut self) -> Parsed {
        let signs = [("+", Arithmetic::Add), ("-", Arithmetic::Subtract)];
        self.computed(signs, Self::product)
    }

    fn product(&mut self) -> Parsed {
        let signs = [("*", Arithmetic::Multiply), ("/", Arithmetic::Divide)];
        self.computed(signs, Self::factor)
    }

    fn computed(
        &mut self,
        signs: [(&'static str, Arithmetic); 2],
        operand: fn(&mut Self) -> Parsed,
    ) -> Parsed {
        let first = operand(self)?;
        let mut whole = first;
        while let Some((_, operator)) = signs.into_iter().find(|(sign, _)| self.take(sign)) {
            self.expect_number(whole)?;
            let next = operand(self)?;
            self.expect_number(next)?;
            self.steps.push(Step::Arithmetic(operator));
            whole = self.since(first, Kind::Number);
        }
        Ok(whole)
    }

    fn factor(&mut self) -> Parsed {
        let start = self.begin();
        if self.take("-") {
            return self.nested(|parser| {
                let operand = parser.factor()?;
                parser.expect_number(operand)?;
                // A negative literal is a literal, too: `make_comparable` rounds it.
                match &mut parser.steps[operand.step..] {
                    [Step::Number(number)] => *number = number.negated(),
                    _ => parser.steps.push(Step::Negate),
                }
                Ok(parser.since(start, Kind::Number))
            });
        }
        if self.take("(") {
            return self.nested(|parser| {
                let inside = parser.condition()?;
                parser.expect(")")?;
                Ok(Operand { start: start.start, end: parser.at, ..inside })
            });
        }
        match self.rest().chars().next() {
            Some(mark @ ('"' | '\'')) => self.quoted(mark),
            _ => self.word(),
        }
    }

    fn nested(&mut self, inside: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let why = format!(
                "the expression is nested deeper than {MAX_DEPTH} times; use a field in between"
            );
            return Err(QueryError::new(self.at, why));
        }
        let operand = inside(self)?;
        self.depth -= 1;
        Ok(operand)
    }

    fn quoted(&mut self, mark: char) -> Parsed {
        let start = self.begin();
        let inside = &self.rest()[1..];
        let Some(end) = inside.find(mark) else {
            return Err(QueryError::new(
                self.at,
                format!("expected another {mark}; close the text"),
            ));
        };
        self.at += end + 2;
        self.steps.push(Step::Text(inside[..end].to_owned()));
        Ok(self.since(start, Kind::Text))
    }

    /// A number, a field, `true`, `false` or a function.
    fn word(&mut self) -> Parsed {
        let start = self.begin();
        let rest = self.rest();
        let word = &rest[..word_end(rest)];
        if word.is_empty() {
            return Err(self.unexpected("a number, a field or ("));
        }
        self.at += word.len();
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let number = literal(word).map_err(|why| QueryError::new(start.start, why))?;
            self.steps.push(Step::Number(number));
            return Ok(self.since(start, Kind::Number));
        }
        let is_call = self.rest_after_blanks().starts_with('(');
        match word {
            "min" if is_call => self.call(start, Arithmetic::Min),
            "max" if is_call => self.call(start, Arithmetic::Max),
            "true" | "false" if self.schema.index_of(word).is_none() => {
                self.steps.push(Step::Number(Number::Whole((word == "true").into())));
                Ok(self.since(start, Kind::Truth))
            }
            _ => self.field(start, word),
        }
    }

    fn call(&mut self, start: Operand, function: Arithmetic) -> Parsed {
        self.expect("(")?;
        let first = self.sum()?;
        self.expect_number(first)?;
        self.expect(",")?;
        let second = self.sum()?;
        self.expect_number(second)?;
        self.expect(")")?;
        self.steps.push(Step::Arithmetic(function));
        Ok(self.since(start, Kind::Number))
    }

    fn field(&mut self, start: Operand, name: &str) -> Parsed {
        let rest = self.rest();
        let index = rest.starts_with('[').then(|| rest.find(']').map_or(rest.len(), |end| end + 1));
        self.at += index.unwrap_or(0);
        let named = &self.text[start.start..self.at];
        let field = FieldRef::parse(named, self.schema).map_err(|err| err.behind(start.start))?;
        let ctype = self.schema.fields()[field.field].ctype();
        let is_one = field.element.is_some() || ctype.is_text() || ctype.count().is_none();
        if !is_one {
            let why = format!("field {name:?} is {ctype}; use one element, such as {name}[0]");
            return Err(QueryError::new(start.start, why));
        }
        self.steps.push(Step::Field(field));
        Ok(self.since(start, kind_of(ctype)))
    }

    /// Makes the steps of a comparison's sides ones of the same kind: a label a number, a literal the
    /// nearest `f32`.
    fn make_comparable(&mut self, left: Operand, right: Operand) -> Parsed<()> {
        let steps = (&self.steps[left.step..right.step], &self.steps[right.step..]);
        let (literal, field) = match steps {
            ([Step::Field(field)], [_]) => (right, *field),
            ([_], [Step::Field(field)]) => (left, *field),
            _ => return self.expect_same_kind(left, right),
        };
        let field = &self.schema.fields()[field.field];
        match &self.steps[literal.step] {
            Step::Text(text) if !field.labels().is_empty() => {
                self.steps[literal.step] = labelled(field, text, literal.start)?;
                Ok(())
            }
            Step::Number(number) if field.ctype().element() == Scalar::F32 => {
                self.steps[literal.step] = Step::Number(nearest_f32(*number));
                Ok(())
            }
            _ => self.expect_same_kind(left, right),
        }
    }

    fn expect_same_kind(&self, left: Operand, right: Operand) -> Parsed<()> {
        if (left.kind == Kind::Text) == (right.kind == Kind::Text) {
            return Ok(());
        }
        let (text, other) = if left.kind == Kind::Text { (left, right) } else { (right, left) };
        let message = format!(
            "{} is a text and {} is none; compare it with a number",
            self.quoted_text(text),
            self.quoted_text(other)
        );
        Err(QueryError::new(text.start, message))
    }

    fn expect_number(&self, operand: Operand) -> Parsed<()> {
        let why = match operand.kind {
            Kind::Number | Kind::Switch => return Ok(()),
            Kind::Truth => "is true or false; a number is needed here",
            Kind::Text => match &self.steps[operand.step] {
                Step::Field(field) => {
                    let field = &self.schema.fields()[field.field];
                    let (name, ctype) = (field.name(), field.ctype());
                    let why = format!("field {name:?} is {ctype}; use fields that are one number");
                    return Err(QueryError::new(operand.start, why));
                }
                _ => "is a text; a number is needed here",
            },
        };
        Err(QueryError::new(operand.start, format!("{} {why}", self.quoted_text(operand))))
    }

    fn expect_truth(&self, operand: Operand) -> Parsed<()> {
        let why = match operand.kind {
            Kind::Truth | Kind::Switch => return Ok(()),
            Kind::Number => "is a number; compare it with one, as in > 0",
            Kind::Text => "is a text; compare it with one, as in == \"on\"",
        };
        Err(QueryError::new(operand.start, format!("{} {why}", self.quoted_text(operand))))
    }

    fn quoted_text(&self, operand: Operand) -> String {
        quote(&self.text[operand.start..operand.end])
    }

    /// An operand that begins here.
    fn begin(&mut self) -> Operand {
        let at = self.skip_blanks();
        Operand { kind: Kind::Number, start: at, end: at, step: self.steps.len() }
    }

    /// The operand of this kind that began at `first` and ends here.
    fn since(&self, first: Operand, kind: Kind) -> Operand {
        Operand { kind, end: self.at, ..first }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) -> usize {
        self.at = self.text.len() - self.rest_after_blanks().len();
        self.at
    }

    fn rest_after_blanks(&self) -> &'t str {
        self.rest().trim_start()
    }

    fn take(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len() } else { 0 };
        is_next
    }

    fn take_word(&mut self, word: &str) -> bool {
        let rest = self.rest_after_blanks();
        rest[..word_end(rest)] == *word && self.take(word)
    }

    fn expect(&mut self, sign: &'static str) -> Parsed<()> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected(sign)) }
    }

    fn expect_end(&mut self, or: &str) -> Parsed<()> {
        if self.rest_after_blanks().is_empty() { Ok(()) } else { Err(self.unexpected(or)) }
    }

    fn unexpected(&mut self, want: &str) -> QueryError {
        self.skip_blanks();
        let rest = self.rest();
        let found = if rest.is_empty() { "the end".to_owned() } else { quote(rest) };
        let why = format!("expected {want}, found {found}; correct the expression");
        QueryError::new(self.at, why)
    }
}

fn kind_of(ctype: CType) -> Kind {
    match ctype.element() {
        Scalar::Char => Kind::Text,
        Scalar::Bool => Kind::Switch,
        _ => Kind::Number,
    }
}
