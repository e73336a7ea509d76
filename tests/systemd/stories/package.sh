# Installed, upgraded, removed, purged: what is there, what stays, what goes.
. /mapcast/stories/lib.sh
prepare
if ! command -v dpkg >/dev/null; then echo "no dpkg in this root"; exit 77; fi

everything() { # where packages put things, without the books that dpkg and man keep
    find /etc /usr /var -xdev \( -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \
        -o -path /var/tmp \) -prune -o -print | sort
}
new_version() { # VERSION: the same package once more, with another stu.toml
    local tree=/run/tree
    rm -rf "$tree"
    dpkg-deb -R "$PACKAGE" "$tree"
    sed -i "s/^Version: .*/Version: $1/" "$tree/DEBIAN/control"
    echo "# of version $1" | tee -a "$tree/etc/mapcast/stu.toml" >>"$tree/etc/mapcast/wave.toml"
    rm -f "$tree/DEBIAN/md5sums"
    dpkg-deb --root-owner-group -b "$tree" "/run/$1.deb" >/dev/null
}

everything >/run/before
dpkg --no-triggers -i "$PACKAGE" || fail "it does not install"

# what is there
holds "the user" "$(getent passwd mapcast)" ':mapcast producers:/:.*nologin$'
same "the directory" "755 mapcast mapcast" "$(stat -c '%a %U %G' /run/mapcast)"
same "the target" enabled "$(systemctl is-enabled mapcast.target)"
same "instances that were not requested" "" "$(systemctl list-units --plain --no-legend 'mapcast-*@*')"
for name in stu host wave sensor-input; do
    holds "conffiles" "$(dpkg-query -W -f '${Conffiles}' mapcast)" " /etc/mapcast/$name.toml "
    mapcast-producer "/etc/mapcast/$name.toml" --check >/dev/null || fail "$name.toml is refused"
done
for program in mapcast mapcast-producer mapcast-consumer mapcast-copier; do
    "$program" --version | grep -q mapcast || fail "$program --version"
    page=$(zcat "/usr/share/man/man1/$program.1.gz")
    # the page has each option of --help
    for option in $("$program" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
        grep -qF -- "${option//-/\\-}" <<<"$page" || fail "$program(1) lacks $option"
    done
    if command -v man >/dev/null; then
        holds "man $program" "$(MANWIDTH=80 man "$program" 2>&1)" '^EXIT CODES'
    fi
done
completed() { # PROGRAM WORD: what bash would offer
    bash -c '. "/usr/share/bash-completion/completions/$1"; COMP_WORDS=("$1" "$2") COMP_CWORD=1
             f=$(complete -p "$1" | sed -E "s/.* -F ([^ ]+) .*/\1/"); "$f" "$1" "$2" "$1"
             echo "${COMPREPLY[*]}"' _ "$1" "$2"
}
same "completion of get" "get" "$(completed mapcast ge)"
same "completion of --st" "--standby" "$(completed mapcast-producer --st)"
same "completion of --fol" "--follow" "$(completed mapcast-consumer --fol)"
same "completion of --ver" "--verify --verbose --version" "$(completed mapcast-copier --ver)"
for text in README.md NOTICES copyright docs/operate.md docs/configuration.md docs/format.md; do
    [ -s "/usr/share/doc/mapcast/$text" ] || fail "no $text"
done

# @stu works at once
systemctl start "$PRODUCER" "$CONSUMER"
eventually "lines of the consumer" lines "$CONSUMER" $'^id=[0-9]+\tname=xiaoming\tm$' 2
systemctl enable "$PRODUCER"

# an upgrade: running instances are restarted, the region continues, an edited configuration stays
sed -i 's/xiaoming/edited/' /etc/mapcast/stu.toml
was=$(sequence) inode=$(stat -c %i "$REGION") pid=$(property "$PRODUCER" MainPID)
new_version 9.1
dpkg --no-triggers --force-confold -i /run/9.1.deb || fail "it does not upgrade"
[ "$(property "$PRODUCER" MainPID)" != "$pid" ] || fail "the old program still runs"
eventually "the next records" reached $((was + 1))
same "epoch" 2 "$(latest stu epoch)"
same "the region's file" "$inode" "$(stat -c %i "$REGION")"
grep -q edited /etc/mapcast/stu.toml || fail "an edited configuration was overwritten"
grep -q 'of version 9.1' /etc/mapcast/wave.toml || fail "an untouched configuration is the old one"
same "instances that were not running" inactive "$(systemctl is-active mapcast-producer@wave || true)"

# removed: nothing runs, what was edited stays
dpkg --no-triggers -r mapcast || fail "it cannot be removed"
same "running units" "" "$(systemctl list-units --plain --no-legend 'mapcast-*@*')"
[ -e /etc/mapcast/stu.toml ] || fail "removing deleted the configurations"
# installed again: as it was
dpkg --no-triggers --force-confold -i /run/9.1.deb || fail "it does not install again"
same "the target again" enabled "$(systemctl is-enabled mapcast.target)"
systemctl start "$PRODUCER"

# purged: nothing is left but the user
dpkg --no-triggers -P mapcast || fail "it cannot be purged"
everything >/run/after
left=$(comm -13 /run/before /run/after | grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' || true)
same "what is left" "" "$left"
[ ! -e /run/mapcast ] || fail "/run/mapcast is left"
getent passwd mapcast >/dev/null || fail "the user is gone, its uid may be given to another"
