//! Keys and screens, on a terminal in memory.

mod content;
mod sizes;

use std::sync::Arc;

use mapcast::dynamic::{FieldSpec, RecordBuf, Scalar, Schema, Value};
use mapcast::{BootTime, State};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use super::action::{Action, KEYS, action};
use super::model::{Effect, Level, Model};
use super::regions::{RegionLine, Status};
use super::shown::{InstanceLine, Shown};
use super::view::{Theme, draw};

/// Three regions, the first of which is shown.
fn model() -> Model {
    let line = |name: &str, status, rate| RegionLine { name: name.to_owned(), status, rate };
    let lines = vec![
        line("host", Status::Attached(State::Live), Some(10.0)),
        line("net", Status::Attached(State::Dead), Some(0.0)),
        line("wave", Status::Attached(State::Live), Some(200.0)),
    ];
    let mut model = Model::default();
    (model.lines, model.shown) = (lines, shown());
    model.arrange();
    model
}

/// Twenty records, a tenth of a second apart.
fn shown() -> Shown {
    let schema = Schema::builder("Host")
        .field(FieldSpec::new("temperature", Scalar::F64).unit("Cel").help("of the board"))
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "auto"))
        .field(FieldSpec::new("ticks", Scalar::U64))
        .build()
        .expect("a record");
    let mut shown = Shown::of(&schema);
    let mut record = RecordBuf::new(Arc::new(schema));
    for tenth in 1..=20 {
        record.set_by_name("temperature", &Value::Uint(20 + tenth % 3)).expect("a number");
        record.set_by_name("ticks", &Value::Uint(tenth)).expect("a number");
        let at = BootTime::from_nanos(tenth * 100_000_000);
        shown.tracks.iter_mut().for_each(|track| track.take(record.view(), at));
    }
    (shown.sequence, shown.writer) = (20, Some("831".to_owned()));
    shown
}

fn with_instances() -> Model {
    let mut model = model();
    let instance = |name: &str| InstanceLine {
        name: name.to_owned(),
        age: None,
        cells: vec!["21.5".to_owned(), "auto".to_owned(), "7".to_owned()],
    };
    model.shown.instances = Some(vec![instance("eth0"), instance("lo")]);
    model.arrange();
    model
}

/// What `model` looks like in a window of this size.
fn buffer(model: &mut Model, (columns, rows): (u16, u16), theme: Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
    terminal.draw(|frame| draw(frame, model, theme)).expect("a frame");
    terminal.backend().buffer().clone()
}

fn screen(model: &mut Model, size: (u16, u16)) -> String {
    let buffer = buffer(model, size, Theme::Colours);
    let row = |row| (0..size.0).map(|column| buffer[(column, row)].symbol()).collect::<String>();
    (0..size.1).map(|at| row(at).trim_end().to_owned() + "\n").collect()
}

#[track_caller]
fn shows(screen: &str, parts: &[&str]) {
    for part in parts {
        assert!(screen.contains(part), "{part:?} is not in\n{screen}");
    }
}

/// Types these keys; the effect of the last one.
fn type_in(model: &mut Model, codes: &[KeyCode]) -> Effect {
    let mut effect = Effect::None;
    for code in codes {
        let event = Event::Key(KeyEvent::new(*code, KeyModifiers::NONE));
        if let Some(action) = action(&event, model.over) {
            effect = model.update(action);
        }
    }
    effect
}

fn letters(text: &str) -> Vec<KeyCode> {
    text.chars().map(KeyCode::Char).collect()
}

#[test]
fn in_80_columns_the_regions_are_beside_the_fields_of_the_selected_one() {
    let screen = screen(&mut model(), (80, 24));
    shows(&screen, &["3 regions", "NAME", "STATE", "RATE", "host", "live", "10.0/s", "dead"]);
    shows(&screen, &[" host: Host, sequence 20, writer 831 ", "temperature", "Cel", "auto"]);
    shows(&screen, &["of the board", "q quit", "sort by name", "\u{2588}"]);
    assert_eq!(screen.lines().count(), 24);
}

#[test]
fn a_wide_window_has_minimum_maximum_and_change_too() {
    let screen = screen(&mut model(), (130, 12));
    shows(&screen, &["MIN", "MAX", "CHANGE", "TREND", "+10/s"]);
    let row = screen.lines().find(|line| line.contains("temperature")).expect("a row");
    let cells: Vec<_> = row.split_whitespace().collect();
    assert!(cells.windows(2).any(|pair| pair == ["20", "22"]), "{row}");
}

#[test]
fn a_narrow_window_has_the_list_with_the_focus_alone() {
    let mut model = model();
    let regions = screen(&mut model, (40, 10));
    assert!(regions.contains("wave") && !regions.contains("temperature"), "{regions}");
    type_in(&mut model, &[KeyCode::Enter]);
    let fields = screen(&mut model, (40, 10));
    assert!(fields.contains("temperature") && !fields.contains("wave"), "{fields}");
}

