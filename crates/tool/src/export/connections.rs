//! The connections that are open, and which of them ends for a new one.
//!
//! Invariant: a new connection is always taken. If there are [`Connections::most`] already, the one whose request has
//! taken longest to come or to be answered ends; a page that keeps up with its events does not, and there are fewer
//! pages than connections. So a client that sends half a request, or reads its answer slowly, blocks no other client.
//! Answers that are not read yet take at most so many bytes together, or those of one answer if it is larger; a
//! connection that ends for a new answer frees its own at once.

use std::cell::{Cell, Ref, RefCell};
use std::rc::{Rc, Weak};

use hyper::body::{Body, Bytes};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::feed::Lease;

/// All that are open.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    /// Most bytes of answers that are not read yet.
    most_unsent: usize,
    open: RefCell<Vec<Rc<Connection>>>,
    closed: Notify,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Connection {
    /// When it was opened, or its last request came.
    since: Cell<Instant>,
    /// The last request has a body, which is not read.
    has_body: Cell<bool>,
    page: RefCell<Weak<Lease>>,
    answer: RefCell<Weak<Unsent>>,
    /// It ends at once.
    pub(crate) displaced: Rc<Notify>,
    /// It ends after the answer that it has begun.
    pub(crate) finishing: Notify,
}

/// An answer, and how much of it was sent.
#[derive(Debug)]
pub(crate) struct Unsent {
    text: RefCell<Vec<u8>>,
    sent: Cell<usize>,
}

/// Bytes that are sent at a time.
const PART: usize = 16 << 10;

impl Unsent {
    pub(crate) fn new(text: String) -> Rc<Self> {
        Rc::new(Self { text: RefCell::new(text.into_bytes()), sent: Cell::new(0) })
    }

    /// The next part; `None` at the end, or if the connection was displaced.
    pub(crate) fn take(&self) -> Option<Bytes> {
        let rest = Ref::map(self.text.borrow(), |text| &text[self.sent.get()..]);
        let part = Bytes::copy_from_slice(&rest[..rest.len().min(PART)]);
        let is_all = part.len() == rest.len();
        drop(rest);
        self.sent.set(self.sent.get() + part.len());
        if is_all {
            self.give_up();
        }
        (!part.is_empty()).then_some(part)
    }

    /// Bytes that were not taken.
    pub(crate) fn len(&self) -> usize {
        self.text.borrow().len() - self.sent.get()
    }

    /// Bytes of memory: all of it until the last part was taken.
    fn size(&self) -> usize {
        self.text.borrow().len()
    }

    fn give_up(&self) {
        *self.text.borrow_mut() = Vec::new();
        self.sent.set(0);
    }
}

impl Connections {
    /// Room for `most` connections and `most_unsent` bytes of answers.
    pub(crate) fn new(most: usize, most_unsent: usize) -> Self {
        Self { most, most_unsent, open: RefCell::default(), closed: Notify::new() }
    }

    /// Takes a new one, for which another one may end.
    pub(crate) fn open(&self) -> Rc<Connection> {
        let new = Rc::new(Connection {
            since: Cell::new(Instant::now()),
            has_body: Cell::new(false),
            page: RefCell::default(),
            answer: RefCell::default(),
            displaced: Rc::default(),
            finishing: Notify::new(),
        });
        let mut open = self.open.borrow_mut();
        if open.len() >= self.most {
            displace(&mut open, |other| !other.is_page());
        }
        open.push(new.clone());
        new
    }

    /// `connection` is answered with `text`, for which others may end.
    pub(crate) fn answer(&self, connection: &Rc<Connection>, text: &Rc<Unsent>) {
        *connection.answer.borrow_mut() = Rc::downgrade(text);
        let mut open = self.open.borrow_mut();
        let is_other =
            |other: &Rc<Connection>| other.unsent() > 0 && !Rc::ptr_eq(other, connection);
        while open.iter().map(|one| one.unsent()).sum::<usize>() > self.most_unsent
            && displace(&mut open, is_other)
        {}
    }

    /// It has ended.
    pub(crate) fn close(&self, connection: &Rc<Connection>) {
        self.open.borrow_mut().retain(|other| !Rc::ptr_eq(other, connection));
        self.closed.notify_one();
    }

