#!/bin/sh
# The worker with fleet = salt before t/fake/salt-api: a bot's life, and every way in which salt-api, a master or a
# minion goes wrong.  t/salt/test_worker.py is the same life on the real ones.
#
# BAAS_LIBEXEC: where baas-reconcile and cgi/ are; BAAS_ADMIN: baas; BAAS_WISH, BAAS_SHEPHERD: t/worker/wish, shepherd;
# T_SRC: the source.  Needs node, lighttpd, curl and sqlite3.  With an argument it is one of the worlds below, by name.

set -u
BAAS_PUB=none
. "${T_SRC:-.}/t/worker/tools.sh"
. "${T_SRC:-.}/t/worker/crowd.sh"
: "${BAAS_ADMIN:?}" "${BAAS_SHEPHERD:?}"
fake='' lighttpd='' api='' marked=0 took=''

unmount() {			# tools.sh calls it at the end
	for pid in $fake $lighttpd; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
}

# ---- a world with a master: NAME [OPTION OF THE FAKE...]

# Starts a fake.  $fake, $api.
master() {			# NAME [OPTION OF THE FAKE...]
	out=$dir/$1.fake
	shift
	node "$T_SRC/t/fake/salt-api" "$@" >"$out" 2>&1 &
	fake="$! $fake"
	until api=$(sed -n 's/.*ready at //p' "$out") && [ -n "$api" ]; do
		kill -0 $! || exit 1
		sleep 0.05
	done
}

salt() {
	name=$1
	shift
	private=$(free_port)
	mkdir -p "$dir/$name.run" "$dir/pub/1.0.0"
	touch "$dir/pub/1.0.0/pub.js"
	echo the-salt-api-secret >"$dir/$name.password"
	echo the-private-token >"$dir/$name.token"
	chmod 600 "$dir/$name.password" "$dir/$name.token"
	master "$name" --minions local --private "http://127.0.0.1:$private" --token the-private-token "$@"
	more="pub.dir = $dir/pub
		fleet = salt
		salt.url = $api
		salt.password_file = $dir/$name.password
		private.listen = 127.0.0.1:$private
		private.token_file = $dir/$name.token
		limits.bin_second_look = 1"
	world "$name"
	"$BAAS_ADMIN" -c "$conf" lighttpd private "$dir/$name.run" >"$dir/$name.run/lighttpd.conf" || exit 1
	BAAS_CONF=$conf lighttpd -D -f "$dir/$name.run/lighttpd.conf" 2>"$dir/$name.run/log" &
	lighttpd=$!
	until curl -s -o "$dir/$name.run/answer" "http://127.0.0.1:$private/agents?minion=local"; do
		kill -0 $lighttpd || exit 1
		sleep 0.05
	done
}

ask() {				# PATH JSON
	curl -sS -H 'Content-Type: application/json' -d "$2" "${api}fake/$1"
}

# How often the fake was asked for this.
asked() {			# FUN
	curl -sS "${api}fake/state" | node -e '
		const state = JSON.parse(require("fs").readFileSync(0))
		console.log(state.log.filter(({ fun }) => fun === process.argv[1]).length)' "$1"
}

# Until more than that have been asked for.
asked_more() {			# FUN THAN SECONDS
	begun=$(ms)
	until [ "$(asked "$1")" -gt "$2" ]; do
		[ $(($(ms) - begun)) -lt $(($3 * 1000)) ] || return 1
		sleep 0.05
	done
}

# What logged finds from now on is new.
mark() {
	marked=$(wc -l <"$state.worker.log")
}

logged() {			# WORDS SECONDS
	begun=$(ms)
	until tail -n "+$((marked + 1))" "$state.worker.log" | grep -q "$1"; do
		[ $(($(ms) - begun)) -lt $(($2 * 1000)) ] || return 1
		sleep 0.1
	done
}

# One look at my has begun and been taken in since: there is never more than one under way, and a second one has begun.
looked() {			# SECONDS
	for _ in 1 2; do
		n_status=$(asked baas.status)
		wish wake my
		asked_more baas.status "$n_status" "$1" || return 1
	done
}

