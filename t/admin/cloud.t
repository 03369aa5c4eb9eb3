#!/bin/sh
# The admin's verbs for servers, orphans and people who are paused, and what baas doctor says of a cloud.
. "${T_SRC:-${srcdir:-.}}/t/admin/place.sh"	# sets $dir, $state, $db, $baas, $n and $bad
: "${dir:?}" "${state:?}" "${db:?}" "${baas:?}"

me=shell:$(id -un)
conf "cloud = scaleway" "fleet = salt" "salt.master = salt.example.org"
run 0 "new vault" init
is "$(sql "SELECT count(*) FROM servers")" 0 "with a cloud this machine is nobody's server"

sql "INSERT INTO agents (id, key, type, name, service, created_at, updated_at) VALUES
		(1, 'kalice', 'person', 'Alice', '', 1, 1), (2, 'kbob', 'person', 'Bob', '', 1, 1), (3, 'kcarol', 'person', 'Carol', '', 1, 1),
		(11, 'kone', 'bot', 'one', 'scuttlebutt', 1, 1), (12, 'ktwo', 'bot', 'two', 'scuttlebutt', 1, 1),
		(13, 'kthree', 'bot', 'three', 'scuttlebutt', 1, 1);
	INSERT INTO credentials VALUES (1, 'alice@example.org', '*', 1, 1), (2, 'bob@example.org', '*', 1, 1), (3, 'carol@example.org', '*', 1, 1);
	INSERT INTO belongs VALUES (11, 1, 'owner'), (12, 1, 'owner'), (13, 2, 'owner');
	INSERT INTO servers (id, minion, person_id, state, state_since, reason, volume_id, ip_id, cloud_id, root_id, address, address6, seeded_at,
		powered_at, generation, tries, created_at, due) VALUES
		(1, 'p1-g2', 1, 'joining', 1, '', 'vol-1', 'ip-1', 'machine-1', 'root-1', '192.0.2.1', '2001:db8::1', 2, 3, 2, 1, 1, 9999999999999),
		(2, 'p2-g1', 2, 'broken', 1, 'the cloud has no machine of this kind left', '', '', '', '', NULL, NULL, NULL, NULL, 1, 0, 1, 9999999999999),
		(3, 'p3-g1', 3, 'leaving', 1, '', 'vol-3', '', '', '', NULL, NULL, NULL, NULL, 1, 0, 1, 9999999999999);
	UPDATE servers SET wanted = 'gone' WHERE id = 3;
	INSERT INTO bots (id, server_id, wished_at, public_key, secret, dir, port, due) VALUES
		(11, 1, 1, '@1.ed25519', X'5ec7e7', 'd1', 8008, 9999999999999), (12, 1, 1, '@2.ed25519', X'5ec7e7', 'd2', 8009, 9999999999999),
		(13, 2, 1, '@3.ed25519', X'5ec7e7', 'd3', 8008, 9999999999999);
	INSERT INTO makings VALUES ('mark1', 1, 'volume', 1, 4, 'vol-1'), ('mark2', 1, 'server', 2, 5, '');
	INSERT INTO events (at, person_id, bot_id, actor, what, detail) VALUES (6, 1, NULL, 'worker', 'server.anew', 'did not join');
	INSERT INTO orphans VALUES (1, 'volume', 'vol-9', 'data-of-' || char(27) || 'someone', 0, 1, 1, 0), (2, 'server', 'machine-9', 'p9-g1', 1, 1, 1, 0);
	UPDATE servers SET due = 9999999999999"

# ---- servers

run 0 "p1-g2|joining|1 jan 1970, 00:00|2|192.0.2.1|alice@example.org|" server list
grep -q '^p2-g1|broken|.*|1||bob@example.org|the cloud has no machine of this kind left$' "$dir/out"
ok $? "with the reason"
run 0 "minion       p1-g2" server show p1-g2
cp "$dir/out" "$dir/by-name"
while read -r words; do
	grep -qF -e "$words" "$dir/by-name"
	ok $? "it says: $words"
