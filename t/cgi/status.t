#!/bin/sh
# cgi/status: numbers that are not known are no numbers; gaps are gaps.

. "${srcdir:-.}/t/t.sh"
plan 20

person alice
person bob
bot my alice
get status /agents/my/status
status 303 "strangers are sent to start"
as bob get status /agents/my/status
status 404 "bob sees none"
as alice post status /agents/my/status
status 405 "nothing is sent here"

as alice get status /agents/my/status
status 200 "alice sees it"
has 'just woke up. numbers in a minute.' "no numbers yet"
has '<span class="ear">not known yet</span>' "and says so to ears"
hasnt '>-1<' "-1 is nobody's number"
is "$(grep -o 'data-status="[a-z]*"' "$T/body" | head -n 1)" 'data-status="unknown"' "the first status is the bot's"

now=$(t_now)
month=$(date -u +%Y-%m)
sql "UPDATE worker SET seen_at = $now;
    UPDATE bots SET seen_at = $now, running = 1, started_at = $now - 7200000, proven_at = $now, peers = 0, feeds = 1, messages = 12,
	memory = 104857600, disk_log = 1024, disk_blobs = 0, disk_indexes = 512, month = '$month', month_in = 1536, month_out = 1;
    INSERT INTO samples SELECT id, 60, $now / 60000 * 60000 - 7200000, 1048576, 2048, 5, 5, 0, 60000 FROM bots;
    INSERT INTO samples SELECT id, 60, $now / 60000 * 60000 - 600000, 2097152, 2048, 5, 5, 0, 60000 FROM bots"
as alice get status /agents/my/status
has '<data value="104857600">100 MiB</data>' "memory"
has '<data value="1536">1.5 KiB</data>' "disk"
has 'log <data value="1024">1 KiB</data>, blobs <data value="0">0 bytes</data>, indexes <data value="512">512 bytes</data>' "and of what"
has '<data value="1537">1.5 KiB</data>' "bandwidth"
has '<b>2 hours</b>' "uptime"
has 'data-age=' "the status has an age"
is "$(grep -c '<svg viewBox' "$T/body")" 9 "three measures, each for a day, a month and a year"
has '1 MiB to 2 MiB' "said in words too"
has 'no reading ' "the gap is told"
has '<table>' "and there is a table"
as alice get status '/agents/my/status?live=1'
hasnt '<svg viewBox' "the script gets no charts"
sql "UPDATE bots SET month = '2000-01'"
as alice get status /agents/my/status
has '<data value="0">0 bytes</data></b><br><small>this month' "a new month starts at 0"
