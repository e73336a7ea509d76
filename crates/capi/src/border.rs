//! The border to C: handles, strings, records and structs behind pointers, and `call`, which every
//! exported function runs in.
//!
//! # Safety
//!
//! Invariant: only functions of this file follow a pointer that came from a program, by methods of
//! [`Caller`]. [`call`] makes that value for the time of one call, under the contract of the header:
//!
//! 0. A pointer argument is NULL, or valid for its type, or for the size that is passed with it, during
//!    the call.
//! 1. A handle is one that this library returned, is not closed, and is used by one thread at a time.
//! 2. A string ends with a NUL.
//! 3. A descriptor is open during the call.
//!
//! NULL, a pointer that is not aligned, a handle of another kind and one that was closed are errors, as
//! far as that can be seen: the memory of a closed handle may have been used again.
//!
//! Price: a comparison for each pointer, and two for a handle.
#![allow(unsafe_code)]
#![allow(clippy::unused_self)] // `Caller` has nothing but the right to call its methods

use crate::failure::{self, Failure, refuse};
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use mapcast::{Place, ToPlace};

/// What a handle points to: the tag shows which kind of handle it is.
#[repr(C)]
struct Tagged<T> {
    tag: u64,
    value: T,
}

/// A type that C programs have pointers to only.
pub(crate) trait Opaque {
    /// What is behind the pointer.
    type Value;
    /// Eight characters, different from those of other kinds.
    const TAG: &'static [u8; 8];
    /// What it is called in messages.
    const WHAT: &'static str;
}

/// The tag of a closed handle.
const CLOSED: u64 = u64::from_le_bytes(*b"mcCLOSED");

/// What a function returns that has failed.
pub(crate) trait Answer {
    fn failed(failure: Failure) -> Self;
}

impl Answer for c_int {
    fn failed(failure: Failure) -> Self {
        failure.keep()
    }
}

/// A handle: the functions that get this NULL fail with the same error.
impl<T: Opaque> Answer for *mut T {
    fn failed(failure: Failure) -> Self {
        failure.keep_of_open(T::WHAT);
        std::ptr::null_mut()
    }
}

impl<T> Answer for *const T {
    fn failed(failure: Failure) -> Self {
        failure.keep();
        std::ptr::null()
    }
}

impl Answer for i64 {
    fn failed(failure: Failure) -> Self {
        failure.keep();
        -1
    }
}

impl Answer for u64 {
    fn failed(failure: Failure) -> Self {
        failure.keep();
        0
    }
}

/// The right to follow the pointers of the call that is being made: see the contract above.
#[derive(Debug)]
pub(crate) struct Caller(());

/// Runs `work`, the body of an exported function: its failure and its panic become an answer.
///
/// # Safety
/// What `work` passes to the methods of [`Caller`] is what the program passed, under the contract of
/// the header.
#[inline(always)]
#[allow(clippy::inline_always)] // publish and latest are a few dozen instructions
pub(crate) unsafe fn call<A: Answer>(work: impl FnOnce(&Caller) -> Result<A, Failure>) -> A {
    match catch_unwind(AssertUnwindSafe(|| work(&Caller(())))) {
        Ok(Ok(answer)) => answer,
        Ok(Err(failure)) => A::failed(failure),
        Err(_) => A::failed(Failure::panic()),
    }
}

/// The handle of `value`, which [`Caller::close`] takes back.
pub(crate) fn give<O: Opaque>(value: O::Value) -> *mut O {
    failure::has_opened(O::WHAT);
    Box::into_raw(Box::new(Tagged { tag: u64::from_le_bytes(*O::TAG), value })).cast()
}

impl Caller {
    /// What `handle` leads to.
    #[inline]
    #[allow(clippy::mut_from_ref)] // what it leads to is no part of this value
    pub(crate) fn handle<O: Opaque>(&self, handle: *const O) -> Result<&mut O::Value, Failure> {
        if !handle.cast::<Tagged<O::Value>>().is_aligned() {
            return Err(no_handle::<O>("is no pointer of this library"));
        }
        // SAFETY: NULL, or a handle (0, 1): made by `give`, so that it begins with a tag, whatever its kind.
        let tag = unsafe { handle.cast::<u64>().as_ref() };
        if tag != Some(&u64::from_le_bytes(*O::TAG)) {
            return Err(bad_handle::<O>(tag.copied()));
        }
        let tagged = handle.cast_mut().cast::<Tagged<O::Value>>();
        // SAFETY: a handle of this kind, by its tag, made by `give`; one thread uses it (1), so there is no
        // other reference to what is in it.
        let tagged = unsafe { &mut *tagged };
        Ok(&mut tagged.value)
    }

