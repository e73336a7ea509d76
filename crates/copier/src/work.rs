//! The work itself: part after part, the same in a worker process and in a single one.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::board::Progress;
use crate::engine::{Chooser, Engine, Engines, Pair};
use crate::fault::{Fault, FaultKind};
use crate::plan::Part;

/// What is done with each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Copy it, with this engine or the fastest.
    Copy(Option<Engine>),
    /// Read both sides and compare.
    Compare,
}

/// All that a process needs to work on a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) pair: Pair<'a>,
    pub(crate) parts: &'a [Part],
    pub(crate) task: Task,
}

impl Job<'_> {
    /// The bytes of all parts.
    pub(crate) fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.len).sum()
    }

    /// Works on the parts whose numbers `take` gives, until one is beyond the last, `told` breaks
    /// off, or a part fails. `told` hears of each part, and of a failure.
    pub(crate) fn work(
        &self,
        mut take: impl FnMut() -> u64,
        mut told: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Progress, Fault> {
        let mut worker = Worker::new(self);
        let mut progress = Progress::default();
        while let Some(part) = usize::try_from(take()).ok().and_then(|n| self.parts.get(n)) {
            match worker.work_on(*part, &mut progress) {
                Ok(()) => progress.bytes += part.len,
                Err(fault) => {
                    progress.set_fault(fault);
                    let _ = told(&progress); // it ends here in any case
                    return Err(fault);
                }
            }
            if told(&progress).is_break() {
                break;
            }
        }
        Ok(progress)
    }
}

/// What one process keeps from part to part.
struct Worker<'a> {
    engines: Engines<'a>,
    chooser: Option<Chooser>,
}

impl<'a> Worker<'a> {
    fn new(job: &Job<'a>) -> Self {
        let chooser = match job.task {
            Task::Copy(named) => Some(Chooser::new(named)),
            Task::Compare => None,
        };
        Self { engines: Engines::new(job.pair), chooser }
    }

    fn work_on(&mut self, part: Part, progress: &mut Progress) -> Result<(), Fault> {
        let Some(chooser) = &mut self.chooser else { return self.engines.compare(part) };
        loop {
            let engine = chooser.choose(part);
            let start = Instant::now();
            match self.engines.copy(engine, part) {
                Ok(()) => {
                    chooser.learn(engine, part, start.elapsed());
                    progress.set_engine(engine);
                    return Ok(());
                }
                Err(fault) => {
                    let is_unsupported = matches!(fault.kind, FaultKind::Unsupported(_));
                    if !(is_unsupported && chooser.rule_out(engine)) {
                        return Err(fault);
                    }
                }
            }
        }
    }
}
