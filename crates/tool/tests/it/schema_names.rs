//! `schema`: a name that a language has for itself is another one in what is printed in it.

use std::collections::BTreeSet;
use std::fs;

use mapcast::dynamic::{CType, FieldSpec, Scalar, Schema, SchemaBuilder};
use tool::schema::{Language, text};

use crate::world::World;

/// Keywords of C, from C89 to C23, of GNU C and of C++.
const C_KEYWORDS: &str = "
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    _Alignas _Alignof _Atomic _BitInt _Bool _Complex _Decimal128 _Float32 _Generic _Imaginary _Noreturn _Static_assert
    _Thread_local alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual
    asm __asm __asm_ __asm__ __attribute__ __extension__ __func__ __inline __int128 __int128_ __label__ __restrict
    __thread __typeof __typeof__ linux unix i386 __linux __linux_ __linux__ __LINE__ __FILE__ __DATE__ __STDC__ __COUNTER__
    and and_eq bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield compl concept const_cast
    consteval constinit decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq
    operator or or_eq private protected public reinterpret_cast requires static_cast template this throw try typeid
    typename using virtual wchar_t xor xor_eq
    int8_t uint64_t int_fast8_t uintmax_t intptr_t size_t ptrdiff_t max_align_t INT8_MAX UINT64_C INTMAX_WIDTH WCHAR_MAX
    WINT_MIN SIG_ATOMIC_MAX SIZE_MAX PTRDIFF_MIN NULL offsetof unreachable";

/// Those of Rust, strict and reserved, of every edition.
const RUST_KEYWORDS: &str = "
    as break const continue crate else enum extern false fn for if impl in let loop match mod move mut pub ref return self
    Self static struct super trait true type unsafe use where while async await dyn abstract become box do final macro
    override priv typeof unsized virtual yield try gen union auto raw safe macro_rules r _";

/// Two fields of each type for each name: a type is used behind a member that is called like it.
fn record(name: &str, fields: &BTreeSet<String>) -> Schema {
    let of = |(at, name): (usize, &String)| {
        let scalar = Scalar::ALL[at % Scalar::ALL.len()];
        [
            FieldSpec::new(name, scalar),
            FieldSpec::new(format!("f{at}"), CType::array(scalar, 2).expect("an array")),
        ]
    };
    let fields = fields.iter().enumerate().flat_map(of);
    fields.fold(Schema::builder(name), SchemaBuilder::field).build().expect("a record")
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// What `compiler` prints of a source with these options; `None` if there is no such compiler.
#[track_caller]
fn compiled(world: &World, compiler: &str, options: &[&str]) -> Option<String> {
    let mut command = world.command_of(compiler);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.args(options).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{compiler} {options:?}: {said}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// The macros that the compiler and the headers of the printed struct define, in any standard.
fn macros(world: &World) -> Option<BTreeSet<String>> {
    let headers = "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n";
    fs::write(world.path("headers.c"), headers).expect("a file");
    let mut macros = BTreeSet::new();
    for standard in ["-std=c11", "-std=gnu11", "-std=gnu2x"] {
        let defined = compiled(world, "cc", &[standard, "-dM", "-E", "headers.c"])?;
        let names = defined.lines().filter_map(|line| line.split([' ', '(']).nth(1));
        macros.extend(names.map(str::to_owned));
    }
    assert!(macros.len() > 100, "{macros:?}");
    Some(macros)
}

#[test]
#[allow(clippy::print_stdout, reason = "for the person who runs the tests")]
fn no_name_that_c_has_for_itself_is_one_of_the_struct() {
    let world = World::new();
    let Some(macros) = macros(&world) else {
        println!("skipped: there is no cc here");
        return;
    };
    let names: BTreeSet<String> = &words(C_KEYWORDS) | &macros;
    let one = words("a");
    let all = record("ALL", &(&names | &words("own own_Bool own__asm")));
    let records = names.iter().map(|name| record(name, &one)).chain([all]);
    let source: String = records.map(|schema| text(Language::C, &schema, "odd")).collect();
    fs::write(world.path("names.c"), &source).expect("a file");
    fs::copy(world.path("names.c"), world.path("names.cpp")).expect("a file");
    let strict = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
    for standard in ["-std=c11", "-std=gnu11", "-std=gnu2x"] {
        compiled(&world, "cc", &[&[standard, "names.c"], &strict[..]].concat());
    }
    // C++ has another word for the assertions.
    let assertions = "-D_Static_assert=static_assert";
    for standard in ["-std=c++17", "-std=gnu++20"] {
        compiled(&world, "c++", &[&[standard, assertions, "names.cpp"], &strict[..]].concat());
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "for the person who runs the tests")]
fn no_name_that_python_has_for_itself_is_one_of_the_class() {
    let world = World::new();
    let listed = "import ctypes, keyword\nof = ctypes.LittleEndianStructure\n\
        print(*keyword.kwlist, *getattr(keyword, 'softkwlist', []), *dir(of), *dir(type(of)), '__debug__')";
    let Some(listed) = compiled(&world, "python3", &["-c", listed]) else {
        println!("skipped: there is no python3 here");
        return;
    };
    let names = words(&(listed + " ctypes __fields _fields_ _pack_ _anonymous_ own_fields_"));
    let mut source = text(Language::Python, &record("ALL", &names), "odd");
    source += "\nassert ALL.from_buffer_copy(bytes(ctypes.sizeof(ALL))).f1[1] == 0\n";
    source += "assert ALL.from_buffer(bytearray(ctypes.sizeof(ALL))).f1[1] == 0\n";
    let one = words("a");
    source.extend(names.iter().map(|name| text(Language::Python, &record(name, &one), "odd")));
    compiled(&world, "python3", &["-c", &source]);
}

#[test]
fn the_toml_of_any_name_makes_the_same_record() {
    for name in ["true", "inf", "nan", "_", "record", "source"] {
        let schema = record(name, &words("true inf nan _ record source name type input instance"));
        let toml = text(Language::Toml, &schema, "odd");
        let settings = settings::Settings::parse(&toml, "odd.toml").expect("settings");
        assert_eq!(*settings.record.schema, schema, "{toml}");
    }
}

/// The printed Rust, compiled.
#[allow(unreachable_pub)] // it is printed for a crate's root
#[allow(non_snake_case, reason = "the names are those of the record")]
mod generated {
    include!("keywords.rs.txt");
}

#[test]
fn no_name_that_rust_has_for_itself_is_one_of_the_struct() {
    let schema = record("KEYWORDS", &words(RUST_KEYWORDS));
    let printed = text(Language::Rust, &schema, "odd");
    let path = format!("{}/tests/it/keywords.rs.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("MAPCAST_BLESS").is_some() {
        fs::write(&path, &printed).expect("written");
    }
    let kept = fs::read_to_string(path).expect("a file");
    assert_eq!(printed, kept, "MAPCAST_BLESS=1 writes it anew");
    assert_eq!(<generated::Keywords as mapcast::Record>::schema(), schema);
}
