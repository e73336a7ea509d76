//! Work on independent items, on as many threads as there are processors.

use std::num::NonZero;
use std::sync::Mutex;
use std::thread::{self, available_parallelism};

use crate::tools::Fallible;

/// What `work` returns for each item, in the order of the items. After an error no other item is begun.
///
/// # Panics
///
/// If `work` does.
pub(crate) fn each<T: Send, R: Send>(
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    work: impl Fn(T) -> Fallible<R> + Sync,
) -> Fallible<Vec<R>> {
    let items = Mutex::new(Some(items.into_iter().enumerate()));
    let lock = || items.lock().expect("no thread panics while it has the lock");
    let next = || lock().as_mut()?.next();
    let labour = || {
        let mut done = Vec::new();
        while let Some((at, item)) = next() {
            let result = work(item).map_err(|err| {
                *lock() = None;
                err.to_string()
            })?;
            done.push((at, result));
        }
        Ok(done)
    };
    let threads = available_parallelism().map_or(1, NonZero::get);
    let parts: Result<Vec<_>, String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(labour)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    let mut results: Vec<(usize, R)> = parts?.into_iter().flatten().collect();
    results.sort_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_have_the_order_of_the_items() {
        let results = each(0..100, |item| Ok(item * 2)).expect("results");
        assert_eq!(results, (0..100).map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn after_an_error_no_other_item_is_begun() {
        let begun = Mutex::new(0);
        let failed = each(0.., |_: u64| -> Fallible<()> {
            *begun.lock().expect("a number") += 1;
            Err("it failed".into())
        });
        assert_eq!(failed.expect_err("an error").to_string(), "it failed");
        let threads = available_parallelism().map_or(1, NonZero::get);
        assert!(*begun.lock().expect("a number") <= threads);
    }
}
