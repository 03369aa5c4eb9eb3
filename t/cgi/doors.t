#!/bin/sh
# Who waits at the door, and who does not: strangers' tries, known browsers, common passwords.

. "${srcdir:-.}/t/t.sh"
plan 57

good='password=a+silly+sentence'
bad='password=a+silly+sentenze'
from() {
	with "REMOTE_ADDR=$1" as "$who" post signin /start "$2" "$3" "${4-x=}"
}
known() {
	sed -n 's/^Set-Cookie: baas_known=\([^;]*\);.*/\1/p' "$T/head"
}
tries() {
	sql "SELECT coalesce(sum(count), 0) FROM tries WHERE subject GLOB '$1:*'"
}
# A wait that lasts as long as this test.
hold() {
	sql "UPDATE tries SET count = 1000, last_at = $(t_now) WHERE subject NOT GLOB 'address:*'"
}
# A browser that has nothing but this known cookie.
knows() {
	visit "$1"
	sed -i "s/\$/; baas_known=$2/" "$T/cookie.$1"
	who=$1
}

visit new
who=new
from 192.0.2.1 email=ash@example.org password=1234567890 new=1
status 422 "a common password"
has 'that password is on every list of common ones. a silly sentence is better.' "is refused with words"
from 192.0.2.1 email=ash@example.org password=PassWord123 new=1
status 422 "whatever its case"
from 192.0.2.1 email=ash@example.org password=%EF%BC%91234567890 new=1
status 422 "and width"
is "$(sql "SELECT count(*) FROM agents")" 0 "nobody is made"
is "$(tries '*')" 0 "and nothing has failed"

from 192.0.2.1 email=ash@example.org "$good"
status 422 "an email that is not known"
is "$(tries account) $(tries address)" "1 1" "is a failure, of account and address"
is "$(known)" "" "that makes no browser known"
from 192.0.2.1 email=ash@example.org "$good" new=1
status 303 "a new account"
is "$(tries account) $(tries address) $(tries new)" "0 0 1" "takes it back, and counts as one that was made from there"
ash=$(known)
is "$(sed -n 's/^Set-Cookie: baas_known=[^;]*; //p' "$T/head")" "Path=/; HttpOnly; SameSite=Lax; Max-Age=15552000" "the browser is known"
is "${#ash}" 43 "by a token"
is "$(sql "SELECT count(*) FROM devices WHERE hex(hash) = upper('$(printf %s "$ash" | b2sum -l 256 | cut -d' ' -f1)')")" 1 "of which the hash is stored"
who=new
visit new
from 192.0.2.7 email=bob@example.org "$good" new=1
bob=$(known)

visit stranger
who=stranger
for n in 1 2 3 4 5 6; do
	from "192.0.2.$n" email=ash@example.org "$bad"
done
status 422 "six failures"
is "$(tries account) $(tries address)" "6 6" "are counted once each"
hold
from 192.0.2.99 email=ash@example.org "$good"
status 429 "the seventh try waits, wherever from and however right"
has 'nothing is locked' "and says so"
from 192.0.2.99 email=ash@example.org "$bad"
is "$(tries account) $(tries address)" "1000 6" "a try while one waits is none"
from 192.0.2.99 email=bob@example.org "$bad"
status 422 "bob's account is another"
knows thief "$bob"
from 192.0.2.99 email=ash@example.org "$good"
status 429 "his known browser is no help at hers"
knows liar "$(t_token)"
from 192.0.2.99 email=ash@example.org "$good"
status 429 "nor is a token that nobody gave"
sql "UPDATE tries SET count = 1000 WHERE subject GLOB 'account:*'"
knows home "$ash"
from 192.0.2.99 email=ash@example.org "$good"
status 303 "her own gets in at the first try, after a thousand"
is "$(known)" "$ash" "and stays known"
is "$(sql "SELECT max(count) FROM tries WHERE subject GLOB 'account:*'")" 1000 "for strangers nothing is cleared"
sql "UPDATE tries SET last_at = last_at - 7200000"
who=stranger
from 192.0.2.50 email=ash@example.org "$good"
status 303 "after the wait anybody may try"
is "$(tries account)" 1000 "and the right one clears the account's: bob's is left"

