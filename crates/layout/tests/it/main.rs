//! The guarantees of `layout`, one topic per module.

mod by_hand;
mod c_abi;
mod ctype;
mod derive;
mod encoding;
mod format_doc;
mod format_rows;
mod generator;
mod golden;
mod header;
mod hostile;
mod instances;
mod literal;
mod record;
mod ruler;
mod schema;
mod stu;
mod template;
