//! The line for people: by the template in the region, control characters escaped by `layout`.

use std::io::{self, Write};

use crate::reading::Reading;

pub(super) fn render(reading: &Reading<'_>, line: &mut Vec<u8>) -> io::Result<()> {
    writeln!(line, "{}", reading.view.line())
}
