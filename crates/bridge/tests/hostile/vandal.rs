//! A Zenoh client that sends on the keys of a bridge what no bridge sends: garbage, truncated, oversized and lying.
//!
//! `bridge-vandal HOST SEED KEY=JSON...` connects as those settings of Zenoh say, and sends under the keys of HOST until it
//! is killed. It asks the true bridge first, if there is one, so that its lies fit. Prints a line for each round.
#![allow(clippy::print_stdout, reason = "its rounds")]

use std::error::Error;
use std::sync::Mutex;
use std::time::Duration;

use bridge::keys::PREFIX;
use bridge::wire::{
    Announcement, Attachment, Description, DigestKind, History, Readers, RecordId, encode_digests,
};
use fastrand::Rng;
use layout::header::MAX_LINEAGE;
use layout::{FieldSpec, Scalar, Schema};
use region::State;
use zenoh::bytes::ZBytes;
use zenoh::qos::CongestionControl;
use zenoh::query::{Query, Queryable};
use zenoh::{Config, Session, Wait};

/// Messages of a round, and the pause behind it, so that others are heard, too.
const MESSAGES: usize = 40;
const PAUSE: Duration = Duration::from_millis(20);

/// Under which it sends, behind the host: regions, instances, names that no bridge writes, and keys of no bridge.
const ENDS: [&str; 10] = [
    "x",
    "x",
    "x/eth0",
    "x/%41",
    "x/%zz",
    "y/z/more",
    "@digest",
    "x/@schema",
    "x/@other",
    "a-name-that-is-longer-than-the-sixty-four-bytes-of-the-longest-name",
];

