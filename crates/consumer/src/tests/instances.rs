//! A region of many instances: a table, what changes, and each with its own state.

use std::cell::RefCell;
use std::rc::Rc;

use daemon::Exit;
use layout::{Record as _, Stu};
use region::{DynInstanceWriter, DynWriter, Options};

use super::{Stage, Step};

/// A region of students, and its writer.
pub(super) struct Class {
    pub(super) stage: Stage,
    writer: Rc<RefCell<Option<DynInstanceWriter>>>,
}

impl Class {
    /// With room for `max`, of which these have a record.
    pub(super) fn of(max: u32, students: &[(&'static str, i32)]) -> Self {
        let class = Self { stage: Stage::empty(), writer: Rc::default() };
        class.opens(max)();
        class.publishes(students)();
        class
    }

    pub(super) fn opens(&self, max: u32) -> Step {
        let (writer, path) = (Rc::clone(&self.writer), self.stage.path());
        Box::new(move || {
            drop(writer.borrow_mut().take());
            let opened = DynInstanceWriter::open_with(&path, &Stu::schema(), &Options::new(), max);
            *writer.borrow_mut() = Some(opened.unwrap());
        })
    }

    fn with_writer(&self, act: impl FnOnce(&mut DynInstanceWriter) + 'static) -> Step {
        let writer = Rc::clone(&self.writer);
        Box::new(move || act(writer.borrow_mut().as_mut().expect("a writer")))
    }

    pub(super) fn publishes(&self, students: &[(&'static str, i32)]) -> Step {
        let students = students.to_vec();
        self.with_writer(move |writer| {
            for (name, id) in students {
                let instance = writer.instance(name).unwrap();
                let record = Stu::new(id, "xiaoming", 'm');
                writer.publish(instance, bytemuck::bytes_of(&record)).unwrap();
            }
        })
    }

    /// An instance joins, without a record.
    pub(super) fn joins(&self, name: &'static str) -> Step {
        self.with_writer(move |writer| assert!(writer.instance(name).is_ok()))
    }

    pub(super) fn retires(&self, name: &'static str) -> Step {
        self.with_writer(move |writer| {
            let instance = writer.find(name).unwrap();
            writer.retire(instance).unwrap();
        })
    }

    /// Runs with `--fields id`, and returns what was printed, without `id=`.
    fn lines(&self, args: &[&str], steps: impl IntoIterator<Item = Step>) -> Vec<String> {
        let args = [args, &["--fields", "id"]].concat();
        let played = self.stage.play(&args, steps);
        played.lines().iter().map(|line| line.replace("\tid=", " ")).collect()
    }
}

#[test]
fn a_poll_prints_a_table_of_all_instances() {
    let class = Class::of(4, &[("a", 1), ("b", 2), ("a", 3)]);
    class.joins("empty")();
    assert_eq!(class.lines(&["--once"], []), ["a 3", "b 2"]);
    let steps = [class.publishes(&[("b", 4)]), class.retires("a")];
    let mut lines = class.lines(&["--poll=1ms"], steps);
    lines.dedup();
    assert_eq!(lines.last().map(String::as_str), Some("b 4"));
    assert!(lines.contains(&"a 3".to_owned()), "{lines:?}");
}

#[test]
fn every_format_names_the_instance() {
    let class = Class::of(1, &[("eth0", 7)]);
    let line = |args: &[&str]| {
        let played = class.stage.play(&[&["--once"], args].concat(), []);
        played.lines().last().copied().unwrap_or_default().to_owned()
    };
    assert_eq!(line(&[]), "eth0\tid=7\tname=xiaoming\tm");
    assert_eq!(line(&["--line", "{id} of {instance:>6}"]), "7 of   eth0");
    assert!(line(&["--format", "status"]).starts_with("eth0\t1\tlive\t"));
    let json: serde_json::Value = serde_json::from_str(&line(&["--format", "json"])).unwrap();
    assert_eq!(json["instance"], "eth0");
    let json = line(&["--format", "json"]);
    assert!(json.contains(r#","sequence":1,"instance":"eth0","published_at":""#), "{json}");
    let played = class.stage.play(&["--once", "--format", "csv"], []);
    let csv = played.lines();
    assert!(csv[0].starts_with("lineage,sequence,instance,published_at,age_ns,"), "{csv:?}");
    assert!(csv[1].contains(",1,eth0,20"), "{csv:?}");
}

#[test]
fn instances_are_chosen_by_name_or_by_a_pattern() {
    let class = Class::of(4, &[("eth0", 1), ("eth1", 2), ("lo", 3)]);
    assert_eq!(class.lines(&["--once", "--instance", "eth*"], []), ["eth0 1", "eth1 2"]);
    let two = ["--once", "--instance", "lo", "--instance", "eth?"];
    assert_eq!(class.lines(&two, []), ["eth0 1", "eth1 2", "lo 3"]);
    let steps = [class.publishes(&[("eth1", 4), ("lo", 5), ("eth1", 6)])];
    assert_eq!(class.lines(&["--follow", "--instance", "lo"], steps), ["lo 3", "lo 5"]);
}

#[test]
fn following_prints_what_changes_and_logs_who_joins_and_is_retired() {
    let class = Class::of(3, &[("a", 1), ("b", 2)]);
    let steps = [class.publishes(&[("c", 3), ("a", 4)]), class.retires("b")];
    let played = class.stage.play(&["--follow", "--fields", "id"], steps);
    assert_eq!(played.lines(), ["a\tid=1", "b\tid=2", "c\tid=3", "a\tid=4"]);
    assert_eq!(played.notices, ["instance c joined", "instance b retired"]);
    assert_eq!(played.lines_before, [2, 4]);
}

#[test]
fn the_next_file_is_followed_from_where_each_instance_was() {
    let class = Class::of(2, &[("a", 1), ("b", 2)]);
    let steps = [class.retires("b"), class.opens(4), class.publishes(&[("c", 3), ("a", 4)])];
    let played = class.stage.play(&["--follow", "--fields", "id"], steps);
    let lines = played.lines();
    assert_eq!(lines[..2], ["a\tid=1", "b\tid=2"]);
    assert_eq!(lines[2..], ["c\tid=3", "a\tid=4"], "{:?}", played.notices);
    let joined = played.notices.iter().filter(|notice| notice.contains("joined"));
    assert_eq!(joined.collect::<Vec<_>>(), ["instance c joined"]);
    assert!(played.words().contains(&"re-attached"), "{:?}", played.notices);
}

#[test]
fn an_instance_that_is_not_there_yet_is_waited_for() {
    for mode in ["--poll=1ms", "--follow"] {
        let class = Class::of(2, &[("a", 1)]);
        let steps = [class.publishes(&[]), class.publishes(&[("b", 2)])];
        let played = class.stage.play(&[mode, "--instance", "b", "--fields", "id"], steps);
        assert!(played.lines().iter().all(|line| *line == "b\tid=2"), "{mode}");
        assert!(!played.out.is_empty(), "{mode}: {:?}", played.notices);
        assert_eq!(played.notices[0], "waiting for instance b", "{mode}");
    }
    let class = Class::of(3, &[("a", 1)]);
    let steps = [class.publishes(&[]), class.publishes(&[("b", 2), ("c", 3)])];
    let args = ["--follow", "--instance", "b", "--instance", "a", "--instance", "c*"];
    let played = class.stage.play(&args, steps);
    assert_eq!(played.notices[0], "waiting for instances b, c*");
    let class = Class::of(2, &[("a", 1)]);
    let args = ["--once", "--timeout", "1h", "--instance", "a", "--instance", "b"];
    let steps = [class.publishes(&[("a", 3)]), class.publishes(&[("b", 2)])];
    assert_eq!(class.lines(&args, steps), ["a 3", "b 2"]);
}

#[test]
fn an_instance_that_does_not_come_is_answered_with_the_nearest_name() {
    let class = Class::of(3, &[("eth0", 1)]);
    class.joins("lo")();
    let refused = |args: &[&str], what: &str| {
        let patience = (0..200).map(|_| class.publishes(&[]));
        let (exit, message) = class.stage.play(args, patience).failure();
        assert!(exit == Exit::NoValue && message.contains(what), "{args:?}: {message}");
    };
    let nearest = "x.region: no instance eth; did you mean eth0?";
    refused(&["--once", "--instance", "eth"], nearest);
    refused(&["--last", "2", "--instance", "eth"], nearest);
    refused(&["--once", "--timeout", "20ms", "--instance", "eth"], nearest);
    refused(&["--follow", "--timeout", "20ms", "--instance", "eth"], nearest);
    let also_lo = ["--once", "--instance", "l?", "--instance", "la"];
    refused(&also_lo, "x.region: no instance la; use one of: eth0");
    let also_both = ["--once", "--instance", "lo", "--instance", "eth0", "--instance", "eth1"];
    refused(&also_both, "x.region: no instance eth1; the region has no others now");
    refused(&["--once", "--instance", "w*"], "no instance w*; use one of: eth0, lo");
    let both = ["--once", "--instance", "w*", "--instance", "eth"];
    refused(&both, "no instances w*, eth; use one of: eth0, lo");
    let nothing = "nothing has been published for instance lo yet";
    refused(&["--once", "--instance", "lo"], nothing);
    refused(&["--last", "1", "--instance", "lo"], nothing);
}

#[test]
fn the_nearest_name_is_written_as_a_shell_needs_it() {
    for (name, asked, typed) in [
        ("-x", "-y", "--instance=-x"),
        ("my disk", "my disc", "'my disk'"),
        ("--a b", "--a", "--instance='--a b'"),
        ("it's", "its", "\"it's\""),
    ] {
        let class = Class::of(1, &[(name, 1)]);
        let asked = format!("--instance={asked}");
        let (_, message) = class.stage.play(&["--once", &asked], []).failure();
        assert!(message.ends_with(&format!("; did you mean {typed}?")), "{message}");
    }
}

#[test]
fn a_region_of_one_record_has_no_instance_to_choose() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let (exit, message) = stage.play(&["--once", "--instance", "a"], []).failure();
    assert_eq!(exit, Exit::Usage);
    assert!(message.contains("--instance: the region has one record"), "{message}");
}

#[test]
fn the_last_records_are_those_of_each_instance() {
    let records = [("a", 1), ("b", 2), ("a", 3), ("a", 4), ("b", 5), ("b", 6)];
    let class = Class::of(3, &records);
    assert_eq!(class.lines(&["--last", "2"], []), ["a 3", "a 4", "b 5", "b 6"]);
    let b = ["--follow", "--from", "oldest", "--instance", "b"];
    assert_eq!(class.lines(&b, [class.publishes(&[("b", 7)])]), ["b 2", "b 5", "b 6", "b 7"]);
    let from = ["--follow", "--from", "3"];
    assert_eq!(class.lines(&from, [class.publishes(&[("c", 8)])]), ["a 4", "b 6", "b 7", "c 8"]);
    let empty = Class::of(2, &[]);
    assert_eq!(empty.stage.play(&["--last", "2"], []).failure().0, Exit::NoValue);
}

#[test]
fn conditions_and_changes_are_those_of_each_instance() {
    let class = Class::of(2, &[("a", 1), ("b", 1)]);
    let steps = || [class.publishes(&[("a", 1), ("b", 2)]), class.publishes(&[("a", 2), ("b", 2)])];
    assert_eq!(class.lines(&["--follow", "--on-change"], steps()), ["a 1", "b 1", "b 2", "a 2"]);
    assert_eq!(class.lines(&["--once", "--where", "id == 2"], []), ["a 2", "b 2"]);
    let (exit, _) = class.stage.play(&["--once", "--where", "id > 2"], []).failure();
    assert_eq!(exit, Exit::NoValue);
    let slow = ["--follow", "--rate", "0.001"];
    let at_the_end = ["a 2", "b 2", "a 4", "b 3"];
    assert_eq!(class.lines(&slow, [class.publishes(&[("a", 3), ("b", 3), ("a", 4)])]), at_the_end);
}

#[test]
fn what_is_missed_is_logged_with_its_instance() {
    let class = Class::of(2, &[("a", 1), ("b", 1)]);
    let burst: Vec<_> = (2..=50).map(|id| ("a", id)).collect();
    let played = class.stage.play(&["--follow", "--fields", "id"], [class.publishes(&burst)]);
    assert_eq!(played.lines().last(), Some(&"a\tid=50"));
    let missed = played.notices.iter().find(|notice| notice.starts_with("missed"));
    assert!(missed.is_some_and(|notice| notice.ends_with(" of a")), "{:?}", played.notices);
}

#[test]
fn what_is_missed_of_instances_that_came_and_went_is_logged_also_where_some_are_chosen() {
    for (chosen, ending) in [(&[][..], "meanwhile"), (&["--instance=a"], "--instance leaves out")] {
        let class = Class::of(2, &[("a", 1)]);
        let (publishes, retires) = (class.publishes(&[("b", 2), ("b", 3)]), class.retires("b"));
        let come_and_go = Box::new(move || {
            publishes();
            retires();
        });
        let played = class.stage.play(&[&["--follow"], chosen].concat(), [come_and_go as Step]);
        let missed = played.notices.iter().find(|notice| notice.starts_with("missed 2 records"));
        assert!(missed.is_some_and(|notice| notice.ends_with(ending)), "{:?}", played.notices);
    }
}

#[test]
fn a_file_for_fewer_instances_is_reported_where_records_are_counted() {
    let smaller = |args: &[&str]| {
        let class = Class::of(3, &[("a", 1)]);
        let steps = [class.opens(2), class.publishes(&[("a", 2)])];
        let played = class.stage.play(args, steps);
        let is_it = |notice: &&String| notice.contains("has room for fewer instances");
        played.notices.iter().filter(is_it).count()
    };
    assert_eq!((smaller(&["--follow"]), smaller(&["--poll=1ms"])), (1, 0));
}

#[test]
fn the_age_of_each_instance_is_checked() {
    let class = Class::of(2, &[("a", 1), ("b", 1)]);
    std::thread::sleep(std::time::Duration::from_millis(5));
    class.publishes(&[("b", 2)])();
    for mode in ["--once", "--follow"] {
        let (exit, message) = class.stage.play(&[mode, "--max-age", "4ms"], []).failure();
        assert_eq!(exit, Exit::Unhealthy, "{mode}");
        assert!(message.contains("x.region: record 1 of a is "), "{mode}: {message}");
    }
    let healthy = ["--once", "--max-age", "1h", "--require", "live"];
    assert_eq!(class.lines(&healthy, []), ["a 1", "b 2"]);
}

#[test]
fn an_instance_whose_record_becomes_too_old_in_the_next_file_ends_the_consumer() {
    for mode in ["--poll=1ms", "--follow"] {
        let class = Class::of(2, &[("a", 1)]);
        let patience = (0..10_000).map(|_| class.publishes(&[]));
        let steps: Vec<_> = std::iter::once(class.opens(3)).chain(patience).collect();
        let (exit, message) = class.stage.play(&[mode, "--max-age", "300ms"], steps).failure();
        assert_eq!(exit, Exit::Unhealthy, "{mode}");
        assert!(message.contains("x.region: record 1 of a is "), "{mode}: {message}");
    }
}

#[test]
fn a_region_that_gets_instances_is_read_on_and_so_is_one_that_loses_them() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let class = Class { stage, writer: Rc::default() };
    let to_instances = {
        let (closes, opens) = (class.stage.closes(), class.opens(2));
        let publishes = class.publishes(&[("a", 2)]);
        Box::new(move || {
            closes();
            opens();
            publishes();
        })
    };
    let (writer, path) = (Rc::clone(&class.writer), class.stage.path());
    let to_one: Step = Box::new(move || {
        drop(writer.borrow_mut().take());
        let mut plain = DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
        plain.publish(bytemuck::bytes_of(&Stu::new(3, "xiaoming", 'm'))).unwrap();
    });
    let steps: [Step; 2] = [to_instances, to_one];
    let played = class.stage.play(&["--follow", "--format", "csv", "--fields", "id"], steps);
    let lines = played.lines();
    let header = |line: &&&str| line.starts_with("lineage");
    assert_eq!(lines.iter().filter(header).count(), 3, "{lines:?}");
    let ids = lines.iter().filter(|line| !line.starts_with("lineage"));
    let ids: Vec<_> = ids.filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(ids, ["1", "2", "3"], "{:?}", played.notices);
}

#[test]
fn all_instances_are_retired_where_one_record_takes_their_place_and_join_where_it_leaves() {
    let class = Class::of(3, &[("a", 1), ("b", 2)]);
    class.joins("c")();
    let (writer, path) = (Rc::clone(&class.writer), class.stage.path());
    let to_one: Step = Box::new(move || {
        drop(writer.borrow_mut().take());
        let mut plain = DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
        for id in 3..=5 {
            plain.publish(bytemuck::bytes_of(&Stu::new(id, "xiaoming", 'm'))).unwrap();
        }
    });
    let (opens, publishes) = (class.opens(2), class.publishes(&[("b", 6), ("b", 7)]));
    let to_instances = Box::new(move || {
        opens();
        publishes();
    });
    let played = class.stage.play(&["--follow", "--fields", "id"], [to_one, to_instances]);
    let lines = ["a\tid=1", "b\tid=2", "id=3", "id=4", "id=5", "b\tid=6", "b\tid=7"];
    assert_eq!(played.lines(), lines, "{:?}", played.notices);
    let of_instances = played.notices.iter().filter(|notice| notice.starts_with("instance "));
    let retired = ["a", "b", "c"].map(|name| format!("instance {name} retired"));
    assert!(of_instances.eq(retired.iter().chain(["instance b joined".to_owned()].iter())));
}

#[test]
fn a_snapshot_of_many_instances_is_refused() {
    let class = Class::of(2, &[("a", 1)]);
    let copy = class.stage.dir.path().join("copy");
    let (exit, message) = class.stage.play(&["--snapshot", copy.to_str().unwrap()], []).failure();
    assert_eq!(exit, Exit::Usage);
    assert!(message.contains("a snapshot holds one record"), "{message}");
    assert!(!copy.exists());
}

#[test]
fn a_configurations_line_names_the_instance_as_the_region_that_carries_it_does() {
    let stage = Stage::empty();
    let schema = Stu::schema();
    let line = schema.line().expect("a line").text().to_owned();
    let config = stage.dir.path().join("class.toml");
    let region = format!("[region]\npath = {:?}\n", stage.path());
    let record = "[record]\nname = \"STU\"\ninstances = [\"a\"]\nfield = [\
                  { name = \"id\", type = \"i32\" }, { name = \"name\", type = \"char[20]\" }, \
                  { name = \"sex\", type = \"char\" }]\n";
    let of = |line: &str| {
        let text = format!("{region}{record}[consumer]\nline = {line:?}\n");
        std::fs::write(&config, text).unwrap();
        config.to_str().unwrap().to_owned()
    };
    let class = Class { stage, writer: Rc::default() };
    let steps = [class.opens(2), class.publishes(&[("a", 1)])];
    let before = class.stage.play_source(&of(&line), &["--follow"], steps);
    assert_eq!(before.lines(), ["a\tid=1\tname=xiaoming\tm"], "the region came later");
    let once = |line: &str| {
        let played = class.stage.play_source(&of(line), &["--once"], []);
        played.lines().join("\n")
    };
    assert_eq!(once(&line), "a\tid=1\tname=xiaoming\tm");
    assert_eq!(once("{id}"), "1", "a line that the region does not carry");
    assert_eq!(once("{id} {instance}"), "1 a");
}

#[test]
fn a_time_that_was_given_is_not_advised_again() {
    let class = Class::of(2, &[("a", 1)]);
    class.joins("b")();
    let patience = (0..50).map(|_| class.publishes(&[]));
    let args = ["--once", "--instance", "a", "--instance", "b", "--timeout", "20ms"];
    let (exit, message) = class.stage.play(&args, patience).failure();
    let want = "nothing was published for instance b within 20ms; look at its producer, or allow a \
                longer --timeout";
    assert!(exit == Exit::NoValue && message.ends_with(want), "{message}");
}
