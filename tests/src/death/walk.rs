//! Tries all or some points of one route, with as many processes at a time as the machine has
//! processors.

use std::num::NonZero;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::BROKEN;
use super::reader::Judged;
use super::route::Route;
use super::scene::Scene;
use super::witness::{Fate, Witness};
use crate::Program;
use crate::stepping::{Arrival, SameAddresses, Trace};

/// Which points are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Every instruction.
    All,
    /// About this many, at equal distances from a random one on.
    Some(usize),
}

/// The results for one route.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The route.
    pub route: Route,
    /// Instructions from mark to mark.
    pub instructions: usize,
    /// Whether breakpoints could be used: if not, only a few points are tried.
    pub by_breakpoint: bool,
    /// The first point that was tried, and how far it is to the next.
    pub from_every: (usize, usize),
    /// One for each death, in the order of the instructions.
    pub deaths: Vec<Death>,
    /// The violated guarantees, each in one line.
    pub failures: Vec<String>,
}

/// One death.
#[derive(Clone, Debug)]
pub struct Death {
    /// Before which instruction.
    pub index: usize,
    /// Whether that was the traced instruction.
    pub arrival: Arrival,
    /// What became of the operation; `None` if that is one of the failures.
    pub fate: Option<Fate>,
}

impl Walk {
    /// How many deaths had this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.deaths.iter().filter(|death| death.fate == Some(fate)).count()
    }

    /// How many were at exactly the traced instruction.
    pub fn there(&self) -> usize {
        self.deaths.iter().filter(|death| death.arrival == Arrival::There).count()
    }
}

/// Points tried if each process has different addresses and must be stepped all the way.
const BY_STEPS_ALONE: usize = 20;

/// Tries the points of `route`; `progress` gets the number done and the total.
pub fn walk(
    route: Route,
    program: &Program,
    spread: Spread,
    mut progress: impl FnMut(usize, usize),
) -> Walk {
    let same = SameAddresses::hold();
    let mut failures = Vec::new();
    let trace = trace(route, program, &mut failures);
    let by_breakpoint = same.is_some();
    drop(same);
    let spread = if by_breakpoint { spread } else { Spread::Some(BY_STEPS_ALONE) };
    let (from, every) = spread.over(trace.len());
    let points: Vec<usize> = (from..trace.len()).step_by(every).collect();
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let (sender, deaths) = channel();
    let mut all = Vec::with_capacity(points.len());
    thread::scope(|scope| {
        for worker in 0..workers {
            let mine = points.iter().copied().skip(worker).step_by(workers);
            let (trace, sender) = (&trace, sender.clone());
            scope.spawn(move || die_at_each(route, program, trace, mine, &sender));
        }
        drop(sender);
        for death in deaths {
            all.push(death);
            progress(all.len(), points.len());
        }
    });
    all.sort_by_key(|(death, _)| death.index);
    let line = |(death, judged): &(Death, Judged<Fate>)| {
        let Death { index, arrival, .. } = death;
        let why = judged.as_ref().err()?;
        Some(format!("{}, instruction {index} ({arrival:?}): {BROKEN}{why}", route.name))
    };
    failures.extend(all.iter().filter_map(line));
    let deaths: Vec<Death> = all.into_iter().map(|(death, _)| death).collect();
    failures.extend(backward(route, &deaths));
    let instructions = trace.len();
    Walk { route, instructions, by_breakpoint, from_every: (from, every), deaths, failures }
}

impl Spread {
    /// The first point of `len`, and how far it is to the next.
    fn over(self, len: usize) -> (usize, usize) {
        match self {
            Self::All => (0, 1),
            Self::Some(points) => {
                let every = (len / points.max(1)).max(1);
                (fastrand::usize(..every), every)
            }
        }
    }
}

/// The shortest of a few traces: reading the clock is a loop, which sometimes repeats.
fn trace(route: Route, program: &Program, failures: &mut Vec<String>) -> Trace {
    /// Traces to choose from.
    const TRACES: usize = 9;
    const STEPS: usize = 10_000;
    let scene = Scene::new(route, program);
    let mut traces = Vec::new();
    let mut steps = 0;
    while traces.len() < TRACES && steps < STEPS {
        let (trace, seen) = trace_once(&scene);
        if let Err(why) = seen {
            failures.push(format!("{}, under the eyes of a reader: {BROKEN}{why}", route.name));
        }
        steps += trace.len();
        traces.push(trace);
    }
    traces.into_iter().min_by_key(Trace::len).expect("at least one trace")
}

/// Traces one writer from mark to mark, with a reader that checks before each instruction.
fn trace_once(scene: &Scene<'_>) -> (Trace, Judged<()>) {
    let stepped = scene.set();
    let mut witness = Witness::attach(scene);
    let mut seen = Ok(());
    let trace = Trace::of(stepped, || {
        if let (Ok(witness), Ok(())) = (&mut witness, &seen) {
            seen = witness.glance();
        }
    });
    (trace, witness.map(drop).and(seen))
}

/// One process for each of `points`, killed there.
fn die_at_each(
    route: Route,
    program: &Program,
    trace: &Trace,
    points: impl Iterator<Item = usize>,
    tell: &Sender<(Death, Judged<Fate>)>,
) {
    let same = SameAddresses::hold();
    let scene = Scene::new(route, program);
    for index in points {
        let mut stepped = scene.set();
        let witness = Witness::attach(&scene);
        let arrival = trace.bring(&mut stepped, index, same.as_ref());
        stepped.kill();
        let judged = witness.and_then(Witness::judge);
        let fate = judged.as_ref().ok().copied();
        if tell.send((Death { index, arrival, fate }, judged)).is_err() {
            return;
        }
    }
}

/// A later death must not leave less of the work than an earlier one.
fn backward(route: Route, deaths: &[Death]) -> Option<String> {
    let comparable = deaths.iter().filter(|death| death.arrival == Arrival::There);
    let fates: Vec<(usize, Fate)> =
        comparable.filter_map(|death| Some((death.index, death.fate?))).collect();
    let pair = fates.windows(2).find(|pair| pair[1].1 < pair[0].1)?;
    let [(one, more), (two, less)] = pair else { return None };
    let name = route.name;
    Some(format!("{name}: {BROKEN}{more:?} after instruction {one}, {less:?} after {two}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::death::ROUTES;

    fn death(index: usize, arrival: Arrival, fate: Fate) -> Death {
        Death { index, arrival, fate: Some(fate) }
    }

    #[test]
    fn work_undone_by_a_later_death_is_a_broken_claim() {
        use Arrival::{Elsewhere, There};
        use Fate::{Done, Unannounced, Undone};
        let good = [(1, Undone), (2, Unannounced), (3, Done), (9, Done)];
        let good = good.map(|(index, fate)| death(index, There, fate));
        assert_eq!(backward(ROUTES[0], &good), None);
        let [one, two, three, _] = good;
        let elsewhere = death(4, Elsewhere, Undone);
        let back = death(5, There, Unannounced);
        assert_eq!(backward(ROUTES[0], &[one.clone(), three.clone(), elsewhere]), None);
        assert!(backward(ROUTES[0], &[one, two, three, back]).is_some());
    }

    #[test]
    fn a_spread_has_about_as_many_points_as_requested() {
        let count = |spread: Spread, len: usize| {
            let (from, every) = spread.over(len);
            (from..len).step_by(every).count()
        };
        assert_eq!(count(Spread::All, 300), 300);
        assert_eq!(count(Spread::Some(500), 300), 300);
        assert!((100..=101).contains(&count(Spread::Some(100), 10_050)));
    }
}
