//! Windows of every size, long and wide names, and many rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Scalar, Schema, SchemaBuilder, Value};
use mapcast::{BootTime, State};
use ratatui::crossterm::event::KeyCode;
use unicode_width::UnicodeWidthStr as _;

use super::{buffer, letters, model, screen, shows, type_in, with_instances};
use crate::top::model::Model;
use crate::top::regions::{RegionLine, Status};
use crate::top::shown::{InstanceLine, Shown};
use crate::top::track::Track;
use crate::top::view::Theme;

/// The largest window.
const LARGEST: (u16, u16) = (200, 60);

/// The widths and heights at which columns, borders and lists come and go, and some beyond.
fn sizes() -> impl Iterator<Item = (u16, u16)> {
    let widths = (1..65).chain((65..=LARGEST.0).step_by(9));
    let low = widths.flat_map(|columns| (1..=6).chain([9]).map(move |rows| (columns, rows)));
    low.chain((10..=LARGEST.1).map(|rows| (80, rows))).chain([LARGEST])
}

/// Where nothing has to be cut.
const ROOM: (u16, u16) = (600, 120);

/// What is shown where something has no room.
const WHERE_NARROW: &str = "3 fields Enter for all Up and Down more";

/// Chinese, Thai with combining vowels, a family of emoji, and a letter with an accent of its own.
const WIDE: [&str; 4] = [
    "\u{5317}\u{4eac}\u{6c14}\u{6e29}",
    "\u{0e2d}\u{0e38}\u{0e13}\u{0e2b}\u{0e20}\u{0e39}\u{0e21}\u{0e34}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{1f680}",
    "cafe\u{301}",
];

/// Regions and fields with long names, and names and values in which characters are wide or combined.
fn wide() -> Model {
    let long = "a_name_that_is_longer_than_any_column_has_room_for";
    let label = format!("{}-{}", WIDE[0], WIDE[3]);
    let schema = Schema::builder("RecordOfAVeryLongName")
        .field(FieldSpec::new(long, Scalar::F64).unit("kilometers_per_hour").help(WIDE[1]))
        .field(FieldSpec::new("mode", Scalar::U8).label(0, &label).unit("\u{2103}"))
        .field(FieldSpec::new("text", "char[90]".parse::<CType>().expect("a type")).help(long))
        .build()
        .expect("a record");
    let mut model = model();
    model.shown = Shown::of(&schema);
    let mut record = RecordBuf::new(Arc::new(schema));
    record.set_by_name(long, &Value::F64(-2.5e-100)).expect("a number");
    record.set_by_name("text", &Value::from(WIDE.concat().as_str())).expect("a text");
    let tracks = &mut model.shown.tracks;
    for track in tracks {
        track.take(record.view(), BootTime::from_nanos(1));
    }
    (model.shown.sequence, model.shown.writer) = (u64::MAX, Some(format!("831 ({long})")));
    let line = |name: &&str| RegionLine { name: name.repeat(9), ..model.lines[0].clone() };
    model.lines = WIDE.iter().chain([&long]).map(line).collect();
    model.arrange();
    model
}

fn wide_instances() -> Model {
    let mut model = wide();
    let cells = || model.shown.tracks.iter().map(|track| track.text.clone()).collect();
    let line = |name: &&str| InstanceLine { name: name.repeat(5), cells: cells(), age: None };
    model.shown.instances = Some(WIDE.iter().map(line).collect());
    model.arrange();
    model
}

fn array() -> Model {
    let many = CType::array(Scalar::U8, 5000).expect("an array");
    let field = FieldSpec::new("spectrum", many).unit("dB");
    let schema = Schema::builder("Sound").field(field).build().expect("a record");
    let mut model = model();
    model.shown = Shown::of(&schema);
    let mut record = RecordBuf::new(Arc::new(schema));
    record
        .bytes_mut()
        .iter_mut()
        .zip((0..=u8::MAX).cycle())
        .for_each(|(byte, index)| *byte = index);
    model.shown.tracks[0].take(record.view(), BootTime::from_nanos(1));
    model.arrange();
    model
}

/// Each view there is, with the narrowest window in which it does not wrap a word.
fn views() -> Vec<(Model, u16)> {
    const OPEN: KeyCode = KeyCode::Enter;
    let text = [OPEN, KeyCode::End, OPEN];
    let filter = [letters("/a_filter_that_is_longer_than_a_narrow_window"), vec![OPEN]].concat();
    let mut views: Vec<(Model, u16)> = [
        (model(), vec![]),
        (model(), vec![OPEN]),
        (model(), vec![OPEN, OPEN]),
        (model(), letters("? ")),
        (model(), letters(" /wave")),
        (model(), filter),
        (with_instances(), vec![OPEN]),
        (wide(), vec![]),
        (wide(), vec![OPEN]),
        (wide(), vec![OPEN, OPEN]),
        (wide_instances(), vec![OPEN]),
        (array(), vec![OPEN]),
        (array(), vec![OPEN, OPEN]),
        (Model::default(), vec![]),
    ]
    .into_iter()
    .map(|(mut model, keys)| {
        type_in(&mut model, &keys);
        (model, 1)
    })
    .collect();
    let mut chart_of_text = wide();
    type_in(&mut chart_of_text, &text);
    let (mut problem, mut notice) = (model(), model());
    problem.shown.problem = Some("there is no such region yet; start its writer".to_owned());
    notice.notice = Some("host: another region has its name: the records begin again".to_owned());
    views.extend([(chart_of_text, u16::MAX), (problem, 90), (notice, 1)]);
    views
}

