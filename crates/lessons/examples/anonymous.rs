//! Seed, "anonymous mapping": memory between a parent and its children, without a file.
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

use layout::{Record, Stu};
use lessons::{Failure, ended_well};
use region::{Options, Region};
use shared::{Child, Shared};

const EACH: u32 = 100_000;

fn main() -> Result<(), Failure> {
    one_number()?;
    counted_by_two(&|sum| sum.set(0, sum.get(0) + 1), "set(get() + 1)")?;
    counted_by_two(&|sum| _ = sum.add(0, 1), "add(1)")?;
    a_record()
}

/// The tutorial's program, with the child waited for instead of `sleep(1)`.
fn one_number() -> Result<(), Failure> {
    let p = Shared::<i32>::anonymous(1)?;
    let mut child = Child::fork(|| {
        p.set(0, 2000);
        println!("child's *p = {}", p.get(0));
        0
    })?;
    ended_well("the child", child.wait()?)?;
    println!("parent's *p = {}", p.get(0));
    Ok(())
}

/// Two children count in the same number. To look and then to store is two steps.
fn counted_by_two(count: &dyn Fn(&Shared<u32>), how: &str) -> Result<(), Failure> {
    let sum = Shared::<u32>::anonymous(2)?;
    let work = || {
        sum.add(1, 1);
        while sum.get(1) < 2 {
            std::thread::yield_now(); // both begin together
        }
        (0..EACH).for_each(|_| count(&sum));
        0
    };
    let mut children = [Child::fork(work)?, Child::fork(work)?];
    for child in &mut children {
        ended_well("a child", child.wait()?)?; // each of them
    }
    println!("two children counted to {EACH} with {how}: together {}", sum.get(0));
    Ok(())
}

/// More than a number must be whole as well: that is what a region is for.
fn a_record() -> Result<(), Failure> {
    let region = Region::anonymous(&Stu::schema(), &Options::new())?;
    let mut reader = region.reader()?;
    let mut child = Child::fork(|| {
        let published = region.writer().and_then(|mut writer| {
            writer.publish(bytemuck::bytes_of(&Stu::new(10, "xiaoming", 'm')))
        });
        u8::from(published.is_err())
    })?;
    ended_well("the child", child.wait()?)?;
    let mut record = [0; size_of::<Stu>()];
    reader.latest(&mut record)?.ok_or("nothing was published")?;
    let stu: Stu = bytemuck::pod_read_unaligned(&record);
    println!("parent has the record of its child: id={} name={}", stu.id, stu.name_str());
    Ok(())
}
