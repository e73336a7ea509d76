//! Records that are read while there is no session.

use region::DynWriter;

use super::{World, bytes, schema};
use crate::keys::Key;
use crate::transport::{Message, Transport, TransportError};

/// A network whose session is not open.
struct Closed;

impl Transport for Closed {
    fn put(&self, _: &Key, _: &Message<'_>) -> Result<(), TransportError> {
        Err(TransportError("closed".to_owned()))
    }

    fn get(&self, _: &str) -> Result<(), TransportError> {
        Err(TransportError("closed".to_owned()))
    }

    fn is_linked(&self) -> bool {
        false
    }
}

#[test]
fn each_record_is_sent_or_skipped_also_without_a_session() {
    for keys in ["", "lossless = 9\n"] {
        let mut world = World::with(1, keys);
        let mut writer =
            DynWriter::open(world.path("source.region"), &schema()).expect("the source");
        for number in 1..=20 {
            writer.publish(&bytes(number)).expect("published");
            world.now = world.now.after(super::STEP);
            world.exporter.turn(world.now, &Closed);
        }
        let traffic = world.exporter.status().next().expect("an export").traffic;
        assert_eq!((traffic.sent, traffic.skipped), (0, 20), "{keys}");
    }
}
