# For t/admin/*.t: a directory of its own ($dir), TAP on standard output, and databases as an earlier version left them.
# shellcheck shell=sh disable=SC2034,SC2154

: "${T_SRC:=$(cd "${srcdir:-.}" && pwd)}" "${T_BUILD:=$(pwd)}"
baas=${BAAS_ADMIN:-$T_BUILD/admin/baas}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM
export LC_ALL=C
n=0 bad=0
state=$dir/state
db=$state/baas.db

# ok STATUS WHAT: of the command before; what it said is shown if it is not 0.
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		bad=1
		cat "$dir/out" "$dir/err" 2>/dev/null | sed 's/^/# /'
		echo "not ok $n - $2"
	fi
}

# is GOT WANT WHAT
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || printf 'wanted %s\ngot %s\n' "$2" "$1" | sed 's/^/# /'
}

# run STATUS WORDS ARGUMENT...: WORDS must be in what it says.
run() {
	want=$1 words=$2
	shift 2
	"$baas" -c "$dir/baas.conf" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	[ "$status" -eq "$want" ] && { echo; cat "$dir/out" "$dir/err"; } | grep -qF -e "$words"
	ok $? "baas $*: $want"
}

conf() { printf '%s\n' "state_dir = $state" "$@" >"$dir/baas.conf"; }

# How many files of that name are in the state directory.
files() { find "$state" -maxdepth 1 -name "$1" | wc -l; }

sql() { sqlite3 -batch -cmd '.timeout 5000' "${2:-$db}" "$1"; }

end() {
	echo "1..$n"
	exit $bad
}

# ---- a database of schema 1, with something in each of its tables

make_old() {
	sqlite3 -batch "$1" <"$T_SRC/t/admin/schema-1.sql"
	sqlite3 -batch "$1" <<-'END'
		INSERT INTO agents (id, key, type, name, description, service, created_at, updated_at) VALUES
			(1, 'kalice', 'person', 'Alice', '', '', 1000, 1001), (2, 'kbob', 'person', 'Bob', '', '', 1002, 1003),
			(3, 'kone', 'bot', 'one', 'the first', 'scuttlebutt', 2000, 2001),
			(4, 'ktwo', 'bot', 'two', '', 'scuttlebutt', 2002, 2003), (5, 'kthree', 'bot', 'three', '', 'scuttlebutt', 2004, 2005);
		INSERT INTO belongs VALUES (3, 1, 'owner'), (4, 1, 'owner'), (5, 2, 'owner');
		INSERT INTO credentials VALUES (1, 'alice@example.org', '$argon2id$a', 1, 1000), (2, 'bob@example.org', '$argon2id$b', 0, 1002);
		INSERT INTO sessions VALUES (1, 's1', X'00', 1, 'firefox on linux', 5000, 5001), (2, 's2', X'01', 2, 'curl', 5002, 5003);
		INSERT INTO devices VALUES (X'02', 1, 5000, 5001);
		INSERT INTO tries VALUES ('address:192.0.2.1', 3, 6000);
		INSERT INTO onces VALUES (1, 'abc', '/agents/one', 7000);
		INSERT INTO servers (id, minion, address, created_at) VALUES (1, 'local', '127.0.0.1', 900);
		INSERT INTO names_kept VALUES ('four', 2, 999999);
		INSERT INTO bots (id, server_id, wanted, restarts, rebuilds, release, wished_at, binned_at, erase_at, suspended_at,
			suspended_for, public_key, secret, dir, port, started_at, seen_restarts, seen_release, last_status, status_since,
			run_in, run_out, month, month_in, month_out, invites_seen) VALUES
			(3, 1, 'running', 4, 1, '1.0.0', 8000, NULL, NULL, NULL, '', '@one.ed25519', X'0102', 'd3', 8008, 8001, 4, '1.0.0',
				'alive', 8002, 10, 20, '2026-11', 30, 40, 5),
			(4, 1, 'stopped', 0, 0, '', 8100, NULL, NULL, 8101, 'because', '@two.ed25519', X'0304', 'd4', 8009, NULL, 0, '',
				'suspended', 8102, 0, 0, '', 0, 0, 0),
			(5, 1, 'running', 0, 0, '', 8200, 8201, 8202, NULL, '', '@three.ed25519', X'0506', 'd5', 8010, NULL, 0, '',
				'deleting', 8203, 0, 0, '', 0, 0, 0);
		INSERT INTO invites VALUES (1, 'i1', 3, 'r1', 'carol', 't1', 'seed', 0, 'unused', NULL, NULL, NULL, 9000),
			(2, 'i2', 3, 'r2', 'dave', NULL, NULL, 0, 'used', '@dave.ed25519', 'Dave', 9001, 9002);
		INSERT INTO samples VALUES (3, 60, 60000, 1, 2, 3, 4, 5, 6), (3, 3600, 3600000, 7, 8, 9, 10, 11, 12);
		INSERT INTO events VALUES (1, 2000, 1, 3, 'one', 'person', 'bot.order', ''), (2, 9001, 1, 3, 'one', 'worker', 'invite.used', 'Dave');
		INSERT INTO intents VALUES (1, 'bot:5', 'erase', 9500);
	END
}

