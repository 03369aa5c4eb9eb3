#!/bin/sh
# baas restore: what it refuses, what it puts in the database's place, and that nothing is lost on the way.
. "${T_SRC:-${srcdir:-.}}/t/admin/place.sh"	# sets $dir, $state, $db, $baas, $n and $bad
: "${dir:?}" "${state:?}" "${db:?}" "${baas:?}"

# All of a database (FILE) in one number, but when it was restored and where it lives.
sum() {
	sqlite3 -batch "$1" .dump | sed "s/INSERT INTO house .*/HOUSE/; s/INSERT INTO events VALUES(\([0-9]*\),[0-9]*,/EVENT \1/" |
		sort | cksum
}

kept() { ls "$state"/baas.db.before-restore.* 2>/dev/null; }

mkdir -p "$dir/pub/1.0.0/node_modules"
conf "pub.dir = $dir/pub"
run 0 "new vault" init
make_old "$dir/old.db"
rows "$dir/old.db" >"$dir/old.rows"
sql "INSERT INTO agents (id, key, type, name, created_at, updated_at) VALUES (70, 'kzoe', 'person', 'Zoe', 1, 1);
	INSERT INTO credentials VALUES (70, 'zoe@example.org', '*', 1, 1)"
run 0 "" backup "$dir/zoe"
sql "UPDATE agents SET name = 'Zoe B.' WHERE id = 70"
before=$(sum "$db")

# ---- refused; nothing is changed

run 2 usage restore
run 1 "No such file" restore "$dir/none"
run 1 "is no database" restore "$dir/baas.conf"
run 1 "is no database" restore "$state"
run 1 "is the database itself" restore "$db"
ln "$db" "$dir/link"
run 1 "is the database itself" restore "$dir/link"
rm "$dir/link"
sqlite3 "$dir/other" 'CREATE TABLE t (x)'
run 1 "is no database of this program" restore "$dir/other"
cp "$dir/zoe" "$dir/newer"
sql 'PRAGMA user_version = 99' "$dir/newer"
run 1 "belongs to a newer one" restore "$dir/newer"
cp "$dir/zoe" "$dir/damaged"
dd if=/dev/zero of="$dir/damaged" bs=4096 seek=3 count=2 conv=notrunc 2>/dev/null
run 1 "nothing was changed" restore "$dir/damaged"
head -c 20000 "$dir/zoe" >"$dir/short"
run 1 "nothing was changed" restore "$dir/short"
cp "$dir/zoe" "$dir/lost"
sql "PRAGMA foreign_keys = OFF; INSERT INTO devices VALUES (X'09', 77, 0, 0)" "$dir/lost"
run 1 "foreign_key_check: devices" restore "$dir/lost"
cp "$dir/zoe" "$dir/busy"
echo frames >"$dir/busy-wal"
run 1 "write-ahead log beside it" restore "$dir/busy"
chmod 755 "$dir"

# Somebody who has it open: a route, say, which does nothing at the moment.
mkfifo "$dir/hold"
{ sqlite3 -batch "$db" <"$dir/hold" >"$dir/held" & } 2>/dev/null
holder=$!
exec 5>"$dir/hold"
echo 'SELECT count(*) FROM agents;' >&5
until [ -s "$dir/held" ]; do sleep 0.02; done
run 1 "in use by sqlite3 ($holder): stop lighttpd" restore "$dir/zoe"
exec 5>&-
wait
is "$(sum "$db")$(kept)" "$before" "the database is as it was"
is "$(files '*restore*')" 0 "and nothing is left over"

# ---- it works

run 0 "the former is" restore "$dir/zoe"
is "$(sql "SELECT name FROM agents WHERE id = 70")" Zoe "it is what it was then"
is "$(kept | wc -l)" 1 "the former is kept"
is "$(sql "SELECT name FROM agents WHERE id = 70" "$(kept)")" "Zoe B." "with what it had"
is "$(sum "$(kept)")" "$before" "all of it"
is "$(stat -c %a "$db" "$(kept)" | tr '\n' ' ')" "600 600 " "both are private"
is "$(sql "SELECT reporting, home <> '' FROM house")" "1|1" "the worker only reports"
is "$(sql "SELECT what FROM events ORDER BY id DESC LIMIT 1")" admin.restore "it is noted"
is "$(sql "SELECT seen_at FROM worker")" 0 "nobody has been seen"
is "$(sql "PRAGMA integrity_check")" ok "it is whole"
run 0 "Zoe" person list
run 0 "warn  the worker only reports" doctor
run 0 "" worker act
is "$(sql "SELECT reporting FROM house")" 0 "until it is told to act"
run 0 "" worker report
is "$(sql "SELECT reporting FROM house")" 1 "and again"
is "$(sql "SELECT actor, what FROM events ORDER BY id DESC LIMIT 1")" "shell:$(id -un)|admin.worker-report" "with who said so"
rm -f "$(kept)"
run 0 "schema 1 -> 2" restore "$dir/old.db"
rows "$db" >"$dir/rows"
grep -v '^events' "$dir/old.rows" >"$dir/old.others"
grep -v '^events' "$dir/rows" | diff "$dir/old.others" - >"$dir/out"
ok $? "one of an earlier schema is brought up, and loses nothing"
is "$(files '*schema*')" 0 "the file itself is its backup"
is "$(sql 'PRAGMA user_version' "$dir/old.db")" 1 "and is as it was"
rm -f "$(kept)" "$db"
echo stale >"$db-wal"
run 0 "is what" restore "$dir/zoe"
is "$(sql "SELECT name FROM agents WHERE id = 70")" Zoe "where there was none"
is "$(cat "$(kept)")" stale "a log without its database is put aside"
rm -f "$(kept)"
printf 'no database at all, but long enough' >"$db"
run 1 "move it away" restore "$dir/zoe"
rm -f "$db"

