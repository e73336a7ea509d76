//! The parser of expressions and conditions; their grammar is at [`Expr`](crate::Expr) and
//! [`Condition`](crate::Condition).
//!
//! Our own: of the crates for expressions evalexpr is under the AGPL, meval and fasteval are not
//! maintained any more, exmex brings all of regex, and none knows labels or exact 64-bit numbers.

use layout::Schema;

use crate::cursor::Cursor;
use crate::error::QueryError;
use crate::field_ref::FieldRef;
use crate::number::Number;
use crate::operand::{Kind, Operand, kind_of};
use crate::program::{Arithmetic, Comparison, Step};
use crate::word::{literal, meant_by, word_end};

/// How deep parentheses, signs and functions may be nested.
const MAX_DEPTH: usize = 64;

pub(crate) type Parsed<T = Operand> = Result<T, QueryError>;

/// The text as far as it is parsed, and the steps so far.
pub(crate) struct Parser<'t> {
    pub(crate) cursor: Cursor<'t>,
    depth: usize,
    /// `None`: whatever is called like a field is one, of any kind.
    pub(crate) schema: Option<&'t Schema>,
    pub(crate) steps: Vec<Step>,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t str, schema: Option<&'t Schema>) -> Self {
        Self { cursor: Cursor::new(text), depth: 0, schema, steps: Vec::new() }
    }

    /// All of the text, as a number.
    pub(crate) fn number(&mut self) -> Parsed<()> {
        let operand = self.sum()?;
        self.cursor.expect_end("+ - * / or the end")?;
        self.expect_number(operand)
    }

    /// All of the text, as a condition.
    pub(crate) fn truth(&mut self) -> Parsed<()> {
        let operand = self.condition()?;
        self.cursor.expect_end("an operator, and, or, or the end")?;
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
        while self.cursor.take_word(word) {
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
        let is_field =
            self.schema.map_or_else(|| self.cursor.is_operand("not"), |_| !self.lacks("not"));
        if is_field || !self.cursor.take_word("not") {
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
        let at = self.cursor.skip_blanks();
        let rest = self.cursor.rest();
        let sign = Comparison::SIGNS.into_iter().find(|(sign, _)| rest.starts_with(sign));
        let Some((sign, comparison)) = sign else { return Ok(left) };
        self.cursor.skip(sign.len());
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
        while let Some((_, operator)) = signs.into_iter().find(|(sign, _)| self.cursor.take(sign)) {
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
        if self.cursor.take("-") {
            return self.nested(|parser| {
                let operand = parser.factor()?;
                // A negative literal is a literal, too: what it is compared with decides how it is read.
                if let [Step::Number(Number::Literal(literal))] = &mut parser.steps[operand.step..]
                {
                    *literal = literal.negated();
                } else {
                    parser.expect_number(operand)?;
                    parser.steps.push(Step::Negate);
                }
                Ok(parser.since(start, Kind::Number))
            });
        }
        if self.cursor.take("(") {
            return self.nested(|parser| {
                let inside = parser.condition()?;
                parser.cursor.expect(")")?;
                Ok(Operand { start: start.start, end: parser.cursor.at(), ..inside })
            });
        }
        match self.cursor.rest().chars().next() {
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
            return Err(QueryError::new(self.cursor.at(), why));
        }
        let operand = inside(self)?;
        self.depth -= 1;
        Ok(operand)
    }

    fn quoted(&mut self, mark: char) -> Parsed {
        let start = self.begin();
        let inside = &self.cursor.rest()[1..];
        let Some(end) = inside.find(mark) else {
            return Err(QueryError::new(
                self.cursor.at(),
                format!("expected another {mark}; close the text"),
            ));
        };
        self.cursor.skip(end + 2);
        self.steps.push(Step::Text(inside[..end].to_owned()));
        Ok(self.since(start, Kind::Text))
    }

    /// A number, a field, `true`, `false` or a function.
    fn word(&mut self) -> Parsed {
        let start = self.begin();
        let rest = self.cursor.rest();
        let word = &rest[..word_end(rest)];
        if word.is_empty() {
            return Err(self.cursor.unexpected("a number, a field or ("));
        }
        self.cursor.skip(word.len());
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let number = literal(word).map_err(|why| QueryError::new(start.start, why))?;
            self.steps.push(Step::Number(number));
            return Ok(self.since(start, Kind::Number));
        }
        let is_call = self.cursor.rest_after_blanks().starts_with('(');
        match word {
            "min" if is_call => self.call(start, Arithmetic::Min),
            "max" if is_call => self.call(start, Arithmetic::Max),
            "true" | "false" if self.lacks(word) => {
                self.steps.push(Step::Number(Number::Whole((word == "true").into())));
                Ok(self.since(start, Kind::Truth))
            }
            _ => self.field(start, word),
        }
    }

    fn call(&mut self, start: Operand, function: Arithmetic) -> Parsed {
        self.nested(|parser| {
            parser.cursor.expect("(")?;
            let first = parser.sum()?;
            parser.expect_number(first)?;
            parser.cursor.expect(",")?;
            let second = parser.sum()?;
            parser.expect_number(second)?;
            parser.cursor.expect(")")?;
            parser.steps.push(Step::Arithmetic(function));
            Ok(parser.since(start, Kind::Number))
        })
    }

    fn field(&mut self, start: Operand, name: &str) -> Parsed {
        let rest = self.cursor.rest();
        let index = rest.starts_with('[').then(|| rest.find(']').map_or(rest.len(), |end| end + 1));
        self.cursor.skip(index.unwrap_or(0));
        let named = self.cursor.between(start.start..self.cursor.at());
        let refused = |error: QueryError| error.behind(start.start);
        let Some(schema) = self.schema else {
            FieldRef::check(named).map_err(refused)?;
            self.steps.push(Step::Field(FieldRef::whole(0)));
            return Ok(self.since(start, Kind::Any));
        };
        let field = FieldRef::parse(named, schema).map_err(|error| {
            let meant = meant_by(name, schema).map(|why| QueryError::new(0, why));
            refused(meant.unwrap_or(error))
        })?;
        let ctype = schema.fields()[field.field].ctype();
        let is_one = field.element.is_some() || ctype.is_text() || ctype.count().is_none();
        if !is_one {
            let why = format!("field {name:?} is {ctype}; use one element, such as {name}[0]");
            return Err(QueryError::new(start.start, why));
        }
        self.steps.push(Step::Field(field));
        Ok(self.since(start, kind_of(ctype)))
    }

    /// Whether no field of the schema is called `name`.
    fn lacks(&self, name: &str) -> bool {
        self.schema.is_some_and(|schema| schema.index_of(name).is_none())
    }

    /// An operand that begins here.
    fn begin(&mut self) -> Operand {
        let at = self.cursor.skip_blanks();
        Operand { kind: Kind::Number, start: at, end: at, step: self.steps.len() }
    }

    /// The operand of this kind that began at `first` and ends here.
    fn since(&self, first: Operand, kind: Kind) -> Operand {
        Operand { kind, end: self.cursor.at(), ..first }
    }
}
