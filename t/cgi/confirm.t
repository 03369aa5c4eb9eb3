#!/bin/sh
# accounts.verify = on: nobody learns who has an account; a letter does, and its link makes one.

# shellcheck disable=SC2034
T_CONF='accounts.verify = on
site.name = butt & co'
. "${srcdir:-.}/t/t.sh"
plan 111

good='password=a+silly+sentence'
people() {
	sql "SELECT count(*) FROM credentials"
}
letters() {
	sql "SELECT count(*) FROM mails WHERE email = '$1'"
}
# The link of the latest letter to somebody, as a path.
link() {
	sql "SELECT body FROM mails WHERE email = '$1' ORDER BY id DESC LIMIT 1" | sed -n 's/^http.*\(\/confirm\/[0-9a-f]*\)$/\1/p'
}
# want NAME EMAIL: a browser of that name asks for an account.
want() {
	visit "$1"
	as "$1" post signin /start "email=$2" "$good" new=1
}
plain() {
	sed -e 's/name="csrf" value="[^"]*"//' -e "s/$1/EMAIL/g" "$T/body"
}

# ---- somebody new

visit ash
as ash post signin /start email=ash@example.org "$good"
status 422 "an email that is not known does not match, as ever"
has 'name="new" value="1"' "and an account is offered"
is "$(sql 'SELECT count(*) FROM mails')" 0 "no letter goes out for that"
as ash post signin /start email=+Ash@Example.org+ "$good" new=1
status 200 "an account is wanted"
has '<h1>check your mail</h1>' "that takes a letter"
hasnt 'Set-Cookie: baas=' "and signs nobody in"
is "$(people)" 0 "nobody is made"
is "$(sql "SELECT group_concat(email || ' ' || person_id || ' ' || subject) FROM mails")" \
	"ash@example.org 0 your account at butt & co" "the letter: plain text, nothing escaped"
link=$(link ash@example.org)
is "${#link}" 49 "it has a link"
is "$(sql "SELECT count(*) FROM confirmations WHERE instr(hash, '${link#/confirm/}') OR password LIKE '%silly%'")" 0 \
	"whose token and password are not in the table"
sql "SELECT body FROM mails" | grep -qF 'from a browser on something' && ! sql "SELECT body FROM mails" | grep -qF '{{'
ok $? "it says what it was asked from"
before=$(dump)
get confirm "$link"
status 200 "the link"
has 'ash@example.org' "says for whom"
is "$(header Cache-Control)" no-store "is kept nowhere"
is "$(header Referrer-Policy)" same-origin "and goes nowhere else"
is "$(dump)" "$before" "looking changes nothing"
request HEAD confirm "$link"
is "$(dump)" "$before" "nor do those who only check links"
visit other
as other post confirm "$link" csrf=wrong
status 403 "a foreign form makes nobody"
get confirm "$link/"
status 404 "the path is exact"
with HTTP_ORIGIN=null as other post confirm "$link"
status 403 "nor does one from nowhere"
is "$(dump)" "$before" "indeed"

# Somebody else may have asked, with a password of theirs: the letter alone makes nobody.
as other get confirm "$link"
has 'name="password"' "another browser is asked for the password"
as ash get confirm "$link"
hasnt 'name="password"' "the one that asked is not"
as other post confirm "$link"
status 422 "the button alone makes nobody there"
has 'enter your password' "in words"
is "$(dump)" "$before" "and leaves no trace"
as other post confirm "$link" password=that+one+is+not+it
status 422 "nor does a wrong password"
has 'is not the password this account was asked for with' "in words"
has 'href="/start">start over' "and there is a way out"
hasnt 'Set-Cookie: baas=' "nobody is signed in"
is "$(people)" 0 "nobody is made"
is "$(sql "SELECT count FROM tries WHERE subject LIKE 'link:%'")" 1 "it counts under the link"
sql "UPDATE tries SET count = 9, last_at = $(t_now) WHERE subject LIKE 'link:%'"
as other post confirm "$link" "$good"
status 429 "who guesses waits"
is "$(people)" 0 "even if it is right"
sql "DELETE FROM tries WHERE subject LIKE 'link:%'"
as other post confirm "$link" "$good"
status 303 "the right one, in another browser"
location /newbie "leads to welcome"
is "$(grep -c 'Set-Cookie: baas=' "$T/head")" 1 "and signs in"
is "$(grep -c 'Set-Cookie: baas_known=' "$T/head")" 1 "the browser is known"
is "$(sql 'SELECT email FROM credentials')" ash@example.org "the account is made"
is "$(sql "SELECT count(*) FROM confirmations")" 0 "the link is used up"
is "$(sql "SELECT count(*) FROM tries WHERE subject LIKE 'account:%'")" 0 "nothing is held against them"
is "$(sql "SELECT count(*) FROM events WHERE what = 'person.register'")" 1 "it is noted"
visit more
as more post confirm "$link"
status 404 "a second time it does nothing"
has 'this link does not work' "and says so"
cp "$T/body" "$T/used"
is "$(people)" 1 "and makes nobody"
get confirm /confirm/0123456789abcdef0123456789abcdef01234567
status 404 "nor does one that never was"
cmp -s "$T/body" "$T/used"
ok $? "with the same words, byte for byte"
visit ash
as ash post signin /start email=ash@example.org "$good"
location /agents "the password is the one that was typed first"

