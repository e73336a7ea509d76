//! Records that wait for their description, and sources that change it meanwhile.

use layout::{FieldSpec, Scalar, Schema};
use region::{DynReader, DynWriter, State};

use super::{World, bytes, schema};
use crate::import::LinkState;

/// A schema of one number.
fn other(name: &str) -> Schema {
    Schema::builder(name).field(FieldSpec::new("x", Scalar::U64)).build().expect("a schema")
}

fn open(world: &World, schema: &Schema) -> DynWriter {
    DynWriter::open(world.path("source.region"), schema).expect("the source")
}

fn is_live(world: &World) -> bool {
    world.status().is_some_and(|mirror| mirror.link == LinkState::Source(State::Live))
        && DynReader::open(world.path("mirror.region"))
            .is_ok_and(|reader| reader.state() == State::Live)
}

/// Delivers for some turns, in which a record comes, and after which the question about its description is under way.
fn bring_a_record(world: &mut World) {
    for _ in 0..2 {
        world.turn();
        world.network.deliver(usize::MAX);
    }
    world.turn();
}

/// Turns until the exporter has looked for another file, and delivers nothing.
fn wait_for_a_look(world: &mut World) {
    for _ in 0..150 {
        world.turn();
    }
}

#[test]
fn a_record_whose_description_its_source_has_no_more_does_not_block_its_mirror() {
    for keys in ["", "lossless = 9\n"] {
        let mut world = World::with(1, keys);
        let mut writer = open(&world, &schema());
        writer.publish(&bytes(1)).expect("published");
        world.converge("the record", is_live);
        drop(writer);
        let mut writer = open(&world, &other("SECOND"));
        wait_for_a_look(&mut world);
        world.network.deliver(usize::MAX);
        writer.publish(&2_u64.to_le_bytes()).expect("published");
        bring_a_record(&mut world);
        drop(writer);
        let mut writer = open(&world, &other("THIRD"));
        wait_for_a_look(&mut world);
        world.converge("a live mirror", is_live);
        writer.publish(&3_u64.to_le_bytes()).expect("published");
        world.converge("the record of the third schema", |world| {
            let reader = DynReader::open(world.path("mirror.region")).expect("the mirror");
            reader.schema().name() == "THIRD" && is_live(world)
        });
    }
}

#[test]
fn a_record_that_has_waited_for_its_description_is_not_asked_for_again() {
    let mut world = World::new(1);
    let mut writer = open(&world, &schema());
    writer.publish(&bytes(1)).expect("published");
    world.converge("the record", is_live);
    for _ in 0..100 {
        world.network.deliver(usize::MAX);
        world.turn();
    }
    assert_eq!(world.status().expect("a mirror").received.pulls, 0);
}
