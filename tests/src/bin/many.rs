//! A writer of instances that does what its input says, and answers each line with `done`.
//!
//! ```text
//!   many PATH MAX
//!
//!   publish NAME    the next record of an instance, which joins if it is not there
//!   retire NAME
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use e2e::instances;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, max] = &arguments[..] else { return Err("usage: see the source".into()) };
    let mut writer = instances::writer_of(Path::new(path), max.parse()?)?;
    for line in io::stdin().lines() {
        let line = line?;
        match line.split_once(' ').ok_or("a verb and a name")? {
            ("publish", name) => drop(instances::publish(&mut writer, name)?),
            ("retire", name) => {
                let instance = writer.find(name).ok_or("no such instance")?;
                writer.retire(instance)?;
            }
            (verb, _) => return Err(format!("no verb {verb}").into()),
        }
        writeln!(io::stdout(), "done")?;
    }
    Ok(())
}
