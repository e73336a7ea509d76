//! The connections that are open, and which of them ends for a new one.
//!
//! Invariant: a new connection is always taken. If there are [`Connections::most`] already, the one whose request has
//! taken longest to come or to be answered ends; a page that keeps up with its events does not, and there are fewer
//! pages than connections. So a client that sends half a request, or reads its answer slowly, blocks no other client.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::feed::Lease;

/// All that are open.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    open: RefCell<Vec<Rc<Connection>>>,
    closed: Notify,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Connection {
    /// When it was opened, or its last request came.
    since: Cell<Instant>,
    page: RefCell<Weak<Lease>>,
    /// It ends at once.
    pub(crate) displaced: Notify,
    /// It ends after the answer that it has begun.
    pub(crate) finishing: Notify,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, open: RefCell::default(), closed: Notify::new() }
    }

    /// Takes a new one, for which another one may end.
    pub(crate) fn open(&self) -> Rc<Connection> {
        let new = Rc::new(Connection {
            since: Cell::new(Instant::now()),
            page: RefCell::default(),
            displaced: Notify::new(),
            finishing: Notify::new(),
        });
        let mut open = self.open.borrow_mut();
        if open.len() >= self.most {
            let others = open.iter().enumerate().filter(|(_, other)| !other.is_page());
            if let Some((oldest, _)) = others.min_by_key(|(_, other)| other.since.get()) {
                open.swap_remove(oldest).displaced.notify_one();
            }
        }
        open.push(new.clone());
        new
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

impl Connection {
    /// A request has come.
    pub(crate) fn begin(&self) {
        self.since.set(Instant::now());
    }

    /// It is answered with the events of a page.
    pub(crate) fn become_page(&self, lease: Weak<Lease>) {
        *self.page.borrow_mut() = lease;
    }

    fn is_page(&self) -> bool {
        self.page.borrow().strong_count() > 0
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use super::{Connection, Connections, Instant, Lease};

    /// A connection whose last request came so many seconds after the first one's.
    fn open(all: &Connections, first: Instant, seconds: u64) -> Rc<Connection> {
        let connection = all.open();
        connection.since.set(first + Duration::from_secs(seconds));
        connection
    }

    #[test]
    fn the_oldest_request_ends_for_a_new_one_and_a_page_does_not() {
        let (all, first) = (Connections::new(3), Instant::now());
        let lease = Rc::new(Lease);
        let page = open(&all, first, 0);
        page.become_page(Rc::downgrade(&lease));
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
}
