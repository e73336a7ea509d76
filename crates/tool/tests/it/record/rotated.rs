//! `record --rotate-size` and `--rotate-time`: one file behind the other, each whole, and of the size that was asked for.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use mapcast::Options;
use mapcast::dynamic::Writer;
use mcap::records::op;

use crate::recording::{Running, messages, odd, odd_record, of_topic, record_heads, wait_until};
use crate::world::World;

/// Bytes of a message, and of its entry in an index, beside its data.
const AROUND: usize = 31 + 16;
/// Bytes that are not counted: the heads of two chunks and of their indexes, names and metadata of two channels.
const FRAMES: usize = 800;

#[test]
fn files_are_rotated_by_size_or_time_and_numbered_behind_those_that_are_there() {
    for limit in ["--rotate-size 2000", "--rotate-time 100ms"] {
        let world = World::new();
        fs::write(world.path("out-0007.mcap"), "older").expect("a file");
        let region = world.path("odd.region");
        // More than are published until the deadline, however late the recorder is.
        let options = Options::new().slots(16_384);
        let mut writer = Writer::open_with(&region, &odd(), &options).expect("a writer");
        let recorder = Running::start(&world, &format!("record out.mcap odd {limit}"));
        let last = world.path("out-0010.mcap");
        let mut n = 0;
        wait_until("the third file is begun", || {
            n += 1;
            writer.publish(odd_record(n).bytes()).expect("published");
            last.exists()
        });
        recorder.stop();
        let files = (8..).map(|number| world.path(&format!("out-{number:04}.mcap")));
        let files: Vec<_> = files.take_while(|file| file.exists()).collect();
        let sequences: Vec<u32> = files
            .iter()
            .inspect(|file| assert!(messages(file).1, "{} is finished", file.display()))
            .flat_map(|file| of_topic(file, "odd"))
            .map(|message| message.sequence)
            .collect();
        let want: Vec<u32> = (sequences[0]..).take(sequences.len()).collect();
        assert_eq!(sequences, want, "{limit}: none is lost between two files");
    }
}

/// Records `odd` into files of a size until the third is begun; returns those that are full.
fn full_files(world: &World, extension: &str, options: &str) -> Vec<PathBuf> {
    let options_of_region = Options::new().slots(1024);
    let region = world.path("odd.region");
    let mut writer = Writer::open_with(region, &odd(), &options_of_region).expect("a writer");
    let recorder = Running::start(world, &format!("record out.{extension} odd {options}"));
    let file = |number: u32| world.path(&format!("out-{number:04}.{extension}"));
    let mut n = 0;
    wait_until("the third file is begun", || {
        n += 1;
        writer.publish(odd_record(n).bytes()).expect("published");
        file(3).exists()
    });
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    (1..10_000).map(file).take_while(|file| file.exists()).collect()
}

#[test]
fn the_records_of_a_file_have_the_size_that_was_asked_for_with_the_last_one_and_not_without() {
    for size in [1, 1000, 3000, 20_000] {
        for encoding in ["raw", "json"] {
            let world = World::new();
            let options = format!("--rotate-size {size} --encoding {encoding}");
            let mut files = full_files(&world, "mcap", &options);
            files.pop();
            for file in files {
                let bytes = fs::read(&file).expect("the file");
                let heads = record_heads(&bytes);
                let end = heads.iter().find(|head| head.op == op::DATA_END).expect("an end");
                let (all, is_whole) = messages(&file);
                assert!(
                    is_whole && end.start >= size,
                    "{}: {} of {size}",
                    file.display(),
                    end.start
                );
                let last = all.last().expect("a message");
                if all.iter().filter(|message| message.topic == last.topic).count() > 1 {
                    let before = end.start - AROUND - last.data.len();
                    assert!(before < size + FRAMES, "{}: {before} of {size}", file.display());
                }
            }
        }
    }
}

#[test]
fn a_csv_file_has_the_size_that_was_asked_for_with_its_last_line_and_not_without() {
    for size in [1, 700, 20_000] {
        let world = World::new();
        let mut files = full_files(&world, "csv", &format!("--csv --rotate-size {size}"));
        files.pop();
        for file in files {
            let text = fs::read_to_string(&file).expect("text");
            let last = text.lines().last().expect("a line").len() + 1;
            assert!(text.starts_with("lineage,") && text.len() >= size, "{}", file.display());
            assert!(text.lines().count() == 2 || text.len() - last < size, "{}", file.display());
        }
    }
}

#[test]
fn a_number_that_another_program_takes_meanwhile_is_left_out() {
    for extension in ["mcap", "csv"] {
        let world = World::new();
        let file = |number: u32| world.path(&format!("out-{number:04}.{extension}"));
        let options = Options::new().slots(1024);
        let mut writer =
            Writer::open_with(world.path("odd.region"), &odd(), &options).expect("a writer");
        let csv = if extension == "csv" { "--csv" } else { "" };
        let arguments = format!("record out.{extension} odd --rotate-size 1000 {csv}");
        let recorder = Running::start(&world, &arguments);
        wait_until("the first file is begun", || file(1).exists());
        fs::write(file(2), "mine").expect("a file");
        fs::create_dir(file(3)).expect("a directory");
        let mut n = 0;
        wait_until("the next free one is begun", || {
            n += 1;
            writer.publish(odd_record(n).bytes()).expect("published");
            file(4).exists()
        });
        let (code, said) = recorder.stop();
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(fs::read_to_string(file(2)).expect("text"), "mine");
    }
}

#[test]
fn no_file_is_begun_while_nothing_is_published_and_a_blank_one_is_removed() {
    for (extension, options) in [("csv", "--csv"), ("mcap", "--fields mode")] {
        let world = World::new();
        let mut writer = Writer::open(world.path("odd.region"), &odd()).expect("a writer");
        let arguments = format!("record out.{extension} odd --rotate-time 50ms {options}");
        let recorder = Running::start(&world, &arguments);
        let file = |number: u32| world.path(&format!("out-{number:04}.{extension}"));
        wait_until("the first file is begun", || file(1).exists());
        // The same again, for the event of the attached region.
        for n in 2..=3 {
            writer.publish(odd_record(1).bytes()).expect("published");
            wait_until("the next file is begun", || file(n).exists());
        }
        std::thread::sleep(Duration::from_millis(600));
        assert!(!file(4).exists(), "nothing was published");
        let (code, said) = recorder.stop();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("recorded 2 records, 0 missed, into 2 files of "), "{said}");
        assert!(file(2).exists() && !file(3).exists(), "blank");
    }
}
