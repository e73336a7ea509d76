# A region without a name: systemd keeps its memory while producers come and go.
. /mapcast/stories/lib.sh
install_package
quick stu
drop_in "$PRODUCER.service" $'[Service]\nExecStart=\nExecStart=/usr/bin/mapcast-producer /etc/mapcast/%i.toml --memfd'
systemctl start "$PRODUCER"
[ ! -e "$REGION" ] || fail "a memfd has no name"
eventually "systemd keeps it" is "$PRODUCER" NFileDescriptorStore 1

descriptor() { # the path of the producer's region
    local pid fd
    pid=$(property "$PRODUCER" MainPID)
    for fd in "/proc/$pid/fd/"*; do
        case $(readlink "$fd") in /memfd:*) echo "$fd"; return ;; esac
    done
    return 1
}
inherited() { # OPTIONS: a consumer that gets the region as a descriptor, as from a supervisor
    LISTEN_FDS=1 LISTEN_FDNAMES=region bash -c 'exec 3<"$1"; shift; LISTEN_PID=$$ exec mapcast-consumer --format json --log off "$@"' _ "$(descriptor)" "$@"
}
value() { inherited --once --timeout 10s | sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/"; }
inherited --follow >/run/records &
follower=$!
eventually "the follower's first record" [ -s /run/records ]

for round in 1 2; do
    was=$(value sequence)
    case $round in
        1) systemctl kill -s KILL "$PRODUCER" ;;
        2) systemctl restart "$PRODUCER" ;;
    esac
    eventually "a running producer" is "$PRODUCER" SubState running
    eventually "its descriptor of the memory" descriptor
    [ "$(value sequence)" -ge "$was" ] || fail "the sequence began again"
    same "epoch" $((round + 1)) "$(value epoch)"
done
last=$(value sequence)
eventually "the follower continues" bash -c "[ \"\$(tail -n 1 /run/records | sed -E 's/^.\"lineage\":[0-9]+,\"sequence\":([0-9]+),.*/\1/')\" -gt $last ]"
kill "$follower"
wait "$follower" || true
seen=$(sed -E 's/^\{"lineage":[0-9]+,"sequence":([0-9]+),.*/\1/' /run/records)
same "the sequence" "$(seq "$(head -n 1 <<<"$seen")" "$(tail -n 1 <<<"$seen")")" "$seen"

# a stop frees it, unless a newer systemd is configured to keep it and the unit stays loaded
systemctl stop "$PRODUCER"
systemctl start "$PRODUCER"
same "epoch after a stop" 1 "$(value epoch)"
version=$(systemctl --version | sed -nE '1s/^systemd ([0-9]+).*/\1/p')
if [ "$version" -ge 254 ]; then
    drop_in "$PRODUCER.service" 'FileDescriptorStorePreserve=yes'
    systemctl enable "$PRODUCER" 2>/dev/null
    systemctl restart "$PRODUCER"
    was=$(value sequence)
    systemctl stop "$PRODUCER"
    systemctl start "$PRODUCER"
    eventually "its descriptor of the memory" descriptor
    [ "$(value sequence)" -ge "$was" ] || fail "the sequence began again"
    same "epoch after a stop" 3 "$(value epoch)"
fi
