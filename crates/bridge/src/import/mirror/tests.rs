//! A mirror alone.

use daemon::Monotonic;
use e2e::Place;
use layout::header::MAX_LINEAGE;
use layout::{InstanceName, Record, Schema, Stu};
use settings::BridgeSettings;

use super::*;
use crate::model::ends;
use crate::wire::History;

const NOW: Monotonic = Monotonic::from_nanos(1_000_000_000_000);

/// One of an import with these keys, which everybody may read.
fn mirror(place: &Place, keys: &str) -> Mirror {
    let text = format!(
        "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
         [[import]]\nfrom = \"A\"\nname = \"stu\"\n{keys}\n"
    );
    let settings = BridgeSettings::parse(&text, "mirror").expect("settings");
    let address = Address::Path(place.path("mirror.region"));
    let mut mirror = Mirror::new(address, &settings.imports[0], &Memory::default());
    mirror.admit(Readers::EVERYBODY);
    mirror
}

fn describe(mirror: &mut Mirror, instances: Option<u32>, schema: Schema) -> u64 {
    let description = Description { route: Vec::new(), instances, schema };
    let hash = Description::hash(&description.encode());
    mirror.describe(hash, description, NOW);
    hash
}

fn attachment(description: u64, id: RecordId) -> Attachment {
    let (len, readers) = (Stu::schema().size(), Readers::EVERYBODY);
    Attachment { len, description, id, time: 0, missed: 0, readers }
}

fn record() -> Vec<u8> {
    bytemuck::bytes_of(&Stu::new(1, "x", 'm')).to_vec()
}

#[test]
fn a_record_of_a_lineage_that_no_region_can_have_is_refused_once() {
    ends(|| {
        let place = Place::new();
        let mut mirror = mirror(&place, "lossless = 9");
        let hash = describe(&mut mirror, None, Stu::schema());
        let id = RecordId { lineage: MAX_LINEAGE - 1, order: 0, sequence: 7 };
        let history = History { first_lineage: MAX_LINEAGE, base: 6, oldest: 7 };
        mirror.announce(id, Some(history), NOW);
        mirror.take(None, attachment(hash, id), record(), NOW);
        assert_eq!((mirror.traffic.refused, mirror.traffic.records), (1, 0));
    });
}

#[test]
fn an_instance_that_is_at_its_source_and_not_in_the_mirror_is_not_held() {
    let place = Place::new();
    let mut mirror = mirror(&place, "");
    let hash = describe(&mut mirror, Some(4), Stu::schema());
    let id = RecordId { lineage: 1, order: 1, sequence: 1 };
    let name = InstanceName::new("eth0").expect("a name");
    assert_eq!(mirror.take(Some(name), attachment(hash, id), record(), NOW), Outcome::Published);
    mirror.retain(|_| true);
    assert_eq!(mirror.held(Some(&name)), id);
    mirror.retire(name, RecordId { order: 9, ..id });
    mirror.retain(|_| true);
    assert_eq!(mirror.take(Some(name), attachment(hash, id), record(), NOW), Outcome::Published);
}

#[test]
fn a_record_of_an_instance_that_nobody_describes_waits_until_its_source_is_described_again() {
    let place = Place::new();
    let mut mirror = mirror(&place, "");
    describe(&mut mirror, Some(4), Stu::schema());
    let id = RecordId { lineage: 1, order: 1, sequence: 1 };
    let name = InstanceName::new("eth0").ok();
    assert_eq!(mirror.take(name, attachment(7, id), record(), NOW), Outcome::Undescribed);
    assert!(mirror.needs_description());
    describe(&mut mirror, Some(4), Stu::schema());
    assert!(!mirror.needs_description() && mirror.waiting.is_empty());
}
