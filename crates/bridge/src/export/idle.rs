//! Threads that wait for regions without news, so that these need not be read again and again.
//!
//! Invariant: a region that was given to them comes back when it has something newer than it had then, once.
//!
//! ```text
//!   no news   -> given to a thread, which waits for it and up to 126 others
//!   news      -> comes back, is read max_hz times a second while there is news
//! ```
//!
//! Price: a thread for 127 regions without news, a mapping for each; two thread switches for the first record after a
//! pause. Where the kernel has no such wait (before Linux 5.16), regions are read again and again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use region::{Bell, MAX_WATCHED, Watch, wait_any};

/// Longest wait: a file that was cut ends none.
const LONGEST: Duration = Duration::from_secs(1);

/// The threads, and what they wait for.
#[derive(Debug)]
pub(super) struct Idle {
    shared: Arc<Shared>,
    bells: Vec<Bell>,
    next: u64,
}

struct Shared {
    state: Mutex<State>,
    /// Ends the wait of the loop that takes what has come back.
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
struct State {
    /// What each thread waits for.
    groups: Vec<Vec<Waiting>>,
    back: Vec<u64>,
    /// Whether the threads are to end: this side has, or the kernel has no such wait.
    is_over: bool,
}

/// A region without news.
#[derive(Clone, Debug)]
struct Waiting {
    number: u64,
    watch: Arc<Watch>,
    known: u64,
}

impl Waiting {
    fn has_news(&self) -> bool {
        self.watch.newest() != self.known || !self.watch.can_wake()
    }
}

impl Idle {
    /// None yet; `wake` is called when a region comes back.
    pub(super) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Shared { state: Mutex::default(), wake: Box::new(wake) };
        Self { shared: Arc::new(shared), bells: Vec::new(), next: 0 }
    }

    /// Waits for something newer than `known`; returns the number by which the region comes back, or `None` if it has to
    /// be read again and again.
    pub(super) fn give(&mut self, watch: &Arc<Watch>, known: u64) -> Option<u64> {
        if !watch.can_wake() {
            return None;
        }
        let group = self.group()?;
        self.give_to(group, watch, known)
    }

    /// Lets the thread of this group wait; `None`: it has ended since, because the kernel has no such wait.
    fn give_to(&mut self, group: usize, watch: &Arc<Watch>, known: u64) -> Option<u64> {
        let number = self.next + 1;
        let waiting = Waiting { number, watch: Arc::clone(watch), known };
        self.shared.lock().groups.get_mut(group)?.push(waiting);
        self.next = number;
        self.bells[group].ring();
        Some(number)
    }

    /// Waits no longer for a region.
    pub(super) fn forget(&self, number: u64) {
        for group in &mut self.shared.lock().groups {
            group.retain(|waiting| waiting.number != number);
        }
    }

    /// The numbers of the regions that have come back.
    pub(super) fn back(&self) -> Vec<u64> {
        std::mem::take(&mut self.shared.lock().back)
    }

