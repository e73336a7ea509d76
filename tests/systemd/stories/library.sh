# The libraries' packages, installed: a C and a C++ program are built against them and, as one in Python, read what the
# producer publishes, and what each other do. Removed, nothing is left.
. /mapcast/stories/lib.sh
prepare
for tool in dpkg cc c++ pkg-config python3; do
    command -v "$tool" >/dev/null || { echo "no $tool in this root"; exit 77; }
done
[ -d /mapcast/packages ] || { echo "no packages of the library were given (--packages)"; exit 77; }

dpkg --no-triggers -i "$PACKAGE" /mapcast/packages/libmapcast1_*.deb /mapcast/packages/libmapcast-dev_*.deb \
    /mapcast/packages/python3-mapcast_*.deb ||
    fail "they do not install"
ldconfig
for name in libmapcast1 libmapcast-dev python3-mapcast; do
    for text in copyright NOTICES; do
        [ -s "/usr/share/doc/$name/$text" ] || fail "$name has no $text"
    done
done
holds "its dependencies" "$(dpkg-query -W -f '${Depends}' libmapcast1)" 'libc6 \(>= '
holds "Python's" "$(dpkg-query -W -f '${Depends}' python3-mapcast)" 'python3 \(>= 3.9\), .*libc6 \(>= '

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

python() { MAPCAST_DIR=/run/mapcast /usr/bin/python3 -c "$1"; } # Debian's, which finds the package
holds "what Python reads" "$(python 'import mapcast; print(repr(mapcast.open("stu").latest()))')" "name='xiaoming'"
holds "what it reads of C++" "$(python 'import mapcast; print(mapcast.open("drone").latest().label("mode"))')" '^flying$'
same "its version" "$(dpkg-query -W -f '${Version}' python3-mapcast)" \
    "$(python 'from importlib.metadata import version; print(version("mapcast"))')"
python 'import mapcast
with mapcast.writer("fan", {"rpm": int}) as fan:
    fan.publish(rpm=1200)' || fail "Python does not publish"
holds "what C reads of it" "$(/run/dump /run/mapcast/fan.region)" 'rpm	1200'
[ -d /usr/lib/python3/dist-packages/mapcast/__pycache__ ] || fail "the modules are not compiled"

dpkg --no-triggers -P libmapcast-dev libmapcast1 python3-mapcast || fail "they cannot be purged"
left=$(find /usr -xdev -name '*mapcast*' -path '*lib*' -not -path '*/systemd/*' -not -path '*/sysusers.d/*' \
    -not -path '*/tmpfiles.d/*' -not -path '/usr/share/doc/mapcast*' -not -path '*completions*')
same "what is left" "" "$left"
