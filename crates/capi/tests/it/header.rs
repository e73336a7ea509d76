//! The header is the one that cbindgen makes of the sources.

use std::path::Path;

/// The header, made of the public modules.
fn made_of(root: &Path) -> Vec<u8> {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("a configuration");
    let lib = std::fs::read_to_string(root.join("src/lib.rs")).expect("the modules");
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    // Not `generate`, which runs `cargo metadata`.
    let builder = modules.fold(cbindgen::Builder::new().with_config(config), |builder, module| {
        builder.with_src(root.join(format!("src/{module}.rs")))
    });
    let mut made = Vec::new();
    builder.generate().expect("the sources as a header").write(&mut made);
    made
}

#[test]
fn the_header_in_the_tree_is_made_of_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = made_of(root);
    let made = String::from_utf8(made).expect("ASCII");
    assert!(made.is_ascii());
    let path = root.join("include/mapcast.h");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).expect("the header, written");
    }
    let kept = std::fs::read_to_string(&path).expect("the header");
    assert_eq!(kept, made, "make it anew: UPDATE=1 cargo test -p mapcast-capi header::");
}

#[test]
fn the_header_has_the_version_of_the_crate() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/mapcast.h");
    let header = std::fs::read_to_string(path).expect("the header");
    assert!(header.contains(concat!(
        "#define MAPCAST_VERSION \"",
        env!("CARGO_PKG_VERSION"),
        "\""
    )));
}

#[test]
fn cargo_c_finds_its_feature_and_makes_the_library_of_install_sh() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::read_to_string(path).expect("a file")
    };
    let (manifest, install) = (read("Cargo.toml"), read("install.sh"));
    assert!(manifest.contains("\ncapi = []\n"), "cargo-c refuses a package without this feature");
    let library = "[package.metadata.capi.library]\nname = \"mapcast\"\nversion = \"";
    let (_, version) = manifest.split_once(library).expect("the library");
    let (version, _) = version.split_once('"').expect("its version");
    let (major, _) = version.split_once('.').expect("its parts");
    assert!(install.contains(&format!("libmapcast.so.{version}\"")));
    assert!(install.contains(&format!("-soname,libmapcast.so.{major} ")));
}
