//! A region without a name: for a process and those that inherit its descriptor.

use crate::create;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file;
use crate::fork::OwnFile;
use crate::mapping::Access;
use crate::options::Options;
use crate::reader::{DynInstanceReader, DynReader};
use crate::writer::{self, DynInstanceWriter, DynWriter};
use layout::Schema;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// A region in memory that no path names: it lives as long as a descriptor or a mapping of it.
///
/// It is a memfd, sealed against shrinking, so that not even its owner can cut it under a reader.
/// Parent and child share it by the descriptor; writer and readers in one process through
/// [`Region::writer`] and [`Region::reader`].
///
/// ```
/// use layout::{Record, Stu};
/// use region::{Options, Region};
///
/// let region = Region::anonymous(&Stu::schema(), &Options::new())?;
/// let mut writer = region.writer()?;
/// let mut reader = region.reader()?;
/// writer.publish(bytemuck::bytes_of(&Stu::new(10, "xiaoming", 'm')))?;
/// let mut record = [0; 28];
/// assert_eq!(reader.latest(&mut record)?.unwrap().sequence, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Region {
    file: File,
    schema: Schema,
    options: Options,
    label: PathBuf,
}

impl Region {
    /// Makes an anonymous region for records of `schema`.
    ///
    /// # Errors
    /// [`BadOptions`](Kind::BadOptions); [`Io`](Kind::Io), for example when there is no memory left.
    pub fn anonymous(schema: &Schema, options: &Options) -> Result<Self, RegionError> {
        let label = PathBuf::from(format!("anonymous region {}", schema.name()));
        let (file, _) = create::memfd(&label, schema, options, writer::first_beginning(options))?;
        Ok(Self { file, schema: schema.clone(), options: options.clone(), label })
    }

    /// The same for up to `max` instances of the record.
    ///
    /// ```
    /// use layout::{Record, Stu};
    /// use region::{Options, Region};
    ///
    /// let region = Region::anonymous_instances(&Stu::schema(), &Options::new(), 30)?;
    /// let mut writer = region.instance_writer()?;
    /// let ming = writer.instance("xiaoming")?;
    /// writer.publish(ming, bytemuck::bytes_of(&Stu::new(10, "xiaoming", 'm')))?;
    /// assert!(region.instance_reader()?.find("xiaoming").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`anonymous`](Self::anonymous), and if `max` is not 1 to 65,536.
    pub fn anonymous_instances(
        schema: &Schema,
        options: &Options,
        max: u32,
    ) -> Result<Self, RegionError> {
        Self::anonymous(schema, &options.for_instances(max))
    }

    /// The one writer of this region.
    ///
    /// # Errors
    /// [`Busy`](Kind::Busy) if there is one already, in this process or another; [`HasInstances`](Kind::HasInstances).
    pub fn writer(&self) -> Result<DynWriter, RegionError> {
        match self.options.instances {
            Some(max) => Err(RegionError::new(&self.label, Kind::HasInstances { max })),
            None => self.any_writer(),
        }
    }

    /// The one writer of this region of instances.
    ///
    /// # Errors
    /// [`Busy`](Kind::Busy) if there is one already, in this process or another; [`NoInstances`](Kind::NoInstances).
    pub fn instance_writer(&self) -> Result<DynInstanceWriter, RegionError> {
        match self.options.instances {
            Some(_) => DynInstanceWriter::over(self.any_writer()?),
            None => Err(RegionError::new(&self.label, Kind::NoInstances)),
        }
    }

    fn any_writer(&self) -> Result<DynWriter, RegionError> {
        let file = OwnFile::open(&self.label, || self.open_again(Access::Write))?;
        DynWriter::adopt(file, &self.label, &self.schema, &self.options)
    }

    /// A reader of this region, whose mapping cannot write.
    ///
    /// # Errors
    /// [`Io`](Kind::Io) if the descriptor cannot be opened again; [`HasInstances`](Kind::HasInstances).
    pub fn reader(&self) -> Result<DynReader, RegionError> {
        self.any_reader()?.expect_plain()
    }

    /// A reader of this region of instances, whose mapping cannot write.
    ///
    /// # Errors
    /// [`Io`](Kind::Io) if the descriptor cannot be opened again; [`NoInstances`](Kind::NoInstances).
    pub fn instance_reader(&self) -> Result<DynInstanceReader, RegionError> {
        DynInstanceReader::over(self.any_reader()?)
    }

    fn any_reader(&self) -> Result<DynReader, RegionError> {
        DynReader::over(self.open_again(Access::Read)?, self.label.as_path().into(), None)
    }

    /// An open file description of its own: the writer's lock belongs to one, and a reader's
    /// must not be able to write.
    fn open_again(&self, access: Access) -> Result<File, RegionError> {
        file::open_again(&self.file, access)
            .map_err(|err| RegionError::io(&self.label, "reopen", err))
    }

    /// Its name in messages.
    pub fn label(&self) -> &Path {
        &self.label
    }
}

impl AsFd for Region {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
