//! The readers of a program that knows the record at run time only: a struct of another language.

use super::{DynInstanceReader, DynReader, Refreshed};
use crate::error::RegionError;
use crate::typed;
use layout::Schema;

impl DynReader {
    /// Refuses a region that holds another record than that of `schema`, field for field.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("load.region");
    /// use layout::{FieldSpec, Scalar, Schema};
    /// use region::{DynReader, DynWriter};
    ///
    /// let schema_of = |name: &str| Schema::builder(name).field(FieldSpec::new("one", Scalar::F32)).build();
    /// let _writer = DynWriter::open(&path, &schema_of("Load")?)?;
    /// let reader = DynReader::open(&path)?;
    /// assert!(reader.expect_schema(&schema_of("Load")?).is_ok());
    /// assert!(reader.expect_schema(&schema_of("Speed")?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OtherSchema`](crate::RegionErrorKind::OtherSchema), which says in what they differ.
    pub fn expect_schema(&self, schema: &Schema) -> Result<(), RegionError> {
        typed::expect_schema(schema, self.schema(), self.path())
    }

    /// As [`refresh`](Self::refresh), to a region of this record only.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh) and [`expect_schema`](Self::expect_schema); the old file stays mapped.
    pub fn refresh_expecting(&mut self, schema: &Schema) -> Result<Refreshed, RegionError> {
        self.refresh_to(|new| new.expect_schema(schema).map(|()| true))
    }
}

impl DynInstanceReader {
    /// As [`refresh`](Self::refresh), to a region of this record only: see
    /// [`DynReader::refresh_expecting`].
    ///
    /// # Errors
    /// As [`DynReader::refresh_expecting`].
    pub fn refresh_expecting(&mut self, schema: &Schema) -> Result<Refreshed, RegionError> {
        self.refresh_by(|inner| inner.refresh_expecting(schema))
    }
}
