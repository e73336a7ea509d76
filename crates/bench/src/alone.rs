//! What one process measures alone: copies, publishes, reads.
//!
//! One record in private memory, as a program has that fills it in again and again. Input and
//! output, length included, pass through `black_box`, so the compiler must assume that record and
//! buffer are different ones each time. What the processor has in its caches is the same for both sides,
//! but for the ring: that is as many records long as it has slots.

use crate::bare::{Bare, Design, Front};
use crate::records::{Array, Buffer, blob, schema, stu};
use crate::{Batch, Failure};
use layout::Stu;
use region::{BootTime, DynReader, DynWriter, Options, Reader, Writer};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// A copy of `size` bytes by the library's memcpy, called with a length that the compiler cannot foresee.
pub fn memcpy(size: usize) -> Batch<'static> {
    memcpy_between(size, 0, 0)
}

/// The same from bytes that begin `from` bytes after a cache line to bytes that begin `to` after one.
pub fn memcpy_between(size: usize, from: usize, to: usize) -> Batch<'static> {
    let record = blob(from + size, 1);
    let mut buffer = Buffer::new(to + size);
    Box::new(move |times| {
        let (from, to) = (&record.bytes()[from..], &mut buffer.bytes_mut()[to..]);
        let start = Instant::now();
        for _ in 0..times {
            black_box(&mut *to).copy_from_slice(black_box(from));
            black_box(&*to);
        }
        Ok(start.elapsed())
    })
}

/// One read of the clock that stamps a publication.
pub fn clock() -> Batch<'static> {
    Box::new(|times| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(BootTime::now());
        }
        Ok(start.elapsed())
    })
}

/// Publishes as the protocol does, with nothing around it.
pub fn bare_publish() -> Batch<'static> {
    let (bare, record, mut sequence) = (Box::<Bare<4>>::default(), [1; 4], 0);
    Box::new(move |times| {
        let now = BootTime::now().as_nanos();
        let start = Instant::now();
        for _ in 0..times {
            sequence += 1;
            Front::publish(&bare, sequence, black_box(now), black_box(&record));
            black_box(sequence);
        }
        Ok(start.elapsed())
    })
}

/// The same for a read.
pub fn bare_latest() -> Batch<'static> {
    let bare = Box::<Bare<4>>::default();
    Front::publish(&bare, 1, 1, &[1; 4]);
    Box::new(move |times| {
        let bare = black_box(&*bare);
        let start = Instant::now();
        for _ in 0..times {
            let mut record = [0; 4];
            let found = Front::latest(bare, &mut record).ok_or("nothing was published")?;
            black_box(&record);
            black_box(&found);
        }
        Ok(start.elapsed())
    })
}

/// Publishes records of `size` bytes, stamped with a time the caller has; no reader is woken.
pub fn publish(dir: &Path, size: usize) -> Result<Batch<'static>, Failure> {
    let path = dir.join(format!("publish-{size}.region"));
    let mut writer = DynWriter::open_with(&path, &schema(size)?, &quiet())?;
    let record = blob(size, 1);
    Ok(Box::new(move |times| {
        let (record, now) = (record.bytes(), BootTime::now());
        let start = Instant::now();
        for _ in 0..times {
            black_box(writer.publish_at(black_box(record), black_box(now))?);
        }
        Ok(start.elapsed())
    }))
}

/// The same for a struct, in the region at `path`.
pub fn publish_stu(path: &Path) -> Result<Batch<'static>, Failure> {
    let writer = Writer::<Stu>::open_with(path, &quiet())?;
    Ok(publishing(writer, Vec::new()))
}

/// Publishes a struct as most programs do: the writer reads the clock itself.
pub fn publish_stu_now(dir: &Path) -> Result<Batch<'static>, Failure> {
    let mut writer = Writer::<Stu>::open_with(dir.join("publish-now.region"), &quiet())?;
    let record = stu(1);
    Ok(Box::new(move |times| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(writer.publish(black_box(&record))?);
        }
        Ok(start.elapsed())
    }))
}

/// Reads the newest record of `size` bytes, in the region at `path`, into a buffer that begins `ahead`
/// bytes after a cache line.
pub fn latest(path: &Path, size: usize, ahead: usize) -> Result<Batch<'static>, Failure> {
    let mut writer = DynWriter::open_with(path, &schema(size)?, &quiet())?;
    writer.publish(blob(size, 1).bytes())?;
    let mut reader = DynReader::open(path)?;
    let mut buffer = Buffer::new(ahead + size);
    Ok(Box::new(move |times| {
        let _held = &writer;
        let to = &mut buffer.bytes_mut()[ahead..];
        let start = Instant::now();
        for _ in 0..times {
            black_box(&reader.latest(black_box(&mut *to))?);
            black_box(&*to);
        }
        Ok(start.elapsed())
    }))
}

