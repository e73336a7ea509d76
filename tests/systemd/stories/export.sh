# The export reads the regions of the services in its sandbox, and ends without a failure.
. /mapcast/stories/lib.sh
install_package

asked() { # PATH HOST: what the export answers
    exec 3<>/dev/tcp/127.0.0.1/9464
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" "$2" >&3
    cat <&3
    exec 3>&-
}

systemctl start "$PRODUCER" mapcast-export
same "its state, once start returns" active "$(systemctl is-active mapcast-export)"
eventually "the region is up" shows 'mapcast_region_up\{region="stu"\} 1' asked /metrics localhost
holds "the page" "$(asked / 127.0.0.1:9464)" '<title>mapcast</title>'
holds "another name" "$(asked /metrics evil.example)" '^HTTP/1.1 403'

# longer than WatchdogSec=
sleep 11
same "after the time of the watchdog" active "$(systemctl is-active mapcast-export)"
same "restarts" 0 "$(systemctl show -P NRestarts mapcast-export)"
systemctl stop mapcast-export
same "its end" success "$(systemctl show -P Result mapcast-export)"
