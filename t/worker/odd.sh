#!/bin/sh
# Odd days, each with an answer that a person understands: pubs that make no sense, a clock that jumps, a full disk, a
# database that somebody keeps locked, a port that another program takes, everything killed at once.
#
# As real.sh; and BAAS_LIBEXEC/cgi, cc, sqlite3.  The full disk is a real one if it may be mounted.  Less than a minute.

set -u
. "${T_SRC:-.}/t/worker/tools.sh"

BAAS_CLOCK=/dev/null
BAAS_DISK=$dir/disk
export BAAS_CLOCK BAAS_DISK
cc -shared -fPIC -D_GNU_SOURCE -o "$dir/odd.so" "$T_SRC/t/fake/odd.c" || exit 1
preload=$dir/odd.so
mounted=''

mount_small() {		# DIRECTORY SIZE
	mkdir -p "$1"
	[ "${BAAS_NO_MOUNT:-}" = '' ] && mount -t tmpfs -o "size=$2,mode=711" tmpfs "$1" 2>/dev/null && mounted="$mounted $1"
}

is_mounted() {		# DIRECTORY
	case "$mounted " in *" $1 "*) ;; *) return 1 ;; esac
}

unmount() {
	for at in $mounted; do umount -l "$at"; done
}

fill() {		# DIRECTORY
	if ! is_mounted "$1"; then
		echo "$1" >"$BAAS_DISK"
		return
	fi
	dd if=/dev/zero of="$1/ballast" bs=64k 2>/dev/null
	dd if=/dev/zero of="$1/ballast.2" bs=1 count=100000 2>/dev/null
}

unfill() {		# DIRECTORY
	rm -f "$1/ballast" "$1/ballast.2" "$BAAS_DISK"
}

sql() {
	sqlite3 -batch -cmd '.timeout 5000' "$state/baas.db" "$1"
}

# So that the pages can be asked for as somebody.
lives_in() {		# WORLD
	world "$1"
	sql "INSERT INTO credentials (person_id, email, hash, named, changed_at) VALUES (1, 'me@example.org', '*', 1, 0)"
}

request() {		# METHOD PROGRAM PATH [BODY]
	printf %s "${4:-}" >"$dir/sent"
	run BAAS_CONF="$conf" BAAS_AS=me@example.org REQUEST_METHOD="$1" SCRIPT_NAME="$3" QUERY_STRING='' \
		CONTENT_TYPE=application/x-www-form-urlencoded CONTENT_LENGTH="$(wc -c <"$dir/sent")" \
		"$BAAS_LIBEXEC/cgi/$2" <"$dir/sent" 2>"$dir/said" | tr -d '\r' >"$dir/page"
	code=$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$dir/page")
}

page() {		# BOT
	request GET status "/agents/$1/status"
}

has() {			# TEXT WORDS
	grep -qF -e "$1" "$dir/page"
	ok $? "$2"
	grep -qF -e "$1" "$dir/page" || grep -E '^Status|<(strong|h1|dt|small)|class="lead"' "$dir/page" | head -n 12 | sed 's/^/# /'
}


hundredths() {		# of CPU that the worker has used
	awk '{ print $14 + $15 }' "/proc/$worker/stat"
}

lines() {		# of its log
	grep -c . "$state.worker.log"
}

# ---- pubs that make no sense: begun here, looked at half a minute later

ways='sense other huge broken deep endless drip types numberid negative list closes mute'

begin_nonsense() {
	mount_small "$dir/nonsense/bots" 16m
	mkdir -p "$dir/pubs/9.9.9"
	chmod 755 "$dir/pubs" "$dir/pubs/9.9.9"
	cp "$T_SRC/t/worker/nonsense.js" "$dir/pubs/9.9.9/pub.js"
	more="pub.dir = $dir/pubs
limits.starts = 50" lives_in nonsense
	for way in $ways; do wish order "$way"; done
	write_ways
	watch
	nonsense=$worker
	nonsense_begun=$(ms)
}

write_ways() {
	sql "SELECT json_group_object(b.public_key, iif(a.name = 'late', 'sense', a.name)) FROM bots b JOIN agents a USING (id)" \
		>"$dir/pubs/9.9.9/ways.json"
}

poorly() {		# BOT REASON
	await "$1" status unhealthy 15
	ok $? "$1: unhealthy"
	page "$1"
	has "$2" "$1: $2"
	is 0 "$(sql "SELECT count(*) FROM events WHERE bot_name = '$1' AND what = 'bot.alive'")" "$1: was never alive"
}

