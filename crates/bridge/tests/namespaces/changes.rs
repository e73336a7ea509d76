//! A source that becomes another one: of other fields, or of instances.

use e2e::wait_until;
use region::{DynInstanceReader, DynInstanceWriter, Options, State};

use crate::mirrored;
use crate::net::{Host, Net};
use crate::source::{Source, number_of, record, schema};

#[test]
fn a_mirror_gets_the_schema_of_its_source_also_if_that_changes_behind_a_cut() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let (mut source, _bridges) = mirrored(a, b);
    for (bytes, is_cut) in [(120, false), (24, true)] {
        let mut reader = b.reader("A.x");
        if is_cut {
            b.cut();
            wait_until("a stalled mirror", || b.state("A.x") == Some(State::Stalled));
        }
        let number = source.number;
        drop(source);
        source = Source::after(number, a, "x", bytes);
        source.publish();
        if is_cut {
            b.mend();
        }
        wait_until("its record", || b.number("A.x") == source.number);
        assert_eq!(**b.reader("A.x").schema(), schema(bytes));
        wait_until("a reader that follows", || {
            let _ = reader.refresh();
            **reader.schema() == schema(bytes)
        });
    }
}

/// The names and numbers in the newest records of the instances of a region.
fn instances(host: &Host, region: &str, bytes: u32) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    if let Ok(mut reader) = DynInstanceReader::open(host.region(region)) {
        let mut record = vec![0; schema(bytes).size() as usize];
        let _ = reader.latest_all(&mut record, |name, _, record| {
            found.push((name.to_string(), number_of(record)));
        });
    }
    found
}

#[test]
fn a_source_of_one_record_that_becomes_one_of_instances_takes_its_mirror_along_and_back() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let (mut source, _bridges) = mirrored(a, b);
    let schema = schema(56);
    for number in [10, 20] {
        drop(source);
        let options = Options::new();
        let mut writer = DynInstanceWriter::open_with(a.region("x"), &schema, &options, 4)
            .expect("a writer of instances");
        let eth0 = writer.instance("eth0").expect("room");
        writer.publish(eth0, &record(number, schema.size() as usize)).expect("published");
        let is_there = || instances(b, "A.x", 56) == [("eth0".to_owned(), number)];
        wait_until("the instance", is_there);
        drop(writer);
        source = Source::after(number, a, "x", 56);
        source.publish();
        wait_until("one record again", || b.number("A.x") == number + 1);
    }
}
