# Every command of docs/operate.md for a machine with the package, one after another.
. /mapcast/stories/lib.sh
prepare
if ! command -v apt-get >/dev/null; then echo "no apt-get in this root"; exit 77; fi
mkdir /run/place
cp "$PACKAGE" /run/place/mapcast_0.0.0_any.deb
cd /run/place
cp /mapcast/commands/installed commands
[ "$(wc -l <commands)" -gt 50 ] || fail "the document has no commands"
# each on a terminal of its own would do the same; here the first that fails ends it
if ! bash -euxo pipefail commands >log 2>&1 </dev/null; then
    cat log >&2
    fail "the last command above"
fi
printed() { grep -Eq -- "$1" log || { cat log >&2; fail "nothing printed '$1'"; }; }
printed '^roof	ok	21.5 C'                              # the pipe
printed '^-rw-r----- mapcast boiler-readers$'          # the group
printed '^NFileDescriptorStore=1$'                     # the memfd
printed 'SIGHUP: /etc/mapcast/boiler.toml is in force' # the reload
printed '"state":"live"'
printed "id=[0-9]+	name=xiaoming	m"
