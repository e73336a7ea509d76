# A machine that is in use: its default directories hold regions, and so do those that variables name.
# For `cargo xtask again`, whose arguments are: UMASK, the producer, the command to run.
umask "$1"; producer=$2; shift 2
if [ "$(id -u)" = 0 ]; then
    mount -t tmpfs -o mode=0755 none /run && mount -t tmpfs -o mode=1777 none /dev/shm || exit
fi
unset MAPCAST_DIR XDG_RUNTIME_DIR
elsewhere=$(umask 077; mktemp -d)
pids=
publish() { "$producer" --tick 50ms "$@" 2>/dev/null & pids="$pids $!"; }
if [ "$(id -u)" = 0 ]; then
    for name in stu drone host sensor wave x; do publish --region $name; done
    until [ -e /run/mapcast/x.region ]; do sleep 0.1; done
    for number in $(seq 200); do cp /run/mapcast/x.region /run/mapcast/old-$number.region; done
    mkdir -m 0777 /dev/shm/mapcast-65534 # another user has created it first
fi
export MAPCAST_DIR="$elsewhere" XDG_RUNTIME_DIR=/nowhere
for name in stu x host; do publish --region $name; done
export MAPCAST_LOG=error NOTIFY_SOCKET=/nowhere/notify WATCHDOG_USEC=1 COLUMNS=20 NO_COLOR=1 LC_ALL=C.UTF-8
"$@"
code=$?
kill $pids
rm -r "$elsewhere"
exit $code
