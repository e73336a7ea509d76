# In whatever order they come: a consumer waits for its region, and a boot brings all up.
. /mapcast/stories/lib.sh
install_package
quick stu
systemctl mask --runtime "$PRODUCER" 2>/dev/null
systemctl start "$CONSUMER" || fail "a consumer without a region does not start"
eventually "its word" said "$CONSUMER" "waiting for $REGION"
consumer=$(property "$CONSUMER" MainPID)
[ ! -e "$REGION" ] || fail "who made the region?"

systemctl unmask --runtime "$PRODUCER" 2>/dev/null
systemctl start "$PRODUCER"
eventually "lines of the consumer" lines "$CONSUMER" $'^id=[0-9]+\tname=xiaoming\tm$' 3
never_restarted "$CONSUMER" "$consumer"

# the directory itself away and back
systemctl stop "$PRODUCER"
rm -r /run/mapcast
systemctl start "$PRODUCER"
was=$(sequence)
eventually "the consumer in the new directory" said "$CONSUMER" 're-attached'
eventually "the next records" reached $((was + 3))
never_restarted "$CONSUMER" "$consumer"
systemctl stop "$PRODUCER" "$CONSUMER"

# the target: starts what is enabled, stops what runs
systemctl enable "$CONSUMER" mapcast-producer@wave 2>/dev/null
systemctl stop mapcast.target
systemctl start multi-user.target # as at a boot
eventually "the enabled consumer" is "$CONSUMER" SubState running
eventually "the enabled producer" is mapcast-producer@wave SubState running
eventually "the producer that the consumer wants" is "$PRODUCER" SubState running
systemctl stop mapcast.target
for unit in "$PRODUCER" "$CONSUMER" mapcast-producer@wave; do
    eventually "the end of $unit" is "$unit" ActiveState inactive
    same "the end of $unit" success "$(property "$unit" Result)"
done
systemctl start mapcast.target
eventually "all of it again" is "$CONSUMER" SubState running
