//! Files of a bridge.

use settings::BridgeSettings;

/// What is wrong with a file, its lines, and the message.
struct Case(&'static str, &'static [&'static str], &'static str);

const BRIDGE: &str = "[bridge]\nhost = \"hostB\"\nlisten = \"tcp/127.0.0.1:7447\"\n";

/// The text stands behind a bridge that listens, from line 4 on.
const BEHIND_BRIDGE: &[Case] = &[
    Case("an unknown table", &["[exports]"], "4:2: exports: unknown key; did you mean export?"),
    Case(
        "an unknown key of an export",
        &["[[export]]", "regions = \"stu\""],
        "5:1: export[#1].regions: unknown key; did you mean region?",
    ),
    Case(
        "an export without a region",
        &["[[export]]"],
        "4:1: export[#1].region: missing; add region = \"stu\"",
    ),
    Case(
        "an export by path without a name",
        &["[[export]]", "region = \"/x/stu.region\""],
        "4:1: export[#1]: missing for a region given by its path; add name = \"stu\"",
    ),
    Case(
        "a name for a pattern",
        &["[[export]]", "region = \"*\"", "name = \"x\""],
        "6:8: export[#1].name: \"x\" is one name for several regions; remove it",
    ),
    Case(
        "a rate of nothing",
        &["[[export]]", "region = \"stu\"", "max_hz = 0"],
        "6:10: export[#1].max_hz: 0 is out of range; write a number from 1 to 1000",
    ),
    Case(
        "a rate of what is sent whole",
        &["[[export]]", "region = \"stu\"", "max_hz = 10", "lossless = 100"],
        "6:10: export[#1].max_hz: limits what lossless sends all of; remove one",
    ),
    Case(
        "a mirror that is behind by nothing",
        &["[[import]]", "from = \"hostA\"", "name = \"stu\"", "lossless = 0"],
        "7:12: import[#1].lossless: 0 is out of range; write a number from 1 to 65535",
    ),
    Case(
        "two exports of one name",
        &["[[export]]", "region = \"stu\"", "[[export]]", "region = \"stu\""],
        "6:1: export[#2]: another export is called stu already; give it another name",
    ),
    Case(
        "a name that is no chunk of a key",
        &["[[export]]", "region = \"stu\"", "name = \"@stu\""],
        "6:8: export[#1].name: \"@stu\" is no name for a region; use letters, digits and . _ - @, no dot or @ in front, at most 64 bytes",
    ),
    Case(
        "an import from this host",
        &["[[import]]", "from = \"hostB\"", "name = \"stu\""],
        "5:8: import[#1].from: is this host; import from another one",
    ),
    Case(
        "a link to itself",
        &["connect = [\"tcp/10.0.0.1:7447\", \"tcp/localhost:7447\"]"],
        "4:33: bridge.connect[#2]: tcp/localhost:7447 is this bridge itself, which listens on tcp/127.0.0.1:7447; remove it",
    ),
    Case(
        "a link that is there twice",
        &["connect = [\"tcp/10.0.0.1:7447\", \"tcp/10.0.0.1:7447\"]"],
        "4:33: bridge.connect[#2]: tcp/10.0.0.1:7447 is there twice; remove one",
    ),
    Case(
        "an export of the bridge's own region",
        &["[[export]]", "region = \"bridge\""],
        "5:10: export[#1].region: is the region of the bridge's own state; export another one, or give that another name (status in [bridge])",
    ),
    Case(
        "a mirror in the place of the bridge's own region",
        &["status = \"s\"", "[[import]]", "from = \"hostA\"", "name = \"x\"", "region = \"s\""],
        "8:10: import[#1].region: is the region of the bridge's own state; give the mirror another name",
    ),
    Case(
        "an import of what is imported already",
        &[
            "[[import]]",
            "from = \"*\"",
            "name = \"*\"",
            "[[import]]",
            "from = \"a\"",
            "name = \"x\"",
        ],
        "9:8: import[#2].name: is imported by an [[import]] before this one; write this one first, or remove it",
    ),
    Case(
        "a mirror that is stalled between two digests",
        &["digest = \"1s\"", "[[import]]", "from = \"a\"", "name = \"x\"", "stale_after = \"1s\""],
        "8:15: import[#1].stale_after: is 1s, shorter than two digests; write stale_after = \"2s\" or more, or a shorter digest in [bridge]",
    ),
    Case(
        "digests so rare that a mirror is stalled between two of them by default",
        &["digest = \"10s\"", "[[import]]", "from = \"a\"", "name = \"x\""],
        "5:1: import[#1]: is 3s, shorter than two digests; write stale_after = \"20s\" or more, or a shorter digest in [bridge]",
    ),
    Case(
        "a pattern that leads to one region",
        &["[[import]]", "from = \"hostA\"", "name = \"*\"", "region = \"stu\""],
        "7:10: import[#1].region: has no {name}, but name is a pattern; write \"{host}.{name}\"",
    ),
    Case(
        "a mirror that is exported",
        &[
            "[[import]]",
            "from = \"hostA\"",
            "name = \"stu\"",
            "region = \"x\"",
            "[[export]]",
            "region = \"x\"",
        ],
        "7:10: import[#1].region: is exported, too; export a region of this host, or write hops = 1 in that export",
    ),
    Case(
        "too many hops",
        &["[[export]]", "region = \"*\"", "hops = 9"],
        "6:8: export[#1].hops: 9 is out of range; write a number from 0 to 8",
    ),
    Case(
        "one mirror of two imports",
        &[
            "[[import]]",
            "from = \"a\"",
            "name = \"x\"",
            "region = \"x\"",
            "[[import]]",
            "from = \"b\"",
            "name = \"x\"",
            "region = \"x\"",
        ],
        "11:10: import[#2].region: is the mirror of another import already; give it another name",
    ),
    Case(
        "a mirror that is stalled at once",
        &["[[import]]", "from = \"hostA\"", "name = \"stu\"", "stale_after = \"100ms\""],
        "7:15: import[#1].stale_after: \"100ms\" is not a duration from 500ms to 1h; write stale_after = \"3s\"",
    ),
    Case(
        "a mirror that its own bridge cannot open again",
        &["[[import]]", "from = \"hostA\"", "name = \"stu\"", "mode = \"0440\""],
        "7:8: import[#1].mode: \"0440\" is not a mode that lets the owner read and write; write mode = \"0640\"",
    ),
];

const WHOLE: &[Case] = &[
    Case(
        "the file of a producer",
        &["[region]", "name = \"stu\""],
        "1:1: bridge: missing; add [bridge]",
    ),
    Case("no host", &["[bridge]"], "1:1: bridge.host: missing; add host = \"hostA\""),
    Case(
        "a misspelt key",
        &["[bridge]", "hots = \"hostA\""],
        "2:1: bridge.hots: unknown key; did you mean host?",
    ),
    Case(
        "a peer",
        &["[bridge]", "host = \"hostA\"", "mode = \"peer\""],
        "3:8: bridge.mode: a peer passes nothing on, so that two of them behind a router never hear of each other; write mode = \"router\" or mode = \"client\"",
    ),
    Case(
        "another mode",
        &["[bridge]", "host = \"hostA\"", "mode = \"routr\""],
        "3:8: bridge.mode: \"routr\" is unknown; did you mean router?",
    ),
    Case(
        "no link",
        &["[bridge]", "host = \"hostA\""],
        "1:1: bridge: missing: there is no link; add listen = [\"tls/0.0.0.0:7447\"], or connect",
    ),
    Case(
        "a client without a router",
        &["[bridge]", "host = \"hostA\"", "mode = \"client\""],
        "1:1: bridge: missing: a client needs a router; add connect = [\"tls/hub.example:7447\"]",
    ),
    Case(
        "a client that listens",
        &[
            "[bridge]",
            "host = \"a\"",
            "mode = \"client\"",
            "connect = \"tcp/127.0.0.1:1\"",
            "listen = \"tcp/127.0.0.1:2\"",
        ],
        "5:10: bridge.listen: a client does not listen; remove it, or write mode = \"router\"",
    ),
    Case(
        "an open endpoint that is not encrypted",
        &["[bridge]", "host = \"hostA\"", "listen = \"tcp/0.0.0.0:7447\""],
        "3:10: bridge.listen: \"tcp/0.0.0.0:7447\" sends unencrypted beyond this machine and private networks; write tls/, or insecure = true in [bridge]",
    ),
    Case(
        "an encrypted endpoint without certificates",
        &["[bridge]", "host = \"hostA\"", "listen = \"tls/0.0.0.0:7447\""],
        "3:10: bridge.listen: \"tls/0.0.0.0:7447\" needs certificates; add [tls] with ca, cert and key",
    ),
    Case(
        "an endpoint without a port",
        &["[bridge]", "host = \"hostA\"", "listen = [\"tcp/127.0.0.1:1\", \"tcp/127.0.0.1\"]"],
        "3:30: bridge.listen[#2]: \"tcp/127.0.0.1\" has no port; write an endpoint such as \"tls/hub.example:7447\"",
    ),
    Case(
        "nothing to do",
        &["[bridge]", "host = \"hostA\"", "connect = \"tcp/127.0.0.1:7447\""],
        "1:1: bridge: there is nothing to do; add [[export]] with region = \"stu\", or [[import]]",
    ),
    Case(
        "a lease of an hour",
        &["[bridge]", "host = \"hostA\"", "lease = \"1h\""],
        "3:9: bridge.lease: \"1h\" is not a duration from 100ms to 1m; write lease = \"2s\"",
    ),
];

/// The messages of all cases.
pub(crate) fn messages() -> impl Iterator<Item = &'static str> {
    BEHIND_BRIDGE.iter().chain(WHOLE).map(|Case(_, _, message)| *message)
}

