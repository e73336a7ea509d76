# What the stories share. Sourced; runs as root in a guest of with-systemd.
# shellcheck shell=bash
set -euo pipefail

PACKAGE=/mapcast/mapcast.deb
PRODUCER=mapcast-producer@stu
CONSUMER=mapcast-consumer@stu
REGION=/run/mapcast/stu.region

fail() { # what is not so
    echo "NOT SO: $*" >&2
    systemctl --no-pager --no-legend --all --plain list-units 'mapcast*' >&2 || true
    journalctl --no-pager -o short-precise -n 40 >&2 || true
    exit 1
}

same() { # what, wanted, found
    [ "$2" = "$3" ] || fail "$1: wanted '$2', found '$3'"
}

holds() { # what, text, pattern (extended regular expression)
    grep -Eq -- "$3" <<<"$2" || fail "$1: no '$3' in: $2"
}

shows() { # PATTERN COMMAND...: does its output?
    grep -Eq -- "$1" <<<"$("${@:2}")"
}

eventually() { # what, command...: within 20 s
    local what=$1 end=$((SECONDS + 20)); shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "not within 20 s: $what ($*)"
        sleep 0.05
    done
}

prepare() { # a machine like a person's, not like one that builds images
    rm -f /usr/sbin/policy-rc.d /etc/dpkg/dpkg.cfg.d/docker*
}

install_package() { # as a person does, without the index of man pages, which takes seconds
    prepare
    dpkg --no-triggers -i "$PACKAGE" >/run/install.log 2>&1 || fail "dpkg -i: $(cat /run/install.log)"
}

quick() { # NAME: ten records a second, so that no story waits long
    sed -i 's/^tick = .*/tick = "100ms"/' "/etc/mapcast/$1.toml"
}

drop_in() { # UNIT TEXT: lines of a drop-in for a unit
    mkdir -p "/run/systemd/system/$1.d"
    printf '%s\n' "$2" >>"/run/systemd/system/$1.d/story.conf"
    systemctl daemon-reload
}

property() { # UNIT NAME
    systemctl show -P "$2" "$1"
}

is() { # UNIT NAME VALUE
    [ "$(property "$1" "$2")" = "$3" ]
}

latest() { # NAME [KEY]: the newest record of a region as JSON, or one number or word of it
    local line
    line=$(mapcast-consumer "$1" --once --timeout 10s --format json --log off) || return
    [ $# -gt 1 ] || { echo "$line"; return; }
    sed -E "s/.*\"$2\":\"?([^\",}]*).*/\1/" <<<"$line"
}

sequence() { latest stu sequence; }

reached() { # NUMBER: the region has come so far
    [ "$(sequence)" -ge "$1" ]
}

journal() { # UNIT [OPTIONS]: what it printed or said
    local unit=$1; shift
    journalctl --no-pager -o cat -u "$unit" "$@"
}

said() { # UNIT PATTERN: did it?
    shows "$2" journal "$1"
}

lines() { # UNIT PATTERN NUMBER: at least so many lines
    [ "$(grep -Ec -- "$2" <<<"$(journal "$1")")" -ge "$3" ]
}

never_restarted() { # UNIT PID: the same process as before
    same "restarts of $1" 0 "$(property "$1" NRestarts)"
    same "process of $1" "$2" "$(property "$1" MainPID)"
}
