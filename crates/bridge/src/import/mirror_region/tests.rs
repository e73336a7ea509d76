//! The region of a mirror, without a network.

use e2e::Place;
use layout::{FieldSpec, Record, Scalar, Schema, Stu};
use region::DynReader;
use settings::BridgeSettings;

use super::*;

const NOW: Monotonic = Monotonic::from_nanos(1_000_000_000_000);

fn mirror(place: &Place) -> MirrorRegion {
    let text = "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
        [[import]]\nfrom = \"A\"\nname = \"stu\"\n";
    let settings = BridgeSettings::parse(text, "mirror").expect("settings");
    let address = Address::Path(place.path("mirror.region"));
    let mut region = MirrorRegion::new(address, &settings.imports[0]);
    region.readers = Some(Readers::EVERYBODY);
    region
}

fn description(schema: Schema) -> Description {
    Description { route: Vec::new(), instances: None, schema }
}

#[test]
fn a_heartbeat_does_not_hide_that_a_mirror_cannot_have_the_mode_of_its_source() {
    let place = Place::new();
    let mut region = mirror(&place);
    assert!(region.open(&description(Stu::schema()), NOW));
    region.readers = Some(Readers::default());
    region.failed(DynReader::open(place.path("none")).expect_err("no region"), NOW);
    let trouble = region.trouble;
    assert!(trouble.is_some());
    region.heartbeat(NOW.after(Duration::from_secs(2)));
    assert_eq!(region.trouble, trouble);
    region.keep_mode(&description(Stu::schema()), NOW.after(Duration::from_secs(3)));
    assert_eq!(region.trouble, None, "it has that mode now");
}

#[test]
fn a_mirror_whose_name_is_taken_is_not_written_again_because_its_source_has_another_schema() {
    let place = Place::new();
    let mut region = mirror(&place);
    let _own = DynWriter::open(place.path("mirror.region"), &Stu::schema()).expect("a writer");
    assert!(!region.open(&description(Stu::schema()), NOW));
    let other = Schema::builder("OTHER").field(FieldSpec::new("x", Scalar::U64)).build();
    region.change(&description(other.expect("a schema")), NOW);
    assert_eq!(region.trouble, Some(Trouble::NameTaken));
}
