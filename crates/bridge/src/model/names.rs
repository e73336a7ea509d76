//! Regions of other hosts that would have the same mirror.

use daemon::Monotonic;
use region::State;
use settings::BridgeSettings;

use crate::import::{Importer, Resumed};
use crate::keys::{self, Key, Source};
use crate::transport::Incoming;
use crate::wire::{Announcement, DigestKind, Readers, RecordId, encode_digests};

const NOW: Monotonic = Monotonic::from_nanos(1_000_000_000_000);
const ID: RecordId = RecordId { lineage: 1, order: 0, sequence: 1 };

fn settings(region: &str) -> BridgeSettings {
    let text = format!(
        "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
         [[import]]\nfrom = \"A*\"\nname = \"*\"\nregion = \"{region}\"\n"
    );
    BridgeSettings::parse(&text, "names").expect("settings")
}

/// Each of these hosts says that it has a region of this name.
fn announce(importer: &mut Importer, regions: &[(&str, &str)]) {
    for (number, (host, name)) in (0..).zip(regions) {
        let (path, readers) = ((*name).to_owned(), Readers::EVERYBODY);
        let entry = Announcement { path, state: Some(State::Live), id: ID, history: None, readers };
        for digest in encode_digests(DigestKind::Changes, 1, number, [&entry]) {
            importer.take(Incoming::Other(Key::Digest((*host).to_owned()), digest), NOW);
        }
    }
}

fn sources(importer: &Importer) -> Vec<String> {
    importer.status(NOW, true).map(|mirror| mirror.source.to_string()).collect()
}

#[test]
fn of_two_regions_with_one_mirror_the_first_keeps_it_also_over_a_restart() {
    let settings = settings("{host}.{name}");
    let (first, second) = (("A", "x.y"), ("A.x", "y"));
    let mut importer = Importer::new(&settings);
    announce(&mut importer, &[first, second, first, second]);
    assert_eq!(sources(&importer), ["A/x.y"]);
    let mut restarted = Importer::new(&settings);
    let held = (Source::new("A", "x.y"), Resumed { id: ID, time: 0, sequence: 1 });
    let row = keys::row("A.x.y").expect("a name");
    restarted.resume([(held.0.clone(), row, Some(held.1))]);
    announce(&mut restarted, &[second, first]);
    assert_eq!(sources(&restarted), ["A/x.y"]);
    let mut other = Importer::new(&settings);
    let not_imported = (Source::new("C", "x.y"), held.1);
    other.resume([(not_imported.0, row, Some(not_imported.1))]);
    announce(&mut other, &[second]);
    assert_eq!(sources(&other), ["A.x/y"]);
    let sequence = other.status(NOW, true).next().expect("a mirror").sequence;
    assert_eq!(sequence, 0, "what it held was of another region");
}

#[test]
fn no_mirror_takes_the_name_of_the_bridges_own_region() {
    let mut settings = settings("{host}.{name}");
    settings.status = "A.bridge".to_owned();
    let mut importer = Importer::new(&settings);
    announce(&mut importer, &[("A", "bridge"), ("A", "x")]);
    assert_eq!(sources(&importer), ["A/x"]);
}

#[test]
fn a_reload_that_gives_the_bridges_own_region_the_name_of_a_mirror_ends_the_mirror() {
    let mut settings = settings("{host}.{name}");
    let mut importer = Importer::new(&settings);
    announce(&mut importer, &[("A", "bridge"), ("A", "x")]);
    settings.status = "A.bridge".to_owned();
    importer.change(&settings);
    announce(&mut importer, &[("A", "bridge"), ("A", "x")]);
    assert_eq!(sources(&importer), ["A/x"]);
}