end_nonsense() {
	world nonsense
	worker=$nonsense
	alive sense 15 'one that makes sense is alive'
	poorly other 'it says it is somebody else'
	for way in huge broken deep endless types numberid negative list; do
		poorly "$way" 'it answers nonsense'
	done
	for way in closes mute drip; do
		poorly "$way" 'it does not answer'
	done
	env LD_PRELOAD="$preload" ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}" \
		"$BAAS_LIBEXEC/baas-reconcile" -c "$conf" -n >"$dir/plan" 2>&1 &
	plan=$!
	workers="$workers $plan"
	sleep 1
	kill -TERM "$plan"
	wait "$plan"
	is 1 $? '-n, ended while a mute one is asked, lets go of all it has'
	kill -0 "$worker"
	ok $? 'the worker has lived through it'
	took=$(($(ms) - nonsense_begun))
	used=$(hundredths)
	echo "# $used hundredths of CPU in $took ms, at most $(awk '/VmHWM/ { print $2, $3 }' "/proc/$worker/status")"
	[ "$used" -lt $((took / 20)) ]
	ok $? 'with less than half a processor'
	[ "$(awk '/VmHWM/ { print $2 }' "/proc/$worker/status")" -lt "${BAAS_ODD_KB:-32768}" ]
	ok $? 'and 32 MB'
}

# ---- no room for a bot's files

no_room_for_bots() {
	world nonsense
	worker=$nonsense
	fill "$state/bots"
	wish order late
	write_ways
	await late status unhealthy 20
	ok $? "no room for a bot's files: unhealthy"
	page late
	has 'there is no room on our disk' 'and the page says why'
	unfill "$state/bots"
	alive late 30 'room again: alive by itself'
}

# ---- the clock

jumps() {
	lives_in real
	BAAS_CLOCK=$dir/clock
	echo 0 >"$BAAS_CLOCK"
	watch
	wish order my
	wish order binned
	alive my 15 'a bot is alive'
	wish bin binned 3600000
	kill -STOP "$worker"
	echo -3600 >"$BAAS_CLOCK"
	page my
	has '#unsure' 'the clock goes back an hour: what was seen then proves nothing now'
	has 'not checked yet' 'and nobody says how long ago it was'
	kill -CONT "$worker"
	alive my 15 'the worker looks again at once: alive'
	before=$(pub my)
	kill -KILL "$before"
	anew my "$before" 10 'killed: alive again'
	unwatch KILL
	echo -10800 >"$BAAS_CLOCK"
	page my
	has '#unsure' 'it goes back while nobody watches: nobody is sure'
	watch
	alive my 15 'somebody watches again: alive'
	kill -STOP "$worker"
	echo 0 >"$BAAS_CLOCK"
	page my
	has '#unsure' 'it goes forward: too old'
	kill -CONT "$worker"
	alive my 15 'looked at: alive'
	echo 7200 >"$BAAS_CLOCK"
	sleep 1
	alive my 15 'it goes on: alive'
	begun=$(ms)
	until [ "$(sql 'SELECT count(*) FROM bots WHERE over_at <> 0')" -eq 1 ] || [ $(($(ms) - begun)) -gt 15000 ]; do sleep 0.1; done
	is 1 "$(sql 'SELECT count(*) FROM bots WHERE over_at <> 0')" 'the time in the bin seems to be over'
	[ -s "$state/bots/$(field binned dir)/data/secret" ]
	ok $? 'and the bin is not emptied yet'
	is 2 "$(sql "SELECT count(*) FROM events WHERE what = 'bot.alive' AND bot_name = 'my'")" 'no jump was taken for a start'
	echo 0 >"$BAAS_CLOCK"
	alive my 15 'as it was: alive'
	unwatch TERM
}

# ---- everything killed

dies_all() {
	world real
	watch
	alive my 15 'before'
	secret=$(sha256sum <"$state/bots/$(field my dir)/data/secret")
	before=$(pub my)
	look="SELECT seen_at FROM bots JOIN agents USING (id) WHERE name = 'my'"
	sql 'UPDATE bots SET fails = 0'		# it was killed before, and would have to wait for that
	seen=$(sql "$look")
	until [ "$(sql "$look")" -gt "$seen" ]; do sleep 0.1; done	# the next look would be in 10 s
	kill -KILL "$worker" "$(keeper my)" "$before"
	wait "$worker" 2>/dev/null
	at=$state/bots/$(field my dir)
	sleep 60 &
	other=$!
	echo "$other" >"$at/lock"	# the number is another program's now
	printf '{"bot":' >"$at/run"
	printf '{"told":tr' >"$at/exit"
	for left in "$at/run.new" "$at/data/config.new" "$at/data/secret.new"; do
		printf half >"$left"
	done
	printf half >"$at/data/config"
	watch
	anew my "$before" 8 'all killed, files half written: a new worker looks at once, and it is alive again'
	is "$secret" "$(sha256sum <"$at/data/secret")" 'with the same secret'
	is 1 "$(pgrep -f -c "baas-keep $at")" 'once'
	kill -0 "$other"
	ok $? "and who has the dead keeper's number now lives on"
	kill "$other"
}

# ---- a crowd's measurements

