# systemctl reload: a good configuration takes effect, a bad one is logged and changes nothing.
. /mapcast/stories/lib.sh
install_package
quick stu
systemctl start "$PRODUCER" "$CONSUMER"
eventually "the first records" reached 3
producer=$(property "$PRODUCER" MainPID) consumer=$(property "$CONSUMER" MainPID)

sed -i 's/xiaoming/daming/' /etc/mapcast/stu.toml
was=$(sequence)
systemctl reload "$PRODUCER"
eventually "records by the new configuration" lines "$CONSUMER" $'^id=[0-9]+\tname=daming\tm$' 2
eventually "the next records" reached $((was + 2))
never_restarted "$PRODUCER" "$producer"
same "epoch: it is the same writer" 1 "$(latest stu epoch)"

cp /etc/mapcast/stu.toml /run/good.toml
echo 'nonsense = 1' >>/etc/mapcast/stu.toml
was=$(sequence)
systemctl reload "$PRODUCER"
eventually "the complaint" said "$PRODUCER" 'stu.toml:[0-9]+:.*nonsense.*keeping the old configuration'
eventually "the next records" reached $((was + 3))
same "the producer" active "$(systemctl is-active "$PRODUCER")"
never_restarted "$PRODUCER" "$producer"
holds "the record" "$(latest stu)" '"name":"daming"'

# another schema: the region is retired and a new one created, to which the consumer switches
sed -E 's/"name"/"nickname"/; s/\{name\}/{nickname}/' /run/good.toml >/etc/mapcast/stu.toml
was=$(sequence)
systemctl reload "$PRODUCER"
eventually "the other record" shows '"nickname":"daming"' latest stu
eventually "the next records" reached $((was + 3))
eventually "the consumer's word" said "$CONSUMER" 're-attached'
never_restarted "$PRODUCER" "$producer"
never_restarted "$CONSUMER" "$consumer"
