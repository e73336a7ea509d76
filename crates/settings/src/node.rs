//! A value of the file, from which serde fills a struct.
//!
//! Invariant: an error that serde returns from here is about the innermost value that it went
//! through. A whole number of up to 64 bits is exact. The keys of a table are visited in the order
//! of the file, so of several errors the first one is reported.
//!
//! `toml`'s own deserializer words its errors itself. Here the facts (which key, which words are possible)
//! are kept until `message` words them, with an example.
//!
//! Where a list is expected, a single value is a list of one: `column = 1`, `column = [1, 2]`.
//!
//! Price: a sorted list of the keys for each table.

use std::vec;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::DeValue;

use crate::fault::{Fault, Problem, WHOLE};

/// A value and its path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'n> {
    pub(crate) value: &'n DeValue<'n>,
    /// Its offset in the file.
    pub(crate) at: usize,
    /// The table or list that it is in; `None` for the file.
    pub(crate) parent: Option<(&'n Node<'n>, Step<'n>)>,
}

/// The step from a table or a list to a value in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'n> {
    Key(&'n str),
    /// The number of an element, from 0.
    Item(usize),
}

impl<'n> Node<'n> {
    /// The whole file.
    pub(crate) fn root(file: &'n DeValue<'n>) -> Self {
        Self { value: file, at: 0, parent: None }
    }

    fn child(&'n self, step: Step<'n>, value: &'n Spanned<DeValue<'n>>) -> Self {
        Self { value: value.get_ref(), at: value.span().start, parent: Some((self, step)) }
    }

    /// Fills a `T`.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        T::deserialize(self).map_err(|fault| self.problem(fault))
    }

    /// The value of `key` in this table, if there is one.
    pub(crate) fn get(&'n self, key: &str) -> Option<Self> {
        let (key, value) = self.value.as_table()?.get_key_value(key)?;
        Some(self.child(Step::Key(key.get_ref()), value))
    }

    /// The value of `key` in this table, or the table if it has none.
    pub(crate) fn at_key(&'n self, key: &str) -> Self {
        self.get(key).unwrap_or(*self)
    }

    /// The members of this table in the order of the file; none if it is no table.
    pub(crate) fn members(&'n self) -> Vec<(&'n str, Self)> {
        let mut members: Vec<_> = self.value.as_table().into_iter().flatten().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        let members = members.into_iter().map(|(key, value)| (&**key.get_ref(), value));
        members.map(|(key, value)| (key, self.child(Step::Key(key), value))).collect()
    }

    /// The elements of this list; none if it is no list.
    pub(crate) fn items(&'n self) -> Vec<Self> {
        let list = self.value.as_array().into_iter().flatten().enumerate();
        list.map(|(index, value)| self.child(Step::Item(index), value)).collect()
    }

    /// The elements of this list, or this value: where one needs no list.
    pub(crate) fn items_or_self(&'n self) -> Vec<Self> {
        if self.value.is_array() { self.items() } else { vec![*self] }
    }

    /// This whole number of up to 128 bits, in any of TOML's bases.
    pub(crate) fn whole(&self) -> Result<i128, Fault> {
        let number = self.value.as_integer();
        let number = number.ok_or_else(|| Fault::Type("a whole number".into()))?;
        i128::from_str_radix(number.as_str(), number.radix()).map_err(|_| Fault::not(WHOLE))
    }

    /// `number`, which this value is; an error unless it is from `least` to `greatest`.
    pub(crate) fn in_range<T: TryFrom<i128>>(
        &self,
        number: impl Into<i128>,
        (least, greatest): (i128, i128),
    ) -> Result<T, Problem> {
        let number = number.into();
        let fits = (least..=greatest).contains(&number);
        let number = T::try_from(number).ok().filter(|_| fits);
        number.ok_or_else(|| self.problem(Fault::Range(least, greatest)))
    }

    fn seed<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(self).map_err(|fault| Fault::Inside(self.problem(fault)))
    }
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            DeValue::String(text) => visitor.visit_str(text),
            DeValue::Integer(_) => {
                let number = self.whole()?;
                match (i64::try_from(number), u64::try_from(number)) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (_, Ok(number)) => visitor.visit_u64(number),
                    _ => visitor.visit_i128(number),
                }
            }
            DeValue::Float(number) => {
                visitor.visit_f64(number.as_str().parse().map_err(Fault::custom)?)
            }
            DeValue::Boolean(value) => visitor.visit_bool(*value),
            // Only `deserialize_seq` visits a list: serde would fill a struct from one, too.
            DeValue::Array(_) | DeValue::Datetime(_) => {
                Err(Fault::invalid_type(Unexpected::Unit, &visitor))
            }
            DeValue::Table(_) => visitor.visit_map(Members(self.members().into_iter(), None)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
            DeValue::Integer(_) => visitor.visit_f64(self.whole()? as f64),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            DeValue::Table(_) => self.deserialize_any(visitor),
            DeValue::Array(_) => visitor.visit_seq(Elements(self.items().into_iter())),
            _ => visitor.visit_seq(Elements(vec![self].into_iter())),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value.as_str() {
            Some(word) => visitor.visit_enum(word.into_deserializer()),
            None => Err(Fault::Type("a string".into())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit
        unit_struct newtype_struct tuple tuple_struct map struct identifier
    }
}

/// The elements of a list.
struct Elements<'n>(vec::IntoIter<Node<'n>>);

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        self.0.next().map(|node| node.seed(seed)).transpose()
    }
}

/// The members of a table, and the value whose key was the last to be visited.
struct Members<'n>(vec::IntoIter<(&'n str, Node<'n>)>, Option<Node<'n>>);

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some((key, value)) = self.0.next() else { return Ok(None) };
        self.1 = Some(value);
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        self.1.take().expect("serde visits a key before its value").seed(seed)
    }
}
