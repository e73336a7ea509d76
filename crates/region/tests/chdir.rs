//! A relative path after the program has gone to another directory: one test, because that is the
//! whole process's.

use layout::{Record, Stu};
use region::{BareReader, BareWriter, Options, Reader, Refreshed, Writer};
use std::path::Path;
use std::time::Duration;

const NAME: &str = "stu.region";
const BARE: &str = "stu.bare";

fn stu(id: i32) -> Stu {
    Stu::new(id, "xiaoming", 'm')
}

fn publish(dir: &Path, id: i32) -> (Writer<Stu>, BareWriter) {
    let mut writer = Writer::open_with(dir.join(NAME), &Options::new()).unwrap();
    writer.publish(&stu(id)).unwrap();
    let mut bare = BareWriter::open(dir.join(BARE), &Stu::schema(), &Options::new()).unwrap();
    bare.publish(bytemuck::bytes_of(&stu(id))).unwrap();
    (writer, bare)
}

#[test]
fn a_reader_by_a_relative_path_stays_in_the_directory_in_which_it_attached() {
    let place = tempfile::tempdir().unwrap();
    let [here, there, renamed] = ["here", "there", "renamed"].map(|name| place.path().join(name));
    for dir in [&here, &there] {
        std::fs::create_dir(dir).unwrap();
    }
    let (first, _others) = (publish(&here, 1), publish(&there, 2));

    std::env::set_current_dir(&here).unwrap();
    let mut reader = Reader::<Stu>::open(Path::new(NAME)).unwrap();
    let mut bare = BareReader::open(Path::new(BARE), &Stu::schema()).unwrap();
    let mut follower = Reader::<Stu>::open(Path::new("../here/stu.region")).unwrap();
    follower.refresh_every(Duration::ZERO);
    std::env::set_current_dir(&there).unwrap();

    assert_eq!(reader.refresh().unwrap(), Refreshed::Same);
    assert_eq!(bare.refresh(&Stu::schema()).unwrap(), Refreshed::Same);
    for _ in 0..100 {
        assert_eq!(follower.latest().unwrap().unwrap().record.id, 1);
    }

    // And goes along with it, as long as the directory lives.
    std::fs::rename(&here, &renamed).unwrap();
    drop(first);
    for name in [NAME, BARE] {
        std::fs::remove_file(renamed.join(name)).unwrap();
    }
    assert_eq!(reader.refresh().unwrap(), Refreshed::Missing);
    let _next = publish(&renamed, 3);
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!(bare.refresh(&Stu::schema()).unwrap(), Refreshed::Reattached);
    assert_eq!(reader.latest().unwrap().unwrap().record.id, 3);
}
