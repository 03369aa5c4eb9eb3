#!/bin/sh
# cgi/start: the form, where it may lead, and the way out.

. "${srcdir:-.}/t/t.sh"
plan 20

request POST start /authentication/sign-out ''
status 303 "nobody signs out"
location '/start?next=%2Fauthentication%2Fsign-out' "who is not in"
get start /authentication/sign-out
status 405 "a link signs nobody out"
get start /start/
status 404 "the path is exact"

for next in //example.org https://example.org/ '/%5Cexample.org' '/%09' 'agents'; do
	get start "/start?next=$next"
	has 'name="next" value=""' "next $next leads nowhere"
done

get start
status 200 "the form is there"
has 'name="csrf" value="' "with a csrf"
has 'autocomplete="username"' "for password managers"
hasnt 'name="new"' "and makes no account by itself"
get start '/start?next=/agents/my?x=1'
has 'name="next" value="/agents/my?x=1"' "an own path is kept"

person alice
as alice get start
location /agents "who is in already goes on"
as alice get start '/start?next=/account'
location /account "to where they were"
as alice post start /authentication/sign-out csrf=wrong
status 403 "a foreign form signs nobody out"
as alice get start
status 303 "they are still in"
as alice post start /authentication/sign-out
location / "signed out"
as alice get start
status 200 "and the cookie is good for nothing"
