//! What is refused at the start, and what is not exported after a reload.

use e2e::{free_port, wait_until};
use nix::sys::signal::Signal;

use crate::host::{Host, bytes};

#[test]
fn a_relative_directory_of_regions_is_refused_by_the_check_and_the_start() {
    let host = Host::new("hostA");
    host.configure("listen = \"tcp/127.0.0.1:7447\"", "");
    for args in ["./bridge.toml --check", "./bridge.toml"] {
        let mut bridge = host.run_in_relative_directory(args);
        assert_eq!(bridge.exit_code(), 1, "{args}");
        bridge.says("give an absolute one");
    }
}

#[test]
fn a_mirror_whose_import_was_removed_is_not_exported_also_after_a_restart() {
    let (a, b) = (Host::new("hostA"), Host::new("hostB"));
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    a.configure(&format!("listen = {endpoint}"), "[[export]]\nregion = \"*\"");
    let keys = format!("connect = {endpoint}");
    let export = "[[export]]\nregion = \"*\"\n";
    b.configure(&keys, &format!("{export}[[import]]\nfrom = \"hostA\"\nname = \"stu\"\n"));
    a.writer("stu").publish(&bytes(1)).expect("published");
    b.writer("own").publish(&bytes(2)).expect("published");
    let (_on_a, mut on_b) = (a.start(), b.start());
    wait_until("the mirror", || b.number("hostA.stu") == Some(1));
    b.configure(&keys, export);
    on_b.signal(Signal::SIGHUP);
    let is_kept = || b.link("hostA.stu").as_deref() == Some("not imported");
    wait_until("a former mirror", is_kept);
    // Exports are looked for each second: one that came later shows that there was a look.
    b.writer("later").publish(&bytes(3)).expect("published");
    wait_until("a look", || b.link("hostB/later").is_some());
    assert_eq!(b.link("hostB/hostA.stu"), None);
    on_b.kill9();
    b.writer("last").publish(&bytes(4)).expect("published");
    let _on_b = b.start();
    wait_until("the rows of another bridge", || b.link("hostB/last").is_some());
    assert!(is_kept() && b.link("hostB/hostA.stu").is_none());
    std::fs::remove_file(b.region("hostA.stu")).expect("removed");
    wait_until("no mirror", || b.link("hostA.stu").is_none());
}

#[test]
fn a_host_that_was_never_heard_of_has_a_row_also_if_its_regions_are_imported_by_a_pattern() {
    let (a, b) = (Host::new("hostA"), Host::new("hostB"));
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    b.configure(&format!("connect = {endpoint}"), "[[import]]\nfrom = \"hostA\"\nname = \"*\"\n");
    let _on_b = b.start();
    wait_until("its row", || b.link("hostA/*").as_deref() == Some("link lost"));
    a.configure(&format!("listen = {endpoint}"), "[[export]]\nregion = \"*\"");
    let _on_a = a.start();
    a.writer("stu").publish(&bytes(1)).expect("published");
    wait_until("a mirror", || b.number("hostA.stu") == Some(1));
    wait_until("no other row", || b.link("hostA/*").is_none());
}