    /// Takes `handle` back; `None`: it is NULL, which may be closed any number of times.
    pub(crate) fn close<O: Opaque>(&self, handle: *mut O) -> Result<Option<O::Value>, Failure> {
        if handle.is_null() {
            return Ok(None);
        }
        self.handle(handle)?;
        let tagged = handle.cast::<Tagged<O::Value>>();
        // SAFETY: `handle` has found it valid and of this kind, and it was made by `give`.
        let mut tagged = unsafe { Box::from_raw(tagged) };
        // Read by a second close, as far as the memory is not used again. Volatile, as nothing in Rust reads it.
        // SAFETY: a field of the box.
        unsafe { std::ptr::write_volatile(&raw mut tagged.tag, CLOSED) };
        Ok(Some(tagged.value))
    }

    /// The bytes of a record of the program.
    #[inline]
    pub(crate) fn bytes(&self, record: *const c_void, size: usize) -> Result<&[u8], Failure> {
        expect_record(record, size)?;
        // SAFETY: valid for `size` bytes during the call (0), at most `isize::MAX` and not NULL.
        Ok(unsafe { std::slice::from_raw_parts(record.cast(), size) })
    }

    /// The memory for a record of the program.
    #[inline]
    #[allow(clippy::mut_from_ref)] // the memory is the program's, not this value's
    pub(crate) fn bytes_mut(&self, record: *mut c_void, size: usize) -> Result<&mut [u8], Failure> {
        expect_record(record, size)?;
        // SAFETY: valid for `size` bytes during the call (0), at most `isize::MAX` and not NULL. A function
        // asks for one record only, so that there is no second reference to it.
        Ok(unsafe { std::slice::from_raw_parts_mut(record.cast(), size) })
    }

    /// A string that has to be there.
    pub(crate) fn text(&self, text: *const c_char, what: &str) -> Result<&str, Failure> {
        let text = self.c_str(text).ok_or_else(|| null(what))?;
        text.to_str().map_err(|_| refuse(format!("the {what} is not UTF-8"), "write it in UTF-8"))
    }

    /// A string that is empty if it is NULL.
    pub(crate) fn text_or_empty(&self, text: *const c_char, what: &str) -> Result<&str, Failure> {
        if text.is_null() { Ok("") } else { self.text(text, what) }
    }

    /// The name or the path of a region.
    pub(crate) fn at(&self, at: *const c_char) -> Result<At, Failure> {
        let bytes = self.c_str(at).ok_or_else(|| null("name of the region"))?.to_bytes();
        if bytes.contains(&b'/') {
            return Ok(At::Path(OsStr::from_bytes(bytes).into()));
        }
        Ok(At::Name(String::from_utf8_lossy(bytes).into_owned()))
    }

    /// What messages call a descriptor.
    pub(crate) fn descriptor_name(&self, name: *const c_char) -> Result<&str, Failure> {
        self.text(name, "name of the descriptor")
    }

    /// The file of a descriptor of the program, as one of its own.
    pub(crate) fn file(&self, fd: c_int) -> Result<File, Failure> {
        let bad = |fact| refuse(fact, "pass a descriptor that is open");
        if fd < 0 {
            return Err(bad(format!("{fd} is no descriptor")));
        }
        // SAFETY: not -1, and open during the call (3). Nothing but the duplication uses it, which fails for a
        // number that is not open.
        let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
        let own = borrowed.try_clone_to_owned();
        Ok(own.map_err(|err| bad(format!("descriptor {fd}: {err}")))?.into())
    }

    fn c_str(&self, text: *const c_char) -> Option<&CStr> {
        // SAFETY: it ends with a NUL (2), and stays as it is during the call (0).
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
    }

    /// A struct of the program that has to be there.
    pub(crate) fn object<T>(&self, pointer: *const T, what: &str) -> Result<&T, Failure> {
        if !pointer.is_aligned() {
            return Err(refuse(
                format!("the {what} is not aligned"),
                "pass a pointer to the struct",
            ));
        }
        // SAFETY: valid during the call (0), aligned, and a `repr(C)` struct of the header: integers and
        // pointers, all of whose values are valid.
        unsafe { pointer.as_ref() }.ok_or_else(|| null(what))
    }

