//! All that take part.

use crate::Failure;
use crate::library::{Library, Work};
use crate::side::{self, Part, Report};
use crate::{floor, own, own_instances, queue};

/// One that takes part.
#[derive(Clone, Copy)]
pub struct Contender {
    /// Its name in the tables.
    pub name: &'static str,
    works: &'static [Work],
    largest: usize,
    room: fn(usize) -> u64,
    run: fn(&Part) -> Result<Report, Failure>,
    /// Whether it is a limit of the machine rather than a library.
    pub is_floor: bool,
}

impl std::fmt::Debug for Contender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Contender {
    fn of<L: Library>() -> Self {
        Self {
            name: L::NAME,
            works: L::WORKS,
            largest: usize::MAX,
            room: L::room,
            run: side::run::<L>,
            is_floor: false,
        }
    }

    fn floor<L: Library>() -> Self {
        Self { is_floor: true, ..Self::of::<L>() }
    }

    /// Up to 4 KiB: for more the compiler takes many minutes. In ringfire's ring it splits the copies of
    /// a record into words, one by one; `seqlock` reads a record by one volatile load, likewise split.
    #[cfg(feature = "peers")]
    fn small<L: Library>() -> Self {
        let run = side::run_small::<L>;
        Self { largest: 4096, name: L::NAME, works: L::WORKS, room: L::room, run, is_floor: false }
    }

    /// Up to 256 bytes: a thousand larger ones would measure the caches.
    fn many<L: Library>() -> Self {
        Self { largest: 256, run: side::run_small::<L>, ..Self::of::<L>() }
    }

    /// Whether it does `work` with records of `size` bytes.
    pub fn does(&self, work: Work, size: usize) -> bool {
        let fits = size <= self.largest;
        fits && self.works.contains(&work) && (work.takes_two() || (self.room)(size) > 0)
    }

    /// Does `part`, in this process.
    pub fn run(&self, part: &Part) -> Result<Report, Failure> {
        (self.run)(part)
    }
}

/// All of them, in the order of the tables: the floors, mapcast, the kernel's queues, the peers.
pub fn all() -> Vec<Contender> {
    let mut all = vec![
        Contender::floor::<floor::Memcpy>(),
        Contender::floor::<floor::MemcpyInTurn>(),
        Contender::floor::<floor::Clock>(),
        Contender::floor::<floor::CacheLine>(),
        Contender::floor::<floor::Futex>(),
        Contender::of::<own::Typed>(),
        Contender::of::<own::Dynamic>(),
        Contender::many::<own_instances::Instances>(),
    ];
    all.extend(peers());
    all.extend([Contender::of::<queue::Socket>(), Contender::of::<queue::Pipe>()]);
    all
}

#[cfg(feature = "peers")]
fn peers() -> Vec<Contender> {
    use crate::peers::{iceoryx, iceoryx_many, mmap_sync, ringfire, ringfire_many, seqlock};
    vec![
        Contender::of::<ringfire::Blackboard>(),
        Contender::small::<ringfire::Ring>(),
        Contender::of::<iceoryx::Blackboard>(),
        Contender::of::<iceoryx::PublishSubscribe>(),
        Contender::of::<mmap_sync::Files>(),
        Contender::small::<seqlock::Cell>(),
        Contender::many::<ringfire_many::Blackboard>(),
        Contender::many::<iceoryx_many::Blackboard>(),
    ]
}

#[cfg(not(feature = "peers"))]
fn peers() -> Vec<Contender> {
    Vec::new()
}

/// The one called `name` that does `work`.
pub fn called(name: &str, work: Work) -> Result<Contender, Failure> {
    let is_it = |one: &Contender| one.name == name && one.works.contains(&work);
    let found = all().into_iter().find(is_it);
    found.ok_or_else(|| format!("no contender that does {work} is called {name}").into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_name_is_one_field_of_a_csv_line() {
        for contender in super::all() {
            assert!(!contender.name.contains([',', '"', '\n']), "{contender:?}");
        }
    }
}
