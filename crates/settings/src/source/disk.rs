//! `disk`: how full a file system is.

use std::fmt;
use std::path::PathBuf;

use layout::InstanceName;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Constant;
use super::placeholder::{self, LeavesFolder};
use super::read::one_number;
use super::target::Target;
use crate::fault::Problem;
use crate::node::Node;
use crate::values::path;

/// A figure of the file system that holds `path`, as statvfs(3) has it.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskSource {
    /// A file or folder on it, such as its mount point.
    pub path: PathBuf,
    /// Which figure.
    pub what: DiskFigure,
    /// The value of the field while statvfs fails.
    pub default: Option<Constant>,
}

/// A figure of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiskFigure {
    /// Bytes it has.
    Size,
    /// Bytes that are in use.
    Used,
    /// Bytes that users without privileges can still fill.
    Available,
    /// Files and folders on it (inodes in use).
    Files,
}

impl fmt::Display for DiskFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Size => "size",
            Self::Used => "used",
            Self::Available => "available",
            Self::Files => "files",
        })
    }
}

impl DiskSource {
    /// That of one instance.
    pub(super) fn of_instance(&self, name: &InstanceName) -> Result<Self, LeavesFolder> {
        let path = placeholder::in_path(&self.path.to_string_lossy(), name, str::to_owned)?;
        Ok(Self { path: path.into(), ..self.clone() })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DiskTable {
    #[serde(deserialize_with = "path")]
    path: PathBuf,
    what: DiskFigure,
    /// Read by [`Target::constant`], which accepts what the field does.
    #[serde(rename = "default")]
    _default: Option<IgnoredAny>,
}

pub(super) fn read(node: &Node<'_>, target: &mut Target<'_>) -> Result<DiskSource, Problem> {
    let DiskTable { path, what, .. } = node.read()?;
    one_number(node, target.field())?;
    if let Some(fault) = placeholder::fault(&path.to_string_lossy(), target.kind()) {
        return Err(node.problem_at("path", fault));
    }
    let default = node.get("default").map(|default| target.constant(&default)).transpose()?;
    Ok(DiskSource { path, what, default })
}
