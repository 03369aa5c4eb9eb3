#!/bin/sh
# cgi/health: well only while the database answers and the worker is there.

. "${srcdir:-.}/t/t.sh"
plan 11

get health
status 503 "no pass yet"
hasnt '"status":"ok"' "is not well"
now=$(t_now)
sql "UPDATE worker SET seen_at = $now, passed_at = $now"
get health
status 200 "the worker is there"
has '"status":"ok"' "all is well"
has '"worker":{"seenAt":"' "since when it was seen"
is "$(header Content-Type)" application/json "as JSON"
is "$(header Cache-Control)" no-store "fresh each time"
sql "UPDATE worker SET seen_at = $now - 31000"
get health
status 503 "31 seconds without it"
sql "UPDATE worker SET seen_at = $now, passed_at = 0"
get health
status 503 "none since the start"
request POST health /health ''
status 405 "nothing is sent here"
get health /health/x
status 404 "the path is exact"