# ---- the browser that asked

want owl owl@example.org
want rat owl@example.org
theirs=$(link owl@example.org)
mine=$(sql "SELECT body FROM mails WHERE email = 'owl@example.org' ORDER BY id LIMIT 1" | sed -n 's/^http.*\(\/confirm\/[0-9a-f]*\)$/\1/p')
as owl post confirm "$theirs"
status 422 "what another browser has asked for, for the same email, takes its password"
sql "UPDATE confirmations SET created_at = created_at - 3600000"
as owl post confirm "$mine"
status 422 "an hour later one's own does, too"
sql "UPDATE confirmations SET created_at = created_at + 3600000"
as owl post confirm "$mine"
location /newbie "before that the button is enough"
visit rat
as rat post confirm "$theirs" "$good"
status 404 "and the other link is no more"
is "$(sql "SELECT count(*) FROM credentials WHERE email = 'owl@example.org'")" 1 "there is one account"
sql "DELETE FROM mails WHERE email = 'owl@example.org'; DELETE FROM tries"

# ---- somebody known: nothing tells

want eve eve@example.org
cp "$T/head" "$T/unknown.head"
plain eve@example.org >"$T/unknown"
visit eve
as eve post signin /start email=ash@example.org password=a+silly+sentenze new=1
plain ash@example.org | cmp -s - "$T/unknown"
ok $? "a known email and a wrong password: the same page, byte for byte"
diff "$T/head" "$T/unknown.head" | grep -v '^[<>] Content-Length: ' | grep -q '^[<>]'
is $? 1 "and the same headers"
is "$(people)" 2 "nobody is made"
is "$(sql "SELECT count(*) FROM confirmations WHERE email = 'ash@example.org'")" 0 "and no link"
is "$(letters ash@example.org)" 2 "but a letter"
sql "SELECT body FROM mails WHERE email = 'ash@example.org' ORDER BY id DESC LIMIT 1" | grep -q '^http://127.0.0.1:8080/start$'
ok $? "that leads to the door"
is "$(sql "SELECT count(*) FROM mails m JOIN credentials c ON c.person_id = m.person_id")" 1 "it is theirs"
is "$(sql "SELECT group_concat(DISTINCT count) FROM tries WHERE subject LIKE 'account:%'")" 1 \
	"what was typed counts as a try, for the unknown too: it may have been a guess"
as eve post signin /start email=ash@example.org "$good" new=1
status 303 "the right password signs in"
is "$(letters ash@example.org)" 2 "without a letter"
visit eve
as eve post signin /start email=eve@example.org password=short new=1
status 422 "a bad password is told before all else"
as eve post signin /start email=ash@example.org password=short new=1
status 422 "whoever it is for"
as eve post signin /start email=%C3%A4sh@example.org "$good" new=1
status 422 "an email that mail can't go to"
has 'plain letters' "is told so"
as eve post signin /start email=%C3%A4sh@example.org "$good"
has 'does not match' "but may sign in"

# ---- floods

sql "DELETE FROM tries; DELETE FROM mails; DELETE FROM confirmations"
for _ in 1 2 3 4; do
	want mallory oak@example.org
	status 200 "one more wish for an account"
	want mallory ash@example.org
	as mallory post signin /start email=ash@example.org password=not+that+one new=1
done
has 'check your mail' "and one more try at a known one"
is "$(letters oak@example.org)" 2 "but no more than two letters"
is "$(sql "SELECT count(*) FROM confirmations WHERE email = 'oak@example.org'")" 2 "and two links"
is "$(letters ash@example.org)" 2 "to either"
sql "DELETE FROM tries WHERE subject NOT LIKE 'mail:%'; UPDATE tries SET last_at = last_at - 900000"
want mallory oak@example.org
is "$(letters oak@example.org)" 3 "after a quarter of an hour there may be another"
sql "DELETE FROM tries WHERE subject NOT LIKE 'mail:%'; UPDATE tries SET last_at = last_at - 900000"
want mallory oak@example.org
is "$(letters oak@example.org)" 3 "then it takes longer"
old=$(link oak@example.org)
sql "UPDATE confirmations SET created_at = created_at - 86400000"
get confirm "$old"
status 404 "a link of yesterday"
visit more
as more post confirm "$old"
status 404 "does nothing"
is "$(people)" 2 "indeed"