# More of them than go at once, of each step: what is older than its time goes within seconds, and nothing else does.
thins() {
	world real
	begun=$(ms)
	sql "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 1999)
		INSERT INTO samples SELECT b.id, s.step, $begun / 1000 / s.step * s.step * 1000 + (CASE WHEN i < 1500 THEN -s.kept - s.step - s.step * i
		ELSE -s.kept / 2 - s.step * (i - 1500) END) * 1000, 1, 1, 1, 1, 1, 1
		FROM c, (SELECT id FROM bots LIMIT 1) b, (SELECT 60 AS step, 2 * 86400 AS kept UNION ALL SELECT 3600, 60 * 86400
		UNION ALL SELECT 86400, 5 * 365 * 86400) s"
	is 6000 "$(sql 'SELECT count(*) FROM samples WHERE memory = 1')" 'old measurements, and younger ones'
	watch
	until [ "$(sql 'SELECT count(*) FROM samples WHERE memory = 1')" -le 1500 ] || [ $(($(ms) - begun)) -gt 15000 ]; do sleep 0.1; done
	is '60 500 3600 500 86400 500 ' "$(sql 'SELECT step, count(*) FROM samples WHERE memory = 1 GROUP BY step' | tr '|\n' '  ')" \
		'two days of minutes, 60 of hours and five years of days are kept'
	sql 'DELETE FROM samples WHERE memory = 1'
	unwatch TERM
}

# ---- a keeper that ends before it has written down anything

no_keeper() {
	world real
	watch
	wish stop my
	await my status stopped 15
	ok $? 'one that is asleep'
	at=$state/bots/$(field my dir)
	rm "$at/exit"
	ln -s nowhere "$at/exit"	# which it does not follow
	begun_lines=$(grep -c 'my: started' "$state.worker.log")
	wish start my
	await my status unhealthy 10
	ok $? 'its keeper can not begin: unhealthy'
	is 'its keeper could not run' "$(field my reason)" 'with the reason'
	sleep 3
	[ $(($(grep -c 'my: started' "$state.worker.log") - begun_lines)) -lt 9 ]
	ok $? 'and it is tried again less and less often'
	rm "$at/exit"
	alive my 15 'once it can: alive'
	unwatch TERM
}

# ---- another program has the port

loses_port() {
	world real
	request POST invites /agents/my/invites label=alice
	until [ "$(sql "SELECT state FROM invites WHERE label = 'alice'")" = unused ] || [ "$((tries = ${tries:-0} + 1))" -gt 300 ]; do
		sleep 0.1
	done
	before=$(field my port)
	request GET invites /agents/my/invites
	has "data-code=\"127.0.0.1:$before:" 'an invite carries the port'
	wish stop my
	await my status stopped 10
	node -e "require('net').createServer().listen($before, '0.0.0.0', () => console.log('listens'))" >"$dir/other" &
	other=$!
	until [ -s "$dir/other" ]; do sleep 0.1; done
	wish start my
	alive my 15 'another program has taken it meanwhile: alive'
	after=$(field my port)
	[ "$after" -gt "$before" ]
	ok $? 'on another one'
	request GET invites /agents/my/invites
	has "data-code=\"127.0.0.1:$after:" 'which the invite carries now'
	kill "$other"
}

# ---- somebody keeps the database locked

is_locked() {
	world real
	mkfifo "$dir/in" "$dir/held"
	begun_lines=$(lines)
	sqlite3 -batch "$state/baas.db" <"$dir/in" >"$dir/held" &
	holder=$!
	exec 8>"$dir/in" 9<"$dir/held"
	echo "BEGIN IMMEDIATE; SELECT 'held';" >&8
	read -r line <&9
	is held "$line" 'somebody keeps the database locked'
	used=$(hundredths)
	request POST agents /agents name=three
	is 503 "$code" 'a wish is refused'
	has 'busy' 'in words'
	sleep 2
	page my
	is 200 "$code" 'pages show'
	[ $(($(hundredths) - used)) -lt 100 ]
	ok $? 'the worker does not spin'
	[ $(($(lines) - begun_lines)) -lt 12 ]
	ok $? 'nor fill its log'
	echo 'ROLLBACK;' >&8
	exec 8>&- 9<&-
	wait "$holder"
	alive my 20 'let go: all is well'
}

# ---- the disk is full

is_full() {
	world real
	fill "$state"
	before=$(sql 'SELECT count(*) FROM agents')
	begun_lines=$(lines)
	used=$(hundredths)
	request POST agents /agents name=three
	is 503 "$code" 'the disk is full: a wish is refused'
	has 'there is no room on our disk just now. nothing was changed' 'in words'
	grep -q '^Retry-After: ' "$dir/page"
	ok $? 'to be tried again'
	is "$before" "$(sql 'SELECT count(*) FROM agents')" 'nothing was changed'
	request GET agents /agents
	is 200 "$code" 'pages show'
	sleep 4
	kill -0 "$worker"
	ok $? 'the worker goes on'
	[ $(($(hundredths) - used)) -lt 200 ]
	ok $? 'and does not spin'
	[ $(($(lines) - begun_lines)) -lt 20 ]
	ok $? 'nor fill its log'
	unfill "$state"
	request POST agents /agents name=three
	is 303 "$code" 'room again: the wish is taken'
	alive my 20 'and all is well by itself'
	is ok "$(sql 'PRAGMA integrity_check')" 'the database is whole'
	alive three 20 'the new one too'
}

mount_small "$dir/real" 48m
begin_nonsense
jumps
thins
no_keeper
dies_all
loses_port
is_locked
is_full
unwatch TERM
end_nonsense
no_room_for_bots
finish
