//! The facts that need more than a line of text.

use crate::address::{MAX_REGION_NAME, SUFFIX, is_region_name};
use layout::text::{counted, quote};
use std::num::NonZeroU32;

/// What has become of a file that was cut.
pub(super) fn truncated(want: u64, structs: Option<NonZeroU32>, have: u64) -> String {
    if have >= want {
        return "was cut short and has grown again since".to_owned();
    }
    let whose = match structs.map(NonZeroU32::get) {
        None => "header promises",
        Some(1) => "struct takes",
        Some(_) => "structs take",
    };
    format!("has {}, its {whose} {want}", counted(have, "byte"))
}

/// Why a file is not the bare one of the record.
pub(super) fn not_this_record(want: u64, count: u32, have: u64) -> String {
    if have == want {
        return format!("has the {} of the record, but they are a region", counted(have, "byte"));
    }
    format!("has {}, {}", counted(have, "byte"), described(want, count))
}

/// What a bare file should have.
fn described(want: u64, count: u32) -> String {
    match u64::from(count) {
        0 | 1 => format!("the record has {want}"),
        count => format!("{count} structs of {} have {want}", want / count),
    }
}

/// Why this is not a name, beginning with the name itself: the error has no other path.
pub(super) fn bad_name(name: &str) -> String {
    let shown = quote(name);
    let why = match name.strip_suffix(SUFFIX) {
        _ if name.is_empty() => "a region's name is empty".into(),
        Some(stem) if is_region_name(stem) => {
            format!(
                "{shown} is a file name: the region's name is {}, a path has a '/'",
                quote(stem)
            )
        }
        _ => format!("{shown} is not a region name"),
    };
    format!("{why} (letters, digits and . _ - @, no dot in front, at most {MAX_REGION_NAME} bytes)")
}

pub(super) fn too_many(have: usize, max: usize) -> String {
    let instances = counted(have, "instance");
    if have > max {
        format!("has {instances}, more than {max}")
    } else {
        format!("has {instances}, as many as it can have")
    }
}

pub(super) fn busy(pid: u64) -> String {
    match pid {
        0 => "another writer publishes here already".to_owned(),
        pid => format!("process {pid} publishes here already"),
    }
}