done <<'END'
owner        alice@example.org
wanted       up
state        joining
bots         2, 2 to run
address6     2001:db8::1
generation   2, 1 in a row did not join
master       salt.example.org
volume       vol-1
root         root-1
volume      done
first boot  now
bots        to come
1 jan 1970, 00:00  volume of generation 1  vol-1
server of generation 2  (not known yet)
server.anew  worker  did not join
END
run 0 "" server show Alice@example.org
cmp -s "$dir/out" "$dir/by-name"
ok $? "by its owner's email it is the same"
! grep -qi 5ec7e7 "$dir/out"
ok $? "without a secret"
run 1 "there is no such server" server show p9-g9
run 1 "nobody has that email" server show zoe@example.org
! grep -q 'zoe@' "$dir/err"
ok $? "which is not repeated"
run 2 usage server show
run 2 usage server frob
run 0 "the worker makes a new machine" server anew p2-g1
is "$(sql "SELECT anew, seen_anew, due FROM servers WHERE id = 2")" "1|0|0" "a wish, and due at once"
run 0 "" server anew bob@example.org
is "$(sql "SELECT anew FROM servers WHERE id = 2")" 1 "twice is once"
is "$(sql "SELECT DISTINCT actor, what, detail, person_id FROM events WHERE what LIKE 'admin.%'")" "$me|admin.server-anew|p2-g1|2" "noted"
run 0 "wanted       up, on a new machine" server show p2-g1
run 1 "is to go" server anew p3-g1
run 1 "there is no such server" server anew p9-g9

run 1 "there is no such server" server apply p9-g9
run 1 "is to go" server apply p3-g1
sql "UPDATE servers SET rev = 10 * id"
run 0 "what the configuration says" server apply alice@example.org
is "$(sql "SELECT rev FROM servers")" "11
20
30" "it is to be applied to, no other is"
is "$(sql "SELECT id FROM bots WHERE due = 0")" "11
12" "and its bots are due"
run 0 "what the configuration says" server apply all
is "$(sql "SELECT rev FROM servers")" "12
21
30" "all but one that goes"
is "$(sql "SELECT count(*) FROM bots WHERE due = 0")" 3 "all of them"
is "$(sql "SELECT what, detail FROM events WHERE what = 'admin.server-apply'")" "admin.server-apply|p1-g2
admin.server-apply|all" "noted"
sql "UPDATE bots SET due = 9999999999999"

# ---- orphans

run 0 '1|volume|vol-9|data-of-\x1bsomeone|1 jan 1970, 00:00|waits for baas orphan delete' orphan list
grep -q '^2|server|machine-9|p9-g1|.*|deleted a day after it was found$' "$dir/out"
ok $? "ours are deleted without a person"
for id in 3 0 -1 x 1x '' 99999999999999999999; do
	run 1 "there is no such orphan" orphan delete "$id"
done
run 0 "" orphan delete 1
is "$(sql "SELECT id, drop_it FROM orphans")" "1|1
2|0" "a wish, about that one alone"
is "$(sql "SELECT actor, detail FROM events WHERE what = 'admin.orphan-delete'")" "$me|volume vol-9" "noted"
run 0 "to be deleted" orphan list
sql "INSERT INTO orphans VALUES (3, 'key', 'p9-g1', '', 0, 1, 1, 0)"
run 0 "3|key|p9-g1||1 jan 1970, 00:00|was denied by a Salt master" orphan list
run 1 "was denied by a Salt master" orphan delete 3
is "$(sql "SELECT drop_it FROM orphans WHERE id = 3")" 0 "what the worker can't delete is not wished"
sql "DELETE FROM orphans WHERE id = 3"

# ---- the brake

sql "INSERT INTO events (at, actor, what, detail) SELECT baas.now, 'worker', 'volume.drop', n FROM
		(SELECT CAST(strftime('%s') AS INTEGER) * 1000 AS now) AS baas, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3);
	UPDATE servers SET due = 9999999999999"
run 0 "kind|deleted in 24 hours|of at most|to be deleted|then" brake
is "$(sed 1d "$dir/out")" "server|0|3|0|
volume|3|3|1|waits for baas brake lift
ip|0|3|0|
ip6|0|3|0|
bot|0|3|0|" "what was deleted, and what waits"
run 1 "there is no such brake" brake lift root
run 2 usage brake lift
run 2 usage brake frob
is "$(sql "SELECT count(*) FROM events WHERE what = 'admin.brake-lift'")" 0 "nothing is lifted"
run 0 "" brake lift volume
is "$(sql "SELECT actor, detail FROM events WHERE what = 'admin.brake-lift'")" "$me|volume" "noted"
is "$(sql "SELECT group_concat(id) FROM servers WHERE due = 0")" 3 "the server that goes is due at once"
run 0 "volume|0|3|1|" brake

# ---- people who are paused