    /// An array of the program; empty if there is none.
    pub(crate) fn array<T>(
        &self,
        first: *const T,
        count: u32,
        what: &str,
    ) -> Result<&[T], Failure> {
        if count == 0 {
            return Ok(&[]);
        }
        self.object(first, what)?;
        // SAFETY: valid for so many elements during the call (0): the count belongs to the pointer.
        Ok(unsafe { std::slice::from_raw_parts(first, count as usize) })
    }

    /// Copies a struct whose first field is its size over `known`, which is all zero: that of the program may
    /// be shorter or longer. What is not known here has to be zero.
    pub(crate) fn sized<T: Copy>(
        &self,
        given: *const T,
        known: &mut T,
        what: &str,
    ) -> Result<(), Failure> {
        let size = *self.object(given.cast::<usize>(), what)?;
        let bytes = self.bytes(given.cast(), size)?;
        let shared = size.min(size_of::<T>());
        if size < size_of::<usize>() || bytes[shared..].iter().any(|byte| *byte != 0) {
            let fact = format!("{what} has a size of {size}, or a setting that is not known here");
            return Err(refuse(
                fact,
                "begin with its macro of mapcast.h, or install a newer libmapcast",
            ));
        }
        let to = std::ptr::from_mut(known).cast::<u8>();
        // SAFETY: `shared` bytes are in both, which do not overlap; `T` is a struct of the header, of integers
        // and pointers, which may have any bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, shared) };
        Ok(())
    }

    /// Writes a result, if the program wants it.
    #[inline]
    pub(crate) fn store<T>(&self, to: *mut T, value: T) {
        if !to.is_null() && to.is_aligned() {
            // SAFETY: valid for a `T` (0), aligned, and there is nothing to drop in what was there.
            unsafe { to.write(value) };
        }
    }

    /// Writes a result that the program has to take.
    pub(crate) fn answer<T>(&self, to: *mut T, value: T, what: &str) -> Result<c_int, Failure> {
        if to.is_null() {
            return Err(null(what));
        }
        self.store(to, value);
        Ok(crate::error::MAPCAST_OK)
    }

    /// Writes `text` to a buffer as snprintf does: cut to `size` with a NUL behind it; returns its whole length.
    pub(crate) fn print(
        &self,
        text: &str,
        buffer: *mut c_char,
        size: usize,
    ) -> Result<c_int, Failure> {
        if size > 0 {
            if buffer.is_null() {
                return Err(null("buffer"));
            }
            let buffer = self.bytes_mut(buffer.cast(), size)?;
            let len = text.floor_char_boundary(size - 1);
            buffer[..len].copy_from_slice(&text.as_bytes()[..len]);
            buffer[len] = 0;
        }
        Ok(c_int::try_from(text.len()).unwrap_or(c_int::MAX))
    }
}

#[inline]
fn expect_record(record: *const c_void, size: usize) -> Result<(), Failure> {
    if record.is_null() {
        return Err(null("record"));
    }
    if isize::try_from(size).is_err() {
        return Err(refuse(format!("{size} is no size of a record"), "pass sizeof of the struct"));
    }
    Ok(())
}

#[cold]
fn null(what: &str) -> Failure {
    refuse(format!("the {what} is NULL"), "pass a pointer to it")
}

#[cold]
fn bad_handle<O: Opaque>(tag: Option<u64>) -> Failure {
    match tag {
        None => Failure::null_handle(O::WHAT),
        Some(CLOSED) => no_handle::<O>("is closed"),
        Some(_) => no_handle::<O>("is closed, or a handle of another kind"),
    }
}

#[cold]
fn no_handle<O: Opaque>(why: &str) -> Failure {
    refuse(format!("the {} {why}", O::WHAT), "pass what its open returned, before its close")
}

/// A region's name or path.
#[derive(Clone, Debug)]
pub(crate) enum At {
    Name(String),
    Path(PathBuf),
}

impl At {
    /// The file that a writer opens, for a message; empty if it is not known.
    pub(crate) fn path_to_write(&self) -> PathBuf {
        match self {
            Self::Name(name) => {
                mapcast::locate(name).map_or_else(|_| PathBuf::new(), |at| at.path().into())
            }
            Self::Path(path) => path.clone(),
        }
    }
}

