#!/bin/sh
# The brake on bots: the shipped worker erases three of five, and the others when a person has let them through.
. "${T_SRC:-${srcdir:-.}}/t/admin/place.sh"	# sets $dir, $state, $db, $baas, $n and $bad
: "${dir:?}" "${state:?}" "${db:?}" "${baas:?}"

T_BUILD=${T_BUILD:-${T_SRC:-${srcdir:-.}}}
conf
run 0 "new vault" init
# Five who never ran, whose time in the bin is over.
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
		INSERT INTO agents (id, key, type, name, service, created_at, updated_at)
		SELECT 10 + i, 'k' || i, 'bot', 'bot' || i, 'scuttlebutt', 1, 1 FROM n;
	INSERT INTO agents (id, key, type, name, service, created_at, updated_at) VALUES (1, 'kalice', 'person', 'Alice', '', 1, 1);
	INSERT INTO belongs SELECT id, 1, 'owner' FROM agents WHERE type = 'bot';
	INSERT INTO bots (id, server_id, wished_at, public_key, secret, dir, port, binned_at, erase_at, wanted)
		SELECT a.id, s.id, 1, '@' || a.id || '.ed25519', X'00', printf('%032x', a.id), 8000 + a.id, 2, 2, 'stopped'
		FROM agents a, servers s WHERE a.type = 'bot'"

# pass: one of the worker's; what it said is in $dir/worker
pass() {
	"$T_BUILD/worker/baas-reconcile" -c "$dir/baas.conf" --once 2>"$dir/worker"
}
left() {
	sql "SELECT count(*) FROM bots"
}

# A pass erases one; another one a second later.
for _ in 1 2 3 4; do
	sql "UPDATE bots SET due = 0"
	pass
done
is "$(left)" 2 "three are erased, two are not"
grep -q 'is not erased: too many were within 24 hours (baas brake)' "$dir/worker"
ok $? "and it says so"
run 0 "bot|3|3|2|waits for baas brake lift" brake
pass
is "$(left)" 2 "nor by the next pass, which does not even look"
run 0 "" brake lift bot
run 0 "bot|0|3|2|" brake
pass
[ "$(left)" -lt 2 ]
ok $? "let through, one is at once"
sql "UPDATE bots SET due = 0"
pass
is "$(left)" 0 "and the other"
is "$(sql "SELECT count(*) FROM events WHERE what = 'bot.erase'")" 5 "each is noted"

end
