//! Many hosts that connect to one router, as sessions of one process: `bridge-crowd ENDPOINT N`.
//!
//! Each declares what the bridge of a host declares that exports, and imports from the next one; and sends a digest every 250 ms.
//! Prints a line when all are connected.
#![allow(clippy::print_stdout, reason = "what tests wait for")]

use std::error::Error;
use std::time::Duration;

use bridge::keys::PREFIX;
use bridge::wire::{DigestKind, encode_digests};
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Subscriber;
use zenoh::query::Queryable;
use zenoh::{Config, Session, Wait};

/// Time between two digests, as without the key `digest`.
const DIGEST: Duration = Duration::from_millis(250);

struct Host {
    session: Session,
    name: String,
    _subscribers: Vec<Subscriber<()>>,
    _queryables: Vec<Queryable<()>>,
    _token: LivelinessToken,
}

impl Host {
    fn new(endpoint: &str, number: usize) -> zenoh::Result<Self> {
        let mut config = Config::default();
        config.insert_json5("mode", "\"client\"")?;
        config.insert_json5("connect/endpoints", &format!("[\"{endpoint}\"]"))?;
        config.insert_json5("connect/timeout_ms", "30000")?; // the router may only be starting
        config.insert_json5("scouting/multicast/enabled", "false")?;
        config.insert_json5("transport/link/tx/lease", "2000")?;
        let session = zenoh::open(config).wait()?;
        let name = format!("h{number}");
        let next = format!("h{}", number + 1);
        let subscribe = |end: &str| {
            session.declare_subscriber(format!("{PREFIX}/{next}/{end}")).callback(|_| ()).wait()
        };
        let subscribers =
            ["*", "*/*", "@digest"].map(subscribe).into_iter().collect::<Result<_, _>>()?;
        let serve = |end: &str| {
            session.declare_queryable(format!("{PREFIX}/{name}/{end}")).callback(|_| ()).wait()
        };
        let queryables = ["**", "*/@schema"].map(serve).into_iter().collect::<Result<_, _>>()?;
        let token = session.liveliness().declare_token(format!("{PREFIX}/{name}/@alive")).wait()?;
        Ok(Self {
            session,
            name,
            _subscribers: subscribers,
            _queryables: queryables,
            _token: token,
        })
    }

    fn send(&self, digest: &[u8]) -> zenoh::Result<()> {
        self.session.put(format!("{PREFIX}/{}/@digest", self.name), digest).wait()
    }
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut args = std::env::args().skip(1);
    let endpoint = args.next().ok_or("no endpoint")?;
    let count = args.next().ok_or("no number of hosts")?.parse()?;
    let hosts = (0..count).map(|number| Host::new(&endpoint, number));
    let hosts = hosts.collect::<zenoh::Result<Vec<_>>>()?;
    println!("connected");
    for number in 0.. {
        for digest in encode_digests(DigestKind::Changes, 1, number, &[]) {
            for host in &hosts {
                host.send(&digest)?;
            }
        }
        std::thread::sleep(DIGEST);
    }
    Ok(())
}
