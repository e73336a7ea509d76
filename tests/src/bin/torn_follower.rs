//! Prints every record of a region whose words must all agree as a line of JSON, until it is killed.
//!
//! ```text
//!   torn_follower PATH
//!   {"sequence":7,"record":{"words":[7,7,7]}}
//!   {"missed":12}
//! ```
//!
//! As the followers of tests/languages and the readers of docs/readers print them.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use region::{DynReader, Step};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: torn_follower PATH")?;
    let mut reader = DynReader::open(Path::new(&path))?;
    let mut record = vec![0; reader.schema().size() as usize];
    let mut out = io::stdout().lock();
    loop {
        match reader.next(&mut record)? {
            Step::Record(publication) => {
                let words: Vec<u32> = bytemuck::pod_collect_to_vec(&record);
                let words = json!({ "words": words });
                writeln!(out, "{}", json!({ "sequence": publication.sequence, "record": words }))?;
            }
            Step::Missed(missed) => writeln!(out, "{}", json!({ "missed": missed }))?,
            Step::Pending => reader.wait(Duration::from_secs(1))?,
        }
    }
}
