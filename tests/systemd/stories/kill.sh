# The producer is killed: it is restarted, the sequence continues, the consumer is not restarted.
. /mapcast/stories/lib.sh
install_package
quick stu
systemctl start "$PRODUCER" "$CONSUMER"
eventually "the first records" reached 3
consumer=$(property "$CONSUMER" MainPID) inode=$(stat -c %i "$REGION")
mapcast-consumer stu --follow --format json --log off >/run/records &
follower=$!
eventually "the follower's first record" [ -s /run/records ]

for round in 1 2 3; do
    was=$(sequence) pid=$(property "$PRODUCER" MainPID)
    systemctl kill -s KILL "$PRODUCER"
    eventually "restart $round" is "$PRODUCER" NRestarts "$round"
    eventually "a running producer" is "$PRODUCER" SubState running
    [ "$(property "$PRODUCER" MainPID)" != "$pid" ] || fail "the same process after a kill"
    eventually "the next records" reached $((was + 3))
    same "epoch" $((round + 1)) "$(latest stu epoch)"
done
kill "$follower"
wait "$follower" || true

same "the region's file" "$inode" "$(stat -c %i "$REGION")"
never_restarted "$CONSUMER" "$consumer"
said "$CONSUMER" 'dead: ' || fail "the consumer did not log that the producer died"
! said "$CONSUMER" missed || fail "the consumer missed records"
# what a follower saw: every sequence number once, in order, whatever the epoch
seen=$(sed -E 's/^\{"lineage":[0-9]+,"sequence":([0-9]+),.*/\1/' /run/records)
first=$(head -n 1 <<<"$seen") last=$(tail -n 1 <<<"$seen")
[ $((last - first)) -ge 6 ] || fail "the follower saw $first to $last only"
same "the sequence" "$(seq "$first" "$last")" "$seen"
