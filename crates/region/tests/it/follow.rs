//! Following: every record in order, an exact count of missed ones, sleep until the next.

use super::*;
use region::Step;

#[test]
fn a_follower_gets_every_record_in_order_starting_with_the_newest() {
    let place = Place::new();
    let mut writer = place.writer();
    for id in 1..=3 {
        writer.publish(&stu(id)).unwrap();
    }
    let mut reader = place.reader();
    writer.publish(&stu(4)).unwrap();
    let mut record = [0; 28];
    let mut got = Vec::new();
    while let Step::Record(publication) = reader.next(&mut record).unwrap() {
        got.push((publication.sequence, id_of(&record)));
    }
    assert_eq!(got, [(3, 3), (4, 4)]);
}

#[test]
fn a_lapped_follower_learns_exactly_how_many_records_it_missed() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = place.reader();
    let mut record = [0; 28];
    for id in 1..=100 {
        writer.publish(&stu(id)).unwrap();
    }
    let Step::Missed(missed) = reader.next(&mut record).unwrap() else { panic!("not lapped") };
    let mut got = Vec::new();
    while let Step::Record(publication) = reader.next(&mut record).unwrap() {
        assert_eq!(u64::from(id_of(&record).unsigned_abs()), publication.sequence);
        got.push(publication.sequence);
    }
    assert_eq!(got, (missed + 1..=100).collect::<Vec<_>>());
    assert!(got.len() >= 6, "of 8 slots, only {} records were kept", got.len());
}

#[test]
fn a_sleeping_reader_is_woken_by_the_next_publish() {
    for wake in [true, false] {
        let place = Place::new();
        let options = Options::new().wake(wake);
        let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap();
        let mut reader = place.reader();
        // Without its checks of the name a wait ends with a wake, or after a minute.
        reader.refresh_every(Duration::MAX);
        let sleeper = std::thread::spawn(move || {
            let mut record = [0; 28];
            let deadline = Instant::now() + DEADLINE;
            while Instant::now() < deadline {
                if let Step::Record(_) = reader.next(&mut record).unwrap() {
                    return id_of(&record);
                }
                reader.wait(DEADLINE).unwrap();
            }
            panic!("nothing came");
        });
        std::thread::sleep(Duration::from_millis(20)); // let it sleep; it must not matter
        writer.publish(&stu(5)).unwrap();
        assert_eq!(sleeper.join().unwrap(), 5);
    }
}

#[test]
fn waiting_for_an_existing_record_returns_immediately() {
    let place = Place::new();
    let mut writer = place.writer();
    let reader = place.reader();
    writer.publish(&stu(1)).unwrap();
    let (done, returned) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        reader.wait(Duration::from_hours(1)).unwrap();
        done.send(()).unwrap();
    });
    returned.recv_timeout(DEADLINE).expect("wait returns");
}

#[test]
fn large_records_come_back_whole_at_every_size() {
    for size in [1, 7, 8, 9, 255, 256, 257, 383, 384, 4096, 65_536] {
        let place = Place::new();
        let bytes = layout::CType::array(layout::Scalar::U8, size).unwrap();
        let schema = layout::Schema::builder("BYTES")
            .field(layout::FieldSpec::new("bytes", bytes))
            .build()
            .unwrap();
        let mut writer = DynWriter::open_with(&place.path, &schema, &Options::new()).unwrap();
        let mut reader = place.reader();
        for round in 0..20_u8 {
            let sent: Vec<u8> = (0..size).map(|i| (i % 251) as u8 ^ round).collect();
            writer.publish(&sent).unwrap();
            let mut got = vec![0; sent.len()];
            reader.latest(&mut got).unwrap().unwrap();
            assert!(got == sent, "{size} bytes, round {round}");
        }
    }
}
