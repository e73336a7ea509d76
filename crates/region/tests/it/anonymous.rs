//! Regions without a name.

use super::*;
use region::{FileStatus, Region, RegionErrorKind as Kind, State};
use std::os::fd::AsFd;

#[test]
fn an_anonymous_region_has_one_writer_and_any_number_of_readers() {
    let region = Region::anonymous(&Stu::schema(), &Options::new()).unwrap();
    let mut writer = region.writer().unwrap();
    assert!(matches!(region.writer().unwrap_err().kind(), Kind::Busy { .. }));
    assert_eq!(writer.check().unwrap(), FileStatus::Named);
    let mut readers = [region.reader().unwrap(), region.reader().unwrap()];
    writer.publish(&stu(3)).unwrap();
    for reader in &mut readers {
        assert_eq!(latest_id(reader), Some(3));
        assert_eq!(reader.state(), State::Live);
    }
    drop(writer);
    assert_eq!(readers[0].state(), State::Closed);
    let mut next = region.writer().unwrap();
    assert_eq!((next.epoch(), next.publish(&stu(4)).unwrap()), (2, 2));
}

#[test]
fn an_anonymous_region_cannot_be_cut() {
    let region = Region::anonymous(&Stu::schema(), &Options::new()).unwrap();
    let file = std::fs::File::from(region.as_fd().try_clone_to_owned().unwrap());
    let err = file.set_len(0).unwrap_err();
    assert_eq!(err.kind(), std::io::ErrorKind::PermissionDenied);
}

#[test]
fn an_anonymous_region_of_instances_has_one_writer_and_any_number_of_readers() {
    let region = Region::anonymous_instances(&Stu::schema(), &Options::new(), 2).unwrap();
    let mut writer = region.instance_writer().unwrap();
    assert!(matches!(region.instance_writer().unwrap_err().kind(), Kind::Busy { .. }));
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    writer.publish(b, bytemuck::bytes_of(&stu(3))).unwrap();
    for mut reader in [region.instance_reader().unwrap(), region.instance_reader().unwrap()] {
        let mut record = [0; size_of::<Stu>()];
        let b = reader.find("b").unwrap();
        assert_eq!(reader.latest(b, &mut record).unwrap().map(|latest| latest.sequence), Some(1));
        assert_eq!(record, *bytemuck::bytes_of(&stu(3)));
    }
    writer.retire(a).unwrap();
    drop(writer);
    let next = region.instance_writer().unwrap();
    assert_eq!((next.epoch(), next.len(), next.max()), (2, 1, 2));
}

#[test]
fn an_anonymous_region_of_one_kind_is_not_opened_as_the_other() {
    let (schema, options) = (Stu::schema(), Options::new());
    let many = Region::anonymous_instances(&schema, &options, 2).unwrap();
    assert!(matches!(many.writer().unwrap_err().kind(), Kind::HasInstances { max: 2 }));
    assert!(matches!(many.reader().unwrap_err().kind(), Kind::HasInstances { max: 2 }));
    let one = Region::anonymous(&schema, &options).unwrap();
    assert!(matches!(one.instance_writer().unwrap_err().kind(), Kind::NoInstances));
    assert!(matches!(one.instance_reader().unwrap_err().kind(), Kind::NoInstances));
    for max in [0, 65_537] {
        let error = Region::anonymous_instances(&schema, &options, max).unwrap_err();
        assert!(matches!(error.kind(), Kind::BadOptions(_)), "{error}");
    }
}
