//! The kernel's own queues: a Unix socket and a named pipe. Every record is two system calls.
//!
//! A queue has no latest record: whoever wants that reads everything. So only publish and the two
//! one-way times are measured.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::io::Errno;
use std::marker::PhantomData;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

const WORKS: &[Work] = &[Work::PublishWake, Work::Spinning, Work::Blocked];

/// What a pipe holds; a socket holds more, but counts 28 bytes as some hundred.
const PIPE: usize = 65_536;
const MOST: usize = 64;

fn room(size: usize) -> u64 {
    (PIPE / size).min(MOST) as u64
}

/// Writes all of `bytes`; polls where the descriptor does not block.
#[inline(always)]
fn send(to: impl AsFd, mut bytes: &[u8]) -> Result<(), Failure> {
    while !bytes.is_empty() {
        match rustix::io::write(&to, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(err) => return Err(err.into()),
        }
    }
    Ok(())
}

/// The reading end, and as much of the next record as has come.
#[derive(Debug)]
pub(crate) struct Receiver<R> {
    from: OwnedFd,
    record: Box<R>,
    filled: usize,
}

impl<R: Payload> Receiver<R> {
    fn new(from: OwnedFd) -> Self {
        Self { from, record: Box::new(R::numbered(0)), filled: 0 }
    }

    /// Whether the record is whole.
    #[inline(always)]
    fn fill(&mut self) -> Result<bool, Failure> {
        let rest = &mut bytemuck::bytes_of_mut(&mut *self.record)[self.filled..];
        match rustix::io::read(&self.from, rest) {
            Ok(0) => return Err("the other end is closed".into()),
            Ok(count) => self.filled += count,
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(err) => return Err(err.into()),
        }
        Ok(self.filled == size_of::<R>())
    }
}

impl<R: Payload> Read<R> for Receiver<R> {
    fn latest<T>(&mut self, _: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        Err("a queue has no latest record".into())
    }

    #[inline(always)]
    fn next<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<Option<T>, Failure> {
        if !self.fill()? {
            return Ok(None);
        }
        self.filled = 0;
        Ok(Some(see(&self.record)))
    }

    #[inline(always)]
    fn next_blocking<T>(&mut self, see: impl FnOnce(&R) -> T) -> Result<T, Failure> {
        while !self.fill()? {}
        self.filled = 0;
        Ok(see(&self.record))
    }
}

/// A stream socket of the Unix domain.
#[derive(Debug)]
pub(crate) struct Socket;

/// A socket that accepts its one reader at the first publish.
#[derive(Debug)]
pub(crate) struct SocketWriter<R> {
    listener: UnixListener,
    stream: Option<UnixStream>,
    polls: bool,
    record: PhantomData<fn(R)>,
}

impl Library for Socket {
    const NAME: &'static str = "Unix socket";
    const WORKS: &'static [Work] = WORKS;
    type Writer<R: Payload> = SocketWriter<R>;
    type Reader<R: Payload> = Receiver<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<SocketWriter<R>, Failure> {
        let listener = UnixListener::bind(channel.file("socket"))?;
        let polls = channel.work == Work::Spinning;
        Ok(SocketWriter { listener, stream: None, polls, record: PhantomData })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Receiver<R>, Failure> {
        let stream = UnixStream::connect(channel.file("socket"))?;
        stream.set_nonblocking(channel.work == Work::Spinning)?;
        Ok(Receiver::new(stream.into()))
    }

    fn room(size: usize) -> u64 {
        room(size)
    }
}

impl<R: Payload> Publish<R> for SocketWriter<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        if self.stream.is_none() {
            let stream = self.listener.accept()?.0;
            stream.set_nonblocking(self.polls)?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_ref().ok_or("no reader")?;
        send(stream, bytemuck::bytes_of(record))
    }
}

/// A named pipe.
#[derive(Debug)]
pub(crate) struct Pipe;

/// The writing end.
#[derive(Debug)]
pub(crate) struct PipeWriter<R> {
    to: OwnedFd,
    record: PhantomData<fn(R)>,
}

fn flags(channel: &Channel) -> OFlags {
    if channel.work == Work::Spinning { OFlags::NONBLOCK } else { OFlags::empty() }
}

impl Library for Pipe {
    const NAME: &'static str = "pipe";
    const WORKS: &'static [Work] = WORKS;
    type Writer<R: Payload> = PipeWriter<R>;
    type Reader<R: Payload> = Receiver<R>;

    fn writer<R: Payload>(channel: &Channel) -> Result<PipeWriter<R>, Failure> {
        let path = channel.file("pipe");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        // To read as well: opening does not wait for the reader.
        let to = open(&path, OFlags::RDWR | OFlags::CLOEXEC | flags(channel), Mode::empty())?;
        Ok(PipeWriter { to, record: PhantomData })
    }

    fn reader<R: Payload>(channel: &Channel) -> Result<Receiver<R>, Failure> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | flags(channel);
        Ok(Receiver::new(open(channel.file("pipe"), flags, Mode::empty())?))
    }

    fn room(size: usize) -> u64 {
        room(size)
    }
}

impl<R: Payload> Publish<R> for PipeWriter<R> {
    #[inline(always)]
    fn publish(&mut self, record: &R) -> Result<(), Failure> {
        send(&self.to, bytemuck::bytes_of(record))
    }
}