# What a database of schema 1 holds (FILE), or a later one of the same columns.
rows() {
	for table in $(sql "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1" "$dir/old.db"); do
		columns=$(sql "SELECT group_concat('quote(' || name || ')', ' || ''|'' || ') FROM pragma_table_info('$table')" "$dir/old.db")
		sql "SELECT '$table: ' || $columns FROM $table ORDER BY 1" "$1"
	done
}

# The shape of a database (FILE): each column and constraint, index, trigger and view, without comments and in one order.
shape() {
	sqlite3 -batch -newline "$(printf '\001')" "$1" "SELECT type || ' ' || name || char(10) || sql FROM sqlite_schema WHERE sql IS NOT NULL" |
		awk 'BEGIN { RS = "\001" }
		function squeeze(s) {
			gsub(/--[^\n]*/, "", s)
			gsub(/[ \t\n]+/, " ", s)
			gsub(/ *\( */, "(", s)
			gsub(/ *\) */, ")", s)
			gsub(/ *, */, ",", s)
			sub(/^ /, "", s)
			sub(/ $/, "", s)
			return s
		}
		function cut(name, s,	depth, i, c, part) {
			for (i = 1; i <= length(s); i++) {
				c = substr(s, i, 1)
				if (c == "," && depth == 1) { print name ": " part; part = ""; continue }
				if (c == "(" && ++depth == 1) { print name ": " part; part = ""; continue }
				if (c == ")" && --depth == 0) { print name ": " part; part = ""; continue }
				part = part c
			}
			print name ": " part
		}
		{
			name = $0
			sub(/\n.*/, "", name)
			sub(/^[^\n]*\n/, "")
			if (name ~ /^table /) cut(name, squeeze($0)); else print name ": " squeeze($0)
		}' | sort
	for table in $(sql "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1" "$1"); do
		sql "SELECT '$table', name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo('$table') ORDER BY 2" "$1"
		sql "SELECT '$table', 'leads to', \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list('$table') ORDER BY 3, 4" "$1"
		sql "SELECT '$table', 'index', i.name, i.\"unique\", i.origin, i.partial, c.seqno, c.name, c.\"desc\"
			FROM pragma_index_list('$table') i, pragma_index_info(i.name) x, pragma_index_xinfo(i.name) c
			WHERE x.seqno = c.seqno ORDER BY 3, 7" "$1"
	done
}

# ---- what goes wrong

# Builds what trips a program; see there.
make_trip() {
	"${CC:-cc}" -shared -fPIC -D_GNU_SOURCE -o "$dir/trip.so" "$T_SRC/t/admin/trip.c" -ldl || exit 99
}

# trip HOW AT ARGUMENT...: its exit status; how many calls there were is in $dir/count, if it came to its end.
trip() {
	how=$1 at=$2
	shift 2
	rm -f "$dir/count"
	{ (
		TRIP_DIR=$db TRIP_HOW=$how TRIP_AT=$at TRIP_COUNT=$dir/count TRIP_STOPPED=$dir/stopped LD_PRELOAD=$dir/trip.so
		export TRIP_DIR TRIP_HOW TRIP_AT TRIP_COUNT TRIP_STOPPED LD_PRELOAD
		exec "$baas" -c "$dir/baas.conf" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	); } 2>/dev/null
}
