# Who may read: every user, a group, no one else; a reader without permission reports what to do.
. /mapcast/stories/lib.sh
install_package
quick stu
sed -i 's/^mode = .*/mode = "0640"/' /etc/mapcast/stu.toml
systemctl start "$PRODUCER"
same "the region's file" "640 mapcast mapcast" "$(stat -c '%a %U %G' "$REGION")"

# neither every user nor the consumer's own user
refused=$(setpriv --reuid nobody --regid nogroup --clear-groups mapcast-consumer stu --once 2>&1) && fail "nobody reads a 0640 region"
holds "the refusal" "$refused" 'Permission denied.*use an account'
! systemctl start "$CONSUMER" 2>/dev/null || fail "a consumer without the group reads a 0640 region"
eventually "its word" said "$CONSUMER" 'Permission denied'
eventually "its end" said "$CONSUMER" 'Start request repeated too quickly'

# with the group
systemctl reset-failed "$CONSUMER"
drop_in "$CONSUMER.service" $'[Service]\nSupplementaryGroups=mapcast'
systemctl start "$CONSUMER"
eventually "lines of the consumer" lines "$CONSUMER" $'^id=[0-9]+\tname=xiaoming\tm$' 2

# a group of its own: refused by the sandbox, and not with the drop-in
groupadd --system readers
sed -i 's/^mode = .*/&\ngroup = "readers"/' /etc/mapcast/stu.toml
systemctl stop "$PRODUCER" "$CONSUMER"
rm "$REGION"
! systemctl start "$PRODUCER" 2>/dev/null || fail "the sandbox lets a producer give files away"
eventually "its word" said "$PRODUCER" 'fchown: '
eventually "its end" said "$PRODUCER" 'Start request repeated too quickly'
systemctl reset-failed "$PRODUCER"
drop_in "$PRODUCER.service" $'[Service]\nSupplementaryGroups=readers\nPrivateUsers=no\nSystemCallFilter=fchown'
drop_in "$CONSUMER.service" 'SupplementaryGroups=readers'
systemctl start "$PRODUCER" "$CONSUMER"
same "the region's file" "640 mapcast readers" "$(stat -c '%a %U %G' "$REGION")"
eventually "lines of the consumer" lines "$CONSUMER" $'^id=[0-9]+\tname=xiaoming\tm$' 4
systemd-analyze security --offline=true --no-pager --threshold=5 "$PRODUCER.service" >/dev/null || fail "more exposed than 0.5"

# two producers share the directory: neither takes it from the other
systemctl start mapcast-producer@wave
same "the first one's region" "640 mapcast readers" "$(stat -c '%a %U %G' "$REGION")"
same "the directory" "755 mapcast mapcast" "$(stat -c '%a %U %G' /run/mapcast)"
systemctl stop mapcast-producer@wave
[ -e "$REGION" ] || fail "the end of one producer removed the other's region"
eventually "lines of the consumer" lines "$CONSUMER" $'^id=[0-9]+\tname=xiaoming\tm$' 6
