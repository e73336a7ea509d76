//! The metrics as Prometheus's own programs take them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use e2e::free_port;
use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Schema, Writer};
use serde_json::Value;

use crate::installed;
use crate::server::Server;
use crate::world::{World, wait_until};

/// What promtool says about `metrics`; empty: nothing.
fn checked(promtool: &Path, metrics: &str) -> String {
    let mut check = Command::new(promtool);
    check.env_clear().args(["check", "metrics"]).stdin(Stdio::piped());
    let mut check = check.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("promtool");
    let mut stdin = check.stdin.take().expect("a pipe");
    stdin.write_all(metrics.as_bytes()).expect("sent");
    drop(stdin);
    let output = check.wait_with_output().expect("promtool");
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said.into_owned()
}

#[test]
fn promtool_finds_nothing_to_improve_in_the_metrics() {
    let Some(promtool) = installed("promtool") else { return };
    let world = World::new();
    let _live = world.students("live");
    let metrics = Server::start(&world, "").metrics();
    assert_eq!(checked(&promtool, &metrics), "", "{metrics}");
}

/// Names of fields: words, ends that mean something else, letters of both cases, and names that are alike.
const FIELDS: [&str; 24] = [
    "load",
    "cpuLoad",
    "cpu_load",
    "CPULoad",
    "total",
    "x_total",
    "xTotal",
    "n_count",
    "count",
    "sum",
    "a_sum",
    "bucket",
    "a_bucket",
    "info",
    "build_info",
    "created",
    "x_created",
    "state",
    "door_state",
    "up",
    "x_info_value",
    "__",
    "x2",
    "value",
];

/// Units: of the table with prefixes, in words, with powers, unknown ones, and what is no unit at all.
const UNITS: [&str; 68] = [
    "",
    "s",
    "ms",
    "us",
    "min",
    "h",
    "d",
    "B",
    "KiB",
    "kB",
    "KB",
    "kb",
    "Mb",
    "MB/s",
    "bit",
    "bits",
    "Mbit/s",
    "kbps",
    "Gb/s",
    "%",
    "1",
    "1/s",
    "m",
    "km",
    "km/h",
    "m/s2",
    "m s-1",
    "s-1",
    "m^3/h",
    "kg",
    "kWh",
    "Wh",
    "MWh",
    "mAh",
    "mW",
    "dBm",
    "mmHg",
    "hPa",
    "bar",
    "psi",
    "rpm",
    "deg",
    "degC",
    "degF",
    "fahrenheit",
    "C",
    "K",
    "hours",
    "minutes",
    "Days",
    "weeks",
    "kilobytes",
    "petabytes",
    "miles",
    "ft",
    "kcal",
    "count",
    "counts",
    "total",
    "requests total",
    "info",
    "sum",
    "bucket",
    "created",
    "state",
    "CPUs",
    "CO2",
    "camelCase",
];

const TYPES: [&str; 6] = ["u8", "f64", "bool", "i16[2]", "char", "char[4]"];

#[test]
fn promtool_finds_nothing_to_improve_whatever_the_fields_and_their_units_are_called() {
    let Some(promtool) = installed("promtool") else { return };
    let world = World::new();
    let mut random = fastrand::Rng::with_seed(9);
    let writers: Vec<Writer> = (0..60)
        .map(|number| {
            let mut names = FIELDS;
            random.shuffle(&mut names);
            let fields = names[..20].iter().map(|name| field(name, &mut random));
            let record = ["SHARED", "region", "records"][number % 3];
            let schema = Schema::builder(record).fields(fields).build().expect("a schema");
            let path = world.path(&format!("r{number}.region"));
            let mut writer = Writer::open(path, &schema).expect("a writer");
            writer.publish(RecordBuf::new(Arc::new(schema)).bytes()).expect("published");
            writer
        })
        .collect();
    let metrics = Server::start(&world, "").metrics();
    assert_eq!(checked(&promtool, &metrics), "", "{metrics}");
    assert_eq!(metrics.matches("mapcast_region_up{").count(), writers.len());
}

/// A field of any type and unit, with labels or without.
fn field(name: &str, random: &mut fastrand::Rng) -> FieldSpec {
    let ctype = random.choice(TYPES).expect("one");
    let unit = random.choice(UNITS).expect("one");
    let field = FieldSpec::new(name, ctype.parse::<CType>().expect("a type")).unit(unit);
    let can_have_labels = ["u8", "i16[2]", "char"].contains(&ctype);
    if can_have_labels && random.bool() { field.label(1, "on").label(65, "off") } else { field }
}

/// A Prometheus that scrapes `address`; killed when it is dropped.
struct Prometheus {
    child: Child,
    address: String,
}

impl Prometheus {
    fn start(program: &std::path::Path, world: &World, address: &str) -> Self {
        let config = format!(
            "scrape_configs:\n- job_name: mapcast\n  scrape_interval: 1s\n  static_configs:\n  \
             - targets: [\"{address}\"]\n"
        );
        fs::write(world.path("prometheus.yml"), config).expect("its configuration");
        // Prometheus does not tell which port it was given.
        let own = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(program);
        command.env_clear().current_dir(world.path("")).stderr(Stdio::null());
        command.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address={own}"));
        Self { child: command.spawn().expect("prometheus"), address: own }
    }

    /// The label sets and values of `query`, once there are some.
    fn finds(&self, query: &str) -> Vec<(Value, String)> {
        let mut found = Vec::new();
        wait_until(query, || {
            let answer = self.ask(&format!("/api/v1/query?query={query}")).unwrap_or_default();
            let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
            let rows = answer["data"]["result"].as_array().cloned().unwrap_or_default();
            let row = |row: &Value| {
                (row["metric"].clone(), row["value"][1].as_str().unwrap_or_default().to_owned())
            };
            found = rows.iter().map(row).collect();
            !found.is_empty()
        });
        found
    }

    fn ask(&self, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_prometheus_scrapes_the_values_labels_and_types() {
    let Some(program) = installed("prometheus") else { return };
    let world = World::new();
    let _live = world.students("live");
    let server = Server::start(&world, "");
    let prometheus = Prometheus::start(&program, &world, &server.address);
    let [(labels, value)] = &prometheus.finds("mapcast_stu_id")[..] else { panic!("one region") };
    assert_eq!((labels["region"].as_str(), value.as_str()), (Some("live"), "10"));
    let [(labels, value)] = &prometheus.finds("mapcast_stu_name_info")[..] else {
        panic!("one region")
    };
    assert_eq!((labels["value"].as_str(), value.as_str()), (Some("xiaoming"), "1"));
    assert_eq!(prometheus.finds("up")[0].1, "1", "the scrape was good");
    let about = prometheus.ask("/api/v1/targets/metadata?metric=mapcast_record_age_seconds");
    let about: Value = serde_json::from_str(&about.expect("an answer")).expect("JSON");
    assert_eq!(about["data"][0]["unit"], "seconds", "{about}");
    assert_eq!(about["data"][0]["type"], "gauge");
}
