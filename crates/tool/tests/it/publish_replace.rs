//! `publish --replace`: what is there stays until the first record.

use std::fs;

use crate::publish::{fed, state};
use crate::world::World;

#[test]
fn a_region_of_the_other_kind_stays_as_it_is_until_the_first_record() {
    let world = World::new();
    world.prints("publish fan x=1 --field x:u8");
    world.prints("publish net x=1 --field x:u8 --instance a");
    for (name, lines, values) in [
        ("fan", "publish fan - --instance a --replace", "1\n"),
        ("net", "publish net - --replace", "a\t1\n"),
    ] {
        let path = world.path(&format!("{name}.region"));
        let before = fs::read(&path).expect("a region");
        for input in ["", "{\"y\": 2}\n"] {
            let output = fed(&world, lines, input);
            assert_eq!(output.status.code(), Some(1), "{lines}: {output:?}");
            assert!(fs::read(&path).is_ok_and(|after| after == before), "{lines}: {input:?}");
            assert_eq!(world.prints(&format!("get {name} x")), values);
        }
    }
    assert!(fed(&world, "publish fan - --instance a --replace", "{\"x\": 2}\n").status.success());
    assert!(fed(&world, "publish net - --replace", "{\"x\": 2}\n").status.success());
    assert_eq!(world.prints("get fan x") + &world.prints("get net x"), "a\t2\n2\n");
    assert_eq!(state(&world, "fan"), "closed");
}
