//! What cannot be a record does not compile, and the message says what to write instead.

#[test]
fn each_mistake_is_refused_with_its_mend() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
