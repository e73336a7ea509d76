//! One field of the record, without a copy of the others.
//!
//! Invariant: the field is that of the record whose number comes with it. The record's stamp is checked
//! before and after the copy, as for a whole record; the reader's place in the sequence is the same.
//!
//! ```text
//!   struct   let one = reader.field(|load| &load.one);   the place, found once
//!            reader.latest_field(one)                    the value, with its type
//!   schema   reader.latest_field("one")                  the value, as the schema describes it
//!            reader.latest_range(bytes, record)          all fields within these bytes, of one record
//! ```
//!
//! A closure over the record in place (`with_latest(|load| ..)`) is not offered: the writer may change the
//! record while the closure looks at it, and a reference to bytes that change is undefined behaviour in
//! Rust, whatever is thrown away afterwards.
//!
//! Price: what a record of the field's size costs. By name, a search of the schema and an allocation.

use super::{DynReader, Reader, Sample};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::publication::{Publication, Step};
use bytemuck::Pod;
use channel::Part;
use layout::{CType, Record, Value};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr;

/// Where a `T` lies in every `R`: see [`Reader::field`].
pub struct FieldOf<R, T> {
    /// From the first byte of the record. There are `size_of::<T>()` bytes from here.
    offset: usize,
    types: PhantomData<fn(R) -> T>,
}

impl<R: Record, T: Pod> FieldOf<R, T> {
    /// The field that `choose` returns a reference to: a field, an element of an array, an array.
    ///
    /// # Panics
    /// If `choose` returns a reference to something that is not in the record.
    pub fn new(choose: impl FnOnce(&R) -> &T) -> Self {
        let record = bytemuck::zeroed_box::<R>();
        let field = ptr::from_ref(choose(&record)).addr();
        let offset = field.wrapping_sub(ptr::from_ref(&*record).addr());
        let is_inside = offset.checked_add(size_of::<T>()).is_some_and(|end| end <= size_of::<R>());
        assert!(is_inside, "what was chosen is no field of the record");
        Self { offset, types: PhantomData }
    }
}

impl<R: Record> Reader<R> {
    /// The place of a field, for [`latest_field`](Self::latest_field) and
    /// [`next_field`](Self::next_field): found once, used for each read.
    ///
    /// ```
    /// # use layout::Stu;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("stu.region");
    /// # let mut writer = region::Writer::<Stu>::open(&path)?;
    /// # writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
    /// let mut reader = region::Reader::<Stu>::open(&path)?;
    /// let (id, initial) = (reader.field(|stu| &stu.id), reader.field(|stu| &stu.name[0]));
    /// let sample = reader.latest_field(id)?.expect("one record was published");
    /// assert_eq!((*sample, sample.sequence()), (10, 1));
    /// assert_eq!(reader.latest_field(initial)?.map(|sample| *sample), Some(b'x'));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If `choose` returns a reference to something that is not in the record.
    pub fn field<T: Pod>(&self, choose: impl FnOnce(&R) -> &T) -> FieldOf<R, T> {
        FieldOf::new(choose)
    }

    /// A field of the newest record; `None` if nothing has been published yet. Two fields read one after
    /// the other may be of two records; their sequence shows it.
    ///
    /// # Errors
    /// As [`DynReader::latest`].
    #[inline]
    pub fn latest_field<T: Pod>(
        &mut self,
        field: FieldOf<R, T>,
    ) -> Result<Option<Sample<T>>, RegionError> {
        let mut record = T::zeroed();
        let mut part = field.part(&mut record);
        let found = self.inner.latest_part(&mut part)?;
        Ok(found.map(|publication| Sample { record, publication }))
    }

    /// A field of the next record, or why not. Does not wait. The rest of that record is not read: the
    /// call after it is about the record after it, whichever call it is.
    ///
    /// # Errors
    /// As [`DynReader::next`].
    #[inline]
    pub fn next_field<T: Pod>(
        &mut self,
        field: FieldOf<R, T>,
    ) -> Result<Step<Sample<T>>, RegionError> {
        let mut record = T::zeroed();
        let mut part = field.part(&mut record);
        let step = self.inner.next_part(&mut part)?;
        Ok(step.map(|publication| Sample { record, publication }))
    }
}

