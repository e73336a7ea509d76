# Without the package: the programs as cargo installs them, the units put in place by hand.
. /mapcast/stories/lib.sh
if ! [ -d /mapcast/programs ]; then echo "no programs were given (--programs)"; exit 77; fi
mkdir -p ~/.cargo/bin
cp /mapcast/programs/{producer,consumer,mapcast} ~/.cargo/bin
cd /mapcast/source
[ -s /mapcast/commands/by-hand ] || fail "the document has no commands"
bash -euxo pipefail /mapcast/commands/by-hand </dev/null
eventually "lines of the consumer" lines "$CONSUMER" $'^id=[0-9]+\tname=xiaoming\tm$' 2
same "the target" enabled "$(systemctl is-enabled mapcast.target)"
same "state" live "$(latest stu state)"
same "the name, as the tool reads it" xiaoming "$(mapcast get stu name)"
