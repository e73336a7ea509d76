//! The page, in Chromium.

use mapcast::{Options, Record, Stu};

use crate::browser::Browser;
use crate::installed;
use crate::server::Server;
use crate::world::World;

#[repr(C)]
#[derive(Clone, Copy, Record)]
struct Big {
    #[record(unit = "ns")]
    stamp: u64,
    speed: f64,
}

const SHOWN: &str = "document.querySelector('#detail h2').textContent";

fn value_of(field: &str) -> String {
    format!("document.querySelector('[data-field={field}] .number').textContent")
}

#[test]
fn the_page_shows_values_as_they_are_published_and_plots_numbers() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let mut writer = world.students("live");
    let server = Server::start(&world, "");
    let mut browser = Browser::open(&chromium, &format!("http://{}/", server.address));
    browser.becomes(SHOWN, "live");
    browser.becomes(&value_of("name"), "xiaoming");
    for id in 11..15 {
        writer.publish(&Stu::new(id, "b", 'f')).expect("published");
        browser.becomes(&value_of("id"), id.to_string());
    }
    browser.becomes("document.querySelectorAll('[data-field=id] canvas').length", 1);
    browser.becomes("document.querySelectorAll('[data-field=name] canvas').length", 0);
    browser
        .becomes("document.querySelector('[data-field=id] .range').textContent", "min 10  max 14");
    drop(writer);
    browser.becomes("document.querySelector('[data-fact=state]').textContent", "closed");
}

#[test]
fn keys_search_and_theme_work_without_a_mouse() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let (_one, _two, _three) =
        (world.students("alpha"), world.students("beta"), world.students("gamma"));
    let server = Server::start(&world, "");
    let mut browser = Browser::open(&chromium, &format!("http://{}/?theme=light", server.address));
    browser.becomes(SHOWN, "alpha");
    browser.press("j");
    browser.becomes(SHOWN, "beta");
    browser.press("k");
    browser.becomes(SHOWN, "alpha");
    browser.press("/");
    for key in ["g", "a", "m"] {
        browser.press(key);
    }
    browser.becomes("document.querySelectorAll('#list button').length", 1);
    browser.press("Enter");
    browser.becomes(SHOWN, "gamma");
    let back = "getComputedStyle(document.body).backgroundColor";
    let light = browser.value(back);
    browser.press("t");
    browser.becomes(&format!("{back} !== '{}'", light.as_str().unwrap_or_default()), true);
    browser.press("?");
    browser.becomes("document.querySelector('#help').open", true);
}

#[test]
fn instances_are_rows_and_whole_numbers_keep_all_their_digits() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let path = world.path("big.region");
    let mut writer = Options::new().open_instances::<Big>(path, 8).expect("a writer");
    for (name, speed) in [("one", 1.5), ("two", 2.5)] {
        let instance = writer.instance(name).expect("an instance");
        writer.publish(instance, &Big { stamp: u64::MAX, speed }).expect("published");
    }
    let server = Server::start(&world, "");
    let mut browser = Browser::open(&chromium, &format!("http://{}/#big/two", server.address));
    browser.becomes(SHOWN, "big / two");
    browser.becomes(&value_of("speed"), "2.5");
    browser.becomes(&value_of("stamp"), "18446744073709551615");
    browser.becomes("document.querySelectorAll('tr[data-instance]').length", 2);
    browser.press("b");
    browser.becomes(&value_of("speed"), "1.5");
}

#[test]
fn the_points_of_what_is_gone_are_not_kept() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let _live = world.students("live");
    let mut class = world.class("class", ["ming", "hong"]);
    let server = Server::start(&world, "");
    let mut browser = Browser::open(&chromium, &format!("http://{}/", server.address));
    let points = "[...tracks.keys()].map((key) => key.replace('\\0', '/')).sort().join()";
    browser.becomes(points, "class/hong,class/ming,live/");
    let ming = class.instance("ming").expect("an instance");
    class.retire(ming).expect("retired");
    browser.becomes(points, "class/hong,live/");
    drop(class);
    std::fs::remove_file(world.path("class.region")).expect("removed");
    browser.becomes(points, "live/");
}

#[test]
fn names_and_values_of_another_program_are_never_markup() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let mut writer = world.students("live");
    writer.publish(&Stu::new(1, "<b>x</b>", 'm')).expect("published");
    let server = Server::start(&world, "");
    let mut browser = Browser::open(&chromium, &format!("http://{}/", server.address));
    browser.becomes(&value_of("name"), "<b>x</b>");
    assert_eq!(browser.value("document.querySelectorAll('#detail b b, .number b').length"), 0);
}

#[test]
fn a_value_of_another_program_does_not_turn_or_disguise_a_line() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let mut writer = world.students("live");
    writer.publish(&Stu::new(1, "a\x1b\u{202e}\u{9b}\\x1b", 'm')).expect("published");
    let server = Server::start(&world, "");
    let mut browser = Browser::open(&chromium, &format!("http://{}/", server.address));
    browser.becomes(&value_of("name"), r"a\x1b\u{202e}\x9b\\x1b");
}

#[test]
fn an_absent_region_is_on_the_page_and_regions_come_and_go_while_it_is_open() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let _live = world.students("live");
    let server = Server::start(&world, "lvie live");
    let mut browser = Browser::open(&chromium, &format!("http://{}/#lvie", server.address));
    let state = "document.querySelector('[data-fact=state]').textContent";
    browser.becomes(SHOWN, "lvie");
    browser.becomes(state, "absent");
    browser.becomes(
        "document.querySelector('.problem').textContent.includes('did you mean live?')",
        true,
    );
    let late = world.students("lvie");
    browser.becomes(state, "live");
    browser.becomes(&value_of("name"), "xiaoming");
    browser.becomes("document.querySelectorAll('.problem').length", 0);
    drop(late);
    std::fs::remove_file(world.path("lvie.region")).expect("removed");
    browser.becomes(state, "absent");
}

#[test]
fn the_page_is_as_wide_as_the_window_on_a_phone_and_on_a_desk() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let _live = world.students("live");
    let _class =
        world.class("class", ["a_student_with_a_name_that_is_as_long_as_a_name_can_be_here"]);
    let server = Server::start(&world, "");
    for region in ["live", "class"] {
        let mut browser = Browser::open(&chromium, &format!("http://{}/#{region}", server.address));
        browser.becomes("document.querySelectorAll('canvas').length", 1);
        for width in [360, 800, 1600] {
            browser.resize(width, 740);
            browser.becomes("innerWidth", width);
            browser.becomes("document.documentElement.scrollWidth", width);
            browser.becomes(
                "document.querySelector('#keys').getBoundingClientRect().right < innerWidth",
                true,
            );
        }
    }
}

#[test]
fn an_axis_names_its_values_with_all_their_digits() {
    let Some(chromium) = installed("chromium") else { return };
    let world = World::new();
    let server = Server::start(&world, "");
    let mut browser = Browser::open(&chromium, &format!("http://{}/", server.address));
    browser.becomes("document.documentElement.dataset.drawn", "yes");
    for (number, step, want) in [
        ("2.5", "2.5", "2.5"),
        ("2500000", "2500000", "2.5M"),
        ("1171750000", "10000", "1.17175G"),
        ("0", "2500000", "0"),
        ("-0.15", "0.05", "-0.15"),
        ("274877906944", "undefined", "274.878G"),
        ("1.5e300", "1e299", "1.500e+300"),
        ("12.345678", "undefined", "12.3457"),
    ] {
        assert_eq!(browser.value(&format!("shortText({number}, {step})")), want);
    }
}
