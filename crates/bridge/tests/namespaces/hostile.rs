//! Hosts that send what no bridge sends.

use e2e::{Daemon, Program, wait_until};
use region::{DynReader, State};

use crate::net::{Host, Net};
use crate::reading::Usage;
use crate::source::Source;
use crate::{ENDPOINT, imports};

/// Rounds of hostile messages that a mirror has to survive.
const ROUNDS: u64 = 100;
/// The most memory that a bridge may have had, in MiB.
const MEMORY: u64 = 512;

/// Settings of Zenoh for a client without TLS.
const CLIENT: [&str; 3] = [
    "mode=\"client\"",
    "connect/endpoints=[\"tcp/10.77.0.1:7447\"]",
    "scouting/multicast/enabled=false",
];

/// Starts a program on `host` that sends hostile messages under the keys of `of`.
pub(crate) fn vandal(host: &Host, of: &str, settings: &[&str]) -> Daemon {
    let vandal = Program::new("bridge-vandal", env!("CARGO_BIN_EXE_bridge-vandal"));
    host.run(&vandal, &format!("{of} 1 {}", settings.join(" ")))
}

/// Waits until it has sent so many rounds from now on.
pub(crate) fn wait_for_rounds(vandal: &mut Daemon, rounds: u64) {
    vandal.skip_out();
    for _ in 0..rounds {
        vandal.next_out();
    }
}

/// Host 0 imports from all; `A` is honest.
fn listener() -> String {
    format!("[bridge]\nhost = \"B\"\nlisten = \"{ENDPOINT}\"\n{}", imports("*"))
}

fn exporter() -> String {
    format!("[bridge]\nhost = \"A\"\nconnect = \"{ENDPOINT}\"\n[[export]]\nregion = \"*\"\n")
}

#[test]
fn a_host_that_sends_garbage_under_its_own_name_disturbs_no_mirror_of_another() {
    let Some(net) = Net::<3>::new() else { return };
    let [b, a, v] = &net.hosts;
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let (mut on_b, _on_a) = (b.start(&listener()), a.start(&exporter()));
    wait_until("the first record", || b.number("A.x") == 1);
    let mut hostile = vandal(v, "V", &CLIENT);
    wait_for_rounds(&mut hostile, 1);
    while !hostile.out().iter().any(|line| *line == format!("round {ROUNDS}")) {
        source.publish();
        wait_until("the next record", || b.number("A.x") == source.number);
        hostile.next_out();
    }
    on_b.says("check who may publish here");
    assert_eq!(b.row("A.x", ["refused"]), Some(["0".to_owned()]));
    assert_eq!(b.state("A.x"), Some(State::Live));
    assert!(on_b.is_running());
    let most = Usage::of(&on_b).most >> 10;
    println!(
        "figure: hostile host: {} honest records through, memory at most {most} MiB",
        source.number
    );
    assert!(most < MEMORY, "{most} MiB");
}

/// The number in the newest record, whoever has published it; `None` if there is none, or it is of another schema.
fn any_number(host: &Host, name: &str, schema: &layout::Schema) -> Option<u64> {
    let mut reader = DynReader::open(host.region(name)).ok()?;
    let mut record = vec![0; (**reader.schema() == *schema).then_some(schema.size() as usize)?];
    reader.latest(&mut record).ok()??;
    Some(u64::from_le_bytes(record[..8].try_into().expect("eight bytes")))
}

#[test]
fn a_mirror_has_the_records_of_its_source_again_once_a_host_that_lied_in_its_name_is_gone() {
    let Some(net) = Net::<3>::new() else { return };
    let [b, a, v] = &net.hosts;
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let (mut on_b, mut on_a) = (b.start(&listener()), a.start(&exporter()));
    wait_until("the first record", || b.number("A.x") == 1);
    let mut hostile = vandal(v, "A", &CLIENT);
    wait_for_rounds(&mut hostile, ROUNDS);
    assert!(on_b.is_running() && on_a.is_running());
    hostile.kill9();
    source.publish();
    let schema = crate::source::schema(56);
    let ended = std::time::Instant::now();
    wait_until("the record of the source", || any_number(b, "A.x", &schema) == Some(source.number));
    println!(
        "figure: hostile host in the name of another: equal {:?} after its end",
        ended.elapsed()
    );
    wait_until("a live mirror", || b.state("A.x") == Some(State::Live));
    source.publish();
    wait_until("the next record", || b.number("A.x") == source.number);
    let most = Usage::of(&on_b).most >> 10;
    assert!(most < MEMORY, "{most} MiB");
}
