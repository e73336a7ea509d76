# The instance "host" reads /proc/stat and others, and sees no other process for that.
. /mapcast/stories/lib.sh
install_package
quick host
systemctl start mapcast-producer@host mapcast-producer@stu
pid=$(property mapcast-producer@host MainPID) other=$(property mapcast-producer@stu MainPID)
record=$(latest host)
same "memory" "$(($(sed -nE 's/^MemTotal: +([0-9]+) kB/\1/p' /proc/meminfo) * 1024))" "$(latest host mem_total)"
same "name of the host" with-systemd "$(latest host host)"
holds "uptime" "$record" '"uptime":[1-9]'
holds "context switches" "$record" '"switches":[1-9]'
eventually "a rate" shows '"cpu_busy":[0-9]' latest host
holds "its /proc" "$(grep ' /proc ' "/proc/$pid/mountinfo")" 'hidepid=(invisible|2)'
! grep ' /proc ' "/proc/$pid/mountinfo" | grep -q subset=pid || fail "the drop-in has no effect"
grep ' /proc ' "/proc/$other/mountinfo" | grep -q subset=pid || fail "the other instances are as open"
# A machine without a thermometer holds the default, which is logged once; everything else is there.
! journal mapcast-producer@host | grep -v '"temperature"' | grep -Eq 'cannot|No such' || fail "it complains"