#[track_caller]
fn check(before: &str, cases: &[Case]) {
    for Case(claim, lines, message) in cases {
        let text = format!("{before}{}\n", lines.join("\n"));
        let error = BridgeSettings::parse(&text, "x.toml").expect_err(claim);
        assert_eq!(error.to_string(), format!("x.toml:{message}"), "{claim}\n{text}");
    }
}

#[test]
fn a_bridge_that_cannot_run_is_refused_in_its_own_words() {
    check(BRIDGE, BEHIND_BRIDGE);
    check("", WHOLE);
}

#[test]
fn a_whole_file_of_a_bridge_is_read() {
    let text = "\
[bridge]\nhost = \"hostB\"\nlisten = [\"tls/0.0.0.0:7447\"]\nconnect = \"tcp/10.0.0.1:7447\"\nlease = \"1s\"\n\
sndbuf = \"32KiB\"\ndigest = \"100ms\"\nstatus = \"b\"\n\
[tls]\nca = \"/ca\"\ncert = \"/cert\"\nkey = \"/key\"\nhosts = [\"hostA\"]\nrelays = \"hub\"\n\
[[export]]\nregion = \"s*\"\nmax_hz = 10\n[[import]]\nfrom = \"*\"\nname = \"*\"\n";
    let settings = BridgeSettings::parse(text, "x.toml").expect("valid");
    assert_eq!((settings.sndbuf, settings.status.as_str()), (32 << 10, "b"));
    assert_eq!(settings.tls.expect("certificates").relays, ["hub"]);
    let import = &settings.imports[0];
    assert_eq!(import.target("hostA", "stu"), Some("hostA.stu".parse().expect("a name")));
    assert!(settings.exports[0].name.matches("stu") && !settings.exports[0].name.matches("net"));
}
