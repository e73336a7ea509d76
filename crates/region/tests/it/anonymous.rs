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