run 2 usage person suspend alice@example.org
run 1 "nobody has that email" person suspend zoe@example.org why
run 1 "has no bot" person suspend carol@example.org why
run 1 "must have between" person suspend alice@example.org ""
run 1 "must have between" person suspend alice@example.org "$(printf '%0200d' 0)"
is "$(sql "SELECT count(*) FROM bots WHERE suspended_at IS NOT NULL") $(sql "SELECT count(*) FROM events WHERE what LIKE 'bot.%'")" "0 0" "nothing has changed"
run 0 "2 paused" person suspend alice@example.org the bill is not paid
is "$(sql "SELECT id, suspended_at IS NOT NULL, suspended_for, due FROM bots")" "11|1|the bill is not paid|0
12|1|the bill is not paid|0
13|0||9999999999999" "all of theirs, nobody else's"
is "$(sql "SELECT due FROM servers WHERE id = 1")" 0 "their server is looked at"
is "$(sql "SELECT actor, what, person_id, bot_id, bot_name, detail FROM events WHERE what = 'bot.suspend'")" \
	"$me|bot.suspend|1|11|one|the bill is not paid
$me|bot.suspend|1|12|two|the bill is not paid" "each has it in its history"
run 0 "|Alice|1 jan 1970, 00:00|the bill is not paid" person list
grep -q '|Bob|1 jan 1970, 00:00|$' "$dir/out"
ok $? "and Bob is not"
run 0 "paused       the bill is not paid" bot show one
run 0 "server       p1-g2" bot show one
at=$(sql "SELECT suspended_at FROM bots WHERE id = 11")
run 0 "2 paused" person suspend alice@example.org still not
is "$(sql "SELECT suspended_at, suspended_for FROM bots WHERE id = 11")" "$at|still not" "again: since then, in other words"
run 1 "has no bot that is paused" person resume bob@example.org
run 0 "2 awake again" person resume alice@example.org
is "$(sql "SELECT count(*) FROM bots WHERE suspended_at IS NOT NULL OR suspended_for <> ''")" 0 "none is paused"
run 1 "has no bot that is paused" person resume alice@example.org

# ---- doctor

# says VERDICT WORDS
says() {
	grep -qF -e "$(printf '%-5s %s' "$1" "$2")" "$dir/out"
	ok $? "$1: $2"
}

run 1 "" doctor
says bad "scaleway.token_file is not set"
says bad "scaleway.project is not set"
says warn "scaleway.dns_zone is not set"
says bad "salt.password_file is not set"
says bad "private.token_file is not set"
says ok "salt.master is salt.example.org"
says bad "servers: 1 broken"
says ok "orphans: none waits for you"
says ok "the worker acts"
! grep -q 'bots.address\|Landlock\|node' "$dir/out"
ok $? "what is for this machine's own bots is not looked at"
sql "UPDATE servers SET reason = 'delete machine: it is protected' WHERE state = 'leaving'"
run 1 "" doctor
says bad "servers: 2 broken"
sql "UPDATE orphans SET drop_it = 0; UPDATE servers SET state = 'ready', reason = ''; UPDATE house SET home = 'another'"
echo sesame >"$dir/token"
chmod 644 "$dir/token"
conf "cloud = scaleway" "fleet = salt" "salt.master = 127.0.0.1:1:2" "scaleway.token_file = $dir/token" "scaleway.project = p" \
	"scaleway.dns_zone = butt.example" "salt.password_file = $dir/none" "salt.url = http://127.0.0.1:1" "private.listen = 127.0.0.1:1" \
	"private.token_file = $dir/private"
run 1 "" doctor
says bad "scaleway.token_file: $dir/token: mode 644 lets others in: chmod 600 $dir/token"
says bad "salt.password_file: $dir/none: No such file"
says bad "private.token_file: $dir/private: No such file"
says bad "salt.master is 127.0.0.1:1:2: no server in the cloud finds it there"
says bad "salt-api: http://127.0.0.1:1: Connection refused"
says warn "orphans: 1 cost money and wait for you"
says warn "$db is a copy of a database that lived elsewhere"
chmod 600 "$dir/token"
: >"$dir/none"
chmod 600 "$dir/none"
run 0 "" init
run 1 "" doctor
says ok "scaleway.token_file: $dir/token: mode 600"
says bad "salt.password_file: $dir/none: can't be read"
says bad "private server: 127.0.0.1:1: Connection refused: start baas-private"
! grep -q sesame "$dir/out" && ! grep -qF -e "$(cat "$dir/private")" "$dir/out"
ok $? "no secret is shown"

end
