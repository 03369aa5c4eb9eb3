# What the tests of the worker with real pubs share: worlds of their own, wishes, and what is seen of bots.  Sourced.
#
# BAAS_LIBEXEC: where baas-reconcile is (and, compiled in, baas-keep); BAAS_PUB: a directory with one pub per release;
# BAAS_WISH: t/worker/wish; T_SRC: the source.

: "${BAAS_LIBEXEC:?}" "${BAAS_PUB:?}" "${BAAS_WISH:?}" "${T_SRC:=.}"
worker=''
workers=''
preload=''
n=0
bad=0
took=''

dir=$(mktemp -d "${TMPDIR:-/tmp}/baas-worker.XXXXXX") || exit 1
chmod 711 "$dir"

# ---- TAP

ok() {			# STATUS WORDS
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		bad=$((bad + 1))
		echo "not ok $n - $2"
	fi
}

is() {			# WANT GOT WORDS
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || printf '# wanted %s\n# got    %s\n' "$1" "$2"
}

# ---- a world: a state directory, its configuration, its worker

# Makes one, or goes back to it.  $more holds further lines of its configuration.
world() {		# NAME
	state=$dir/$1
	conf=$dir/$1.conf
	[ ! -d "$state/log" ] || return 0
	[ -d "$state" ] || mkdir "$state"
	chmod 711 "$state"
	mkdir "$state/log"
	first=$(free_port)
	cat >"$conf" <<-END
		state_dir = $state
		bots.first_port = $first
		limits.bots_per_person = 20
		limits.bots_per_server = 20
		${more:-pub.dir = $BAAS_PUB}
	END
	wish init "${BAAS_SCHEMA:-$T_SRC/schema.sql}" || exit 1
}

# With the clock of the test, if it has one.
run() {
	env LD_PRELOAD="$preload" ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}" "$@"
}

wish() {
	run "$BAAS_WISH" "$conf" "$@"
}

watch() {
	env LD_PRELOAD="$preload" ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}" \
		"$BAAS_LIBEXEC/baas-reconcile" -c "$conf" -v --watch 300 2>>"$state.worker.log" &
	worker=$!
	workers="$workers $worker"
}

unwatch() {		# SIGNAL
	[ -n "$worker" ] || return 0
	kill "-$1" "$worker"
	wait "$worker" 2>/dev/null
	status=$?
	worker=''
}

# Each time another one, with 20 after it that nobody else is given: this process has a hundred ports of its own, below those
# that the kernel gives to connections.
free_port() {
	echo >>"$dir/ports"
	node -e '
		const next = port => {
			const s = require("net").createServer().on("error", () => next(port + 1))
			s.listen(port, "0.0.0.0", () => { console.log(port); s.close() })
		}
		next(Number(process.argv[1]))' $((20000 + $$ % 100 * 100 + ($(wc -l <"$dir/ports") - 1) % 4 * 25))
}

# ---- a bot

field() {		# BOT FIELD
	wish show "$1" | sed -n "s/^$2 //p"
}

keeper() {		# BOT
	cat "$state/bots/$(field "$1" dir)/lock"
}

pub() {			# BOT
	pgrep -P "$(keeper "$1")"
}

ms() {
	echo $(($(date +%s%N) / 1000000))
}

# Waits until a bot's field has a value: 0, and in $took how long (ms) that was.
await() {		# BOT FIELD VALUE SECONDS
	begun=$(ms)
	while [ "$(field "$1" "$2")" != "$3" ]; do
		[ $(($(ms) - begun)) -lt $(($4 * 1000)) ] || {
			wish show "$1" | sed 's/^/# /'
			return 1
		}
		sleep 0.02
	done
	took=$(($(ms) - begun))
}

alive() {		# BOT SECONDS WORDS
	await "$1" status alive "$2"
	ok $? "$3"
	echo "# after $took ms"
}

# Alive again, as another process than that one.
anew() {		# BOT PUB SECONDS WORDS
	since=$(ms)
	while now=$(pub "$1" 2>/dev/null); [ "$now" = '' ] || [ "$now" = "$2" ]; do
		[ $(($(ms) - since)) -lt $(($3 * 1000)) ] || break
		sleep 0.05
	done
	[ "$now" != '' ] && [ "$now" != "$2" ] && await "$1" status alive "$3"
	ok $? "$4"
	echo "# after $(($(ms) - since)) ms"
}

# ---- the end

# Ends what this test has started: its workers, then the keepers that hold their locks.
clean() {
	for pid in $workers; do
		kill -TERM "$pid" 2>/dev/null
		kill -CONT "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	for lock in "$dir"/*/bots/*/lock; do
		[ -s "$lock" ] && ! flock -n "$lock" true && kill -TERM "$(cat "$lock")"
	done
	sleep 1
	[ "$bad" -eq 0 ] || sed 's/^/# /' "$dir"/*.worker.log "$dir"/*/log/keep.log
	[ "$(command -v unmount)" = '' ] || unmount
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

finish() {
	echo "1..$n"
	[ "$bad" -eq 0 ]
}
