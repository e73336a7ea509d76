//! Performs one operation on a region of instances between two marks, for a tracer that kills it in
//! between: see `stepped_writer`.
//!
//! ```text
//!   stepped_instances PATH publish|join|retire|reuse
//!
//!   before    a has 6 records, b has 2; for reuse, b is retired
//!   publish   MARK   record 7 of a           MARK
//!   join      MARK   c joins a new block     MARK
//!   retire    MARK   b is retired            MARK
//!   reuse     MARK   c joins the block of b, and has a record    MARK
//! ```

use std::error::Error;
use std::io;
use std::path::Path;

use e2e::instances;
use rustix::process::{Signal, getpid, kill_process};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, what] = &arguments[..] else { return Err("usage: see the source".into()) };
    let mut writer = instances::writer(Path::new(path))?;
    let a = writer.instance("a")?;
    let b = writer.instance("b")?;
    for name in ["a", "b", "a", "b", "a", "a", "a", "a"] {
        instances::publish(&mut writer, name)?;
    }
    if what == "reuse" {
        writer.retire(b)?;
    }
    let record = instances::record("a", 7);
    let of_c = instances::record("c", 3);
    io::stdin().read_line(&mut String::new())?;
    mark()?;
    match what.as_str() {
        "publish" => {
            writer.publish(a, &record)?;
        }
        "join" => {
            writer.instance("c")?;
        }
        "retire" => writer.retire(b)?,
        _ => {
            let c = writer.instance("c")?;
            writer.publish(c, &of_c)?;
        }
    }
    mark()?;
    Ok(())
}

fn mark() -> rustix::io::Result<()> {
    kill_process(getpid(), Signal::USR1)
}
