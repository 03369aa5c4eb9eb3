#!/bin/sh
# cgi/signin: one answer for what does not match, whoever it is; accounts are made on request only.

. "${srcdir:-.}/t/t.sh"
plan 49

good='password=a+silly+sentence'
people() {
	sql "SELECT count(*) FROM agents"
}
sign() {
	as "$who" post signin /start "$@"
}

get signin /authentication/sign-in
location /start "a GET is sent to the form"
get signin /authentication/register
location /start "also from there"
visit who
who="who"
for email in '' x '@' 'a@' '@b' 'a b@c' 'a@b%0d%0ac' "$(printf '%0300d' 0)@x"; do
	sign "email=$email" "$good"
	status 422 "no email: $email"
done
has 'enter your email, like name@example.com' "and what one looks like"
sign email=ash@example.org password=
status 422 "no password"
has 'enter your password' "says so"
has 'value="ash@example.org"' "and keeps the email"
sign email=ash@example.org "$good"
status 422 "an email that is not known"
cp "$T/body" "$T/unknown"
has 'email or password does not match. check both.' "does not match"
has '<title>Error: ' "the title says that something is wrong"
has 'name="new" value="1"' "and an account is offered"
hasnt 'value="a silly' "no password comes back"
is "$(people)" 0 "and none is made by that"
sign email=ash@example.org "password=$(printf %09d 0)" new=1
status 422 "nine letters are too few"
has 'use 10 letters or more' "says so"
sign email=ash@example.org "password=$(printf %01025d 0)" new=1
status 422 "1025 are too many"
is "$(people)" 0 "still nobody"

as who post signin /start csrf=wrong email=ash@example.org "$good" new=1
status 403 "a foreign form makes none"
sign email=+Ash@Example.ORG+ "$good" new=1 next=/account
status 303 "an account"
location /newbie "goes to welcome, whatever next says"
is "$(people)" 1 "is made"
is "$(sql 'SELECT email FROM credentials')" ash@example.org "with the email folded"
is "$(grep -c 'Set-Cookie: baas=' "$T/head")" 1 "and signed in"
is "$(sql "SELECT count(*) FROM credentials WHERE hash LIKE '%silly%'")" 0 "the password is not stored"

for n in 1 2 3 4 5 6; do
	visit more
	as more post signin /start "email=more$n@example.org" "$good"
	as more post signin /start "email=more$n@example.org" "$good" new=1
done
status 303 "many people can come from one address"
visit more
as more post signin /authentication/register email=more@example.org "$good"
location /newbie "who registers need not say new=1"
sql "DELETE FROM agents WHERE id <> (SELECT person_id FROM credentials WHERE email = 'ash@example.org')"

visit other
who=other
sign email=ash@example.org password=a+silly+sentenze
status 422 "a wrong password"
sed 's/name="csrf" value="[^"]*"//' "$T/body" >"$T/wrong"
sed 's/name="csrf" value="[^"]*"//' "$T/unknown" | cmp -s - "$T/wrong"
ok $? "gets the page of an unknown email, byte for byte"
sign email=ash@example.org password=a+silly+sentenze new=1
status 422 "new=1 with a known email and a wrong password"
is "$(people)" 1 "makes nobody"
sign email=ash@example.org "$good" new=1
location /newbie "the form that made the account, sent again, gets what it got then"
visit other
sign email=ash@example.org "$good" next=//example.org
location /agents "the right one; not named yet, but a sign-in all the same"
visit other
sign email=ash@example.org "$good" next=/account
location /account "to where they were"
sql "UPDATE credentials SET named = 1"
visit other
sign email=ash@example.org "$good" next=//example.org
location /agents "a foreign next leads home"
visit other
sign email=ash@example.org "$good" new=1 next=/agents/my/status
location /agents/my/status "an own one there; new=1 with the right password signs in"
is "$(sql "SELECT count(*) FROM events WHERE what = 'person.sign-in'")" 5 "all is noted"

visit other
for _ in 1 2 3 4 5 6; do
	sign email=ash@example.org password=wrong+wrong
done
sql "UPDATE tries SET count = 1000, last_at = $(t_now)"
sign email=ash@example.org "$good"
status 429 "after many tries there is a wait, right or wrong"
[ "$(header Retry-After)" -ge 1 ]
ok $? "and Retry-After"
has 'wait ' "and words"
sql "UPDATE tries SET last_at = last_at - 7200000"
visit other
sign email=ash@example.org "$good"
status 303 "and no lock after it"

if [ "${T_FCGI-}" = 1 ]; then
	ok 0 "# SKIP accounts.open is read at start"
	ok 0 "# SKIP likewise"
else
	echo 'accounts.open = off' >>"$T/baas.conf"
	visit other
	sign email=new@example.org "$good" new=1
	has 'this place takes nobody new right now' "a closed place says so"
	is "$(people)" 1 "and makes nobody"
fi
