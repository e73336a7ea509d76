//! What criterion measures, one group for each word of the API, the bare limit in each group.

use bench::ping_pong::{Exchange, PingPong};
use bench::{Batch, Failure, SIZES, alone};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

/// Measures all groups.
pub(crate) fn run(
    criterion: &mut Criterion,
    dir: &Path,
    ping_pong: &RefCell<PingPong>,
) -> Result<(), Failure> {
    publish(&mut group(criterion, "publish"), dir)?;
    latest(&mut group(criterion, "latest"), dir)?;
    next(&mut group(criterion, "next"), ping_pong);
    wake(&mut group(criterion, "wake"), ping_pong);
    Ok(())
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.sample_size(50);
    group
}

fn publish(group: &mut Group<'_>, dir: &Path) -> Result<(), Failure> {
    measure(group, "Writer", 28, alone::publish_stu(&dir.join("publish.region"))?);
    measure(group, "Writer and clock", 28, alone::publish_stu_now(dir)?);
    measure(group, "clock", 28, alone::clock());
    for size in SIZES {
        measure(group, "DynWriter", size, alone::publish(dir, size)?);
        measure(group, "memcpy", size, alone::memcpy(size));
    }
    Ok(())
}

fn latest(group: &mut Group<'_>, dir: &Path) -> Result<(), Failure> {
    measure(group, "Reader", 28, alone::latest_stu(&dir.join("latest.region"))?);
    for size in SIZES {
        let path = dir.join(format!("latest-{size}.region"));
        measure(group, "DynReader", size, alone::latest(&path, size, 0)?);
        measure(group, "memcpy", size, alone::memcpy(size));
    }
    Ok(())
}

fn next(group: &mut Group<'_>, ping_pong: &RefCell<PingPong>) {
    measure(group, "cache line", 4, timed(ping_pong, Exchange::Line));
    measure(group, "Reader", 28, timed(ping_pong, Exchange::NextStu));
    for size in SIZES {
        measure(group, "DynReader", size, timed(ping_pong, Exchange::Next(size)));
    }
}

fn wake(group: &mut Group<'_>, ping_pong: &RefCell<PingPong>) {
    measure(group, "futex", 4, timed(ping_pong, Exchange::Futex));
    for size in SIZES {
        measure(group, "DynReader", size, timed(ping_pong, Exchange::Wake(size)));
    }
}

/// An exchange as something to measure: one way each.
pub(crate) fn timed(ping_pong: &RefCell<PingPong>, exchange: Exchange) -> Batch<'_> {
    Box::new(move |trips| ping_pong.borrow_mut().time(exchange, trips))
}

fn measure(group: &mut Group<'_>, who: &str, size: usize, mut batch: Batch<'_>) {
    group.throughput(Throughput::Bytes(size as u64));
    group.bench_function(BenchmarkId::new(who, size), |bencher| {
        bencher.iter_custom(|times| batch(times).expect("no other process touches this region"));
    });
}