impl<R: Record, T: Pod> FieldOf<R, T> {
    /// The field's bytes of a record, to be copied to `value`.
    #[inline]
    fn part(self, value: &mut T) -> Part<'_> {
        let part = Part::of(size_of::<R>(), self.offset, bytemuck::bytes_of_mut(value));
        part.expect("it was found in a record")
    }
}

impl DynReader {
    /// A field of the newest record, by its name; `None` if nothing has been published yet.
    ///
    /// ```
    /// # use layout::{Record, Stu, Value};
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("stu.region");
    /// # let mut writer = region::Writer::<Stu>::open(&path)?;
    /// # writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
    /// let mut reader = region::DynReader::open(&path)?;
    /// let sample = reader.latest_field("name")?.expect("one record was published");
    /// assert_eq!((sample.sequence(), sample.record), (1, Value::from("xiaoming")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`latest`](Self::latest); [`Kind::NoSuchField`].
    pub fn latest_field(&mut self, name: &str) -> Result<Option<Sample<Value>>, RegionError> {
        let mut field = self.find(name)?;
        let found = self.latest_part(&mut field.part())?;
        Ok(found.map(|publication| field.sample(publication)))
    }

    /// A field of the next record, by its name, or why not. Does not wait. The rest of that record is not
    /// read.
    ///
    /// # Errors
    /// As [`next`](Self::next); [`Kind::NoSuchField`].
    pub fn next_field(&mut self, name: &str) -> Result<Step<Sample<Value>>, RegionError> {
        let mut field = self.find(name)?;
        let step = self.next_part(&mut field.part())?;
        Ok(step.map(|publication| field.sample(publication)))
    }

    /// Copies the bytes at `range` of the newest record to the same place in `record`, and leaves the rest of
    /// `record` as it is; `None` if nothing has been published yet. All fields within the range are of one
    /// record.
    ///
    /// ```
    /// # use layout::{RecordBuf, Stu, Value};
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("stu.region");
    /// # let mut writer = region::Writer::<Stu>::open(&path)?;
    /// # writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
    /// let mut reader = region::DynReader::open(&path)?;
    /// let mut record = RecordBuf::new(reader.schema().clone());
    /// let name = reader.schema().fields()[1].range();
    /// reader.latest_range(name, record.bytes_mut())?.expect("one record was published");
    /// assert_eq!((record.value(0), record.value(1)), (Value::Int(0), Value::from("xiaoming")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`latest`](Self::latest).
    ///
    /// # Panics
    /// If `record` has no such range, as a slice does.
    pub fn latest_range(
        &mut self,
        range: Range<usize>,
        record: &mut [u8],
    ) -> Result<Option<Publication>, RegionError> {
        let (record_len, first) = (record.len(), range.start);
        let mut part = Part::of(record_len, first, &mut record[range]).expect("a range of it");
        self.latest_part(&mut part)
    }

    fn find(&self, name: &str) -> Result<Found, RegionError> {
        let schema = self.schema();
        let field = schema.field(name).ok_or_else(|| {
            let (record, field) = (schema.name().to_owned(), name.to_owned());
            RegionError::new(self.path(), Kind::NoSuchField { record, field })
        })?;
        Ok(Found {
            record_len: schema.size() as usize,
            first: field.offset() as usize,
            ctype: field.ctype(),
            bytes: vec![0; field.ctype().size() as usize],
        })
    }
}

/// A field that was found by its name, and its bytes of a record.
struct Found {
    record_len: usize,
    first: usize,
    ctype: CType,
    bytes: Vec<u8>,
}

impl Found {
    fn part(&mut self) -> Part<'_> {
        let part = Part::of(self.record_len, self.first, &mut self.bytes);
        part.expect("a schema keeps its fields within the record")
    }

    fn sample(&self, publication: Publication) -> Sample<Value> {
        Sample { record: Value::of(self.ctype, &self.bytes), publication }
    }
}

impl<R, T> Clone for FieldOf<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for FieldOf<R, T> {}

impl<R, T> fmt::Debug for FieldOf<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldOf").field("offset", &self.offset).finish_non_exhaustive()
    }
}
