//! Durations as people read them.

use std::time::Duration;

/// `duration` in units that a configuration takes, without months and years: "1m 30s", "365days".
pub fn duration_text(duration: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;
    let days = duration.as_secs() / DAY;
    let rest = Duration::new(duration.as_secs() % DAY, duration.subsec_nanos());
    let rest = (days == 0 || !rest.is_zero()).then(|| humantime::format_duration(rest).to_string());
    let days = (days > 0).then(|| format!("{days}day{}", if days == 1 { "" } else { "s" }));
    days.into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

/// An age as people read it: to the millisecond, or to the microsecond if it is short.
pub fn rounded(age: Duration) -> String {
    let unit = if age < Duration::from_millis(10) { 1_000 } else { 1_000_000 };
    let nanos = age.subsec_nanos() / unit * unit;
    duration_text(Duration::new(age.as_secs(), nanos))
}