/// The words in a window of this size, without borders, bars and curves.
fn words(model: &mut Model, size: (u16, u16)) -> BTreeSet<String> {
    let buffer = buffer(model, size, Theme::Colours);
    let is_between =
        |found: char| found.is_whitespace() || ('\u{2500}'..='\u{28ff}').contains(&found);
    let mut words = BTreeSet::new();
    for row in 0..size.1 {
        let (mut line, mut column) = (String::new(), 0);
        while column < size.0 {
            let symbol = buffer[(column, row)].symbol();
            line.push_str(symbol);
            column += u16::try_from(symbol.width()).unwrap_or(1).max(1);
        }
        // A title's part takes its comma along, and a filter stands between these signs.
        let parts = line.split(is_between).map(|word| word.trim_end_matches([',', ':']));
        let parts = parts.map(|word| word.trim_start_matches('/').trim_end_matches('_'));
        words.extend(parts.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    words
}

/// What is longer than its column in any window, and what is shown where something has no room.
fn texts(model: &Model) -> impl Iterator<Item = String> {
    let mut all = vec![WHERE_NARROW];
    all.extend(model.lines.iter().map(|line| line.name.as_str()));
    all.extend(model.shown.instances.iter().flatten().map(|line| line.name.as_str()));
    let of = |track: &'_ Track| [&*track.name, &*track.text, &*track.unit].map(str::to_owned);
    let tracks: Vec<_> = model.shown.tracks.iter().flat_map(of).collect();
    let all: Vec<_> = all.into_iter().map(str::to_owned).chain(tracks).collect();
    all.into_iter().flat_map(|text| text.split(' ').map(str::to_owned).collect::<Vec<_>>())
}

/// Whether `word` is one of `all`, or the marked beginning or end of one.
fn is_whole_or_marked(word: &str, all: &BTreeSet<String>) -> bool {
    let is_part = |kept: Option<&str>, is_of: fn(&str, &str) -> bool| {
        kept.is_some_and(|kept| kept.is_empty() || all.iter().any(|whole| is_of(whole, kept)))
    };
    let cut = word.strip_suffix('~').map(|kept| kept.trim_end_matches([',', ':']));
    all.contains(word)
        || is_part(cut, |whole, kept| whole.starts_with(kept))
        || is_part(word.strip_prefix('~'), |whole, kept| whole.ends_with(kept))
}

#[test]
fn in_a_window_of_any_size_each_word_is_whole_or_marked_as_cut() {
    for (number, (mut model, narrowest)) in views().into_iter().enumerate() {
        let mut all = words(&mut model, ROOM);
        all.extend(texts(&model));
        for size in sizes() {
            let found = words(&mut model, size);
            if size.0 >= narrowest {
                let wrong = found.iter().find(|word| !is_whole_or_marked(word, &all));
                assert_eq!(wrong, None, "view {number} at {size:?}:\n{}", screen(&mut model, size));
            }
        }
    }
}

#[test]
fn the_value_of_a_field_is_shown_beside_a_long_name() {
    let mut model = wide();
    type_in(&mut model, &[KeyCode::Enter]);
    shows(&screen(&mut model, (30, 8)), &["a_name_that_~", "-2.5e-100"]);
}

#[test]
fn a_low_window_scrolls_through_the_keys() {
    let mut model = model();
    type_in(&mut model, &letters("?"));
    let first = screen(&mut model, (80, 9));
    assert!(first.contains("Up, k") && !first.contains("wheel"), "{first}");
    type_in(&mut model, &[KeyCode::Down; 30]);
    shows(&screen(&mut model, (80, 9)), &["wheel"]);
    type_in(&mut model, &[KeyCode::Up]);
    assert!(!screen(&mut model, (80, 9)).contains("wheel"));
    type_in(&mut model, &letters("x"));
    shows(&screen(&mut model, (80, 9)), &["host"]);
}

#[test]
fn hundreds_of_regions_fields_and_instances_are_reached_by_keys() {
    let name = |number: usize| format!("f{number:03}");
    let fields = (0..500).map(|number| FieldSpec::new(name(number), Scalar::U32));
    let schema = fields.fold(Schema::builder("Many"), SchemaBuilder::field);
    let mut model = model();
    model.shown = Shown::of(&schema.build().expect("a record"));
    let line = |number| RegionLine {
        name: format!("region{number}"),
        status: Status::Attached(State::Live),
        rate: Some(1.0),
    };
    model.lines = (0..200).map(line).collect();
    let cells = vec!["7".to_owned(); 500];
    let line =
        |number| InstanceLine { name: format!("i{number:03}"), age: None, cells: cells.clone() };
    let instances: Vec<_> = (0..1000).map(line).collect();
    model.arrange();
    type_in(&mut model, &[KeyCode::End]);
    shows(&screen(&mut model, (80, 24)), &["200 regions", "region199"]);
    type_in(&mut model, &[KeyCode::Enter, KeyCode::End]);
    shows(&screen(&mut model, (80, 24)), &["f499"]);
    model.shown.instances = Some(instances);
    model.arrange();
    type_in(&mut model, &[KeyCode::End]);
    shows(&screen(&mut model, (80, 24)), &["i999", "f000", "500 fields, Enter for all"]);
}
