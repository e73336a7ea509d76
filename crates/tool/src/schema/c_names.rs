//! The names that a C compiler, or a header of the printed struct, has for itself.
//!
//! Invariant: none of them is printed, of C89 to C23, of GNU C, and of C++, in which a header is included too. Keywords
//! and macros whose names are anybody's are listed; the rest are whole kinds that the standard reserves.

use mapcast::dynamic::Schema;

use super::members::{has_word, own, unreserved};

const KEYWORDS: &str = "auto break case char const continue default do double else enum extern float for goto if inline \
    int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while \
    alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual asm";

const KEYWORDS_OF_CPP: &str = "and and_eq bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield \
    compl concept const_cast consteval constinit contract_assert decltype delete dynamic_cast explicit export friend mutable namespace new \
    noexcept not not_eq operator or or_eq private protected public reinterpret_cast requires static_cast template this \
    throw try typeid typename using virtual wchar_t xor xor_eq";

/// Macros and types of the headers, and the machine as GNU C names it.
const DEFINED: &str =
    "NULL offsetof unreachable max_align_t nullptr_t ptrdiff_t size_t linux unix i386 mips";

/// How macros of `stdint.h` begin that are about no `INT` or `UINT`.
const LIMITS: [&str; 5] = ["PTRDIFF", "SIG_ATOMIC", "SIZE", "WCHAR", "WINT"];
const OF_LIMITS: [&str; 4] = ["_MAX", "_MIN", "_WIDTH", "_C"];

/// `name`, or another if C has that for itself.
pub(super) fn c_name(name: &str, schema: &Schema) -> String {
    let is_compilers = |rest: &str| rest.starts_with(|c: char| c == '_' || c.is_ascii_uppercase());
    // With more behind it, it could be another one: `__asm` and `__asm__` are both keywords.
    if name.strip_prefix('_').is_some_and(is_compilers) {
        return own(name, schema);
    }
    unreserved(name, is_taken, schema)
}

fn is_taken(name: &str) -> bool {
    let words = [KEYWORDS, KEYWORDS_OF_CPP, DEFINED];
    words.into_iter().any(|words| has_word(words, name)) || is_of_stdint(name)
}

/// Whether `stdint.h` has it, or may have it one day: `int24_t`, `INT24_MAX`.
fn is_of_stdint(name: &str) -> bool {
    if name.ends_with("_t") {
        return name.starts_with("int") || name.starts_with("uint");
    }
    let limited = OF_LIMITS.iter().find_map(|end| name.strip_suffix(end));
    limited
        .is_some_and(|of| of.starts_with("INT") || of.starts_with("UINT") || LIMITS.contains(&of))
}
