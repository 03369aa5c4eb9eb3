#!/bin/sh
# cgi/account: one's own name, password, sessions, and the way out.

. "${srcdir:-.}/t/t.sh"
plan 43

in_as() {
	sed -n 's/^Set-Cookie: \(baas=[^;]*\);.*/\1/p' "$T/head" >"$T/cookie.$1"
	rm -f "$T/csrf.$1"
}
visit ash
as ash post signin /start email=ash@example.org password=a+silly+sentence new=1
in_as ash
person bob

get account
location '/start?next=%2Faccount' "strangers are sent to start"
request POST account /account/name 'name=x'
status 303 "a stranger's POST too"
as ash get account /account/name
status 405 "names are not set by links"
as ash post account /account/name csrf=wrong name=x
status 403 "nor by foreign forms"
as ash post account /account/name name=
status 422 "no name"
as ash post account /account/name name=+
status 422 "nor white space"
as ash post account /account/name "name=$(printf %0201d 0)"
status 422 "nor too much"
has 'href="#name"' "is told on top"
as ash post account /account/name 'name=+ash+%3Cb%3E+'
location /account "a name"
as ash get account
has 'value="ash &lt;b&gt;"' "is kept, trimmed and escaped"

hash() {
	sql "SELECT hash FROM credentials WHERE email LIKE 'ash%'"
}
was=$(hash)
as ash post account /account/password password=a+silly+sentence new=short
has 'href="#new"' "too short a password"
as ash post account /account/password password= new=another+silly+one
has 'href="#password"' "without the old one"
as ash post account /account/password password=a+silly+sentenze new=another+silly+one
has 'that is not your password' "with a wrong one"
status 422 "is refused"
hasnt silly "no password comes back"
is "$(hash)" "$was" "nothing is changed"
visit more
as more post signin /start email=ash@example.org password=a+silly+sentence
in_as more
as more get account
status 200 "a second session"
as ash post account /account/password password=a+silly+sentence new=another+silly+one
location /account "a new password"
as more get account
status 303 "ends all other sessions"
as ash get account
status 200 "and not this one"
visit more
as more post signin /start email=ash@example.org password=a+silly+sentence
status 422 "the old one is good for nothing"
as more post signin /start email=ash@example.org password=another+silly+one
status 303 "the new one is"
in_as more

bobs=$(sql "SELECT s.key FROM sessions s JOIN credentials c ON c.person_id = s.person_id WHERE email LIKE 'bob%'")
as ash post account /account/sessions "session=$bobs"
status 404 "bob's session is not ash's"
as bob get account
status 200 "and goes on"
as ash post account /account/sessions session=none
status 404 "one that is none"
mores=$(sql "SELECT s.key FROM sessions s JOIN credentials c ON c.person_id = s.person_id WHERE email LIKE 'ash%' ORDER BY s.id DESC LIMIT 1")
as ash get account
has "value=\"$mores\"" "each session has its end"
as ash post account /account/sessions "session=$mores"
location /account "one is ended"
as more get account
status 303 "and over"
as ash post account /account/sessions session=all
location / "all are ended"
as ash get account
status 303 "this one too"

visit ash
as ash post signin /start email=ash@example.org password=another+silly+one
in_as ash
bot mine ash
bot binned ash
sql "UPDATE bots SET binned_at = 1, erase_at = $(t_now) + 86400000 WHERE id = (SELECT id FROM agents WHERE name = 'binned')"
bot bobs bob
as ash get account /account/delete
has 'mine.localhost' "what goes is told"
as ash post account /account/delete confirm=bob@example.org password=another+silly+one
status 422 "another's email"
as ash post account /account/delete confirm=ash@example.org password=a+silly+sentence
status 422 "an old password"
is "$(sql "SELECT count(*) FROM credentials")" 2 "nobody has gone"
as ash post account /account/delete confirm=ASH@example.org+ password=another+silly+one
location / "both right"
is "$(sql "SELECT group_concat(email) FROM credentials")" bob@example.org "gone"
is "$(sql "SELECT count(*) FROM bots WHERE erase_at <= $(t_now) + 1000")" 2 "with all bots, those in the bin too"
is "$(sql "SELECT count(*) FROM bots WHERE binned_at IS NULL")" 1 "and none of bob's"
is "$(sql "SELECT count(*) FROM agents WHERE name LIKE 'ash%'")" 0 "the name too"
as ash get account
status 303 "the session is over"
visit ash
as ash post signin /start email=ash@example.org password=another+silly+one
status 422 "and the email unknown"
is "$(sql "SELECT count(*) FROM events WHERE what = 'person.leave'")" 1 "it is noted"
is "$(sql "SELECT count(*) FROM events WHERE detail LIKE '%example%' OR bot_name LIKE '%example%'")" 0 "without an email"
