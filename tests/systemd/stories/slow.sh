# A tick that is longer than the watchdog's time is no hang: nothing is restarted.
. /mapcast/stories/lib.sh
install_package
sed -i 's/^tick = .*/tick = "1h"/' /etc/mapcast/stu.toml
for unit in "$PRODUCER" "$CONSUMER"; do
    drop_in "$unit.service" $'[Service]\nWatchdogSec=1s'
done
systemctl start "$PRODUCER" "$CONSUMER"
eventually "the one record" lines "$CONSUMER" $'^id=10\tname=xiaoming\tm$' 1
producer=$(property "$PRODUCER" MainPID) consumer=$(property "$CONSUMER" MainPID)
sleep 4
never_restarted "$PRODUCER" "$producer"
never_restarted "$CONSUMER" "$consumer"
same "records" 1 "$(sequence)"
