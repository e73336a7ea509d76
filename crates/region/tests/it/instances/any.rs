//! A reader of either kind: what it finds, and where it goes over to.

use super::*;
use region::{AnyReader, Begin, Refreshed};

/// What a reader gets until nothing is left: numbers, names of instances with theirs, missed ones.
fn read(reader: &mut AnyReader) -> Vec<String> {
    let mut record = [0; 28];
    let mut read = Vec::new();
    loop {
        let (name, what) = match reader {
            AnyReader::Plain(reader) => match reader.next(&mut record).expect("a whole file") {
                Step::Record(found) => (String::new(), InstanceChange::Record(found)),
                Step::Missed(count) => (String::new(), InstanceChange::Missed(count)),
                Step::Pending => return read,
            },
            AnyReader::Instances(reader) => match reader.next(&mut record).expect("a whole file") {
                Step::Record(event) => (format!("{} ", event.name), event.what),
                step => {
                    assert_eq!(step, Step::Pending);
                    return read;
                }
            },
        };
        match what {
            InstanceChange::Record(found) => read.push(format!("{name}{}", found.sequence)),
            InstanceChange::Missed(count) => read.push(format!("{name}missed {count}")),
            _ => {}
        }
    }
}

/// A region of one record with records 1 to 10, of which the last three are kept.
fn plain(place: &Place) -> Writer<Stu> {
    let mut writer = Options::new().slots(4).open::<Stu>(&place.path).expect("a writer");
    for id in 1..=10 {
        writer.publish(&stu(id)).expect("a publish");
    }
    writer
}

#[test]
fn a_reader_of_either_kind_reads_what_is_there() {
    let place = Place::new();
    drop(plain(&place));
    let mut reader = AnyReader::open(&place.path).expect("a region");
    reader.begin(Begin::First);
    assert_eq!(read(&mut reader), ["missed 7", "8", "9", "10"]);

    std::fs::remove_file(&place.path).expect("removed");
    let mut writer = writer(&place, 2);
    let a = writer.instance("a").expect("a place");
    publish(&mut writer, a);
    let file = std::fs::File::open(&place.path).expect("a file");
    let mut passed = AnyReader::open_file(&file, &place.path).expect("a region");
    assert_eq!(read(&mut passed), ["a 1"]);
    assert_eq!(read(&mut AnyReader::open(&place.path).expect("a region")), ["a 1"]);

    for missing in ["none.region", "none/none.region"] {
        let error = AnyReader::open(place.path.with_file_name(missing)).expect_err("no file");
        assert!(error.is_not_there(), "{error}");
    }
}

#[test]
fn a_reader_goes_over_to_a_region_of_the_other_kind_and_reads_it_from_its_first_record_on() {
    let place = Place::new();
    let former = plain(&place);
    let mut reader = AnyReader::open(&place.path).expect("a region");
    let every = Duration::from_secs(7);
    reader.refresh_every(every);
    assert_eq!(reader.refresh().expect("a region"), Refreshed::Same);
    assert_eq!(read(&mut reader), ["10"]);

    former.close();
    std::fs::remove_file(&place.path).expect("removed");
    assert_eq!(reader.refresh().expect("none is no error"), Refreshed::Missing);
    let mut writer = writer(&place, 2);
    let a = writer.instance("a").expect("a place");
    (0..2).for_each(|_| publish(&mut writer, a));
    assert_eq!(reader.refresh().expect("a region"), Refreshed::Reattached);
    assert_eq!(read(&mut reader), ["a 1", "a 2"]);

    drop(writer);
    std::fs::remove_file(&place.path).expect("removed");
    drop(plain(&place));
    assert_eq!(reader.refresh().expect("a region"), Refreshed::Reattached);
    assert_eq!(read(&mut reader), ["missed 7", "8", "9", "10"]);
    assert_eq!(reader.refresh_every(Duration::MAX), every);
}
