//! Each shipped configuration, published and read by a consumer that has none.

use std::fs;
use std::path::{Path, PathBuf};

use e2e::{Place, Reading, shipped_config, wait_until};
use settings::{Address, Settings};

use crate::{consumer, producer};

/// The line of input that a configuration shows in its comments.
fn line_of_input(config: &Path) -> String {
    let text = fs::read_to_string(config).expect("a shipped config");
    let mut comments = text.lines().filter_map(|line| line.strip_prefix("#   {"));
    format!("{{{}", comments.next().expect("a line of input in the comments"))
}

fn shipped() -> Vec<PathBuf> {
    let dir = fs::read_dir(shipped_config("")).expect("the folder config");
    let mut files: Vec<PathBuf> = dir.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() >= 5, "at least five are shipped: {files:?}");
    files
}

fn region_name(settings: &Settings) -> String {
    match &settings.region.address {
        Address::Name(name) => name.clone(),
        Address::Path(path) => panic!("{}: shipped regions have names", path.display()),
    }
}

#[test]
fn each_shipped_configuration_is_published_and_read_without_it() {
    for file in shipped() {
        let settings = Settings::load(&file).expect("a shipped config");
        let name = region_name(&settings);
        let place = Place::new();
        let mut command = producer().command(&place);
        command.arg(&file).args(["--tick", "10ms"]);
        let mut producer = e2e::Daemon::start_with_input("producer", &mut command);
        producer.says("publishing");
        if settings.reads_input() {
            producer.say(&line_of_input(&file));
        }
        for format in ["text", "json", "csv"] {
            let args = format!("{name} --count 2 --poll 30ms --timeout 1m --format {format}");
            let mut consumer = consumer().start(&place, &args);
            assert_eq!(consumer.exit_code(), 0, "{name} {format}: {:?}", consumer.err());
            let lines = consumer.out();
            assert_eq!(lines.len(), if format == "csv" { 3 } else { 2 }, "{lines:?}");
            if format == "json" {
                let has_instances = settings.record.instances.is_some();
                assert_eq!(lines[1].contains("\"instance\":"), has_instances, "{lines:?}");
                let record = Reading::of(&lines[1]).record;
                let fields = settings.record.schema.fields();
                let have: Vec<&String> = record.as_object().expect("an object").keys().collect();
                assert_eq!(have.len(), fields.len(), "{record}");
                assert!(fields.iter().all(|field| record.get(field.name()).is_some()), "{record}");
            }
        }
        producer.stop();
    }
}

#[test]
fn each_shipped_configuration_can_be_checked_without_publishing() {
    for file in shipped() {
        let settings = Settings::load(&file).expect("a shipped config");
        let place = Place::new();
        let mut command = producer().command(&place);
        let mut producer =
            e2e::Daemon::start("producer --check", command.arg(&file).arg("--check"));
        assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
        let out = producer.out().join("\n");
        for field in settings.record.schema.fields() {
            assert!(out.contains(field.name()), "{} is missing:\n{out}", field.name());
        }
        let left = fs::read_dir(place.dir()).expect("the place").count();
        assert_eq!(left, 0, "--check publishes nothing");
    }
}

#[test]
fn both_programs_resolve_a_name_to_the_same_region() {
    let place = Place::new();
    let mut producer = producer().start(&place, "--region some-name --tick 10ms");
    producer.says("publishing");
    assert!(place.path("some-name.region").exists());
    let mut consumer = consumer().start(&place, "some-name --once --timeout 1m");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
}

// ---- config/host.toml, compared with the kernel's values ----

/// Word `column` (from 1) behind `key` in the file of /proc, as a number.
fn kernel(file: &str, key: &str, column: usize) -> f64 {
    let text = fs::read_to_string(file).expect("a file of the kernel");
    let rest = text
        .lines()
        .find_map(|line| if key.is_empty() { Some(line) } else { line.strip_prefix(key) })
        .unwrap_or_else(|| panic!("no {key} in {file}"));
    let words = || rest.split(|c: char| c.is_whitespace() || c == ':').filter(|w| !w.is_empty());
    let word = words().nth(column - 1).unwrap_or_else(|| panic!("no column {column} in {file}"));
    word.parse().unwrap_or_else(|_| panic!("{word} in {file}"))
}

fn member(reading: &Reading, name: &str) -> f64 {
    reading.record[name].as_f64().unwrap_or_else(|| panic!("no number {name}: {}", reading.line))
}

/// A record of this machine that was sampled between the two calls of `kernel` for each key.
struct Sampled {
    reading: Reading,
    uptime: [f64; 2],
    switches: [f64; 2],
    load: [[f64; 3]; 2],
}

fn load() -> [f64; 3] {
    [1, 2, 3].map(|column| kernel("/proc/loadavg", "", column))
}

/// Two ticks of a producer, so that rates are known.
fn sample() -> Sampled {
    let place = Place::new();
    let (uptime, switches, before) =
        (kernel("/proc/uptime", "", 1), kernel("/proc/stat", "ctxt ", 1), load());
    let mut command = producer().command(&place);
    command.arg(shipped_config("host.toml")).args(["--tick", "200ms", "--ticks", "2"]);
    let mut producer = e2e::Daemon::start("producer", &mut command);
    assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
    let after = kernel("/proc/uptime", "", 1);
    let (uptime, switches) = ([uptime, after], [switches, kernel("/proc/stat", "ctxt ", 1)]);
    let mut consumer = consumer().start(&place, "host --once --format json");
    assert_eq!(consumer.exit_code(), 0);
    let reading = Reading::of(&consumer.next_out());
    Sampled { reading, uptime, switches, load: [before, load()] }
}