#[test]
fn the_title_has_the_state_of_the_region_while_the_list_is_hidden() {
    let mut model = model();
    assert!(!screen(&mut model, (130, 12)).contains("host, live"), "the list has it");
    type_in(&mut model, &letters("b"));
    shows(&screen(&mut model, (80, 12)), &[" host, live: Host, sequence 20, writer 831 "]);
    for (status, title, narrow) in [
        (Status::Attached(State::Dead), " host, dead: Host", " host, dead "),
        (Status::Attached(State::Stalled), " host, stalled: Host", " h~, stalled "),
        (Status::Attached(State::Closed), " host, closed: Host", " ho~, closed "),
        (Status::Deleted, " host, deleted: Host", " h~, deleted "),
    ] {
        model.lines[0].status = status;
        shows(&screen(&mut model, (80, 12)), &[title]);
        shows(&screen(&mut model, (15, 12)), &[narrow]);
    }
    model.instance = Some("eth0".to_owned());
    shows(&screen(&mut model, (80, 12)), &[" host / eth0, deleted: Host"]);
    shows(&screen(&mut model, (20, 12)), &[" host /~, deleted "]);
    model.hides_regions = false;
    shows(&screen(&mut model, (40, 12)), &[" host / eth0, deleted: Host"]);
}

#[test]
fn without_colours_there_are_none() {
    for mut model in [model(), with_instances()] {
        type_in(&mut model, &[KeyCode::Enter, KeyCode::Enter, KeyCode::Char('?')]);
        let plain = buffer(&mut model, (80, 24), Theme::Plain);
        let is_plain = |cell: &Cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset);
        assert!(plain.content().iter().all(is_plain));
        let coloured = buffer(&mut model, (80, 24), Theme::Colours);
        assert!(!coloured.content().iter().all(is_plain));
    }
}

#[test]
fn the_selected_row_is_reversed_without_patches_of_colour_and_bars_stand_upright() {
    let mut model = model();
    type_in(&mut model, &[KeyCode::Enter]);
    let buffer = buffer(&mut model, (100, 8), Theme::Colours);
    let row =
        (34..100).map(|column| &buffer[(column, 2)]).filter(|cell| cell.symbol() != "\u{2502}");
    let content: Vec<_> = row.skip_while(|cell| cell.symbol() != "t").collect();
    let (bars, texts): (Vec<_>, Vec<_>) =
        content.into_iter().partition(|cell| ("\u{2581}".."\u{2589}").contains(&cell.symbol()));
    let is_reversed = |cell: &&Cell| cell.modifier.contains(Modifier::REVERSED);
    assert!(texts.iter().all(|cell| is_reversed(cell) && cell.fg == Color::Reset));
    assert!(!bars.is_empty() && !bars.iter().any(is_reversed));
}

#[test]
fn enter_opens_a_field_as_a_chart_and_esc_goes_back_step_by_step() {
    let mut model = model();
    type_in(&mut model, &[KeyCode::Enter, KeyCode::Down, KeyCode::Down, KeyCode::Enter]);
    assert_eq!(model.level(), Level::Chart);
    let chart = screen(&mut model, (80, 24));
    shows(&chart, &["ticks 20: min 1, max 20, +10/s", "-1.900 s", "newest"]);
    assert!(chart.contains(|found| ('\u{2801}'..'\u{2900}').contains(&found)), "no curve: {chart}");
    type_in(&mut model, &[KeyCode::Esc]);
    shows(&screen(&mut model, (80, 24)), &["FIELD", "temperature"]);
    type_in(&mut model, &[KeyCode::Esc, KeyCode::Down]);
    assert_eq!(model.regions.chosen(), Some("net"));
}

#[test]
fn a_label_is_a_text_and_has_a_chart_of_its_numbers() {
    let mut model = model();
    type_in(&mut model, &[KeyCode::Enter, KeyCode::Down, KeyCode::Enter]);
    shows(&screen(&mut model, (80, 24)), &[" mode auto "]);
}

#[test]
fn instances_are_a_row_each_and_open_to_their_fields() {
    let mut model = with_instances();
    let table = screen(&mut model, (80, 24));
    shows(&table, &["INSTANCE", "AGE", "temperature", "eth0", "lo", "21.5"]);
    type_in(&mut model, &[KeyCode::Enter, KeyCode::Down, KeyCode::Enter]);
    assert_eq!((model.instance.as_deref(), model.level()), (Some("lo"), Level::Fields));
    shows(&screen(&mut model, (80, 24)), &[" host / lo: Host", "FIELD"]);
    type_in(&mut model, &[KeyCode::Enter]);
    assert_eq!(model.level(), Level::Chart);
    type_in(&mut model, &[KeyCode::Esc, KeyCode::Esc]);
    assert_eq!(model.level(), Level::Instances);
}

