# One process for a directory of configurations: ready, reload, a bad one, a new one, one that is gone.
. /mapcast/stories/lib.sh
install_package
same "the directory" "755 root root" "$(stat -c '%a %U %G' /etc/mapcast/producer.d)"
said=$(systemctl start mapcast-producer 2>&1) && fail "an empty directory was accepted"
holds "what a person sees" "$said" 'Assertion failed'

for name in stu wave; do
    cp "/etc/mapcast/$name.toml" "/etc/mapcast/producer.d/$name.toml"
    sed -i 's/^tick = .*/tick = "100ms"/' "/etc/mapcast/producer.d/$name.toml"
done
echo 'nonsense = 1' >/etc/mapcast/producer.d/bad.toml
echo 'not read' >/etc/mapcast/producer.d/stu.toml~
systemctl start mapcast-producer
pid=$(property mapcast-producer MainPID)
eventually "the first region" reached 3
eventually "the second region" shows '"sequence":' latest wave
eventually "the bad one is named" said mapcast-producer 'bad.toml:.*nonsense'
eventually "the status" shows 'publishing 2 of 3 regions; 1 failing: /etc/mapcast/producer.d/bad.toml' \
    property mapcast-producer StatusText

# the bad one is mended, one is new, one is gone, one is broken now
sed -e 's/^name = "wave"/name = "wave2"/' /etc/mapcast/producer.d/wave.toml >/etc/mapcast/producer.d/bad.toml
sed -e 's/^name = "wave"/name = "wave3"/' /etc/mapcast/producer.d/wave.toml >/etc/mapcast/producer.d/new.toml
rm /etc/mapcast/producer.d/wave.toml
echo 'nonsense = 1' >>/etc/mapcast/producer.d/stu.toml
was=$(sequence)
systemctl reload mapcast-producer
eventually "the mended one" shows '"state":"live"' latest wave2
eventually "the new one" shows '"state":"live"' latest wave3
eventually "the one that is gone" shows '"state":"closed"' latest wave
eventually "the broken one keeps its configuration" said mapcast-producer 'stu: SIGHUP: .*nonsense.*keeping the old configuration'
eventually "its records" reached $((was + 3))
never_restarted mapcast-producer "$pid"

# a region whose file is removed comes back, the others do not notice
rm "$REGION"
eventually "it is recreated" test -e "$REGION"
never_restarted mapcast-producer "$pid"
systemctl stop mapcast-producer
eventually "all are closed" shows '"state":"closed"' latest wave3
