//! What must not compile: the questions about `mmap` that the types answer at compile time.
//!
//! First a program that compiles; each one below differs from it in one line, so that it fails for
//! that line alone. `tests/e2e/questions.rs` has the questions that are answered at run time.
//!
//! ```
//! # use std::path::Path;
//! # fn path() -> std::path::PathBuf { tempfile::tempdir().unwrap().keep().join("stu.region") }
//! # let path = path();
//! # region::Writer::<layout::Stu>::open_with(&path, &region::Options::new()).unwrap();
//! let mut reader = region::Reader::<layout::Stu>::open(&path)?;
//! if let Some(sample) = reader.latest()? {
//!     let _last = sample.record.name[19];
//! }
//! drop(reader);
//! # std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! # Writing through what was opened for reading
//!
//! `mmap` returns `EACCES` at run time; a reader has no `publish`:
//!
//! ```compile_fail,E0599
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::Reader::<layout::Stu>::open(&path)?;
//! reader.publish(&layout::Stu::new(10, "xiaoming", 'm'))?;
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! and what it returns is a private copy:
//!
//! ```compile_fail,E0596
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::Reader::<layout::Stu>::open(&path)?;
//! if let Some(sample) = reader.latest()? {
//!     sample.record.name.fill(0);
//! }
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! # Closing the descriptor before the mapping is used
//!
//! One value owns descriptor and mapping. The descriptor is private:
//!
//! ```compile_fail,E0616
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::DynReader::open(&path)?;
//! drop(reader.file);
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! and a dropped value cannot be used:
//!
//! ```compile_fail,E0382
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::Reader::<layout::Stu>::open(&path)?;
//! drop(reader);
//! reader.latest()?;
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! # An offset that is no multiple of the page size
//!
//! No function takes an offset, only a path:
//!
//! ```compile_fail,E0061
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::Reader::<layout::Stu>::open(&path, 1000)?;
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! # Access out of bounds
//!
//! ```compile_fail
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::Reader::<layout::Stu>::open(&path)?;
//! if let Some(sample) = reader.latest()? {
//!     let _beyond = sample.record.name[20];
//! }
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! # Unmapping a pointer that was moved
//!
//! No function returns a pointer that could be moved, and none unmaps:
//!
//! ```compile_fail,E0599
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::DynReader::open(&path)?;
//! let pointer = reader.as_ptr();
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! Freeing it twice:
//!
//! ```compile_fail,E0382
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::Reader::<layout::Stu>::open(&path)?;
//! drop(reader);
//! drop(reader);
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! # A result that is not checked
//!
//! The result of `open` is not a reader until the error has been handled:
//!
//! ```compile_fail,E0599
//! # let path = std::path::Path::new("stu.region");
//! let mut reader = region::Reader::<layout::Stu>::open(&path);
//! let sample = reader.latest()?;
//! # Ok::<(), region::RegionError>(())
//! ```
//!
//! Ignoring it is a warning, which can be made an error:
//!
//! ```compile_fail
//! #![deny(unused_must_use)]
//! # let path = std::path::Path::new("stu.region");
//! region::Reader::<layout::Stu>::open(&path);
//! ```