sql() {
	sqlite3 -readonly "$state/baas.db" "$1"
}

# The result of an apply may come after the look that shows what it did.
applied() {
	begun=$(ms)
	until [ "$(sql 'SELECT applied_rev = rev FROM servers')" = 1 ]; do
		[ $(($(ms) - begun)) -lt 60000 ] || return 1
		sleep 0.1
	done
}

invited() {			# LABEL STATE SECONDS
	begun=$(ms)
	until wish show my | grep -q "^invite $1 $2 "; do
		[ $(($(ms) - begun)) -lt $(($3 * 1000)) ] || return 1
		sleep 0.05
	done
}

# ---- the worlds

life() {
	salt life
	wish order my
	out=$("$BAAS_LIBEXEC/baas-reconcile" -c "$conf" -n)
	is 1 $? '-n: something is to be done'
	is 'start    my: it has never run here' "$out" '-n says what and why'
	is 0 "$(asked state.apply)" 'and does nothing'
	watch
	alive my 90 'ordered: alive'
	is 60000 "$(sql 'SELECT look FROM worker')" 'looked at each minute from now on'
	applied
	ok $? 'what was applied is known'
	wish order second
	alive second 90 'a second one'
	wish invite my alice
	invited alice unused 60
	ok $? 'an invite'
	wish revoke my alice
	invited alice revoked 60
	ok $? 'revoked'
	before=$(field my started)
	for _ in 1 2 3 4 5; do wish restart my; done
	await my status starting 5
	alive my 90 'restarted'
	[ "$before" != "$(field my started)" ]
	ok $? 'as another run'
	wish stop my
	await my status stopped 30
	ok $? 'stopped'
	is 0 "$(field my fails)" 'which is no failure'
	wish start my
	alive my 90 'started'
	wish bin second 1000
	begun=$(ms)
	while wish show second >/dev/null 2>&1 && [ $(($(ms) - begun)) -lt 60000 ]; do sleep 0.1; done
	wish show second >/dev/null 2>&1
	is 1 $? 'out of the bin: erased'
	is 1 "$(sql 'SELECT count(*) FROM bots')" 'and the other is not'
	out=$("$BAAS_LIBEXEC/baas-reconcile" -c "$conf" -n)
	is 'all is as it should be' "$out" '-n: nothing is to be done'
	unwatch TERM
	is 0 "$status" 'all is as wanted: status 0'
	[ "$(asked saltutil.sync_modules)" -eq 0 ]
	ok $? 'modules came by themselves'
}

# Who is not to be trusted is not asked for anything.
doors() {
	salt doors
	wish order my
	echo wrong >"$dir/doors.password"
	watch
	logged 'does not let us in' 60
	ok $? 'a wrong secret is said'
	unwatch TERM
	echo the-salt-api-secret >"$dir/doors.password"
	echo 'salt.user = stranger' >>"$conf"
	watch
	logged 'allows us nothing' 60
	ok $? 'a user without rights is said'
	unwatch TERM
	sed -i '/salt.user/d' "$conf"
	for version in 3006.11 3005.9 3007.3 moo; do
		ask master "{\"version\": \"$version\"}" >/dev/null
		watch
		logged "its Salt is $version" 60
		ok $? "Salt $version is refused"
		unwatch TERM
	done
	ask master '{"version": "3006.12", "faults": ["auto_accept: anybody becomes a minion"]}' >/dev/null
	watch
	logged 'auto_accept: anybody becomes a minion' 60
	ok $? 'so are bad settings'
	unwatch TERM
	ask master '{"version": ""}' >/dev/null
	watch
	logged 'HTTP 500' 60
	ok $? 'and one that does not tell'
	is 0 "$(asked state.apply)" 'nothing was asked of any minion'
	ask master '{"version": "3006.12", "faults": []}' >/dev/null
	alive my 90 'a good one is asked'
	ask restart '{}' >/dev/null
	wish restart my
	await my status starting 5
	alive my 90 'a restarted salt-api has forgotten us: logged in anew'
	grep -q the-salt-api-secret "$state.worker.log"
	is 1 $? 'no secret in the log'
}