sql "DELETE FROM tries; INSERT INTO tries VALUES ('address:192.0.2.66', 60, $(t_now))"
visit stranger
who=stranger
from 192.0.2.66 email=carol@example.org "$bad"
status 429 "a busy address waits, for any account"
from 192.0.2.66 email=carol@example.org "$good" new=1
status 429 "for a new one too"
from 192.0.2.67 email=carol@example.org "$bad"
status 422 "its neighbour does not"
knows home "$ash"
from 192.0.2.66 email=ash@example.org "$good"
status 303 "a known browser there does not either"
is "$(sql "SELECT count FROM tries WHERE subject = 'address:192.0.2.66'")" 60 "nor does it clear anything"

sql "DELETE FROM tries"
knows home "$ash"
for n in 1 2 3 4 5 6; do
	from 192.0.2.66 email=ash@example.org "$bad"
done
status 422 "a known browser can fail"
is "$(tries device) $(tries account) $(tries address)" "6 0 0" "under a name of its own"
hold
from 192.0.2.66 email=ash@example.org "$good"
status 429 "and waits then"
visit stranger
who=stranger
from 192.0.2.66 email=ash@example.org "$good"
status 303 "others do not"
else=$(known)
sql "DELETE FROM tries"

knows both "$ash"
from 192.0.2.66 email=bob@example.org "$good"
status 303 "bob signs in on her browser"
is "$(known)" "$ash" "which is known for both"
is "$(sql "SELECT count(*) FROM devices WHERE hash IN (SELECT hash FROM devices GROUP BY hash HAVING count(*) = 2)")" 2 "now"

knows home "$ash"
from 192.0.2.66 email=ash@example.org "$good"
echo "$(sed -n 's/^Set-Cookie: \(baas=[^;]*\);.*/\1/p' "$T/head"); baas_known=$ash" >"$T/cookie.home"
rm -f "$T/csrf.home"
devices() {
	sql "SELECT count(*) FROM devices d JOIN credentials c USING (person_id) WHERE c.email = 'ash@example.org'"
}
[ "$(devices)" -gt 1 ]
ok $? "she has been in on other browsers"
as home get account
is "$(header Cache-Control)" no-store "what she sees is not kept"
as home post account /account/password "$good" new=password123
status 422 "a new password is no common one"
has 'every list of common ones' "either"
as home post account /account/password "$good" new=another+silly+one
status 303 "with a new one"
is "$(devices)" 1 "only this browser is known"
knows far "$else"
from 192.0.2.66 email=ash@example.org password=another+silly+one
status 303 "another signs in"
[ "$(known)" != "$else" ]
ok $? "and gets a new token"
as home post account /account/sessions session=all
status 303 "signed out everywhere"
is "$(devices)" 1 "it is the same"
is "$(grep -c 'baas_known' "$T/head")" 0 "and the cookie stays, for the next time"

visit carol
who=carol
from 192.0.2.1 email=carol@example.org 'password=Angstro%CC%88m+was+here' new=1
status 303 "a password with an o and its dots"
visit carol
from 192.0.2.1 email=carol@example.org 'password=Angstr%C3%B6m+was+here'
status 303 "is the same from a keyboard that has the letter"
visit carol
from 192.0.2.1 email=carol@example.org 'password=Angstrom+was+here'
status 422 "and another than the one without"
get start
is "$(header Cache-Control)" no-store "the form sets a cookie"
as carol get start
is "$(header Cache-Control)" "private, no-cache" "once there is one, it may be kept"

person dan
for n in 1 2 3 4 5 6; do
	as dan post account /account/password "$bad" new=another+silly+one
done
hold
sql "UPDATE credentials SET hash = (SELECT hash FROM credentials WHERE email = 'bob@example.org') WHERE email = 'dan@example.org'"
as dan post account /account/password "$good" new=another+silly+one
status 429 "who is in waits after own failures"
session dan
visit stranger
who=stranger
from 192.0.2.1 email=dan@example.org "$bad"
sql "UPDATE tries SET count = 99, last_at = $(t_now) WHERE subject GLOB 'account:*'"
as dan post account /account/password "$good" new=another+silly+one
status 303 "and for nobody else's"
