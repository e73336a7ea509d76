//! What a handle leads to.

use crate::{Place, stu};
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
