# The units are what systemd understands, and let the daemons do next to nothing.
. /mapcast/stories/lib.sh
install_package
man=$(command -v man >/dev/null && echo yes || echo no)

for unit in mapcast-producer@{stu,host,wave,sensor-input}.service mapcast-producer.service mapcast-consumer@{stu,host}.service mapcast-export.service mapcast.target; do
    said=$(systemd-analyze verify --recursive-errors=one --man="$man" "$unit" 2>&1) || fail "$unit: $said"
    same "verify $unit" "" "$said"
done

exposure() { # FILE or UNIT, OPTIONS: ten times the exposure
    local unit=$1; shift
    systemd-analyze security --no-pager "$@" "$unit" | sed -nE 's/.*Overall exposure level.*: ([0-9])\.([0-9]).*/\1\2/p'
}
for unit in mapcast-producer@stu mapcast-producer@host mapcast-producer mapcast-consumer@stu; do
    found=$(exposure "$unit.service" --offline=true)
    echo "$unit: exposure ${found%?}.${found: -1}"
    [ "$found" -le 5 ] || fail "$unit: exposure of ten times $found is more than 0.5"
    systemd-analyze security --offline=true --no-pager --threshold=5 "$unit.service" >/dev/null || fail "$unit: threshold"
done
# It listens, to this machine alone.
found=$(exposure mapcast-export.service --offline=true)
[ "$found" -le 10 ] || fail "mapcast-export: exposure of ten times $found is more than 1.0"
# the same by the manager that runs them
systemctl start "$PRODUCER" "$CONSUMER"
for unit in "$PRODUCER" "$CONSUMER"; do
    [ "$(exposure "$unit.service")" -le 5 ] || fail "$unit: more exposed when it runs"
done

# an instance without a configuration is refused, and one with a bad one fails for good
said=$(systemctl start mapcast-producer@nowhere 2>&1) && fail "there is no nowhere.toml"
holds "what a person sees" "$said" 'Assertion failed'
echo 'nonsense = 1' >/etc/mapcast/bad.toml
! systemctl start mapcast-producer@bad 2>/dev/null || fail "bad.toml was accepted"
eventually "the producer gives up" said mapcast-producer@bad 'Start request repeated too quickly'
same "its state" failed "$(systemctl is-failed mapcast-producer@bad)"
eventually "its own word in the journal" said mapcast-producer@bad 'bad.toml:1:.*nonsense'
