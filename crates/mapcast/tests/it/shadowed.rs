//! What `derive` emits means the same, whatever the module around it calls its own items.

use mapcast::Record as _;

/// Nothing is there that was not written.
#[no_implicit_prelude]
mod without_a_prelude {
    #[repr(u8)]
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::mapcast::Labels)]
    pub(super) enum Mode {
        Off,
        On,
    }

    #[repr(C)]
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::mapcast::Record)]
    #[record(line = "{load:.2} {mode}")]
    pub(super) struct Plain {
        load: f32,
        #[record(labels = Mode)]
        mode: u8,
        #[record(labels(0 = "no", 1 = "yes"))]
        door: u8,
        #[record(padding)]
        reserved: [u8; 2],
    }
}

/// Variants, types, functions, macros and a module with the names that the emitted code could mean.
#[allow(non_camel_case_types, dead_code, unused_macros, unused_imports)]
mod with_its_own_names {
    use Outcome::*;

    #[repr(u8)]
    #[derive(Clone, Copy, ::mapcast::Labels)]
    pub(super) enum Outcome {
        Ok,
        Err,
        Some,
        None,
        Error,
    }

    /// Patterns with these names are variants.
    pub(super) enum Local {
        end,
        err,
        found,
        schema,
        size,
        value,
        what,
    }
    use Local::*;

    pub(super) struct i64;
    pub(super) struct usize;
    pub(super) struct str;
    pub(super) struct Result;
    pub(super) fn size_of() -> u8 {
        0
    }
    pub(super) fn align_of() -> u8 {
        0
    }
    macro_rules! panic {
        () => {};
    }
    macro_rules! assert {
        () => {};
    }
    pub(super) mod mapcast {
        pub(in super::super) type Meters = f32;
    }

    #[repr(C)]
    #[derive(Clone, Copy, ::mapcast::Record)]
    pub(super) struct Own {
        height: mapcast::Meters,
        #[record(labels = Outcome)]
        last: u8,
        #[record(padding)]
        reserved: [u8; 3],
    }
}

#[test]
fn names_of_the_module_do_not_change_what_derive_emits() {
    assert_eq!(without_a_prelude::Plain::schema().field("load").expect("a field").offset(), 0);
    assert_eq!(u8::from(without_a_prelude::Mode::On), 1);
    let own = with_its_own_names::Own::schema();
    let last = own.field("last").expect("a field");
    assert_eq!((last.offset(), last.labels().len()), (4, 5));
    assert!(with_its_own_names::Outcome::try_from(5).is_err());
}
