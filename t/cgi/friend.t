#!/bin/sh
# cgi/friend: a dead link and one that never was are the same; looking uses nothing up.

. "${srcdir:-.}/t/t.sh"
plan 27

person alice
bot my alice
as alice post invites /agents/my/invites label=carol
token=$(sql "SELECT token FROM invites")

get friend /i/nothing
status 404 "no such token"
cp "$T/body" "$T/missing"
has 'it was taken back, has been used, or never was' "in plain words"
is "$(header Referrer-Policy)" no-referrer "says nobody's address"
get friend "/i/$token/"
status 404 "the path is exact"
get friend /i/
status 404 "no token"
request POST friend "/i/$token" ''
status 405 "nothing is sent here"

get friend "/i/$token"
status 200 "a pending one"
has 'being made' "is being made"
hasnt 'data-code=' "no code yet"
has 'data-live="1"' "the page looks each second"
is "$(header Referrer-Policy)" no-referrer "says nobody's address"
hasnt carol "the label is the owner's own"

sql "UPDATE invites SET state = 'unused', seed = 'SEED'"
before=$(dump)
get friend "/i/$token"
status 200 "one that is made"
has 'alice invites you to my.localhost' "says by whom and to what"
has '~SEED"' "the code"
has 'class="qr"' "as a square, too"
has 'name="robots" content="noindex"' "not for search engines"
has 'it will work when the butt wakes up' "asleep or away: said"
hasnt 'data-live' "and stays as it is"
is "$(dump)" "$before" "looking changes nothing"

sql "UPDATE invites SET revoke = 1"
get friend "/i/$token"
status 404 "being taken back"
cmp -s "$T/body" "$T/missing"
ok $? "is the page of one that never was"
sql "UPDATE invites SET revoke = 0, state = 'used'"
get friend "/i/$token"
status 404 "used"
cmp -s "$T/body" "$T/missing"
ok $? "likewise"
sql "UPDATE invites SET state = 'unused'; UPDATE bots SET binned_at = 1, erase_at = 2"
get friend "/i/$token"
status 404 "its bot in the bin"
cmp -s "$T/body" "$T/missing"
ok $? "likewise"
sql "UPDATE bots SET binned_at = NULL, erase_at = NULL"
get friend "/i/$token"
status 200 "and back"