#[test]
fn a_filter_is_typed_in_kept_by_enter_and_cleared_by_esc() {
    let mut model = model();
    type_in(&mut model, &letters("/WA"));
    shows(&screen(&mut model, (80, 24)), &["/WA_"]);
    type_in(&mut model, &[KeyCode::Enter]);
    assert_eq!((model.regions.rows.clone(), model.regions.chosen()), (vec![2], Some("wave")));
    type_in(&mut model, &[KeyCode::Esc]);
    assert_eq!(model.regions.rows.len(), 3);
    type_in(&mut model, &letters("/q"));
    type_in(&mut model, &[KeyCode::Backspace, KeyCode::Backspace, KeyCode::Esc]);
    assert_eq!((model.regions.rows.len(), model.regions.filter.as_str()), (3, ""));
}

#[test]
fn rows_are_sorted_by_name_rate_and_state() {
    let mut model = model();
    let mut rows = || {
        let rows = model.regions.rows.clone();
        type_in(&mut model, &letters("s"));
        rows
    };
    assert_eq!([rows(), rows(), rows(), rows()], [[0, 1, 2], [2, 0, 1], [1, 0, 2], [0, 1, 2]]);
    type_in(&mut model, &[KeyCode::Tab]);
    type_in(&mut model, &letters("ss"));
    assert_eq!(model.fields.rows, [2, 0, 1], "by change");
}

#[test]
fn pause_reset_and_the_list_of_regions_have_their_keys() {
    let mut model = model();
    type_in(&mut model, &letters(" rb"));
    assert!(model.is_paused && model.hides_regions);
    assert_eq!(model.shown.tracks[2].range(), Some((20.0, 20.0)));
    let all = screen(&mut model, (80, 24));
    assert!(all.contains(" paused ") && !all.contains("wave"), "{all}");
    type_in(&mut model, &letters("pb"));
    assert!(!model.is_paused && !model.hides_regions);
}

#[test]
fn q_and_ctrl_c_quit_also_while_a_filter_is_typed_in() {
    let mut model = model();
    assert_eq!(type_in(&mut model, &letters("q")), Effect::Quit);
    assert_eq!(type_in(&mut model, &letters("/q")), Effect::None, "a letter of the filter");
    let ctrl_c = Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert_eq!(action(&ctrl_c, model.over), Some(Action::Quit));
    assert_eq!(model.update(Action::Quit), Effect::Quit);
}

#[test]
fn a_click_selects_a_row_and_a_second_one_opens_it() {
    let mut model = model();
    screen(&mut model, (80, 24));
    let wave = Position::new(3, 4);
    model.update(Action::Click(wave));
    assert_eq!(model.regions.chosen(), Some("wave"));
    model.update(Action::Click(Position::new(60, 3)));
    assert_eq!(model.fields.chosen(), Some("mode"));
    model.update(Action::Click(Position::new(60, 3)));
    assert_eq!(model.level(), Level::Chart);
    model.update(Action::Scroll(wave, -3));
    assert_eq!(model.regions.chosen(), Some("host"));
}

#[test]
fn the_wheel_and_pages_keep_the_selection_on_the_screen() {
    let mut model = model();
    let line = |number| RegionLine { name: format!("r{number:03}"), ..model.lines[0].clone() };
    model.lines = (0..500).map(line).collect();
    model.arrange();
    for keys in [&[KeyCode::PageDown][..], &[KeyCode::End], &[KeyCode::Up], &[KeyCode::PageUp]] {
        type_in(&mut model, keys);
        let chosen = model.regions.chosen().expect("a row").to_owned();
        shows(&screen(&mut model, (80, 24)), &[&chosen]);
    }
    type_in(&mut model, &[KeyCode::Home]);
    shows(&screen(&mut model, (80, 24)), &["r000", "r019"]);
}

#[test]
fn every_key_is_in_the_help_and_in_the_document() {
    let mut model = model();
    type_in(&mut model, &letters("?"));
    let help = screen(&mut model, (80, 24));
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/top.md");
    let document = std::fs::read_to_string(document).expect("docs/top.md");
    for (keys, what) in KEYS {
        shows(&help, &[keys, what]);
        shows(&document, &[keys]);
    }
    type_in(&mut model, &letters("x"));
    assert!(!screen(&mut model, (80, 24)).contains(KEYS[0].1), "any other key closes the help");
    shows(&document, &["`q` quits, any other key closes"]);
    assert_eq!(type_in(&mut model, &letters("?q")), Effect::Quit);
}

#[test]
fn a_problem_is_shown_in_place_of_the_values() {
    let mut model = model();
    model.shown.problem = Some("no such region yet; did you mean host?".to_owned());
    let screen = screen(&mut model, (100, 10));
    shows(&screen, &["did you mean host?"]);
    for old in ["temperature", "sequence 20", "writer 831"] {
        assert!(!screen.contains(old), "{screen}");
    }
}
