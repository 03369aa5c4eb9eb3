#!/bin/sh
# The worker with real pubs: started, killed, stopped by SIGSTOP, taken over, jailed, erased.
#
# BAAS_LIBEXEC: where baas-reconcile is (and, compiled in, baas-keep); BAAS_PUB: a directory with one pub per release;
# BAAS_WISH: t/worker/wish; BAAS_FRIEND: t/friends with its packages (without it nobody redeems an invite).
# T_SRC: the source.  A minute or two.

set -u
. "${T_SRC:-.}/t/worker/tools.sh"

# Do its process ids differ?  Called before and after.
ids() {			# BOT
	echo "$(keeper "$1") $(pub "$1")"
}

# ---- the stories ----

world state

starts() {
	wish order my
	out=$("$BAAS_LIBEXEC/baas-reconcile" -c "$conf" -n)
	is 1 $? '-n: something is to be done'
	is 'start    my: it has never run here' "$out" '-n says what and why'
	ls "$state/bots" >/dev/null 2>&1
	is 2 $? 'and does nothing'
	watch
	alive my 10 'ordered: alive'
	is '0 0' "$(awk '/^Max core/ { print $5, $6 }' "/proc/$worker/limits")" 'a worker that dies leaves no memory behind'
	is "$first" "$(field my port)" 'on its port'
	wish order second
	alive second 10 'a second one beside it'
}

stops() {
	wish stop my
	await my status stopped 15
	ok $? 'stopped'
	is '' "$(pub my)" 'and no process is left'
	wish start my
	alive my 10 'started again'
	before=$(ids my)
	for _ in 1 2 3 4 5 6 7 8 9 10; do wish restart my; done
	await my status starting 1
	alive my 10 'restarted'
	[ "$before" != "$(ids my)" ]
	ok $? 'as another process'
	after=$(ids my)
	sleep 1
	is "$after" "$(ids my)" 'ten clicks are one restart'
}

dies() {
	for _ in 1 2; do
		before=$(pub my)
		kill -KILL "$before"
		anew my "$before" 10 'its pub killed: alive again'
	done
	before=$(pub my)
	kill -KILL "$(keeper my)"
	anew my "$before" 10 'its keeper killed: alive again'
	fails=$(field my fails) before=$(pub my)
	kill -TERM "$before"
	anew my "$before" 10 'its pub ended by somebody: alive again'
	is $((fails + 1)) "$(field my fails)" 'and it counts'
}

hangs() {
	before=$(ids second)
	kill -STOP "$(pub second)"
	await second status unhealthy 30
	ok $? 'its pub hangs: unhealthy within three intervals'
	is 'it does not answer' "$(field second reason)" 'with the reason'
	alive second 30 'and it is started again by itself'
	[ "$before" != "$(ids second)" ]
	ok $? 'as another process'
	kill -STOP "$(pub second)"
	wish stop second
	await second status stopped 15
	ok $? 'one that hangs is stopped all the same'
	wish start second
	alive second 10 'and started'
}

outlives() {
	before=$(ids my)
	unwatch KILL
	watch
	sleep 1
	alive my 15 'the worker is killed, a new one finds the pub'
	is "$before" "$(ids my)" 'the same process'
	is 1 "$(pgrep -f -c "baas-keep $state/bots/$(field my dir)")" 'and no second one'
	before=$(pub my)
	kill -KILL "$before"
	anew my "$before" 10 'whose death the new one notices'
	unwatch TERM
	is 0 "$status" 'all is as wanted: status 0'
	before=$(pub my)
	kill -KILL "$before"
	sleep 0.2
	watch
	anew my "$before" 10 'a death while nobody watched is noticed as well'
}

# Until somebody holds a lock of the worker's; asks the kernel, takes nothing.
held() {		# FILE
	until grep -q ":$(stat -c %i "$state/$1") " /proc/locks; do sleep 0.02; done
}