# ---- beside a worker: it hands over and ends

run 0 "" restore "$dir/zoe"
"$T_BUILD/worker/baas-reconcile" -c "$dir/baas.conf" --watch 60 2>"$dir/worker" </dev/null &
worker=$!
until [ "$(sql "SELECT seen_at > 0 FROM worker")" = 1 ]; do sleep 0.05; done
run 0 "is what" restore "$dir/zoe"
tries=0
while kill -0 "$worker" 2>/dev/null && [ "$tries" -lt 100 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
! kill -0 "$worker" 2>/dev/null
ok $? "the worker has ended"
wait "$worker"
flock "$state/next.lock" -c "touch '$dir/locked'; sleep 1" &
until [ -e "$dir/locked" ]; do sleep 0.02; done
run 0 "is what" restore "$dir/zoe"
wait

# ---- killed, or without room on the disk, at each change of a file (at each fifth, unless it is for CI)

# The one with Zoe in it is the database, and Old is to be brought back.
back() {
	rm -f "$db"*
	cp "$dir/zoe.now" "$db"
	chmod 600 "$db"
}

make_trip
"$baas" -c "$dir/baas.conf" restore "$dir/zoe" 2>/dev/null && sqlite3 "$db" 'PRAGMA journal_mode = DELETE' >/dev/null
cp "$db" "$dir/zoe.now"
back
old=$(sum "$db")
trip no 0 restore "$dir/old.db"
all=$(cat "$dir/count") new=$(sum "$db") each=5
[ "$all" -gt 50 ] && [ "$old" != "$new" ]
ok $? "it changes files $all times"
[ "${CI-}" != true ] || each=1
for how in kill full; do
	at=1 found='' stopped=0
	while [ "$at" -le "$all" ]; do
		back
		trip "$how" "$at" restore "$dir/old.db"
		status=$?
		[ "$status" -eq 0 ] || stopped=$((stopped + 1))
		case $how$status in kill137 | full1 | full0) ;; *) found="$found $at: exit status $status;" ;; esac
		case $(sum "$db") in
		"$old") [ "$status" -ne 0 ] || found="$found $at: said it was done;" ;;
		"$new") [ "$(sum "$(kept)")" = "$old" ] || found="$found $at: the former is lost;" ;;
		*) found="$found $at: neither the one nor the other;" ;;
		esac
		rm -f "$(kept)"
		"$baas" -c "$dir/baas.conf" restore "$dir/old.db" 2>"$dir/err" </dev/null || found="$found $at: does not go on;"
		[ "$(sum "$db")" = "$new" ] || found="$found $at: not the same in the end;"
		[ "$(files 'baas.db.restore*')" = 0 ] || found="$found $at: a draft is left;"
		at=$((at + each))
	done 2>/dev/null
	is "$found" "" "$how: the one or the other, never neither"
	[ "$stopped" -ge "$((all / each * 9 / 10))" ]
	ok $? "it was stopped $stopped times"
done

# ---- one that opens the database just as it is replaced must not touch the new one's log (it takes 5 s to give up)

if [ "${CI-}" = true ]; then
	back
	trip stop 0 restore "$dir/zoe" &
	until grep -q '^State:.T' "/proc/$(cat "$dir/stopped" 2>/dev/null)/status" 2>/dev/null; do sleep 0.02; done
	"$baas" -c "$dir/baas.conf" worker report 2>"$dir/late" </dev/null &
	late=$!
	until find "/proc/$late/fd" -lname "$db" 2>/dev/null | grep -q .; do sleep 0.02; done
	kill -CONT "$(cat "$dir/stopped")"
	wait "$late"
	is "$?" 1 "it is kept out"
	grep -q locked "$dir/late"
	ok $? "until it gives up"
	wait
	is "$(sql "SELECT count(*) FROM events WHERE what = 'admin.worker-report'")" 0 "and has written nothing"
	is "$(sql "PRAGMA integrity_check; SELECT name FROM agents WHERE id = 70" | tr '\n' ' ')" "ok Zoe " "the new one is whole"
fi

end