impl ToPlace for At {
    fn place(&self) -> Place<'_> {
        match self {
            Self::Name(name) => Place::Name(name),
            Self::Path(path) => Place::Path(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{MAPCAST_ERR_INVALID, MAPCAST_ERR_PANIC, MAPCAST_OK};
    use crate::failure::last;

    struct Cup {
        _opaque: [u8; 0],
    }

    impl Opaque for Cup {
        type Value = u32;
        const TAG: &'static [u8; 8] = b"mcTstCup";
        const WHAT: &'static str = "cup";
    }

    struct Plate {
        _opaque: [u8; 0],
    }

    impl Opaque for Plate {
        type Value = [u64; 4];
        const TAG: &'static [u8; 8] = b"mcTstPlt";
        const WHAT: &'static str = "plate";
    }

    /// As a C program calls it.
    fn called<A: Answer>(work: impl FnOnce(&Caller) -> Result<A, Failure>) -> A {
        // SAFETY: the tests pass pointers to what they have.
        unsafe { call(work) }
    }

    #[test]
    fn a_panic_is_an_error_of_the_call() {
        let code: c_int = called(|_| panic!("expected by a test"));
        assert_eq!((code, last().code), (MAPCAST_ERR_PANIC, MAPCAST_ERR_PANIC));
        assert!(called::<*mut Cup>(|_| panic!("expected by a test")).is_null());
    }

    #[test]
    fn a_handle_leads_to_its_value_and_no_other_kind_does() {
        let (cup, plate) = (give::<Cup>(7), give::<Plate>([0; 4]));
        assert_eq!(called(|caller| Ok(c_int::try_from(*caller.handle(cup)?).unwrap_or(0))), 7);
        let swapped: c_int =
            called(|caller| caller.handle(plate.cast::<Cup>()).map(|_| MAPCAST_OK));
        assert_eq!(swapped, MAPCAST_ERR_INVALID);
        let null: c_int =
            called(|caller| caller.handle(std::ptr::null::<Cup>()).map(|_| MAPCAST_OK));
        assert_eq!(null, MAPCAST_ERR_INVALID);
        let odd: c_int = called(|caller| {
            caller.handle(cup.cast::<u8>().wrapping_add(1).cast::<Cup>()).map(|_| MAPCAST_OK)
        });
        assert_eq!(odd, MAPCAST_ERR_INVALID);
        assert_eq!(called(|caller| caller.close(cup).map(|_| MAPCAST_OK)), MAPCAST_OK);
        assert_eq!(called(|caller| caller.close(plate).map(|_| MAPCAST_OK)), MAPCAST_OK);
        let none = std::ptr::null_mut::<Cup>();
        assert_eq!(called(|caller| caller.close(none).map(|_| MAPCAST_OK)), MAPCAST_OK);
    }

    #[test]
    fn a_longer_struct_is_taken_if_what_is_unknown_is_zero() {
        let read = |given: &[usize; 3]| {
            let mut known = [0_usize; 2];
            let from = given.as_ptr().cast::<[usize; 2]>();
            let code: c_int =
                called(|caller| caller.sized(from, &mut known, "options").map(|()| MAPCAST_OK));
            (code, known)
        };
        assert_eq!(read(&[24, 5, 0]), (MAPCAST_OK, [24, 5]));
        assert_eq!(read(&[8, 5, 6]), (MAPCAST_OK, [8, 0]), "a shorter one");
        assert_eq!(read(&[24, 5, 6]).0, MAPCAST_ERR_INVALID);
        assert_eq!(read(&[0, 5, 6]).0, MAPCAST_ERR_INVALID);
    }

    #[test]
    fn a_text_is_cut_between_characters_and_its_length_is_all_of_it() {
        let mut buffer = [b'x'; 4];
        let to = buffer.as_mut_ptr().cast::<c_char>();
        assert_eq!(called(|caller| caller.print("a\u{e9}\u{e9}", to, 4)), 5);
        assert_eq!(&buffer, b"a\xc3\xa9\0");
        assert_eq!(called(|caller| caller.print("ab", std::ptr::null_mut(), 0)), 2);
        let nowhere: c_int = called(|caller| caller.print("ab", std::ptr::null_mut(), 3));
        assert_eq!(nowhere, MAPCAST_ERR_INVALID);
    }
}