# Each way of a call to go wrong, once for each kind of call, and one of them twice; the bot is as wished all the same.
calls() {			# WAY...
	salt calls-"$1"
	wish order my
	watch
	alive my 90 "before $*"
	for way in "$@"; do
		for match in '"fun": "state.apply"' '"fun": "baas.status"' '"path": "^/jobs/"' '"path": "^/login"'; do
			times=1
			[ "$way" != 500 ] || times=2
			ask clear '{}' >/dev/null
			ask faults "{\"how\": \"$way\", \"match\": {$match}, \"times\": $times}" >/dev/null
			[ "$match" != '"path": "^/login"' ] || ask restart '{}' >/dev/null
			wish restart my
			await my status starting 5
			await my status alive 120
			ok $? "$way at $match: alive"
			echo "# after $took ms"
			is "$(sql 'SELECT restarts FROM bots')" "$(sql 'SELECT seen_restarts FROM bots')" 'as wished'
		done
	done
	applied
	ok $? 'and that is known'
}

# Jobs that are lost, are in the way, or end badly.
jobs() {
	salt jobs
	wish order my
	watch
	alive my 90 'alive'
	ask minion '{"id": "local", "takes": 20000}' >/dev/null
	applies=$(asked state.apply)
	wish restart my
	logged 'apply, rev 2' 30 && asked_more state.apply "$applies" 60
	unwatch KILL
	mark
	watch
	logged 'apply, rev 2' 60
	ok $? 'after a kill in an apply: one more'
	alive my 90 'a new worker finds an apply in its way, and waits for it'
	[ "$(asked saltutil.find_job)" -gt 0 ]
	ok $? 'by asking the minion'
	[ $(($(asked state.apply) - applies)) -le 3 ]
	ok $? 'not by trying again and again'
	ask minion '{"id": "local", "takes": null}' >/dev/null
	ask faults '{"how": "lost", "match": {"fun": "state.apply"}}' >/dev/null
	wish restart my
	await my status starting 5
	alive my 100 'a lost job is noticed, and done again'
	logged 'has lost the job' 10
	ok $? 'and said'
	ask minion '{"id": "local", "fail": "container"}' >/dev/null
	wish restart my
	logged "bot-$(wish key my)-container: Created container. Container is not running" 60
	ok $? 'what a failed state says is in the log'
	ask minion '{"id": "local", "fail": "host"}' >/dev/null
	wish stop my
	wish start my
	logged 'host-docker' 60
	ok $? 'that of a machine too'
	ask minion '{"id": "local", "fail": null}' >/dev/null
	wish restart my
	alive my 90 'and then it goes on'
	taken=$(field my port)
	ask taken "[$((taken + 1))]" >/dev/null
	wish order second
	alive second 90 'its port was taken by another program: alive'
	is $((taken + 2)) "$(field second port)" 'on another one'
}

# What a minion says is believed as far as it makes sense, and for its own bots only.
liars() {
	salt liars
	wish order my
	watch
	alive my 90 'alive'
	for lie in nonsense list another-server no-bots numbers text release deep docker throws; do
		ask minion "{\"id\": \"local\", \"lie\": \"$lie\"}" >/dev/null
		looked 30	# those from before
		seen=$(sql 'SELECT seen_at FROM bots')
		looked 30
		is "0 $seen" "$? $(sql 'SELECT seen_at FROM bots')" "$lie: nothing is known"
	done
	is 0 "$(field my fails)" 'which is no failure of the bot'
	ask minion '{"id": "local", "lie": "another-bot"}' >/dev/null
	wish wake my
	await my reason 'it says it is somebody else' 30
	ok $? 'another pub at its place is not it'
	ask minion '{"id": "local", "lie": null}' >/dev/null
	wish wake my
	alive my 90 'the truth is believed'
	ask minion '{"id": "local", "lie": "future"}' >/dev/null
	looked 30
	seen=$(sql 'SELECT seen_at FROM bots')
	looked 30
	is 1 "$(sql "SELECT started_at <= seen_at AND seen_at > $seen FROM bots")" 'nothing began in the future'
}