hands_over() {
	before=$worker
	flock --no-fork "$state/next.lock" sleep 300 &
	waiting=$!
	workers="$workers $waiting"
	held next.lock
	"$BAAS_LIBEXEC/baas-reconcile" -c "$conf" --watch 300
	is 0 $? 'somebody waits already: a third one leaves'
	wait "$before"
	is 0 $? 'and the one who watches ends, for that one'
	kill "$waiting"
	wait
	watch
	old=$worker
	held run.lock
	sleep 1
	watch
	wait "$old"
	is 0 $? 'a newcomer takes over'
	sleep 1
	kill -0 "$worker"
	ok $? 'and goes on'
	alive my 15 'with the pubs as they are'
}

moves() {
	taken=$((first + 2))
	node -e "require('net').createServer().listen($taken, '127.0.0.1', () => console.log('listens'))" >"$dir/other" &
	other=$!
	until [ -s "$dir/other" ]; do sleep 0.1; done
	wish order third
	alive third 10 'its port was taken by another program: alive'
	[ "$(field third port)" -gt "$taken" ]
	ok $? 'on another one'
	kill "$other"
}

invites() {
	wish invite my a-friend		# base64 has no -
	begun=$(ms)
	until wish show my | grep -q '^invite a-friend unused [^-]'; do
		[ $(($(ms) - begun)) -lt 15000 ] || break
		sleep 0.02
	done
	code=$(wish show my | sed -n 's/^invite a-friend unused \([^ ]*\).*/\1/p')
	[ -n "$code" ]
	ok $? "an invite has its code"
	echo "# after $(($(ms) - begun)) ms"
	wish invite my bob
	sleep 1
	wish revoke my bob
	begun=$(ms)
	until wish show my | grep -q '^invite bob revoked - -'; do
		[ $(($(ms) - begun)) -lt 15000 ] || break
		sleep 0.1
	done
	wish show my | grep -q '^invite bob revoked - -'
	ok $? 'a revoked one is revoked, and its code erased'
	if [ -z "${BAAS_FRIEND:-}" ]; then
		echo "ok $((n += 1)) - a friend redeems it # SKIP no BAAS_FRIEND"
		return
	fi
	node "$BAAS_FRIEND/classic.js" redeem "$code" --name 'friend of my' --stay 5000 >"$dir/friend.json"
	begun=$(ms)
	until wish show my | grep -q '^invite a-friend used - @.*ed25519 friend of my'; do
		[ $(($(ms) - begun)) -lt 20000 ] || break
		sleep 0.1
	done
	wish show my | grep '^invite a-friend used - @.*ed25519 friend of my'
	ok $? 'a friend redeems it: by whom, and their name'
	grep -rqa a-friend "$state/bots/$(field my dir)"
	is 1 $? 'and its label is nowhere in the bot'
}

# After a reboot all want to start at once: no more do than limits.starts, the others when those are up.
reboots() {
	echo 'limits.starts = 2' >>"$conf"
	for bot in four five six; do
		wish order "$bot"
	done
	unwatch TERM
	watch
	for bot in four five six; do
		alive "$bot" 15 "$bot is there, whichever worker has seen it first"
	done
	unwatch KILL
	for bot in my second third four five six; do
		pub "$bot" >"$dir/pub.$bot"
		kill -KILL "$(keeper "$bot")" "$(cat "$dir/pub.$bot")"
	done
	begun_lines=$(wc -l <"$state.worker.log")
	watch
	for bot in my second third four five six; do
		anew "$bot" "$(cat "$dir/pub.$bot")" 20 "all killed, as by a reboot: $bot is up again"
	done
	tail -n "+$((begun_lines + 1))" "$state.worker.log" >"$dir/reboot"
	most=$(awk '/ started, port/ && ++n > most { most = n } / -> alive/ { n-- } END { print most + 0 }' "$dir/reboot")
	is '6 2' "$(grep -c ' started, port' "$dir/reboot") $most" 'never more than two of the six at once'
}

# What the hostile pub wrote about one of its tries.
try() {			# NAME
	sed -n "s/^ \"$1\": \"\(.*\)\",*/\1/p" "$tries"
}

refused() {		# NAME
	case $(try "$1") in
	EACCES | EPERM | ENOENT | ESRCH | EXDEV) ok 0 "refused: $1 ($(try "$1"))" ;;
	*) ok 1 "refused: $1 ($(try "$1"))" ;;
	esac
}

