#!/bin/sh
# When there is too much to do: the two slots for password hashing, the delays after wrong passwords, a locked database, a
# place that two want.
T_CONF='limits.bots_per_person = 3'
. "${srcdir:-.}/t/t.sh"
plan 39

# An account with a real password.
visit eve
as eve post signin /start email=eve@example.org password=right+password new=1
header Set-Cookie | sed -n 's/^\(baas=[^;]*\);.*/\1/p' >"$T/cookie.eve"
rm "$T/csrf.eve"
sql 'UPDATE credentials SET named = 1'
visit eva
sign_in() {
	as eva post signin /start email=eve@example.org "password=$1"
}
forget() {
	sql 'DELETE FROM tries'
}
# That an account was made is counted too.
failures() {
	sql "SELECT count(*) FROM tries WHERE subject NOT LIKE 'new:%'"
}

# ---- hash slots

sign_in right+password
status 303 "both slots are free"
exec 8<"$T/state/hash.0" 9<"$T/state/hash.1"
flock -n 8
sign_in right+password
status 303 "one is taken"
flock -n 9
sign_in right+password
status 503 "both are"
is "$(header Retry-After)" 2 "come back in two seconds"
is "$(failures)" 0 "that is nobody's failure"
get start
status 200 "other pages don't care"
as eve get agents
status 200 "whoever is in doesn't either"
flock -u 8
sign_in right+password
status 303 "the other one is free again"
flock -u 9
exec 8<&- 9<&-
# Moved, not removed: what a jailed route may open it knows by the file itself.
mv "$T/state/hash.0" "$T/hash.0"
mv "$T/state/hash.1" "$T/hash.1"
sign_in right+password
status 500 "a state directory without slots is a fault"
grep -q '<code>[0-9a-f]\{8\}</code>' "$T/body"
ok $? "with a number"
number=$(sed -n 's/.*<code>\([0-9a-f]*\)<.*/\1/p' "$T/body")
log=$T/err
[ "${T_FCGI-}" != 1 ] || log=$T/fcgi.err
grep -q "reference $number" "$log"
ok $? "that the log has too"
! grep -q 'password\|eve@' "$log"
ok $? "and the log tells no secrets"
mv "$T/hash.0" "$T/hash.1" "$T/state"

# ---- who is signed in and gives a password: to delete a bot

bot one eve
delete() {
	as eve post bot /agents/one/delete confirm=one "password=$1"
}
delete ''
status 422 "no password"
is "$(failures)" 0 "is no guess"
for i in 1 2 3 4 5 6; do
	delete "wrong$i"
	status 422 "wrong password $i"
done
wait_anew
delete right+password
status 429 "after six of them even the right one has to wait"
wait=$(header Retry-After)
[ "$wait" -ge 1 ] && [ "$wait" -le 2 ]
ok $? "a second or two ($wait)"
has "wait $wait second" "in words, too"
has 'nothing was changed' "and that nothing has happened"
is "$(sql 'SELECT binned_at IS NULL FROM bots')" 1 "nothing was deleted"
wait_anew
delete right+password2
is "$(sql 'SELECT max(count) FROM tries')" 6 "who has to wait can't fail"
person bob
bot two bob
as bob post bot /agents/two/delete confirm=two password=wrong
status 422 "others don't wait"
forget
delete "$(printf %01025d 0)"
status 422 "a password of 1,025 bytes"
forget
delete right+password
status 303 "the right one"
is "$(sql 'SELECT binned_at IS NOT NULL FROM bots WHERE id = (SELECT id FROM agents WHERE name = '"'one'"')')" 1 "deletes"
is "$(failures)" 0 "and there is nothing to remember"

# ---- the database is locked

mkfifo "$T/in" "$T/held"
sqlite3 -batch "$T/state/baas.db" <"$T/in" >"$T/held" &
t_pids="$t_pids $!"
exec 8>"$T/in" 9<"$T/held"
echo "BEGIN IMMEDIATE; SELECT 'held';" >&8
read -r line <&9
is "$line" held "somebody holds the database"
as bob get agents
status 200 "reading goes on"
as bob post agents name=three
status 503 "writing waits, and not for ever"
is "$(header Retry-After)" 1 "come back in a second"
echo "ROLLBACK;" >&8
as bob post agents name=three
status 303 "now it is made"
is "$(sql "SELECT count(*) FROM agents WHERE name = 'three'")" 1 "once"

# ---- two orders at the very same moment, and room for one

# Both want to write, which somebody else does: each holds this lock while it waits.
writers() {
	grep FLOCK /proc/locks | grep -c ":$(stat -c %i "$T/state/baas.db.lock") "
}
order() {
	(
		mkdir "$T/$1"
		cp "$T/cookie.bob" "$T/csrf.bob" "$T/$1"
		[ "${T_FCGI-}" != 1 ] || ln -s "$T"/sock.* "$T/$1"
		T=$T/$1
		as bob post agents "name=$1"
	) &
}
echo "BEGIN IMMEDIATE; SELECT 'held';" >&8
read -r line <&9
order four
one=$!
order five
two=$!
# The two processes of plain CGI; the one of FastCGI takes one after the other.
tries=0
until [ "$(writers)" -ge $((2 - ${T_FCGI:-0})) ] || [ "$tries" -gt 200 ]; do
	tries=$((tries + 1))
	sleep 0.02
done
echo "ROLLBACK;" >&8
exec 8>&- 9<&-
wait "$one" "$two"
is "$(cat "$T/four/head" "$T/five/head" | sed -n 's/^Status: \([0-9]*\).*/\1/p' | sort | tr '\n' ' ')" "303 422 " "two orders at once: one is made"
is "$(sql "SELECT count(*) FROM agents WHERE name IN ('four', 'five')")" 1 "and no other"
