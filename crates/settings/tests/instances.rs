//! What `[record] instances` may say, and what it comes to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use layout::InstanceName;
use settings::{GlobInstances, InputInstances, InputKey, Instances, Settings, Source, WhenFull};

fn parse(instances: &str, sources: &[&str]) -> Settings {
    let field = |(index, source): (usize, &&str)| {
        format!("[[record.field]]\nname = \"f{index}\"\ntype = \"u64\"\nsource = {{ {source} }}\n")
    };
    let fields: String = sources.iter().enumerate().map(field).collect();
    let text = format!(
        "[region]\nname = \"r\"\n[record]\nname = \"R\"\ninstances = {instances}\n{fields}"
    );
    Settings::parse(&text, "x.toml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn instances(text: &str, source: &str) -> Instances {
    parse(text, &[source]).record.instances.expect("instances")
}

fn name(name: &str) -> InstanceName {
    name.parse().expect("a name")
}

#[test]
fn a_list_is_all_instances() {
    let listed = instances(r#"["cpu0", "cpu1"]"#, "const = 1");
    assert_eq!(listed, Instances::Named(vec![name("cpu0"), name("cpu1")]));
    assert_eq!((listed.max(), instances(r#"["a"]"#, "const = 1").max()), (2, 1));
}

#[test]
fn a_number_is_so_many_called_by_their_numbers() {
    let numbered = instances("3", "const = 1");
    assert_eq!(numbered, Instances::Named(["0", "1", "2"].map(name).to_vec()));
    assert_eq!(instances("65536", "const = 1").max(), 65536);
}

#[test]
fn a_bare_file_holds_a_struct_for_each_instance_that_is_listed() {
    let structs = |instances: &str| {
        let text = format!(
            "[region]\nname = \"r\"\nformat = \"bare\"\n[record]\nname = \"R\"\n{instances}\n\
             [[record.field]]\nname = \"a\"\ntype = \"u64\"\n"
        );
        Settings::parse(&text, "x.toml").expect("settings").record.structs().get()
    };
    let texts = ["", "instances = 30", "instances = [\"a\", \"b\"]", "instances = [\"a\"]"];
    assert_eq!(texts.map(structs), [1, 30, 2, 1]);
}

#[test]
fn a_pattern_is_searched_each_second_for_up_to_256_names_unless_it_says_otherwise() {
    let patterns = vec![PathBuf::from("/x/*")];
    let second = Duration::from_secs(1);
    let usual = GlobInstances { patterns, rescan: second, max: 256 };
    assert_eq!(instances(r#"{ glob = "/x/*" }"#, "const = 1"), Instances::Glob(usual.clone()));
    let other = r#"{ glob = ["/x/*", "/y/*"], rescan = "5s", max = 7 }"#;
    let patterns = vec![PathBuf::from("/x/*"), PathBuf::from("/y/*")];
    let other_wanted = GlobInstances { patterns, rescan: 5 * second, max: 7 };
    assert_eq!(instances(other, "const = 1"), Instances::Glob(other_wanted));
}

#[test]
fn lines_name_their_instance_in_a_member_or_at_a_pointer() {
    let of = |text| match instances(text, "input = {}") {
        Instances::Input(InputInstances { key, max, full, .. }) => (key, max, full),
        other => panic!("{other:?}"),
    };
    let member = InputKey::Member("symbol".to_owned());
    assert_eq!(of(r#"{ input = "symbol" }"#), (member.clone(), 256, WhenFull::Refuse));
    let oldest = of(r#"{ input = "symbol", max = 1000, full = "retire-oldest" }"#);
    assert_eq!(oldest, (member, 1000, WhenFull::RetireOldest));
    let pointer = InputKey::Pointer("/a/b".to_owned());
    assert_eq!(of(r#"{ input = "/a/b" }"#), (pointer, 256, WhenFull::Refuse));
}

#[test]
fn the_name_takes_the_place_of_the_placeholder_in_paths_and_keys() {
    let sources = [
        r#"file = { path = ["/sys/{instance}/rx", "/x/{{y}}/*"], key = "{instance} {{" }"#,
        r#"disk = { path = "/mnt/{instance}", what = "used" }"#,
    ];
    let record = parse(r#"["a", "b"]"#, &sources).record;
    let [file, disk] = &record.sources[..] else { panic!("two sources") };
    let Source::File(file) = file.of_instance(&name("e*:1")).expect("a name") else {
        panic!("a file")
    };
    assert_eq!(file.paths, ["/sys/e[*]:1/rx", "/x/{y}/*"].map(PathBuf::from));
    assert_eq!(file.key.expect("a key"), ["e*:1", "{"]);
    let Source::Disk(of_a) = disk.of_instance(&name("a*")).expect("a name") else {
        panic!("a disk")
    };
    assert_eq!(of_a.path, Path::new("/mnt/a*"));
    let error = disk.of_instance(&name("..")).expect_err("leaves the folder").to_string();
    assert!(error.contains("\"..\" would lead out of a folder"), "{error}");
}

#[test]
fn braces_are_themselves_where_there_are_no_instances() {
    let text = "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\n\
                type = \"u64\"\nsource = { file = { path = \"/x/{y}\", key = \"{\" } }\n";
    let settings = Settings::parse(text, "x.toml").expect("settings");
    let Source::File(file) = &settings.record.sources[0] else { panic!("a file") };
    assert_eq!(file.paths, [PathBuf::from("/x/{y}")]);
}

#[test]
fn a_replay_takes_the_instance_from_the_member_that_a_consumer_writes() {
    let member = InputKey::Member("instance".to_owned());
    let [listed, found] = [r#"["a", "b"]"#, r#"{ glob = "/x/*", max = 9 }"#]
        .map(|text| parse(text, &["const = 1"]).replaying().record.instances);
    let replayed = |only: &[&str], max| {
        let (key, only) = (member.clone(), only.iter().copied().map(name).collect());
        let full = WhenFull::Refuse;
        Some(Instances::Input(InputInstances { key, only: Arc::new(only), max, full }))
    };
    assert_eq!((listed, found), (replayed(&["a", "b"], 2), replayed(&[], 9)));
}

#[test]
fn the_name_of_the_instance_is_also_a_field_that_holds_texts() {
    for ctype in ["char[20]", "char", "u8\"\nlabels = { 0 = \"a\", 1 = \"b\" }\n#\""] {
        let text = format!(
            "[region]\nname = \"r\"\n[record]\nname = \"R\"\ninstances = {{ input = \"v\" }}\n\
             [[record.field]]\nname = \"v\"\ntype = \"{ctype}\"\nsource = {{ input = {{}} }}\n"
        );
        let parsed = Settings::parse(&text, "x.toml");
        assert!(parsed.is_ok(), "{ctype}: {:?}", parsed.err().map(|error| error.to_string()));
    }
}