    /// Ends all of them, each after the answer that it has begun.
    pub(crate) async fn finish(&self) {
        for connection in self.open.borrow().iter() {
            connection.finishing.notify_one();
        }
        while !self.open.borrow().is_empty() {
            self.closed.notified().await;
        }
    }
}

/// Ends the connection of the oldest request among those for which `may_end` is true; `false`: there is none.
fn displace(open: &mut Vec<Rc<Connection>>, may_end: impl Fn(&Rc<Connection>) -> bool) -> bool {
    let others = open.iter().enumerate().filter(|(_, other)| may_end(other));
    let Some((oldest, _)) = others.min_by_key(|(_, other)| other.since.get()) else { return false };
    let ended = open.swap_remove(oldest);
    if let Some(answer) = ended.answer.borrow().upgrade() {
        answer.give_up();
    }
    ended.displaced.notify_one();
    true
}

impl Connection {
    /// A request with this body has come.
    pub(crate) fn begin(&self, body: &impl Body) {
        self.since.set(Instant::now());
        self.has_body.set(!body.is_end_stream());
    }

    pub(crate) fn has_body(&self) -> bool {
        self.has_body.get()
    }

    /// It is answered with the events of a page.
    pub(crate) fn become_page(&self, lease: &Weak<Lease>) {
        if let Some(lease) = lease.upgrade() {
            lease.ends(&self.displaced);
        }
        self.page.borrow_mut().clone_from(lease);
    }

    /// Bytes of its answer, until all was taken.
    fn unsent(&self) -> usize {
        self.answer.borrow().upgrade().map_or(0, |answer| answer.size())
    }

    fn is_page(&self) -> bool {
        self.page.borrow().strong_count() > 0
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use super::{Connection, Connections, Instant, Lease, PART, Unsent};

    /// A connection whose last request came so many seconds after the first one's.
    fn open(all: &Connections, first: Instant, seconds: u64) -> Rc<Connection> {
        let connection = all.open();
        connection.since.set(first + Duration::from_secs(seconds));
        connection
    }

    #[test]
    fn the_oldest_request_ends_for_a_new_one_and_a_page_does_not() {
        let (all, first) = (Connections::new(3, usize::MAX), Instant::now());
        let lease = Rc::new(Lease::default());
        let page = open(&all, first, 0);
        page.become_page(&Rc::downgrade(&lease));
        let (old, new) = (open(&all, first, 1), open(&all, first, 2));
        let is_open = |one: &Rc<Connection>| all.open.borrow().iter().any(|it| Rc::ptr_eq(it, one));
        let next = open(&all, first, 3);
        assert_eq!([&page, &old, &new, &next].map(is_open), [true, false, true, true]);
        drop(lease);
        let last = open(&all, first, 4);
        assert_eq!([&page, &new, &next, &last].map(is_open), [false, true, true, true]);
        all.close(&next);
        assert!(!is_open(&next));
    }

    #[test]
    fn the_oldest_unread_answer_ends_for_a_new_one_and_an_answer_is_read_in_parts() {
        let (all, first) = (Connections::new(9, 10), Instant::now());
        let answer = |seconds: u64, length: usize| {
            let connection = open(&all, first, seconds);
            let text = Unsent::new("x".repeat(length));
            all.answer(&connection, &text);
            text
        };
        let (read, old, new) = (answer(0, 4), answer(1, 4), answer(2, 4));
        let lengths = |all: &[&Rc<Unsent>]| all.iter().map(|text| text.len()).collect::<Vec<_>>();
        assert_eq!(lengths(&[&read, &old, &new]), [0, 4, 4]);
        assert_eq!(old.take().as_deref(), Some(&b"xxxx"[..]));
        // What was read counts no more, and one that is too large alone is answered alone.
        let more = answer(3, 6);
        assert_eq!(lengths(&[&old, &new, &more]), [0, 4, 6]);
        let large = answer(4, 2 * PART + 1);
        assert_eq!(lengths(&[&new, &more, &large]), [0, 0, 2 * PART + 1]);
        let parts = std::iter::from_fn(|| large.take()).map(|part| part.len());
        assert_eq!(parts.collect::<Vec<_>>(), [PART, PART, 1]);
    }
}