struct Vandal {
    session: Session,
    host: String,
    random: Rng,
    /// What the true bridge replies of its region `x`: how its records are described.
    description: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut args = std::env::args().skip(1);
    let (host, seed) = (args.next().ok_or("no host")?, args.next().ok_or("no seed")?);
    let mut config = Config::default();
    for setting in args {
        let (key, value) = setting.split_once('=').ok_or("no value")?;
        config.insert_json5(key, value)?;
    }
    let session = zenoh::open(config).wait()?;
    let random = Rng::with_seed(seed.parse()?);
    let mut vandal = Vandal { session, host, random, description: Vec::new() };
    vandal.ask()?;
    let _queryables = vandal.serve()?;
    for round in 1_u64.. {
        vandal.round()?;
        println!("round {round}");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

impl Vandal {
    fn key(&self, end: &str) -> String {
        format!("{PREFIX}/{}/{end}", self.host)
    }

    /// Asks for the true description; one of its own takes its place.
    fn ask(&mut self) -> zenoh::Result<()> {
        let replies =
            self.session.get(self.key("x/@schema")).timeout(Duration::from_secs(1)).wait()?;
        let found = replies
            .into_iter()
            .find_map(|reply| Some(reply.result().ok()?.payload().to_bytes().into_owned()));
        self.description = found.unwrap_or_else(|| description().encode());
        Ok(())
    }

    /// Answers those who ask the host, with anything.
    fn serve(&mut self) -> zenoh::Result<Vec<Queryable<()>>> {
        let mut queryables = Vec::new();
        for end in ["**", "*/@schema"] {
            let random = Mutex::new(self.random.fork());
            let truth = self.description.clone();
            let answer = move |query: Query| {
                let mut random = random.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let key = query.key_expr().as_str().replace('*', "x");
                let (attachment, payload) = if key.ends_with("@schema") {
                    (None, damaged(&mut random, &truth))
                } else {
                    lie(&mut random, &truth)
                };
                // A query that has ended meanwhile takes no reply.
                let _ = query.reply(key, payload).attachment(attachment).wait();
            };
            queryables.push(self.session.declare_queryable(self.key(end)).callback(answer).wait()?);
        }
        Ok(queryables)
    }

    fn round(&mut self) -> zenoh::Result<()> {
        for _ in 0..MESSAGES {
            let end = ENDS[self.random.usize(..ENDS.len())].to_owned();
            let end =
                if self.random.u32(..4) == 0 { format!("n{}", self.random.u8(..64)) } else { end };
            let (attachment, payload) = match end.as_str() {
                "@digest" => (None, digest(&mut self.random)),
                "x/@schema" => (None, damaged(&mut self.random, &self.description)),
                _ => lie(&mut self.random, &self.description),
            };
            self.put(&self.key(&end), attachment, payload)?;
        }
        if self.random.u32(..20) == 0 {
            let id = id(&mut self.random);
            let attachment = Attachment {
                len: 24 << 20,
                description: self.hash(),
                id,
                time: 0,
                missed: 0,
                readers: Readers::default(),
            };
            self.put(&self.key("x"), Some(attachment.encode()), vec![0; 24 << 20])?;
        }
        // It comes and goes, and asks for all that there is.
        let token = self.session.liveliness().declare_token(self.key("@alive")).wait()?;
        let _ =
            self.session.get(format!("{PREFIX}/**")).timeout(Duration::from_millis(100)).wait()?;
        token.undeclare().wait()
    }

    fn put(&self, key: &str, attachment: Option<Vec<u8>>, payload: Vec<u8>) -> zenoh::Result<()> {
        let put = self.session.put(key, payload).attachment(attachment.map(ZBytes::from));
        put.congestion_control(CongestionControl::Block).wait()
    }

    fn hash(&self) -> u64 {
        Description::hash(&self.description)
    }
}

/// A description that is valid, and of no region.
fn description() -> Description {
    let schema = Schema::builder("LIE").field(FieldSpec::new("number", Scalar::U64));
    Description { route: Vec::new(), instances: None, schema: schema.build().expect("a schema") }
}

/// Bytes without a meaning.
fn garbage(random: &mut Rng) -> Vec<u8> {
    let len = random.usize(..300);
    std::iter::repeat_with(|| random.u8(..)).take(len).collect()
}

/// These bytes with some changed, some missing, or more behind them; or others; now and then as they are.
fn damaged(random: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match random.u32(..5) {
        0 => bytes.truncate(random.usize(..=bytes.len())),
        1 => bytes.extend(garbage(random)),
        2 => return garbage(random),
        3 if !bytes.is_empty() => {
            for _ in 0..random.usize(1..5) {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
        }
        _ => {}
    }
    bytes
}

/// Which record it is: a small one, the greatest, or one that there cannot be.
fn id(random: &mut Rng) -> RecordId {
    let mut word = |most| match random.u32(..4) {
        0 => most,
        1 => u64::MAX,
        2 => random.u64(..),
        _ => random.u64(..9),
    };
    RecordId { lineage: word(MAX_LINEAGE), order: word(0), sequence: word(1) }
}

/// A record with an attachment: of another length than it says, damaged, of any description; now and then one that is
/// valid in all, and that no source has published.
fn lie(random: &mut Rng, description: &[u8]) -> (Option<Vec<u8>>, Vec<u8>) {
    let decoded = Description::decode(description).unwrap_or_else(|_| self::description());
    let size = decoded.schema.size() as usize;
    let payload = if random.bool() { vec![0xee; size] } else { garbage(random) };
    let description = if random.bool() { Description::hash(description) } else { random.u64(..) };
    let len = if random.u32(..4) == 0 {
        random.u32(..)
    } else {
        u32::try_from(payload.len()).unwrap_or(0)
    };
    let missed = if random.bool() { random.u64(..) } else { 0 };
    let readers = Readers::of_mode(random.u32(..));
    let (id, time) = (id(random), random.u64(..));
    let attachment = Attachment { len, description, id, time, missed, readers };
    match random.u32(..8) {
        0 => (None, payload),
        1 | 2 => (Some(damaged(random, &attachment.encode())), payload),
        _ => (Some(attachment.encode()), payload),
    }
}

/// A digest: damaged, or of regions that there are not, of any start of the bridge and any number.
fn digest(random: &mut Rng) -> Vec<u8> {
    let entries: Vec<_> = (0..random.usize(..300))
        .map(|_| Announcement {
            path: match random.u32(..4) {
                0 => "x".to_owned(),
                1 => format!("x/i{}", random.u8(..)),
                2 => String::from_utf8_lossy(&garbage(random)).chars().take(40).collect(),
                _ => format!("n{}", random.u8(..64)),
            },
            state: random.bool().then_some(State::Live),
            readers: Readers::of_mode(random.u32(..)),
            id: id(random),
            history: random.bool().then(|| History {
                first_lineage: random.u64(..),
                base: random.u64(..),
                oldest: random.u64(..),
            }),
        })
        .collect();
    let kind = if random.bool() { DigestKind::Full } else { DigestKind::Changes };
    let incarnation = if random.bool() { u64::MAX } else { random.u64(..) };
    let mut chunks = encode_digests(kind, incarnation, random.u32(..), &entries);
    let chunk = chunks.swap_remove(random.usize(..chunks.len()));
    if random.bool() { damaged(random, &chunk) } else { chunk }
}
