//! What the regions of one process share of it: processor, priority, locked memory, sharp timers.
//!
//! Invariant: one process has one of each. Configurations that leave a setting out take what others ask
//! for; two that ask for different ones are a conflict, and the later one is refused.

use std::io;
use std::time::Duration;

use daemon::Processors;
use settings::Settings;

use crate::error::{Kind, ProducerError};

/// What configurations ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    cpu: Option<u32>,
    priority: Option<u8>,
    lock_memory: bool,
    shortest_tick: Option<Duration>,
}

impl Wanted {
    /// What one configuration asks for.
    pub(crate) fn of(settings: &Settings) -> Self {
        let producer = &settings.producer;
        Self {
            cpu: producer.cpu,
            priority: producer.priority,
            lock_memory: producer.lock_memory,
            shortest_tick: Some(producer.tick),
        }
    }

    /// What both ask for, this one first.
    pub(super) fn and(self, other: Self) -> Self {
        let ticks = [self.shortest_tick, other.shortest_tick];
        Self {
            cpu: self.cpu.or(other.cpu),
            priority: self.priority.or(other.priority),
            lock_memory: self.lock_memory || other.lock_memory,
            shortest_tick: ticks.into_iter().flatten().min(),
        }
    }

    /// The setting that this one and `other` ask to be different: "cpu = 1" and "cpu = 2".
    pub(crate) fn conflict(self, other: Self) -> Option<(String, String)> {
        let differ = |key: &str, ours: Option<u32>, others: Option<u32>| {
            let (ours, others) = ours.zip(others).filter(|(ours, others)| ours != others)?;
            Some((format!("{key} = {ours}"), format!("{key} = {others}")))
        };
        let priority = |wanted: Self| wanted.priority.map(u32::from);
        differ("cpu", self.cpu, other.cpu)
            .or_else(|| differ("priority", priority(self), priority(other)))
    }
}

/// This process.
#[derive(Debug)]
pub(super) struct Process {
    /// The processors it may run on without `cpu`; `None` if they cannot be known.
    processors: Option<Processors>,
    applied: Wanted,
}

impl Process {
    /// As it was started, but with as many descriptors as it may have: a region takes two, and one for
    /// each input and source file.
    pub(super) fn new() -> Self {
        daemon::raise_open_files();
        Self { processors: Processors::current().ok(), applied: Wanted::default() }
    }

    /// Makes the process what `wanted` says.
    ///
    /// # Errors
    /// Names the setting that cannot be had; the others may be in force.
    pub(super) fn apply(&mut self, wanted: Wanted) -> Result<(), ProducerError> {
        self.settings(wanted).into_iter().collect()
    }

    /// The same, each setting for itself.
    fn settings(&mut self, wanted: Wanted) -> [Result<(), ProducerError>; 3] {
        self.sharpen_timers(wanted.shortest_tick);
        [self.set_cpu(wanted.cpu), self.set_priority(wanted.priority), self.set_lock_memory(wanted)]
    }

    fn set_cpu(&mut self, cpu: Option<u32>) -> Result<(), ProducerError> {
        if cpu != self.applied.cpu {
            let setting = || format!("cpu = {}", cpu.unwrap_or_default());
            self.keep_on(cpu).map_err(failed(setting, daemon::process_step))?;
            self.applied.cpu = cpu;
        }
        Ok(())
    }

    fn set_priority(&mut self, priority: Option<u8>) -> Result<(), ProducerError> {
        if priority != self.applied.priority {
            let setting = || format!("priority = {}", priority.unwrap_or_default());
            daemon::set_priority(priority).map_err(failed(setting, daemon::priority_step))?;
            self.applied.priority = priority;
        }
        Ok(())
    }

    fn set_lock_memory(&mut self, wanted: Wanted) -> Result<(), ProducerError> {
        let Wanted { lock_memory, .. } = wanted;
        if lock_memory != self.applied.lock_memory {
            let locked = if lock_memory { daemon::lock_memory() } else { daemon::unlock_memory() };
            let setting = || "lock_memory = true".to_owned();
            locked.map_err(failed(setting, daemon::process_step))?;
            self.applied.lock_memory = lock_memory;
        }
        Ok(())
    }

    fn sharpen_timers(&mut self, shortest_tick: Option<Duration>) {
        if let Some(tick) = shortest_tick.filter(|_| shortest_tick != self.applied.shortest_tick) {
            daemon::sharpen_timers(tick);
            self.applied.shortest_tick = shortest_tick;
        }
    }

    fn keep_on(&self, cpu: Option<u32>) -> io::Result<()> {
        match (cpu, &self.processors) {
            (Some(cpu), _) => Processors::only(cpu).keep(),
            (None, Some(processors)) => processors.keep(),
            (None, None) => Ok(()),
        }
    }
}

/// Each setting of `wanted` that this process cannot have; it has the others until its end.
pub(crate) fn refused_settings(wanted: Wanted) -> impl Iterator<Item = ProducerError> {
    Process::new().settings(wanted).into_iter().filter_map(Result::err)
}

fn failed(
    setting: impl Fn() -> String,
    step: impl Fn(&io::Error) -> &'static str,
) -> impl Fn(io::Error) -> ProducerError {
    move |source| Kind::Process { setting: setting(), step: step(&source), source }.into()
}

#[cfg(test)]
mod tests {
    use super::{Duration, Wanted};

    fn wanted(cpu: Option<u32>, priority: Option<u8>, tick: u64) -> Wanted {
        let shortest_tick = Some(Duration::from_millis(tick));
        Wanted { cpu, priority, lock_memory: cpu.is_some(), shortest_tick }
    }

    #[test]
    fn a_setting_that_one_leaves_out_is_the_others() {
        let both = wanted(Some(1), None, 10).and(wanted(None, Some(50), 1));
        assert_eq!(both, wanted(Some(1), Some(50), 1));
        assert_eq!(both.conflict(wanted(None, Some(50), 9)), None);
    }

    #[test]
    fn two_settings_that_differ_are_a_conflict() {
        let conflict = |ours, others| wanted(ours, Some(5), 1).conflict(wanted(others, Some(6), 1));
        let text = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(conflict(Some(1), Some(2)), text("cpu = 1", "cpu = 2"));
        assert_eq!(conflict(Some(1), None), text("priority = 5", "priority = 6"));
    }
}
