#!/bin/sh
# An https site: names and marks of cookies, HSTS, origin.
T_CONF='site.url = https://butt.example'
. "${srcdir:-.}/t/t.sh"
plan 9

person alice

get start
is "$(header Set-Cookie | sed 's/=[^;]*;/=;/')" "__Host-baas_visit=; Path=/; HttpOnly; SameSite=Lax; Secure" \
    "cookies are secure, and bound to the host"
for what in 'get start' 'get agents' 'get agents /agentsfoo' 'post agents csrf=wrong'; do
	$what
	is "$(header Strict-Transport-Security)" "max-age=31536000; includeSubDomains" "$what: HSTS"
done
as alice get agents
status 303 "a cookie without the prefix is none of ours"
echo "__Host-baas=$(cat "$T/token.alice")" >"$T/cookie.alice"
as alice get agents
status 200 "with it it is"
with HTTP_ORIGIN=https://butt.example as alice post agents name=one
status 303 "our origin"
with HTTP_ORIGIN=http://butt.example as alice post agents name=two
status 403 "the same without the s is another"