# One that is down keeps nobody waiting, and nothing is known of it.
down() {
	salt down
	wish order my
	watch
	alive my 90 'alive'
	ask minion '{"id": "local", "up": false}' >/dev/null
	looked 100	# the first is given up after a minute
	ok $? 'it is asked again'
	is 1 "$(sql 'SELECT running FROM bots')" 'it was running, as far as anybody knows'
	[ "$(sql 'SELECT seen_at FROM bots')" -lt $(($(date +%s000) - 50000)) ]
	ok $? 'and was not seen since'
	is 0 "$(field my fails)" 'which is no failure of the bot'
	ask minion '{"id": "local", "up": true}' >/dev/null
	alive my 80 'and when it is back all goes on'
}

# A machine whose answer spoils that of a whole job: its neighbours are seen all the same.
neighbours() {
	salt neighbours
	wish order my
	crowd 40 1
	ask minion '{"id": "p7-g1", "lie": "deep"}' >/dev/null
	watch
	begun=$(ms)
	until [ "$(proven)" -eq 39 ]; do
		[ $(($(ms) - begun)) -lt 60000 ] || break
		sleep 0.1
	done
	is 39 "$(proven)" 'of 40 machines 39 are seen'
	echo "# after $(($(ms) - begun)) ms and $(asked baas.status) questions"
	is '' "$(sql 'SELECT seen_at FROM bots WHERE id = 200007')" 'and the one is not'
	[ "$(asked baas.status)" -le 30 ]
	ok $? 'in few questions'
	logged "what it answers can't be read" 60
	ok $? 'whose it is, is in the log'
	ask minion '{"id": "p7-g1", "lie": null}' >/dev/null
	until [ "$(proven)" -eq 40 ]; do
		[ $(($(ms) - begun)) -lt 90000 ] || break
		sleep 0.1
	done
	is 40 "$(proven)" 'when it makes sense again it is seen too'
	before=$(asked baas.status) seen=$(sql 'SELECT max(seen_at) FROM bots')
	sqlite3 "$state/baas.db" 'PRAGMA busy_timeout = 5000; UPDATE bots SET due = 0, wished_at = wished_at + 1 WHERE id > 200000' >/dev/null
	begun=$(ms)
	until [ "$(sql "SELECT count(*) FROM bots WHERE seen_at > $seen AND id > 200000")" -eq 40 ]; do
		[ $(($(ms) - begun)) -lt 30000 ] || break
		sleep 0.1
	done
	is 40 "$(sql "SELECT count(*) FROM bots WHERE seen_at > $seen AND id > 200000")" 'all are looked at once more'
	[ $(($(asked baas.status) - before)) -le 3 ]
	ok $? "in $(($(asked baas.status) - before)) questions: none is asked by itself any more"
}

shepherd() {
	"$BAAS_SHEPHERD" "$conf" "$@" 2>>"$state.shepherd.log"
}