# Many accounts from one address; the last of the free ones is to come.
sql "DELETE FROM tries; INSERT INTO tries VALUES ('new:192.0.2.7', 29, $(t_now) + 1000)"
from() {
	visit many
	with REMOTE_ADDR="$1" as many post signin /start "email=$2" "$good" new=1
}
if [ "${T_FCGI-}" = 1 ]; then
	for _ in 1 2 3 4 5 6 7 8; do
		ok 0 "# SKIP cgi-fcgi sets no address"
	done
else
	from 192.0.2.7 pine@example.org
	status 200 "the 30th account from an address"
	from 192.0.2.7 yew@example.org
	status 429 "the next one waits"
	grep -Eq 'wait (1 minute|[1-5][0-9] seconds), then try again' "$T/body"
	ok $? "a minute, but for what has passed of it"
	wait=$(header Retry-After)
	[ "$wait" -gt 10 ] && [ "$wait" -le 60 ]
	ok $? "in seconds"
	is "$(letters yew@example.org)" 0 "no letter goes out"
	from 192.0.2.7 ash@example.org
	status 429 "who has one is told the same"
	from 192.0.2.8 yew@example.org
	status 200 "others don't wait"
	is "$(sql "SELECT count FROM tries WHERE subject = 'new:192.0.2.8'")" 1 "and are counted by themselves"
fi

# ---- made in another way meanwhile

want fir fir@example.org
link=$(link fir@example.org)
person fir
visit more
as more post confirm "$link" "$good"
status 404 "an account that is there already is not made again"
is "$(sql "SELECT hash FROM credentials WHERE email = 'fir@example.org'")" '*' "nor gets another password"

# ---- JSON

api() {
	with HTTP_ACCEPT=application/json with CONTENT_TYPE=application/json request POST signin /users "$1"
}
sql "DELETE FROM tries; DELETE FROM mails; DELETE FROM confirmations"
api '{"email":"elm@example.org","password":"a silly sentence","name":" elm "}'
status 201 "a program wants an account"
is "$(cat "$T/body")" '{"email":"elm@example.org","name":" elm "}' "and gets back what it said, without the password"
cp "$T/head" "$T/unknown.head"
is "$(letters elm@example.org)" 1 "a letter goes out"
link=$(link elm@example.org)
api '{"email":"ash@example.org","password":"not that one","name":" elm "}'
is "$(cat "$T/body")" '{"email":"ash@example.org","name":" elm "}' "for a known email: the same"
cmp -s "$T/head" "$T/unknown.head"
ok $? "with the same headers"
api '{"email":"ash@example.org","password":"a silly sentence","name":" elm "}'
is "$(cat "$T/body")" '{"email":"ash@example.org","name":" elm "}' "and with its own password too"
is "$(sql "SELECT count(*) FROM confirmations")" 1 "only the unknown gets a link"
is "$(sql "SELECT count(DISTINCT person_id) FROM mails")" 2 "but both a letter"
before=$(dump)
api '{"email":"elm@example.org","password":"a silly sentence","name":""}'
status 422 "a bad name"
api '{"email":"ash@example.org","password":"a silly sentence","name":""}'
status 422 "likewise"
api '{"email":"älm@example.org","password":"a silly sentence"}'
status 422 "an email that mail can't go to"
is "$(dump)" "$before" "does nothing"
visit elm
as elm get confirm "$link"
has 'name="password"' "the link of the first asks every browser"
as elm post confirm "$link" "$good"
location /newbie "the link of the first"
is "$(sql "SELECT name FROM agents a JOIN credentials c ON c.person_id = a.id WHERE email = 'elm@example.org'")" elm "makes an account of that name"
for _ in 1 2 3 4 5; do
	api '{"email":"ash@example.org","password":"a silly sentence"}'
done
wait_anew
api '{"email":"ash@example.org","password":"a silly sentence"}'
status 429 "many tries"
grep -q '"message":"too many tries, wait [0-9]* seconds\{0,1\}"' "$T/body"
ok $? "are told how long to wait"

# ---- nobody new at all

if [ "${T_FCGI-}" = 1 ]; then
	ok 0 "# SKIP accounts.open is read at start"
	ok 0 "# SKIP likewise"
	ok 0 "# SKIP likewise"
else
	echo 'accounts.open = off' >>"$T/baas.conf"
	sql "DELETE FROM tries; DELETE FROM mails"
	visit late
	as late post signin /start email=new@example.org "$good" new=1
	plain new@example.org >"$T/unknown"
	as late post signin /start email=ash@example.org password=not+that+one new=1
	plain ash@example.org | cmp -s - "$T/unknown"
	ok $? "a closed place tells nobody who has an account either"
	is "$(sql "SELECT count(*) FROM mails")" 0 "and writes to nobody"
	sql "UPDATE confirmations SET created_at = $(t_now)"
	is "$(people)" 4 "and makes nobody"
fi
