#!/bin/sh
# What it costs the worker to look at all bots of many machines once, on the fake salt-api: CPU of the worker alone.
# MINIONS (2000) with BOTS (2) each; the limit is 5 s of CPU for 2000 with 2.  Same needs as fleet_salt.sh.

set -u
minions=${MINIONS:-2000} each=${BOTS:-2}
BAAS_PUB=none
. "${T_SRC:-.}/t/worker/tools.sh"
. "${T_SRC:-.}/t/worker/crowd.sh"
fake=''
unmount() {
	[ -z "$fake" ] || kill "$fake"
	wait
}

echo the-salt-api-secret >"$dir/password"
chmod 600 "$dir/password"
node "$T_SRC/t/fake/salt-api" >"$dir/fake" &
fake=$!
until api=$(sed -n 's/.*ready at //p' "$dir/fake") && [ -n "$api" ]; do sleep 0.05; done
more="pub.dir = $dir
	fleet = salt
	salt.url = $api
	salt.password_file = $dir/password"
world many
wish order my
crowd "$minions" "$each"

cpu() {				# ms of the worker so far
	awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / hz) }' "/proc/$worker/stat"
}

begun=$(ms)
"$BAAS_LIBEXEC/baas-reconcile" -c "$conf" --watch 300 2>>"$state.worker.log" &
worker=$! workers=$!
while [ "$(proven)" -lt $((minions * each)) ]; do
	[ $(($(ms) - begun)) -lt 60000 ] || break
	sleep 0.2
done
took=$(($(ms) - begun)) used=$(cpu) peak=$(awk '/VmHWM/ { print $2 }' "/proc/$worker/status")
is $((minions * each)) "$(proven)" "all $minions machines' bots are seen"
echo "# $took ms, $used ms of CPU, $peak kB at most"
[ "$used" -lt 5000 ]
ok $? "$used ms of CPU: under 5 s"
[ "$peak" -lt 65536 ]
ok $? "$peak kB of memory: under 64 MB"
unwatch TERM
is 0 "$status" 'all is as wanted'
finish