#[test]
fn the_host_configuration_publishes_the_kernels_values() {
    let Sampled { reading, uptime, switches, .. } = sample();
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname").expect("a host name");
    assert_eq!(reading.record["host"], hostname.trim());
    let total = kernel("/proc/meminfo", "MemTotal:", 1) * 1024.0;
    assert!((member(&reading, "mem_total") - total).abs() < 0.5, "{}", reading.line);
    let available = member(&reading, "mem_available");
    assert!(available > 0.0 && available <= total, "{}", reading.line);
    let used = member(&reading, "mem_used");
    assert!((used - (member(&reading, "mem_total") - available)).abs() < 0.5, "{}", reading.line);
    let between = |value: f64, [low, high]: [f64; 2]| low <= value && value <= high;
    assert!(between(member(&reading, "uptime"), uptime), "{uptime:?}: {}", reading.line);
    assert!(between(member(&reading, "switches"), switches), "{switches:?}: {}", reading.line);
    assert!(member(&reading, "running") >= 1.0, "the producer itself runs: {}", reading.line);
    let threads = member(&reading, "threads");
    assert!(threads >= 2.0 && threads.fract() == 0.0, "{}", reading.line);
    for what in ["cpu", "memory", "io"] {
        let pressure = &reading.record[format!("{what}_pressure")];
        let has_file = fs::read_to_string(format!("/proc/pressure/{what}")).is_ok();
        let is_share = pressure.as_f64().is_some_and(|share| (0.0..=100.0).contains(&share));
        assert_eq!(is_share, has_file, "{what}: {}", reading.line);
    }
}

#[test]
fn the_disk_of_the_host_configuration_is_the_one_that_the_kernel_describes() {
    let Sampled { reading, .. } = sample();
    let disk = rustix::fs::statvfs("/").expect("statvfs");
    #[allow(clippy::cast_precision_loss)] // below 2^53
    let size = (disk.f_blocks * disk.f_frsize) as f64;
    #[allow(clippy::float_cmp)] // the same count of the same blocks
    let is_same = member(&reading, "disk_size") == size;
    assert!(is_same, "{size}: {}", reading.line);
    let available = member(&reading, "disk_available");
    assert!(available >= 0.0 && available < size, "{}", reading.line);
}

#[test]
fn the_network_rates_are_known_where_there_is_an_interface() {
    let interfaces = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let mut names = interfaces.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_there = names.any(|name| name.starts_with(['e', 'w']));
    let Sampled { reading, .. } = sample();
    for name in ["net_received", "net_sent"] {
        let rate = reading.record[name].as_f64();
        assert_eq!(rate.is_some_and(|rate| rate >= 0.0), is_there, "{}", reading.line);
    }
}

#[test]
fn the_rates_of_the_host_configuration_are_per_second() {
    // On a busy machine the first tick may be late and the second on time, so that less than a tick
    // lies between them and values in whole hundredths are less exact.
    wait_until("rates over a whole tick", || {
        let Sampled { reading, switches, .. } = sample();
        let rate = member(&reading, "switch_rate");
        assert!(rate > 0.0, "{}", reading.line);
        // Everything that happened around the sample, within one tick: an upper bound for any load.
        rate <= (switches[1] - switches[0]) / 0.19 && shares_of_time_are_consistent(&reading)
    });
}

/// Whether no share of time exceeds that of all processors, and busy is no less than its parts.
fn shares_of_time_are_consistent(reading: &Reading) -> bool {
    let cpus = fs::read_to_string("/proc/stat").expect("stat");
    let cpus = cpus.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu "));
    // Ticks of 10 ms are counted at their end: in 200 ms each CPU may count one too many.
    #[allow(clippy::cast_precision_loss)] // a number of CPUs
    let most = cpus.count() as f64 * 1.2;
    let [busy, user, system, steal] =
        ["cpu_busy", "cpu_user", "cpu_system", "cpu_steal"].map(|name| member(reading, name));
    let possible = [busy, user, system, steal].iter().all(|share| (0.0..=most).contains(share));
    possible && busy + 1e-3 >= user + system
}

#[test]
fn the_load_averages_are_the_kernels() {
    // They change every five seconds; some sample has no change in between.
    wait_until("a sample between two changes of the load average", || {
        let Sampled { reading, load: [before, after], .. } = sample();
        #[allow(clippy::float_cmp)] // two readings of the same text
        let unchanged = before == after;
        if unchanged {
            for (name, want) in ["load1", "load5", "load15"].into_iter().zip(before) {
                let have = member(&reading, name);
                assert!((have - want).abs() < 1e-3, "{name} {have}, not {want}");
            }
        }
        unchanged
    });
}

#[test]
fn a_temperature_is_published_where_there_is_a_sensor() {
    let folders = [
        ("/sys/class/thermal", "thermal_zone", "temp"),
        ("/sys/class/hwmon", "hwmon", "temp1_input"),
    ];
    let is_there = folders.iter().any(|(folder, start, file)| {
        let sensors = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut named =
            sensors.filter(|sensor| sensor.file_name().to_string_lossy().starts_with(start));
        named.any(|sensor| fs::read_to_string(sensor.path().join(file)).is_ok())
    });
    let Sampled { reading, .. } = sample();
    let value = &reading.record["temperature"];
    if is_there {
        let value = value.as_f64().expect("a number");
        assert!((-50.0..150.0).contains(&value), "degrees Celsius: {value}");
    } else {
        assert!(value.is_null(), "NaN where there is none: {value}");
    }
}