/// The same for a struct in a place of the caller's.
pub fn latest_into(dir: &Path) -> Result<Batch<'static>, Failure> {
    let (held, mut reader) = one_array::<512>(&dir.join("latest-into.region"))?;
    let mut page = bytemuck::zeroed_box::<Array<512>>();
    Ok(Box::new(move |times| {
        let _held = &held;
        let start = Instant::now();
        for _ in 0..times {
            black_box(&reader.latest_into(black_box(&mut page))?);
        }
        Ok(start.elapsed())
    }))
}

/// Stores a heartbeat, as a writer does that has nothing to publish.
pub fn heartbeat(dir: &Path) -> Result<Batch<'static>, Failure> {
    let mut writer = Writer::<Stu>::open_with(dir.join("heartbeat.region"), &quiet())?;
    Ok(Box::new(move |times| {
        let start = Instant::now();
        for _ in 0..times {
            writer.heartbeat()?;
        }
        Ok(start.elapsed())
    }))
}

/// Reads one number of the newest record, which has so many words.
pub fn latest_field<const WORDS: usize>(dir: &Path) -> Result<Batch<'static>, Failure> {
    let path = dir.join(format!("latest-field-{WORDS}.region"));
    let (held, mut reader) = one_array::<WORDS>(&path)?;
    let word = reader.field(|array| &array.words[300]);
    Ok(Box::new(move |times| {
        let _held = &held;
        let start = Instant::now();
        for _ in 0..times {
            black_box(&reader.latest_field(black_box(word))?);
        }
        Ok(start.elapsed())
    }))
}

fn one_array<const WORDS: usize>(
    path: &Path,
) -> Result<(Writer<Array<WORDS>>, Reader<Array<WORDS>>), Failure> {
    let mut writer = Writer::<Array<WORDS>>::open_with(path, &quiet())?;
    writer.publish(&bytemuck::zeroed_box::<Array<WORDS>>())?;
    let reader = Reader::open(path)?;
    Ok((writer, reader))
}

/// Publishes a struct in the region at `path` to so many readers, each of which has read one record.
pub fn publish_to(path: &Path, readers: usize) -> Result<Batch<'static>, Failure> {
    let mut writer = Writer::<Stu>::open_with(path, &quiet())?;
    writer.publish(&stu(1))?;
    let mut attached = Vec::new();
    for _ in 0..readers {
        let mut reader = Reader::<Stu>::open(path)?;
        reader.latest()?;
        attached.push(reader);
    }
    Ok(publishing(writer, attached))
}

fn publishing(mut writer: Writer<Stu>, attached: Vec<Reader<Stu>>) -> Batch<'static> {
    let record = stu(1);
    Box::new(move |times| {
        let (_attached, now) = (&attached, BootTime::now());
        let start = Instant::now();
        for _ in 0..times {
            black_box(writer.publish_at(black_box(&record), black_box(now))?);
        }
        Ok(start.elapsed())
    })
}

/// Reads the newest record as a struct, out of the region at `path`.
pub fn latest_stu(path: &Path) -> Result<Batch<'static>, Failure> {
    let mut writer = Writer::<Stu>::open_with(path, &quiet())?;
    writer.publish(&stu(1))?;
    let mut reader = Reader::<Stu>::open(path)?;
    Ok(Box::new(move |times| {
        let _held = &writer;
        let start = Instant::now();
        for _ in 0..times {
            black_box(&reader.latest()?.ok_or("nothing was published")?);
        }
        Ok(start.elapsed())
    }))
}

fn quiet() -> Options {
    Options::new().wake(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_does_what_it_times() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        publish(dir, 256).unwrap()(20).unwrap();
        let mut reader = DynReader::open(dir.join("publish-256.region")).unwrap();
        let mut record = vec![0; 256];
        assert_eq!(reader.latest(&mut record).unwrap().unwrap().sequence, 20);
        assert_eq!(record, blob(256, 1).bytes());

        publish_stu(&dir.join("publish-stu.region")).unwrap()(20).unwrap();
        let mut reader = Reader::<Stu>::open(dir.join("publish-stu.region")).unwrap();
        let sample = reader.latest().unwrap().unwrap();
        assert_eq!((sample.sequence(), sample.record), (20, stu(1)));
    }
}