# What the worker does about minions' keys, at one master and at two.
keys() {
	salt keys --manual
	shepherd key p7-g1 "$dir/key" "$dir/master"
	is '0 -----BEGIN RSA PRIVATE KEY----- -----BEGIN PUBLIC KEY-----' "$? $(head -n 1 "$dir/key") $(head -n 1 "$dir/master")" \
		'a key pair is made, and the master tells its own'
	is 'known local known p7-g1' "$(shepherd keys | xargs)" 'it is known'
	is 'p9-g1 0' "$(shepherd greet p9-g1)" 'one without a key is not there'
	ask join '{"id": "p7-g1"}' >/dev/null
	is 'local 1 p7-g1 1 p9-g1 0' "$(shepherd greet p7-g1 p9-g1 local | sort | xargs)" 'those that are there answer'
	is 2 "$(asked test.ping)" 'to one question'
	ask denied '["p7-g1", "p8-g1"]' >/dev/null
	is 'known local known p7-g1 denied p7-g1 denied p8-g1' "$(shepherd keys | xargs)" 'who was denied is told'
	is '../x -1' "$(shepherd greet ../x)" 'of one that is none of ours nobody knows'
	is 'not begun' "$(shepherd key ../x a b)" 'and it gets no key'
	for way in 500 500-html 503 garbage empty nothing wrong-shape reset-before reset-within; do
		ask faults "{\"how\": \"$way\", \"match\": {\"fun\": \"^key\\\\.\"}, \"times\": 3}" >/dev/null
		is 'the Salt master makes no key, nobody knows, failed,' \
			"$(shepherd key p1-g1 "$dir/none" "$dir/none"), $(shepherd keys), $(shepherd unkey p1-g1)," "$way: it fails"
		ask clear '{}' >/dev/null
	done
	is 'done' "$(shepherd unkey p7-g1)" 'a key is taken back'
	is 'known local denied p8-g1' "$(shepherd keys | xargs)" 'the denied one of that name too'
	first=$api
	master second --minions p20-g1,p21-g2
	sqlite3 "$state/baas.db" "INSERT INTO agents (id, key, type, name, created_at, updated_at) VALUES (900, 'x', 'person', '', 0, 0);
		INSERT INTO servers (minion, master, person_id, address, state_since, created_at) VALUES ('p20-g1', '$api', 900, '', 0, 0)"
	is 'known local known p20-g1 known p21-g2 denied p8-g1' "$(shepherd keys | sort -r | sort -k 1,1r -k 2 | xargs)" \
		'keys of both masters'
	shepherd key "p22-g1@$api" "$dir/key" "$dir/master"
	is '0 1' "$? $(asked key.gen_accept)" 'a machine of the second has its key made there'
	is 'p20-g1 1' "$(shepherd greet "p20-g1@$api")" 'and is greeted there'
	is 'done' "$(shepherd unkey p21-g2)" 'taken back at both'
	is 1 "$(asked key.delete_dict)" 'both were asked'
	ask faults '{"how": "500", "match": {"fun": "^key"}, "times": "forever"}' >/dev/null
	is 'nobody knows, failed,' "$(shepherd keys), $(shepherd unkey p20-g1)," 'if one does not answer nobody knows'
	api=$first
	grep -q 'PRIVATE KEY' "$state.shepherd.log"
	is 1 $? 'no key in the log'
}

if [ $# -gt 0 ]; then
	"$@"
	finish
	exit
fi

# All at once, each in its own process, and their results one after the other.
clean
trap - EXIT
set -- 'life' 'doors' 'jobs' 'liars' 'down' 'neighbours' 'keys' 'calls 500 500-done' 'calls 500-html 503' 'calls 504 html' 'calls garbage empty' \
	'calls nothing wrong-shape' 'calls reset-before reset-after' 'calls reset-within late'
out=$(mktemp -d "${TMPDIR:-/tmp}/baas-salt.XXXXXX") || exit 1
trap 'kill $pids 2>/dev/null; wait; rm -rf "$out"; exit 1' INT TERM
pids=''
i=0
for one in "$@"; do
	i=$((i + 1))
	# shellcheck disable=SC2086
	sh "$T_SRC/t/worker/fleet_salt.sh" $one >"$out/$i" 2>&1 &
	pids="$pids $!"
done
wait
cat "$out"/* | sed '/^1\.\.[0-9]*$/d' | awk '
	/^(not )?ok / { n++; sub(/ok [0-9]+/, "ok " n) }
	/^not ok / { bad++ }
	{ print }
	END { print "1.." n; exit bad > 0 }'
bad=$?
for file in "$out"/*; do
	grep -q '^1\.\.[1-9]' "$file" || bad=1
done
rm -rf "$out"
exit $bad
