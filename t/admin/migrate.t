#!/bin/sh
# Databases of earlier schemas: they become what a new one is, lose nothing, and come to no harm on the way.
. "${T_SRC:-${srcdir:-.}}/t/admin/place.sh"	# sets $dir, $state, $db, $baas, $n and $bad
: "${dir:?}" "${state:?}" "${db:?}" "${baas:?}"

conf
make_old "$dir/old.db"
rows "$dir/old.db" >"$dir/old.rows"
run 0 "new vault" init
shape "$db" >"$dir/fresh.shape"
is "$(sql 'PRAGMA user_version')" "$(sed -n 's/^PRAGMA user_version = \([0-9]*\);/\1/p' "$T_SRC/schema.sql")" "a new one is of the newest schema"
is "$(files '*schema*')" 0 "and needs no backup"

# Puts the old one in its place.
back() {
	rm -f "$db"*
	cp "$dir/old.db" "$db"
	chmod 600 "$db"
}

# All as it should be, each in a word.
look() {
	[ "$(sql 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] || echo damaged
	shape "$db" | cmp -s - "$dir/fresh.shape" || echo shape
	rows "$db" | cmp -s - "$dir/old.rows" || echo rows
	[ ! -e "$db.part" ] || echo "half a backup"
	for copy in "$state"/baas.db.schema-1.*; do
		[ "$(sql 'PRAGMA integrity_check; PRAGMA user_version' "$copy" 2>&1 | tr '\n' ' ')" = "ok 1 " ] || echo "backup $copy"
		[ "$(stat -c %a "$copy")" = 600 ] || echo "mode of $copy"
	done
}

# ---- one that goes well

back
run 1 "run baas init" person list
run 0 "schema 1 -> 2" init
grep -q 'backup of the database as it was, schema 1' "$dir/err"
ok $? "a backup is taken first"
shape "$db" >"$dir/shape"
diff "$dir/fresh.shape" "$dir/shape" >"$dir/out"
ok $? "it has the shape of a new one"
rows "$db" >"$dir/rows"
diff "$dir/old.rows" "$dir/rows" >"$dir/out"
ok $? "every row is as it was"
is "$(look)" "" "it is whole, and so is the backup"
is "$(files 'baas.db.schema-1.*')" 1 "there is one"
rows "$(ls "$state"/baas.db.schema-1.*)" | cmp -s - "$dir/old.rows"
ok $? "with all that there was"
is "$(sql "SELECT state, state_since, wanted FROM servers WHERE minion = 'local'")" "ready|900|up" "this machine is ready"
is "$(sql "SELECT length(instance), home, reporting FROM house")" "16||0" "it has a name of its own"
first=$(sql "SELECT instance FROM house")
run 0 "" init
is "$(cat "$dir/err")" "" "the second time there is nothing to do"
is "$(files 'baas.db.schema-1.*')" 1 "and no backup more"
run 0 "kalice|alice@example.org|Alice" person list
run 0 "one|" bot list
back
run 0 "schema 1 -> 2" init
[ "$(sql "SELECT instance FROM house")" != "$first" ]
ok $? "no two have the same name"

# ---- of no use

back
sql 'PRAGMA user_version = 99'
run 1 "belongs to a newer one" init
is "$(files '*schema*')" 0 "without a backup"
is "$(sql 'PRAGMA user_version')" 99 "or a change"
run 1 "belongs to a newer one" person list
back
sql "INSERT INTO devices VALUES (X'09', 77, 0, 0)"
run 1 "foreign_key_check: devices" init
is "$(sql 'PRAGMA user_version')" 1 "rows that lead nowhere: nothing is changed"
is "$(sql "SELECT count(*) FROM sqlite_schema WHERE name = 'house'")" 0 "not even half"

# ---- two at one time, and beside a worker

back
run_two() {
	"$baas" -c "$dir/baas.conf" init 2>"$dir/err.$1" </dev/null || echo "$1: $?"
}
{ run_two 1 & run_two 2; wait; } >"$dir/out"
is "$(cat "$dir/out")" "" "two at one time are both content"
is "$(files 'baas.db.schema-1.*')$(look)" 1 "and one has migrated"
back
flock "$state/run.lock" -c "touch '$dir/held'; sleep 1; touch '$dir/let-go'" &
until [ -e "$dir/held" ]; do sleep 0.02; done
run 0 "schema 1 -> 2" init
[ -e "$dir/let-go" ]
ok $? "it waits until the worker has ended"
wait
back
flock -n "$state/run.lock" true
ok $? "and holds nothing afterwards"

# ---- killed, or without room on the disk, at each change of a file (at each fifth, unless it is for CI)

# All of a database (FILE) in one number; its own name is random, and a backup has another order.
sum() { sqlite3 -batch "$1" .dump | sed "s/'[0-9a-f]\{16\}'/NAME/" | sort | cksum; }

make_trip
back
trip no 0 init
all=$(cat "$dir/count")
[ "$all" -gt 50 ]
ok $? "it changes files $all times"
old=$(sum "$dir/old.db") new=$(sum "$db") each=5
[ "${CI-}" != true ] || each=1
for how in kill full; do
	at=1 found='' stopped=0
	while [ "$at" -le "$all" ]; do
		back
		trip "$how" "$at" init
		status=$?
		[ "$status" -eq 0 ] || stopped=$((stopped + 1))
		case $how$status in kill137 | full1 | full0) ;; *) found="$found $at: exit status $status;" ;; esac
		is=$(sum "$db")
		[ "$is" = "$old" ] || [ "$(sql 'PRAGMA user_version')" = 2 ] || found="$found $at: lost;"
		"$baas" -c "$dir/baas.conf" init 2>"$dir/err" </dev/null || found="$found $at: does not go on;"
		[ "$(sum "$db")" = "$new" ] || found="$found $at: not the same in the end;"
		for copy in "$db".schema-1.*; do
			[ "$(sum "$copy")" = "$old" ] || found="$found $at: the backup is damaged;"
		done
		[ ! -e "$db.part" ] || found="$found $at: half a backup is left;"
		at=$((at + each))
	done 2>/dev/null
	is "$found" "" "$how: nothing is lost, and the next one goes on"
	[ "$stopped" -ge "$((all / each - 1))" ]
	ok $? "it was stopped $stopped times"
done

end
