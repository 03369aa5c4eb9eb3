# Many machines at once for tests of fleet = salt: rows, and what the fake salt-api says of them.  Sourced.

# Each of N machines p1-g1, p2-g1... has EACH bots, as when all is well, and due now.  One bot, "my", is the pattern of all.
# Needs $state, $api, $dir.
crowd() {			# N EACH
	db=$state/baas.db
	ports=''
	for j in $(seq 0 $(($2 - 1))); do ports="$ports INSERT INTO k VALUES ($j, $(free_port));"; done
	sqlite3 "$db" "
		CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $1) SELECT i FROM c;
		CREATE TEMP TABLE k (j, port); $ports
		CREATE TEMP TABLE now AS SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 AS at;
		INSERT INTO agents (id, key, type, name, created_at, updated_at) SELECT 100000 + i, 'person' || i, 'person', '', 0, 0 FROM n;
		INSERT INTO servers (id, minion, person_id, address, state, state_since, powered_at, joined_at, created_at, due)
			SELECT 100 + i, 'p' || i || '-g1', 100000 + i, '127.0.0.1', 'ready', 0, 1, 1, 0, 9000000000000 FROM n;
		INSERT INTO agents (id, key, type, name, created_at, updated_at)
			SELECT 200000 + i * $2 + j, printf('bot%d', i * $2 + j), 'bot', printf('bot%d', i * $2 + j), 0, 0 FROM n, k;
		INSERT INTO belongs SELECT 200000 + i * $2 + j, 100000 + i, 'owner' FROM n, k;
		INSERT INTO bots (id, server_id, wished_at, public_key, secret, dir, port, due)
			SELECT 200000 + i * $2 + j, 100 + i, 1, printf('@bot%d', i * $2 + j), (SELECT secret FROM bots LIMIT 1),
			printf('%032d', i * $2 + j), port, 0 FROM n, k;
		UPDATE bots SET due = 9000000000000 WHERE id < 100000;
		UPDATE servers SET applied_at = (SELECT at FROM now), applied_rev = rev;"
	sqlite3 "$db" "SELECT json_group_object(minion, json(bots)) FROM (SELECT s.minion, json_group_object(a.key, json_object(
		'name', a.name, 'host', 'x', 'port', b.port, 'wanted', 'running', 'restarts', 0, 'rebuilds', 0, 'release', '1.0.0',
		'secret', json_object('id', b.public_key))) AS bots FROM bots b JOIN agents a ON a.id = b.id
		JOIN servers s ON s.id = b.server_id GROUP BY s.id)" >"$dir/bots"
	curl -sS -H 'Content-Type: application/json' -d "@$dir/bots" "${api}fake/bots" >/dev/null
}

# How many of their bots are proven.
proven() {
	sqlite3 -readonly "$state/baas.db" 'SELECT count(*) FROM bots WHERE proven_at IS NOT NULL AND id > 200000'
}
