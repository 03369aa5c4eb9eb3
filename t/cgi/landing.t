#!/bin/sh
# cgi/landing: who is sent on, what strangers see, and the 404 of what is nobody's.

. "${srcdir:-.}/t/t.sh"
plan 14

get landing /nothing
status 404 "a path that is nobody's"
has 'nothing here' "has a page"
get landing /agents/one/two/three/four
status 404 "a deep one too"
get landing /index.html
status 404 "no file is served"
request POST landing / 'x=1'
status 405 "nothing is sent here"
is "$(header Allow)" 'GET, HEAD' "and it says what would do"

get landing /
status 200 "a stranger sees it"
has 'everyone should have a friend in the bot family' "in the wireframe's words"
is "$(grep -c 'class="do yes"' "$T/body")" 1 "with one thing to do"
hasnt '<script' "and no script"
n=$(cat "$T/body" "$T_SRC/html/static/style.css" "$T_SRC/html/static/butt.svg" "$T_SRC/html/static/moods.svg" | wc -c)
[ "$n" -lt 19000 ]
ok $? "it weighs $n bytes with all that it loads"

person alice
as alice get landing /
status 303 "who is signed in"
location /agents "is with their butts"

echo 'accounts.open = off' >>"$T/baas.conf"
[ "${T_FCGI-}" = 1 ] || get landing /
[ "${T_FCGI-}" = 1 ] || grep -qF 'nobody new' "$T/body"
ok $? "a closed place says so"
