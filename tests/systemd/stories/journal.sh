# What the daemons log: priorities and fields in the journal, records as lines of text.
. /mapcast/stories/lib.sh
install_package
quick stu
systemctl start "$PRODUCER" "$CONSUMER"
eventually "the first records" reached 3
entry() { # UNIT PATTERN FIELD: a field of the newest entry whose message matches
    journalctl --no-pager -u "$1" -g "$2" -n 1 -o json --output-fields="$3" | sed -E "s/.*\"$3\" ?: ?\"([^\"]*)\".*/\1/"
}
eventually "the producer's word" said "$PRODUCER" 'publishing STU to '
same "its priority" 6 "$(entry "$PRODUCER" 'publishing STU to ' PRIORITY)"
same "its region" "$REGION" "$(entry "$PRODUCER" 'publishing STU to ' MAPCAST_REGION)"
same "its epoch" 1 "$(entry "$PRODUCER" 'publishing STU to ' MAPCAST_EPOCH)"

systemctl kill -s KILL "$PRODUCER"
eventually "the consumer's word" said "$CONSUMER" 'dead: '
same "its priority" 4 "$(entry "$CONSUMER" 'dead: ' PRIORITY)"
same "its region" "$REGION" "$(entry "$CONSUMER" 'dead: ' MAPCAST_REGION)"
same "its state" dead "$(entry "$CONSUMER" 'dead: ' MAPCAST_STATE)"
holds "by field" "$(journalctl --no-pager -o cat "MAPCAST_REGION=$REGION")" 'dead: '

eventually "the producer again" is "$PRODUCER" NRestarts 1
eventually "the producer again" is "$PRODUCER" SubState running
echo 'nonsense = 1' >>/etc/mapcast/stu.toml
systemctl reload "$PRODUCER"
eventually "the complaint" said "$PRODUCER" 'keeping the old configuration'
same "its priority" 3 "$(entry "$PRODUCER" 'keeping the old' PRIORITY)"

# the status line of both
eventually "a rate" shows '^publishing stu: sequence [0-9]+, [0-9.]+/s$' property "$PRODUCER" StatusText
eventually "a status" shows 'stu' property "$CONSUMER" StatusText

# what is wrong at the start is one entry of priority err too
echo 'nonsense = 1' >/etc/mapcast/bad.toml
! systemctl start mapcast-producer@bad 2>/dev/null
eventually "its word" said mapcast-producer@bad 'bad.toml:1:1: nonsense'
same "its priority" 3 "$(entry mapcast-producer@bad 'bad.toml:1:1' PRIORITY)"
