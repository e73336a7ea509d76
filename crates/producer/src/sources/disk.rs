//! `disk`: how full a file system is.
//!
//! Price: one `statvfs` per field and record, about 1 us; a network file system that does not answer
//! holds up the record.

use rustix::fs::statvfs;
use settings::{DiskFigure, DiskSource};

use super::sample_error::SampleError;
use super::sampler::Sample;

/// The figure of the file system as it is now.
pub(super) fn sample(source: &DiskSource) -> Sample<'static> {
    let stat = match statvfs(&source.path) {
        Ok(stat) => stat,
        Err(errno) => {
            return Sample::Missing(SampleError::Unreadable(source.path.clone(), errno.into()));
        }
    };
    let bytes = |blocks: u64| i128::from(blocks) * i128::from(stat.f_frsize);
    Sample::Whole(match source.what {
        DiskFigure::Size => bytes(stat.f_blocks),
        DiskFigure::Used => bytes(stat.f_blocks.saturating_sub(stat.f_bfree)),
        DiskFigure::Available => bytes(stat.f_bavail),
        DiskFigure::Files => stat.f_files.saturating_sub(stat.f_ffree).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_setup::setup;

    #[test]
    fn the_figures_of_a_file_system_hold_together() {
        let disk = |what: &str| format!(r#"disk = {{ path = "@", what = "{what}" }}"#);
        let [size, used, available, files] = ["size", "used", "available", "files"].map(disk);
        let mut setup =
            setup(&[("u64", &size), ("u64", &used), ("u64", &available), ("f64", &files)]);
        let values: Vec<f64> =
            setup.sample().iter().map(|value| value.parse().expect("a number")).collect();
        assert_eq!(setup.error(), None);
        assert!(values[0] > 0.0 && values[1] > 0.0 && values[3] >= 0.0, "{values:?}");
        assert!(values[1] <= values[0] && values[2] <= values[0], "{values:?}");
    }

    #[test]
    fn a_path_that_is_not_there_has_the_default_and_a_number_that_does_not_fit_is_refused() {
        let mut none =
            setup(&[("f32", r#"disk = { path = "@/none", what = "used", default = -1 }"#)]);
        let path = none.path("none").display().to_string();
        assert_eq!(none.sample(), ["-1"]);
        let why = format!("cannot read {path}: No such file or directory (os error 2)");
        assert_eq!(none.error(), Some(why));

        let mut small = setup(&[("i8", r#"disk = { path = "@", what = "size", default = -1 }"#)]);
        assert_eq!(small.sample(), ["-1"]);
        assert!(small.error().expect("an error").contains(" does not fit field \"f0\" (i8)"));
    }
}
