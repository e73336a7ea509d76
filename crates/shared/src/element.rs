//! What a shared mapping may be made of: numbers that the processor reads and writes whole.
//!
//! Invariant: every value is a valid element, whatever bytes another process puts there.
#![allow(clippy::disallowed_types)] // the one place where elements become atomics

use region::internal::Cell;
use std::fmt::Debug;
use std::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
    fence,
};

/// A number that [`Shared`](crate::Shared) can hold: `u8` to `u64`, `i8` to `i64`, `f32`, `f64`.
///
/// Sealed: what is read is what some process wrote, whole, only for these.
pub trait Element: Copy + Debug + Send + Sync + 'static + sealed::AsCell {}

/// An [`Element`] that can be counted with.
pub trait Integer: Element + sealed::Add {}

mod sealed {
    use super::Cell;

    /// An element's atomic, and what is done with it.
    pub trait AsCell: Sized {
        #[doc(hidden)]
        type Cell: Cell;
        #[doc(hidden)]
        fn load(cell: &Self::Cell) -> Self;
        #[doc(hidden)]
        fn store(cell: &Self::Cell, value: Self);
    }

    /// Counting, in one step of the processor.
    pub trait Add: AsCell {
        #[doc(hidden)]
        fn add(cell: &Self::Cell, n: Self) -> Self;
    }
}

/// `$element` lies in memory as `$cell`, which holds `$into(value)`.
macro_rules! element {
    ($element:ty, $cell:ty, $into:expr, $from:expr) => {
        impl Element for $element {}
        impl sealed::AsCell for $element {
            type Cell = $cell;
            #[inline]
            fn load(cell: &$cell) -> Self {
                // A relaxed load and a fence, not an acquire load: std promises nothing else on
                // pages that are mapped read-only.
                let value = cell.load(Ordering::Relaxed);
                fence(Ordering::Acquire);
                $from(value)
            }
            #[inline]
            fn store(cell: &$cell, value: Self) {
                cell.store($into(value), Ordering::Release);
            }
        }
    };
    ($($element:ty, $cell:ty;)*) => {$(
        element!($element, $cell, std::convert::identity, std::convert::identity);
        impl Integer for $element {}
        impl sealed::Add for $element {
            #[inline]
            fn add(cell: &$cell, n: Self) -> Self {
                cell.fetch_add(n, Ordering::AcqRel)
            }
        }
    )*};
}

element! {
    u8, AtomicU8; u16, AtomicU16; u32, AtomicU32; u64, AtomicU64;
    i8, AtomicI8; i16, AtomicI16; i32, AtomicI32; i64, AtomicI64;
}
element!(f32, AtomicU32, f32::to_bits, f32::from_bits);
element!(f64, AtomicU64, f64::to_bits, f64::from_bits);
