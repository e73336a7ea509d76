//! The work on the parts, the same in a worker process and in a single one.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::board::Progress;
use crate::engine::{Chooser, Engine, Engines, Pair, Scores};
use crate::fault::{Fault, FaultKind};
use crate::plan::Part;

/// What is done with each part.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task<'a> {
    /// Copy it with this engine.
    CopyWith(Engine),
    /// Copy it with the engine that scores best.
    Copy(&'a Scores),
    /// Read both sides and compare.
    Compare,
}

/// What a process needs to work on a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) pair: Pair<'a>,
    pub(crate) parts: &'a [Part],
    pub(crate) task: Task<'a>,
}

impl Job<'_> {
    /// The bytes of all parts.
    pub(crate) fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.len).sum()
    }

    /// Works on the parts whose numbers `take` returns, until one is beyond the last, `report` breaks,
    /// or a part fails. `report` is called after each part and after a failure.
    pub(crate) fn work(
        &self,
        mut take: impl FnMut() -> u64,
        mut report: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Progress, Fault> {
        let mut worker = Worker::new(self);
        let mut progress = Progress::default();
        while let Some(part) = usize::try_from(take()).ok().and_then(|n| self.parts.get(n)) {
            match worker.work_on(*part, &mut progress) {
                Ok(()) => progress.bytes += part.len,
                Err(fault) => {
                    progress.fault = Some(fault);
                    let _ = report(&progress); // the work ends here in any case
                    return Err(fault);
                }
            }
            if report(&progress).is_break() {
                break;
            }
        }
        Ok(progress)
    }
}

/// What one process keeps from part to part.
struct Worker<'a> {
    engines: Engines<'a>,
    chooser: Option<Chooser<'a>>,
}

impl<'a> Worker<'a> {
    fn new(job: &Job<'a>) -> Self {
        let chooser = match job.task {
            Task::CopyWith(engine) => Some(Chooser::Named(engine)),
            Task::Copy(scores) => Some(Chooser::Measured(scores)),
            Task::Compare => None,
        };
        Self { engines: Engines::new(job.pair), chooser }
    }

    fn work_on(&mut self, part: Part, progress: &mut Progress) -> Result<(), Fault> {
        let Some(chooser) = &self.chooser else { return self.engines.compare(part) };
        let mut rest = part;
        while rest.len > 0 {
            let (copied, engine) = copy(&mut self.engines, chooser, rest)?;
            progress.engine = Some(engine);
            rest = Part { at: copied.end(), len: rest.len - copied.len };
        }
        Ok(())
    }
}

/// Copies the first bytes of `part` with the engine of choice, or another one if that cannot;
/// returns which bytes and which engine.
fn copy(
    engines: &mut Engines<'_>,
    chooser: &Chooser<'_>,
    part: Part,
) -> Result<(Part, Engine), Fault> {
    loop {
        let (slice, engine) = chooser.choose(part);
        let start = Instant::now();
        match engines.copy(engine, slice) {
            Ok(()) => {
                chooser.learn(engine, slice, start.elapsed());
                return Ok((slice, engine));
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
