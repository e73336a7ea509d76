# Producer and consumer at work: two users, two sandboxes, one region.
. /mapcast/stories/lib.sh
install_package
quick stu
systemctl start "$PRODUCER" "$CONSUMER"
eventually "lines of the consumer" lines "$CONSUMER" $'^id=[0-9]+\tname=xiaoming\tm$' 5
eventually "the producer's status" shows 'sequence [0-9]+' property "$PRODUCER" StatusText

producer=$(property "$PRODUCER" MainPID) consumer=$(property "$CONSUMER" MainPID)
of() { sed -nE "s/^$2:\s+([0-9a-f]+).*/\1/p" "/proc/$1/status"; }
same "the producer's user" "$(id -u mapcast)" "$(of "$producer" Uid)"
[ "$(of "$consumer" Uid)" -ge 61184 ] || fail "the consumer's user is not a dynamic one: $(of "$consumer" Uid)"
nsenter -t 1 -m -- /usr/bin/true || fail "nsenter does not work here"
for pid in "$producer" "$consumer"; do
    same "capabilities of $pid" 0000000000000000 "$(of "$pid" CapEff)"
    same "capabilities it could get" 0000000000000000 "$(of "$pid" CapBnd)"
    same "new privileges of $pid" 1 "$(of "$pid" NoNewPrivs)"
    same "seccomp of $pid" 2 "$(of "$pid" Seccomp)"
    for space in mnt net ipc user uts; do
        [ "$(readlink "/proc/$pid/ns/$space")" != "$(readlink "/proc/self/ns/$space")" ] || fail "$pid shares its $space namespace"
    done
    [ ! -e "/proc/$pid/root/proc/stat" ] || fail "$pid sees /proc/stat"
    [ ! -e "/proc/$pid/root/proc/sys/kernel/random/boot_id" ] || fail "$pid sees the boot id"
    ! nsenter -t "$pid" -m -- /usr/bin/true 2>/dev/null || fail "$pid could run /usr/bin/true"
done
same "the region's file" "644 mapcast mapcast" "$(stat -c '%a %U %G' "$REGION")"
holds "the producer's map" "$(cat "/proc/$producer/maps")" "rw-s .* $REGION"
holds "the consumer's map" "$(cat "/proc/$consumer/maps")" "r--s .* $REGION"
! grep -Eq "w.?s .* $REGION" "/proc/$consumer/maps" || fail "the consumer could write"

# stopped: closed, and the consumer logs it
systemctl stop "$PRODUCER"
same "the end of the producer" success "$(property "$PRODUCER" Result)"
same "state of the region" closed "$(latest stu state)"
eventually "the consumer's word" said "$CONSUMER" 'closed: its writer ended'
same "the consumer" active "$(systemctl is-active "$CONSUMER")"
# and started again: the same file is resumed
was=$(sequence)
systemctl start "$PRODUCER"
eventually "the next records" reached $((was + 3))
never_restarted "$CONSUMER" "$consumer"
systemctl stop "$CONSUMER"
same "the end of the consumer" success "$(property "$CONSUMER" Result)"
