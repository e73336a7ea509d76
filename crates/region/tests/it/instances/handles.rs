//! What a handle leads to.

use crate::{Place, stu, wait_until};
use layout::{Record, Stu};
use region::{DynInstanceWriter, Instance, Options, RegionError};

#[test]
fn a_handle_of_before_a_file_for_fewer_instances_leads_to_no_other_instance() {
    let place = Place::new();
    let (schema, options) = (Stu::schema(), Options::new());
    let mut writer = DynInstanceWriter::open_with(&place.path, &schema, &options, 3).unwrap();
    let [x, a, b] = ["x", "a", "b"].map(|name| writer.instance(name).unwrap());
    writer.retire(a).unwrap();
    // Block 2 is no more: "b" gets the block of "a", as its first instance, too.
    writer.change(&schema, &options, 2).unwrap();
    let before = [x, a, b].map(|handle| writer.publish(handle, &stu(1)));
    assert!(before.iter().all(|err| err.as_ref().is_err_and(RegionError::is_no_such_instance)));
    let after = ["x", "b"].map(|name| writer.find(name).expect("it stays"));
    for handle in after {
        assert_eq!(writer.publish(handle, &stu(2)).unwrap(), 1);
    }
    // They stay over every other new file.
    for max in [4, 5] {
        writer.change(&schema, &options, max).unwrap();
        assert_eq!(["x", "b"].map(|name| writer.find(name).unwrap()), after);
        assert!(!after.map(|handle| writer.publish(handle, &stu(3)).is_err()).contains(&true));
        assert_eq!(writer.sequence_of(a), None);
    }
}

#[test]
fn words_that_are_no_handle_lead_to_no_instance() {
    let place = Place::new();
    let mut writer =
        DynInstanceWriter::open_with(&place.path, &Stu::schema(), &Options::new(), 3).unwrap();
    let a = writer.instance("a").unwrap();
    writer.retire(a).unwrap();
    let mut reader = region::DynInstanceReader::open(&place.path).unwrap();
    // The generations of a block that is free again, of one that never had an instance, and none at all.
    for words in [[2, 0], [0, 0], [0, 1], [0, 3], [u64::MAX, 0]] {
        let handle = Instance::from_words(words);
        let written = writer.publish(handle, &stu(1)).unwrap_err();
        let read = reader.latest(handle, &mut [0; 28]).unwrap_err();
        assert!(written.is_no_such_instance() && read.is_no_such_instance(), "{words:?}");
    }
}

#[test]
fn a_reader_that_finds_no_instance_goes_over_to_the_next_file() {
    let place = Place::new();
    let open = |max| {
        DynInstanceWriter::open_with(&place.path, &Stu::schema(), &Options::new(), max).unwrap()
    };
    drop(open(10));
    let mut reader = region::DynInstanceReader::open(&place.path).unwrap();
    let mut record = [0; 28];
    let mut writer = open(20);
    let eth0 = writer.instance("eth0").unwrap();
    writer.publish(eth0, &stu(1)).unwrap();
    wait_until("the next file's instance", || {
        let mut names = Vec::new();
        reader.latest_all(&mut record, |name, _, _| names.push(name.to_string())).unwrap();
        names == ["eth0"]
    });
    writer.retire(eth0).unwrap();
    drop(writer);
    let mut writer = open(30);
    let eth0 = writer.instance("eth0").unwrap();
    writer.publish(eth0, &stu(2)).unwrap();
    wait_until("the instance that has joined again", || {
        let handle = reader.find("eth0").unwrap_or(Instance::from_words([0, 0]));
        let found = reader.latest(handle, &mut record);
        found.as_ref().err().is_none_or(RegionError::is_no_such_instance)
            && found.is_ok_and(|found| found.is_some())
    });
    assert_eq!(record, stu(2));
}
