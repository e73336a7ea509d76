# The library's packages, installed: a C and a C++ program are built against them, and read what the producer
# publishes. Removed, nothing is left.
. /mapcast/stories/lib.sh
prepare
for tool in dpkg cc c++ pkg-config; do
    command -v "$tool" >/dev/null || { echo "no $tool in this root"; exit 77; }
done
[ -d /mapcast/packages ] || { echo "no packages of the library were given (--packages)"; exit 77; }

dpkg --no-triggers -i "$PACKAGE" /mapcast/packages/libmapcast1_*.deb /mapcast/packages/libmapcast-dev_*.deb ||
    fail "they do not install"
ldconfig
for name in libmapcast1 libmapcast-dev; do
    for text in copyright NOTICES; do
        [ -s "/usr/share/doc/$name/$text" ] || fail "$name has no $text"
    done
done
holds "its dependencies" "$(dpkg-query -W -f '${Depends}' libmapcast1)" 'libc6 \(>= '

flags=$(pkg-config --cflags --libs mapcast)
# shellcheck disable=SC2086 # several words
cc -std=c11 -Wall -Wextra -Werror /mapcast/examples/dump.c $flags -o /run/dump || fail "dump.c does not compile"
holds "what it is linked with" "$(ldd /run/dump)" 'libmapcast.so.1 => /'
systemctl start "$PRODUCER"
eventually "a record" reached 1
holds "what it prints" "$(/run/dump "$REGION")" 'name	xiaoming'

# shellcheck disable=SC2086
for program in fly watch; do
    c++ -std=c++17 -Wall -Wextra -Werror "/mapcast/examples/cpp/$program.cpp" $flags -o "/run/$program" ||
        fail "$program.cpp does not compile"
done
MAPCAST_DIR=/run/mapcast /run/fly drone 5 || fail "fly does not publish"
holds "what watch prints" "$(MAPCAST_DIR=/run/mapcast timeout 20 /run/watch drone)" '^5 0.05 '

dpkg --no-triggers -P libmapcast-dev libmapcast1 || fail "they cannot be purged"
left=$(find /usr -xdev -name '*mapcast*' -path '*lib*' -not -path '*/systemd/*' -not -path '*/sysusers.d/*' \
    -not -path '*/tmpfiles.d/*' -not -path '/usr/share/doc/mapcast*' -not -path '*completions*')
same "what is left" "" "$left"