    /// A thread that has room for one more; `None`: there is none to be had.
    fn group(&mut self) -> Option<usize> {
        let mut state = self.shared.lock();
        if state.is_over {
            return None;
        }
        let room = state.groups.iter().position(|group| group.len() < MAX_WATCHED);
        if room.is_some() {
            return room;
        }
        let (index, bell) = (state.groups.len(), Bell::default());
        let (shared, rung) = (Arc::clone(&self.shared), bell.clone());
        let work = move || shared.wait_for(index, &rung);
        std::thread::Builder::new().name("idle".into()).spawn(work).ok()?;
        state.groups.push(Vec::new());
        drop(state);
        self.bells.push(bell);
        Some(index)
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.bells.iter().for_each(Bell::ring);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work of one thread.
    fn wait_for(&self, group: usize, bell: &Bell) {
        loop {
            let rung = bell.rung();
            let Some(waiting) = self.waiting(group) else { return };
            let watched = waiting.iter().map(|waiting| (&*waiting.watch, waiting.known));
            if wait_any(watched, bell, rung, LONGEST).is_err() {
                self.give_up();
            }
        }
    }

    /// What a thread is to wait for, after what has news has come back; `None`: it is to end.
    fn waiting(&self, group: usize) -> Option<Vec<Waiting>> {
        let mut state = self.lock();
        if state.is_over {
            return None;
        }
        let waiting = state.groups.get_mut(group).map(std::mem::take).unwrap_or_default();
        let (back, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(Waiting::has_news);
        if !back.is_empty() {
            state.back.extend(back.iter().map(|waiting| waiting.number));
            (self.wake)();
        }
        if let Some(place) = state.groups.get_mut(group) {
            place.clone_from(&waiting);
        }
        Some(waiting)
    }

    /// Gives everything back: the kernel has no such wait.
    fn give_up(&self) {
        let mut state = self.lock();
        state.is_over = true;
        let all: Vec<u64> =
            state.groups.drain(..).flatten().map(|waiting| waiting.number).collect();
        state.back.extend(all);
        (self.wake)();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.lock().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use e2e::Place;
    use layout::{Record, Stu};
    use region::{DynReader, DynWriter};

    use super::*;

    const DEADLINE: Duration = Duration::from_mins(1);

    #[test]
    fn what_has_news_comes_back_once_and_the_others_stay() {
        let place = Place::new();
        let path = |number: usize| place.path(&format!("{number}.region"));
        let count = MAX_WATCHED + 3;
        let open = |number| DynWriter::open(path(number), &Stu::schema()).expect("a writer");
        let mut writers: Vec<_> = (0..count).map(open).collect();
        let (sender, woken) = channel();
        let mut idle = Idle::new(move || sender.send(()).expect("the test receives"));
        let watch =
            |number| DynReader::open(path(number)).expect("attached").watch().expect("mapped");
        let watches: Vec<_> = (0..count).map(watch).map(Arc::new).collect();
        let numbers: Vec<u64> = watches
            .iter()
            .map(|watch| idle.give(watch, watch.newest()).expect("Linux 5.16"))
            .collect();
        assert_eq!(idle.bells.len(), 2, "threads");
        for region in [0, MAX_WATCHED + 1] {
            writers[region].publish(bytemuck::bytes_of(&Stu::new(1, "x", 'm'))).expect("published");
            woken.recv_timeout(DEADLINE).expect("woken");
            assert_eq!(idle.back(), [numbers[region]]);
        }
        idle.forget(numbers[1]);
        let again = idle.give(&watches[0], watches[0].newest()).expect("again");
        for region in [1, 0] {
            writers[region].publish(bytemuck::bytes_of(&Stu::new(2, "x", 'm'))).expect("published");
        }
        woken.recv_timeout(DEADLINE).expect("woken");
        assert_eq!(idle.back(), [again]);
    }

    #[test]
    fn news_from_before_it_was_given_brings_it_back() {
        let place = Place::new();
        let path = place.path("stu.region");
        let mut writer = DynWriter::open(&path, &Stu::schema()).expect("a writer");
        let watch = Arc::new(DynReader::open(&path).expect("attached").watch().expect("mapped"));
        let known = watch.newest();
        writer.publish(bytemuck::bytes_of(&Stu::new(1, "x", 'm'))).expect("published");
        let (sender, woken) = channel();
        let mut idle = Idle::new(move || sender.send(()).expect("the test receives"));
        let number = idle.give(&watch, known).expect("Linux 5.16");
        woken.recv_timeout(DEADLINE).expect("woken");
        assert_eq!(idle.back(), [number]);
    }

    #[test]
    fn what_is_given_while_the_threads_give_up_is_read_again_and_again() {
        let place = Place::new();
        let path = place.path("stu.region");
        let _writer = DynWriter::open(&path, &Stu::schema()).expect("a writer");
        let watch = Arc::new(DynReader::open(&path).expect("attached").watch().expect("mapped"));
        let mut idle = Idle::new(|| {});
        let group = idle.group().expect("Linux 5.16");
        idle.shared.give_up();
        assert_eq!(idle.give_to(group, &watch, watch.newest()), None);
        assert_eq!(idle.give(&watch, watch.newest()), None);
    }
}
