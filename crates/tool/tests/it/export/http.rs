//! Requests that are answered and refused, the page and its events.

use mapcast::Stu;

use crate::server::Server;
use crate::world::World;

#[test]
fn a_request_for_another_host_is_refused() {
    let world = World::new();
    let _live = world.students("live");
    let server = Server::start(&world, "--host drone.lan");
    let status = |hosts: &str| {
        server.ask(&format!("GET /metrics HTTP/1.1\n{hosts}Connection: close")).status
    };
    assert_eq!(status("Host: evil.example\n"), 403);
    assert_eq!(status("Host: evil.example:9464\n"), 403);
    assert_eq!(status(""), 400);
    assert_eq!(status("Host: localhost\nHost: evil.example\n"), 400);
    assert_eq!(status("Host: localhost:1\n"), 200);
    assert_eq!(status("Host: drone.lan\n"), 200);
    let target = |name: &str| {
        let request = format!("GET http://{name}/metrics HTTP/1.1\nHost: localhost");
        server.ask(&format!("{request}\nConnection: close")).status
    };
    assert_eq!(
        ["localhost:1", "evil.example", "localhost@evil.example"].map(target),
        [200, 403, 403]
    );
    let refused = server.ask("GET /events HTTP/1.1\nHost: evil.example\nConnection: close");
    assert!(refused.body.contains("--host NAME"), "{refused:?}");
}

#[test]
fn what_is_not_there_or_not_a_get_is_refused_and_a_long_head_too() {
    let world = World::new();
    let server = Server::start(&world, "");
    let host = "Host: localhost\nConnection: close";
    assert_eq!(server.ask(&format!("GET /../etc/passwd HTTP/1.1\n{host}")).status, 404);
    assert_eq!(
        server.ask(&format!("POST /metrics HTTP/1.1\n{host}\nContent-Length: 0")).status,
        405
    );
    // So long that the answer comes before the end of the head.
    let long = "x".repeat(4_000_000);
    assert_eq!(server.ask(&format!("GET / HTTP/1.1\n{host}\nX: {long}")).status, 431);
    let headers = "X: y\n".repeat(99);
    let many = |more: &str| server.ask(&format!("GET / HTTP/1.1\n{headers}{more}Host: localhost"));
    assert_eq!((many("").status, many("X: y\n").status), (200, 431), "a hundred headers");
    let page = server.get("/", "text/html");
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    assert!(page.body.contains("<title>mapcast</title>"));
    let head = server.ask(&format!("HEAD /metrics HTTP/1.1\n{host}"));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let world = World::new();
    let server = Server::start(&world, "");
    let page = server.get("/", "text/html").body;
    let links = ["src=\"", "href=\""].map(|mark| page.split(mark).skip(1));
    for link in links.into_iter().flatten().filter_map(|rest| rest.split('"').next()) {
        if link != "data:," {
            assert_eq!(server.get(link, "*/*").status, 200, "{link}");
        }
    }
    assert!(server.get("/uplot-licence.txt", "*/*").body.contains("MIT"));
}

#[test]
fn the_events_begin_with_all_regions_and_continue_with_what_changes() {
    let world = World::new();
    let mut writer = world.students("live");
    let server = Server::start(&world, "live late");
    let mut events = server.events();
    let all = events.next("all");
    assert_eq!(all["regions"][0]["problem"][0], "absent");
    assert_eq!(all["regions"][1]["fields"][1]["type"], "char[20]");
    assert_eq!(all["values"][0]["line"]["record"]["name"], "xiaoming");
    writer.publish(&Stu::new(11, "b", 'f')).expect("published");
    let changes = events.next("changes");
    assert_eq!(changes["values"][0]["line"]["record"]["id"], 11);
    assert!(changes["regions"].is_null(), "no schema again: {changes}");
    let _late = world.students("late");
    let changes = events.next("changes");
    assert_eq!(
        (&changes["regions"][0]["region"], &changes["regions"][0]["record"]),
        (&"late".into(), &"STU".into())
    );
}

#[test]
fn a_port_in_use_is_named_with_the_next_step() {
    let world = World::new();
    let first = Server::start(&world, "");
    let output = world.run(&format!("export --listen {}", first.address));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(&format!("{}: cannot listen: Address already in use", first.address)),
        "{said}"
    );
    assert!(said.contains("give another port by --listen"), "{said}");
}

#[test]
fn an_option_that_cannot_be_is_wrong_usage_and_names_the_option() {
    let world = World::new();
    for (option, want) in [
        ("--listen=foo", "'--listen <ADDRESS:PORT>': write an address and a port"),
        ("--listen=127.0.0.1", "'--listen <ADDRESS:PORT>': write an address and a port"),
        ("--host=", "'--host <NAME>': write a name without a port"),
        ("--host=a:80", "'--host <NAME>': write a name without a port"),
        ("--longest=x", "'--longest <N>': give a whole number from 0 to 4294967295"),
        ("--every=1s", "--textfile <DIR>"),
        ("--every=1s --listen=127.0.0.1:1", "'--every <TIME>' cannot be used with"),
        ("--every=1s --host=a", "'--every <TIME>' cannot be used with"),
    ] {
        let output = world.run(&format!("export {option}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{option}: {said}");
        assert!(said.contains(want), "{option}: {said}");
    }
}
