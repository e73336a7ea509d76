//! Lines as they are printed: one binary, one module per topic.

mod fields;
mod golden;
mod instance;
mod line;