jails() {
	mine=$state/bots/$(field my dir)
	hostile=$dir/hostile/9.9.9
	mkdir -p "$hostile"
	chmod 755 "$dir/hostile" "$hostile"
	cp "$T_SRC/t/worker/hostile.js" "$hostile/pub.js"
	mkdir -m 777 "$dir/open"
	sockets=''
	[ "$(id -u)" -ne 0 ] || sockets="\"of a neighbour\": \"$mine/data/socket\""
	unwatch TERM
	sed -i "s|^pub.dir.*|pub.dir = $dir/hostile|" "$conf"
	watch
	cat >"$hostile/targets.json" <<-END
		{ "mark": "$dir",
		  "read": { "the vault": "$state/vault.secret", "the database": "$state/baas.db", "a neighbour": "$mine/data/secret",
		    "passwd": "/etc/passwd", "proc": "/proc/self/status", "sockets": "/proc/net/unix" },
		  "list": { "bots": "$state/bots", "state": "$state", "tmp": "/tmp", "proc": "/proc" },
		  "write": { "outside": "$dir/open/x", "a neighbour": "$mine/data/x", "shared memory": "/dev/shm/baas-x" },
		  "signal": { "worker": $worker, "neighbour": $(pub my) },
		  "memory": { "worker": $worker, "neighbour": $(pub my) },
		  "socket": { $sockets }, "connect": $first, "link": "$mine/data/socket" }
	END
	wish order evil
	tries=$state/bots/$(field evil dir)/data/tries.json
	begun=$(ms)
	until [ -s "$tries" ] || [ $(($(ms) - begun)) -gt 15000 ]; do sleep 0.1; done
	is "done" "$(try 'own write')" 'the hostile pub runs, and writes what is its own'
	is "done" "$(try 'own listen')" 'and listens on its port'
	for name in 'read the vault' 'read the database' 'read a neighbour' 'read passwd' 'read proc' 'read sockets' \
	    'list bots' 'list state' 'list tmp' 'list proc' 'write outside' 'write a neighbour' 'write shared memory' \
	    'signal worker' 'signal neighbour' 'signal keeper' 'memory of worker' 'memory of neighbour' 'own exit file' \
	    'own run file' 'connect out' 'listen elsewhere' shell; do
		refused "$name"
	done
	[ -z "$sockets" ] || refused 'socket of a neighbour'
	[ "$(field evil status)" != alive ]
	ok $? 'a link to the socket of another is not taken for its own'
	is "done" "$(try leftover)" 'it has started a child that would outlive it'
	[ "$(pgrep -f -c "leftover $dir")" -gt 0 ]
	ok $? 'which runs'
	evil=$state/bots/$(field evil dir)
	wish stop evil
	await evil status stopped 15
	ok $? 'it is stopped, moaning or not'
	is 0 "$(pgrep -f -c "leftover $dir")" 'and its child with it'
	alive my 15 'its neighbour has not noticed'
	unwatch TERM
	sed -i "s|^pub.dir.*|pub.dir = $BAAS_PUB|" "$conf"
	watch
	wish bin evil 0
	begun=$(ms)
	while [ -d "$evil" ] && [ $(($(ms) - begun)) -lt 10000 ]; do sleep 0.1; done
	[ ! -e "$evil" ]
	ok $? 'erased, with the directory that nobody may enter'
	begun=$(ms)
	while wish show evil >/dev/null 2>&1 && [ $(($(ms) - begun)) -lt 15000 ]; do sleep 0.1; done
	wish show evil >/dev/null 2>&1
	is 1 $? 'and its row'
	alive my 15 'its neighbour is still there'
}

bins() {
	wish bin third 3600000
	begun=$(ms)
	while [ -n "$(pub third)" ] && [ $(($(ms) - begun)) -lt 10000 ]; do sleep 0.1; done
	is '' "$(pub third)" 'thrown into the bin: stopped'
	[ -s "$state/bots/$(field third dir)/data/secret" ]
	ok $? 'and all is kept'
	wish restore third
	alive third 10 'brought back: alive'
}

starts
stops
dies
hangs
outlives
hands_over
moves
invites
reboots
jails
bins
finish
