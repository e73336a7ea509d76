# The package mapcast-bridge: its service exports a region to another host, is restarted when it is killed, reloads, and
# ends; removed and purged, nothing is left.
. /mapcast/stories/lib.sh
package=$(ls /mapcast/packages/mapcast-bridge_*.deb 2>/dev/null) || { echo "no package of the bridge was given (--packages)"; exit 77; }
install_package
find /etc /usr -xdev | sort >/run/before
dpkg --no-triggers -i "$package" >/run/install.log 2>&1 || fail "dpkg -i: $(cat /run/install.log)"
BRIDGE=mapcast-bridge

# what is there
same "a service that was not requested" inactive "$(systemctl is-active $BRIDGE)"
holds "conffiles" "$(dpkg-query -W -f '${Conffiles}' $BRIDGE)" ' /etc/mapcast/bridge.toml '
holds "its configuration" "$($BRIDGE /etc/mapcast/bridge.toml --check)" '^export +\* as hostA/\*'
page=$(zcat /usr/share/man/man1/$BRIDGE.1.gz)
for option in $($BRIDGE --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
    grep -qF -- "${option//-/\\-}" <<<"$page" || fail "$BRIDGE(1) lacks $option"
done
for file in bash-completion/completions/$BRIDGE zsh/vendor-completions/_$BRIDGE \
    fish/vendor_completions.d/$BRIDGE.fish doc/$BRIDGE/NOTICES doc/$BRIDGE/copyright; do
    [ -s "/usr/share/$file" ] || fail "no $file"
done
man=$(command -v man >/dev/null && echo yes || echo no)
said=$(systemd-analyze verify --recursive-errors=one --man="$man" $BRIDGE.service 2>&1) || fail "verify: $said"
same "verify" "" "$said"
# It reaches other hosts.
systemd-analyze security --offline=true --no-pager --threshold=20 $BRIDGE.service >/run/security ||
    fail "more exposed than 2.0: $(cat /run/security)"
tail -n 1 /run/security

# another host: a directory of regions, and a bridge that was started by hand
mkdir /run/b
cat >/run/b/bridge.toml <<END
[bridge]
host = "hostB"
connect = "tcp/127.0.0.1:7447"
[[import]]
from = "hostA"
name = "*"
stale_after = "1s"
END
MAPCAST_DIR=/run/b $BRIDGE /run/b/bridge.toml 2>/run/b/log &
mirrored() { # NUMBER: the mirror has come so far
    local line
    line=$(MAPCAST_DIR=/run/b mapcast-consumer hostA.stu --once --timeout 10s --format json --log off) || return
    [ "$(sed -E 's/.*"sequence":([0-9]+).*/\1/' <<<"$line")" -ge "$1" ]
}
state() { # the state of the mirror
    MAPCAST_DIR=/run/b mapcast-consumer hostA.stu --once --format json --log off | sed -E 's/.*"state":"([a-z]+)".*/\1/'
}

quick stu
systemctl start "$PRODUCER" $BRIDGE
same "its state, once start returns" active "$(systemctl is-active $BRIDGE)"
eventually "records of the mirror" mirrored 3
same "the mirror" live "$(state)"
eventually "its status" shows '^hostA: [0-9]+ exports?, 0 mirrors' property $BRIDGE StatusText
pid=$(property $BRIDGE MainPID)
same "its user" "$(id -u mapcast)" "$(sed -nE 's/^Uid:\s+([0-9]+).*/\1/p' "/proc/$pid/status")"
same "its capabilities" 0000000000000000 "$(sed -nE 's/^CapBnd:\s+//p' "/proc/$pid/status")"
! nsenter -t "$pid" -m -- /usr/bin/true 2>/dev/null || fail "it could run /usr/bin/true"

# longer than WatchdogSec=
sleep 11
never_restarted $BRIDGE "$pid"

# a reload: what is right takes effect, what is wrong is logged
echo 'nonsense = 1' >>/etc/mapcast/bridge.toml
systemctl reload $BRIDGE
eventually "the complaint" said $BRIDGE 'bridge.toml:.*nonsense'
sed -i '$d' /etc/mapcast/bridge.toml
cat >>/etc/mapcast/bridge.toml <<END
[[import]]
from = "hostC"
name = "stu"
END
systemctl reload $BRIDGE
eventually "the reload" said $BRIDGE 'reloaded /etc/mapcast/bridge.toml$'
never_restarted $BRIDGE "$pid"

# killed, and a hang that the watchdog ends
was=$(sequence)
systemctl kill -s KILL $BRIDGE
eventually "a restart" is $BRIDGE NRestarts 1
eventually "the next records of the mirror" mirrored $((was + 3))
systemctl kill -s STOP $BRIDGE
eventually "the mirror is stalled" shows stalled state
eventually "the watchdog's word" said $BRIDGE 'Watchdog timeout'
eventually "a restart" is $BRIDGE NRestarts 2
was=$(sequence)
eventually "the next records of the mirror" mirrored $((was + 3))

# its end
systemctl stop $BRIDGE
same "its end" success "$(property $BRIDGE Result)"
eventually "the mirror is stalled" shows stalled state
systemctl start $BRIDGE
was=$(sequence)
eventually "the next records of the mirror" mirrored $((was + 3))
systemctl enable $BRIDGE 2>/dev/null
kill %1
wait %1 || fail "the other bridge: $(cat /run/b/log)"
dpkg --no-triggers --purge mapcast-bridge >/run/purge.log 2>&1 || fail "purge: $(cat /run/purge.log)"
same "the service" inactive "$(systemctl is-active $BRIDGE)"
same "what is left" "" "$(find /etc /usr -xdev | sort | diff /run/before - || true)"
