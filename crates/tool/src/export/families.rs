//! Metrics as a text, in one of the two formats that Prometheus reads.
//!
//! Invariant: a family is there once, with one type, and all its samples follow its head, as both formats require; what
//! a sample is called does not depend on which others there are. A sample is one line in both; only the heads differ.
//!
//! ```text
//!   OpenMetrics   # TYPE mapcast_stu_name info      # TYPE mapcast_records counter         ends with # EOF
//!   text 0.0.4    # TYPE mapcast_stu_name_info gauge   # TYPE mapcast_records_total counter
//! ```
//!
//! Not by prometheus-client: it has neither the text format, which `node_exporter` reads and older servers ask for,
//! nor state sets.
//!
//! Price: the text of all samples, twice.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Gauge,
    Counter,
    /// A text, as a label of a sample that is 1.
    Info,
    /// Which of some words it is: a sample for each, 1 or 0.
    StateSet,
}

/// A metric, without a value.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    /// In full, and the end of `name`; empty: none.
    pub(crate) unit: Cow<'static, str>,
    pub(crate) help: Cow<'static, str>,
}

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposition {
    OpenMetrics,
    Text,
}

/// Metrics and their samples, by their names. A text and a number of two regions can have one name.
#[derive(Debug, Default)]
pub(crate) struct Families(BTreeMap<String, Vec<Family>>);

#[derive(Debug)]
struct Family {
    metric: Metric,
    samples: String,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Info => "info",
            Self::StateSet => "stateset",
        }
    }

    /// What its samples are called behind the name of the family.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Gauge | Self::StateSet => "",
            Self::Counter => "_total",
            Self::Info => "_info",
        }
    }
}

impl Metric {
    /// A metric that every export has.
    pub(crate) const fn own(
        name: &'static str,
        kind: Kind,
        unit: &'static str,
        help: &'static str,
    ) -> Self {
        let (name, unit, help) = (Cow::Borrowed(name), Cow::Borrowed(unit), Cow::Borrowed(help));
        Self { name, kind, unit, help }
    }

    /// The metric with the name of its samples, which no metric of another type has.
    fn as_its_samples(&self) -> Self {
        let kind = if self.kind == Kind::Info { Kind::Gauge } else { self.kind };
        let name = format!("{}{}", self.name, self.kind.suffix());
        Self { name: name.into(), kind, ..self.clone() }
    }

    fn open_metrics_head(&self) -> String {
        let (name, unit, kind) = (&self.name, &self.unit, self.kind.as_str());
        let help = Escaped(&self.help, &QUOTED);
        let unit = if unit.is_empty() { String::new() } else { format!("# UNIT {name} {unit}\n") };
        format!("# TYPE {name} {kind}\n{unit}# HELP {name} {help}\n")
    }

    fn text_head(&self) -> String {
        let (name, suffix) = (&self.name, self.kind.suffix());
        let kind = if self.kind == Kind::Counter { "counter" } else { "gauge" };
        // Here a quote in a help text is itself.
        let help = Escaped(&self.help, &QUOTED[..2]);
        format!("# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n")
    }
}

impl Families {
    /// Adds a sample with the [labels](label) `labels` and then `more`.
    pub(crate) fn add(&mut self, metric: &Metric, labels: &str, more: &str, value: impl Display) {
        let (name, suffix) = (&metric.name, metric.kind.suffix());
        let comma = if labels.is_empty() || more.is_empty() { "" } else { "," };
        let samples = self.samples_of(metric);
        let _ = writeln!(samples, "{name}{suffix}{{{labels}{comma}{more}}} {value}");
    }

    fn samples_of(&mut self, metric: &Metric) -> &mut String {
        if !self.0.contains_key(&*metric.name) {
            self.0.insert(metric.name.to_string(), Vec::new());
        }
        let families = self.0.get_mut(&*metric.name).expect("it was just made");
        let known = families.iter().position(|family| family.metric.kind == metric.kind);
        let index = known.unwrap_or_else(|| {
            families.push(Family { metric: metric.clone(), samples: String::new() });
            families.len() - 1
        });
        &mut families[index].samples
    }

    /// The text.
    pub(crate) fn encode(&self, exposition: Exposition) -> String {
        let length: usize =
            self.0.values().flatten().map(|family| family.samples.len() + 256).sum();
        let mut text = String::with_capacity(length);
        for families in self.0.values() {
            let is_alone = families.len() == 1;
            for Family { metric, samples } in families {
                text.push_str(&match exposition {
                    Exposition::OpenMetrics if is_alone => metric.open_metrics_head(),
                    Exposition::OpenMetrics => metric.as_its_samples().open_metrics_head(),
                    Exposition::Text => metric.text_head(),
                });
                text.push_str(samples);
            }
        }
        if exposition == Exposition::OpenMetrics {
            text.push_str("# EOF\n");
        }
        text
    }
}

