//! Plain shared memory: files, descriptors, and the answers to the tutorial's mistakes.

use shared::{Shared, SharedError, SharedErrorKind as Kind, SharedView};
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const LABEL: &str = "a descriptor of the test";

fn place(name: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    (dir, path)
}

/// Every element type keeps its values, whole and in its own place.
#[allow(clippy::float_cmp, reason = "the very bits that were written")]
#[test]
fn every_kind_of_number_reads_back_as_it_was_written() {
    macro_rules! kept {
        ($($number:ty: $value:expr),*) => {$(
            let numbers = Shared::<$number>::anonymous(3).unwrap();
            numbers.set(1, $value);
            let kept: [$number; 3] = std::array::from_fn(|i| numbers.get(i));
            assert_eq!(kept, [<$number>::default(), $value, <$number>::default()]);
            assert_eq!((numbers.len(), numbers.is_empty()), (3, false));
        )*};
    }
    kept!(u8: 200, u16: 60_000, u32: 4_000_000_000, u64: u64::MAX, i8: -100, i16: -30_000);
    kept!(i32: -2_000_000_000, i64: i64::MIN, f32: -0.5, f64: 1e300);
}

#[test]
fn two_processes_worth_of_maps_of_one_file_see_each_other() {
    let (_dir, path) = place("numbers");
    let mine = Shared::<u16>::create(&path, 3).unwrap();
    let yours = Shared::<u16>::open(&path).unwrap();
    let seen = SharedView::<u16>::open(&path).unwrap();
    mine.set(2, 7);
    assert_eq!(yours.add(2, 60_000), 7);
    assert_eq!((mine.get(2), seen.get(2), seen.len()), (60_007, 60_007, 3));
    assert_eq!(mine.add(2, 60_000), 60_007, "and around");
    assert_eq!(seen.get(2), 54_471);
    assert_eq!(path.metadata().unwrap().len(), 6);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_anonymous_mapping_is_shared_by_its_descriptor_and_cannot_be_cut() {
    let mine = Shared::<u64>::anonymous(2).unwrap();
    let descriptor = mine.file().unwrap().try_clone().unwrap();
    assert!(descriptor.set_len(8).is_err(), "sealed");
    let yours = Shared::<u64>::from_file(descriptor, Path::new(LABEL)).unwrap();
    yours.set(1, 9);
    assert_eq!(mine.get(1), 9);
}

#[test]
fn closing_the_descriptor_changes_nothing_for_the_mapping() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(4096).unwrap();
    let numbers = Shared::<u32>::of_range(&file, Path::new(LABEL), 0, 1024).unwrap();
    drop(file);
    numbers.set(1023, 1);
    assert_eq!(numbers.get(1023), 1);
}

/// `result`'s error and what it says.
fn refused<T: std::fmt::Debug>(result: Result<T, SharedError>) -> (SharedError, String) {
    let err = result.unwrap_err();
    let text = err.to_string();
    (err, text)
}

#[test]
fn a_name_that_is_taken_is_not_created_again() {
    let (dir, path) = place("numbers");
    std::fs::write(&path, "mine").unwrap();
    let (err, text) = refused(Shared::<u8>::create(&path, 4));
    assert!(matches!(err.kind(), Kind::Exists), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing left beside it");
}

#[test]
fn a_file_of_no_bytes_or_of_half_an_element_is_refused_by_name() {
    for (have, len) in [(0, 0), (10, 10)] {
        let (_dir, path) = place("numbers");
        File::create(&path).unwrap().set_len(have).unwrap();
        let (err, text) = refused(Shared::<u32>::open(&path));
        let want = matches!(err.kind(), Kind::NotElements { element: 4, have } if *have == len);
        assert!(want && text.starts_with(path.to_str().unwrap()), "{text}");
        assert!(text.ends_with("give it its length first"), "{text}");
    }
    let (err, text) = refused(Shared::<u32>::anonymous(0));
    assert!(matches!(err.kind(), Kind::NotElements { have: 0, .. }), "{text}");
}

#[test]
fn what_is_not_there_or_not_a_file_is_said() {
    let (dir, path) = place("none");
    let (err, text) = refused(SharedView::<u8>::open(&path));
    assert!(matches!(err.kind(), Kind::NoFile), "{text}");
    let (err, text) = refused(SharedView::<u8>::open(dir.path()));
    assert!(matches!(err.kind(), Kind::NotAFile("a directory")), "{text}");
}

#[test]
fn a_read_only_descriptor_cannot_be_mapped_for_writing() {
    let (_dir, path) = place("numbers");
    std::fs::write(&path, [0; 8]).unwrap();
    let open = || File::open(&path).unwrap();
    let (err, text) = refused(Shared::<u64>::from_file(open(), Path::new(LABEL)));
    assert!(matches!(err.kind(), Kind::WrongAccess("reading and writing")), "{text}");
    let (err, text) = refused(Shared::<u64>::of_range(&open(), Path::new(LABEL), 0, 1));
    assert!(matches!(err.kind(), Kind::Io { call: "mmap", .. }), "{text}");
    assert_eq!(SharedView::<u64>::from_file(open(), Path::new(LABEL)).unwrap().get(0), 0);
}

#[test]
fn a_range_begins_at_a_page_and_ends_within_the_file() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(2 * 4096).unwrap();
    let map = |at, len| Shared::<u8>::of_range(&file, Path::new(LABEL), at, len);
    let (err, text) = refused(map(1000, 8));
    assert!(matches!(err.kind(), Kind::NotAPage { at: 1000 }), "{text}");
    for (at, len) in [(4096, 4097), (8192, 1), (u64::MAX - 4095, 4096)] {
        let (err, text) = refused(map(at, len));
        assert!(matches!(err.kind(), Kind::TooShort { have: 8192, .. }), "{text}");
    }
    assert!(map(4096, 4096).is_ok());
    let (_, text) = refused(Shared::<u64>::of_range(&file, Path::new(LABEL), 0, usize::MAX / 4));
    assert!(text.contains("mmap"), "{text}");
}

#[test]
#[should_panic(expected = "element 4 of a mapping of 4")]
fn an_index_past_the_end_is_a_panic_and_never_another_mappings_memory() {
    Shared::<i32>::anonymous(4).unwrap().get(4);
}

#[test]
fn a_file_cut_during_a_copy_is_an_error_that_names_it() {
    for cut_source in [true, false] {
        let (dir, path) = place("source");
        let other = dir.path().join("dest");
        let source = Shared::<u8>::create(&path, 3 * 4096).unwrap();
        let dest = Shared::<u8>::create(&other, 3 * 4096).unwrap();
        let view = SharedView::<u8>::open(&path).unwrap();
        dest.copy_from(&view).unwrap();
        let cut = if cut_source { &source } else { &dest };
        cut.file().unwrap().set_len(4096).unwrap();
        let (err, text) = refused(dest.copy_from(&view));
        assert!(matches!(err.kind(), Kind::TooShort { want: 12288, have: 4096 }), "{text}");
        assert_eq!(err.path(), if cut_source { &path } else { &other });
        assert!(text.contains("was cut"), "{text}");
    }
}
