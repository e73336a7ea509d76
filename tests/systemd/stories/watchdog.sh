# A producer or a consumer that hangs is killed by the watchdog and restarted.
. /mapcast/stories/lib.sh
install_package
quick stu
systemctl start "$PRODUCER" "$CONSUMER"
for unit in "$PRODUCER" "$CONSUMER"; do
    same "the watchdog of $unit as shipped" 10s "$(property "$unit" WatchdogUSec)"
    drop_in "$unit.service" $'[Service]\nWatchdogSec=1s'
done
systemctl restart "$PRODUCER" "$CONSUMER"
eventually "the first records" reached 3
consumer=$(property "$CONSUMER" MainPID)
# several times the watchdog's time: both feed it
sleep 3
never_restarted "$CONSUMER" "$consumer"
same "restarts of a healthy producer" 0 "$(property "$PRODUCER" NRestarts)"

was=$(sequence)
systemctl kill -s STOP "$PRODUCER"
eventually "the watchdog's word" said "$PRODUCER" 'Watchdog timeout'
eventually "a restart" is "$PRODUCER" NRestarts 1
eventually "the next records" reached $((was + 3))
said "$CONSUMER" 'stalled: ' || fail "the consumer did not log that the producer stalled"
never_restarted "$CONSUMER" "$consumer"

systemctl kill -s STOP "$CONSUMER"
eventually "the watchdog's word" said "$CONSUMER" 'Watchdog timeout'
eventually "a restart" is "$CONSUMER" NRestarts 1
eventually "a running consumer" is "$CONSUMER" SubState running
same "restarts of the producer meanwhile" 1 "$(property "$PRODUCER" NRestarts)"