impl Exposition {
    /// The better one for who sends this `Accept`; text if it prefers neither, or there is no header.
    pub(crate) fn accepted(accept: &str) -> Self {
        let quality = |of: &[&str]| {
            let ranges = accept.split(',').filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let is_of = parts.next().is_some_and(|range| of.contains(&range));
                let quality = parts.find_map(|part| part.strip_prefix("q="));
                is_of.then(|| quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0)))
            });
            ranges.fold(0.0_f64, f64::max)
        };
        let open = quality(&["application/openmetrics-text"]);
        if open > 0.0 && open >= quality(&["text/plain", "text/*", "*/*"]) {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// A label as it is written: `region="host"`.
pub(crate) fn label(name: &str, value: &str) -> String {
    format!("{name}=\"{}\"", Escaped(value, &QUOTED))
}

/// What is escaped between quotes.
const QUOTED: [char; 3] = ['\\', '\n', '"'];

/// A label's value or a help text, in which these characters are escaped.
struct Escaped<'a>(&'a str, &'static [char]);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(self.1) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'\\' => "\\\\",
                b'"' => "\\\"",
                _ => "\\n",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::{Exposition, Families, Kind, Metric, label};

    #[test]
    fn each_format_has_its_own_heads_over_the_same_samples() {
        let mut families = Families::default();
        let records = Metric::own("m_records", Kind::Counter, "", "records");
        let name = Metric::own("m_name", Kind::Info, "", "a \"name\"\n\\");
        let age = Metric::own("m_age_seconds", Kind::Gauge, "seconds", "age");
        families.add(&records, &label("region", "a"), "", 7);
        families.add(&name, &label("region", "a"), &label("value", "x\"\n"), 1);
        families.add(&records, &label("region", "b"), "", u64::MAX);
        families.add(&age, "", "", 0.5);
        let samples = [
            "m_age_seconds{} 0.5\n",
            "m_name_info{region=\"a\",value=\"x\\\"\\n\"} 1\n",
            "m_records_total{region=\"a\"} 7\nm_records_total{region=\"b\"} 18446744073709551615\n",
        ];
        let [age, name, records] = samples;
        assert_eq!(
            families.encode(Exposition::OpenMetrics),
            format!(
                "# TYPE m_age_seconds gauge\n# UNIT m_age_seconds seconds\n# HELP m_age_seconds age\n{age}\
                 # TYPE m_name info\n# HELP m_name a \\\"name\\\"\\n\\\\\n{name}\
                 # TYPE m_records counter\n# HELP m_records records\n{records}# EOF\n"
            )
        );
        assert_eq!(
            families.encode(Exposition::Text),
            format!(
                "# HELP m_age_seconds age\n# TYPE m_age_seconds gauge\n{age}\
                 # HELP m_name_info a \"name\"\\n\\\\\n# TYPE m_name_info gauge\n{name}\
                 # HELP m_records_total records\n# TYPE m_records_total counter\n{records}"
            )
        );
    }

    #[test]
    fn a_number_and_a_text_of_one_name_are_two_families_with_the_samples_that_each_has_alone() {
        let number = Metric::own("m_x", Kind::Gauge, "", "h");
        let text = Metric::own("m_x", Kind::Info, "", "h");
        let encoded = |metrics: &[&Metric]| {
            let mut families = Families::default();
            for metric in metrics {
                families.add(metric, "", &label("value", "1"), 1);
            }
            families.encode(Exposition::OpenMetrics)
        };
        let info = "# HELP m_x_info h\nm_x_info{value=\"1\"} 1\n";
        let gauge = "# TYPE m_x gauge\n# HELP m_x h\nm_x{value=\"1\"} 1\n";
        assert_eq!(encoded(&[&number]), format!("{gauge}# EOF\n"));
        for both in [[&text, &number], [&number, &text]] {
            let encoded = encoded(&both);
            assert!(encoded.contains(gauge), "{encoded}");
            assert!(encoded.contains(&format!("# TYPE m_x_info gauge\n{info}")), "{encoded}");
        }
    }

    #[test]
    fn the_format_is_the_one_that_is_accepted_most() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,\
                          application/openmetrics-text;version=0.0.1;q=0.4,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (accept, want) in [
            (prometheus, Exposition::OpenMetrics),
            ("application/openmetrics-text", Exposition::OpenMetrics),
            ("application/openmetrics-text;q=0", Exposition::Text),
            ("application/openmetrics-text;q=0.1, text/plain", Exposition::Text),
            (browser, Exposition::Text),
            ("", Exposition::Text),
            (";;q=,,", Exposition::Text),
        ] {
            assert_eq!(Exposition::accepted(accept), want, "{accept}");
        }
    }
}
