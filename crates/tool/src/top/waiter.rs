//! A thread that waits for the next record of one region, on the region's futex.
//!
//! Invariant: after a message it waits until the receiver asks for the next one, so a fast writer causes
//! one message for each frame and not one for each record. A record that is published meanwhile causes
//! the next message at once.
//!
//! Price: a thread and a mapping for the region that is shown; a wake-up each second while nothing
//! happens, 20 where the writer does not wake its readers.

use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use mapcast::Error;

use super::pace::FRAME;
use super::regions::At;
use super::source::Source;
use super::{Message, helper};

/// Longest sleep.
const LONGEST: Duration = Duration::from_secs(1);

/// Waits for records of one region; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Waiter {
    next: SyncSender<()>,
}

impl Waiter {
    /// Sends [`Message::Published`] to `messages` when the region at `at` has a new record.
    pub(crate) fn start(at: At, messages: &Sender<Message>) -> std::io::Result<Self> {
        let (next, is_asked) = sync_channel(1);
        let sender = messages.clone();
        helper::spawn("waiter", messages, move || {
            // The reader that shows the region meets the same error, and another waiter is started then.
            let _ = wait(&at, &sender, &is_asked);
        })?;
        Ok(Self { next })
    }

    /// Asks for the next message.
    pub(crate) fn ask(&self) {
        // Full: it is asked already. Closed: the thread has ended with an error.
        let _ = self.next.try_send(());
    }
}

fn wait(at: &At, messages: &Sender<Message>, is_asked: &Receiver<()>) -> Result<(), Error> {
    let mut source = Source::open(&**at)?;
    let mut known = 0;
    loop {
        source.refresh()?;
        // Before the message: what is published after this ends the next wait.
        let is_news = source.catch_up(&mut known)?;
        let is_over =
            is_news && (messages.send(Message::Published).is_err() || is_asked.recv().is_err());
        if is_over || is_dropped(is_asked) {
            return Ok(());
        }
        let reader = source.reader();
        if reader.header().wakes() {
            reader.wait(LONGEST)?;
        } else {
            thread::sleep(FRAME);
        }
    }
}

/// Whether the [`Waiter`] is gone. A question that came too early is forgotten.
fn is_dropped(is_asked: &Receiver<()>) -> bool {
    matches!(is_asked.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::time::Duration;

    use mapcast::{Stu, Writer};

    use super::{Message, Waiter};

    const DEADLINE: Duration = Duration::from_mins(1);

    #[test]
    fn many_records_are_one_message_until_the_next_is_asked_for() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stu.region");
        let mut writer = Writer::<Stu>::open(&path).expect("a writer");
        let mut publish = || {
            writer.publish(&Stu::new(1, "x", 'm')).expect("a record");
        };
        publish();
        let (sender, messages) = channel();
        let waiter = Waiter::start(Arc::new(path), &sender).expect("a thread");
        let next = || messages.recv_timeout(DEADLINE).expect("a message");
        assert!(matches!(next(), Message::Published));
        (0..1000).for_each(|_| publish());
        assert!(messages.try_recv().is_err(), "it was not asked for");
        waiter.ask();
        assert!(matches!(next(), Message::Published), "for all thousand");
        waiter.ask();
        publish();
        assert!(matches!(next(), Message::Published), "after a sleep");
        drop((waiter, sender));
        let ended = messages.recv_timeout(DEADLINE);
        assert!(matches!(ended, Err(RecvTimeoutError::Disconnected)), "the thread has ended");
    }
}
