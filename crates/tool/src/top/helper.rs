//! The threads beside the one that draws.
//!
//! Invariant: a thread that panics ends the view with an error. Its message is printed after the terminal was
//! restored, not over the view.

use std::any::Any;
use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::mpsc::Sender;
use std::thread;

use super::Message;

thread_local! {
    /// In a thread of [`spawn`]: what its panic hook was called with.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Starts a thread that does `work`; a panic in it is a [`Message::Panicked`].
pub(crate) fn spawn(
    name: &'static str,
    messages: &Sender<Message>,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let messages = messages.clone();
    let body = move || {
        PANIC.set(Some(String::new()));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            drop::<Box<dyn Any + Send>>(panic);
            let text = PANIC.take().unwrap_or_default();
            let _ = messages.send(Message::Panicked(format!("thread {name} {text}")));
        }
    };
    thread::Builder::new().name(name.into()).spawn(body).map(drop)
}

/// Whether the panic is of a thread of [`spawn`]; its text is kept for the message then.
pub(crate) fn keeps(panic: &PanicHookInfo<'_>) -> bool {
    PANIC.with_borrow_mut(|kept| kept.as_mut().map(|text| *text = panic.to_string())).is_some()
}
