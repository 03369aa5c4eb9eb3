#!/bin/sh
# Where a POST may come from, what cookies are good for, and forms that are sent twice.
T_CONF='limits.bots_per_person = 20'
. "${srcdir:-.}/t/t.sh"
plan 61

person alice
person bob

bots() {
	sql 'SELECT count(*) FROM bots'
}

# ---- Origin and Sec-Fetch-Site

for header in HTTP_ORIGIN=null HTTP_ORIGIN=http://evil.example HTTP_ORIGIN=http://127.0.0.1 \
	HTTP_ORIGIN=http://127.0.0.1:80801 HTTP_ORIGIN=https://127.0.0.1:8080 \
	HTTP_ORIGIN=http://127.0.0.1:8080/ HTTP_ORIGIN=http://127.0.0.1:8080.evil.example \
	HTTP_SEC_FETCH_SITE=cross-site HTTP_SEC_FETCH_SITE=same-site HTTP_SEC_FETCH_SITE=odd; do
	with "$header" as alice post agents name=refused
	status 403 "$header"
done
with HTTP_SEC_FETCH_SITE=cross-site with HTTP_ORIGIN=http://127.0.0.1:8080 as alice post agents name=refused
status 403 "our own origin does not help against cross-site"
with HTTP_SEC_FETCH_SITE=same-origin with HTTP_ORIGIN=null as alice post agents name=refused
status 403 "nor same-origin against null"
is "$(bots)" 0 "nothing was made"
n=0
for header in X=Y HTTP_ORIGIN=http://127.0.0.1:8080 HTTP_SEC_FETCH_SITE=same-origin HTTP_SEC_FETCH_SITE=none; do
	n=$((n + 1))
	with "$header" as alice post agents "name=good$n"
	status 303 "$header"
done
is "$(bots)" 4 "all of them were made"

# ---- before sign-in: a visit has a csrf of its own

visit eve
post start /start csrf= email=a@b.example password=a+silly+sentence
status 405 "the form's page is not the program that signs in"
post signin /start csrf= email=a@b.example password=a+silly+sentence
status 403 "without a visit"
post signin /start "csrf=$(cat "$T/csrf.eve")" email=a@b.example password=a+silly+sentence
status 403 "with somebody's csrf, but no cookie"
visit mallory
as eve post signin /start "csrf=$(cat "$T/csrf.mallory")" email=a@b.example password=a+silly+sentence
status 403 "with another visit's"
with HTTP_COOKIE=baas_visit=chosen post signin /start csrf=chosen email=a@b.example password=a+silly+sentence
status 403 "with a cookie of one's own making"
as eve post signin /start email=eve@example.org password=a+silly+sentence new=1
status 303 "with its own"
location /newbie "eve is in"
is "$(header Set-Cookie | sed -n 's/^baas_visit=; .*\(Max-Age=0\).*/\1/p')" Max-Age=0 "the visit ends"
header Set-Cookie | sed -n 's/^\(baas=[^;]*\);.*/\1/p' >"$T/cookie.in"
is "$(header Set-Cookie | sed -n 's/^baas=[^;]*; //p')" "Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000" \
    "the session's cookie"
as in get account
status 200 "it is good"
[ "$(csrf)" != "$(cat "$T/csrf.eve")" ]
ok $? "and has another csrf"
as in post start /authentication/sign-out "csrf=$(cat "$T/csrf.eve")"
status 403 "the visit's is no good any more"
as in post start /authentication/sign-out
status 303 "eve signs out"
is "$(header Set-Cookie | sed -n 's/^baas=; .*\(Max-Age=0\)$/\1/p')" Max-Age=0 "the cookie is taken away"
as in get agents
status 303 "and would be no good"

# ---- the same form twice

as alice get agents
once=$(once)
[ -n "$once" ]
ok $? "a form that creates something has a once"
as alice get agents '/agents?live=1'
is "$(once)" "" "but not when the script looks"
before=$(bots)
as alice post agents name=twice "once=$once"
status 303 "the first"
location /agents/twice "goes to the new bot"
as alice post agents name=twice "once=$once"
status 303 "the same again"
location /agents/twice "gets the same answer"
is "$(bots)" $((before + 1)) "and makes nothing"
as bob post agents name=twice "once=$once"
status 422 "somebody else's once is another one"
as alice post agents name=twice once=other
status 422 "so is another one: the name is taken"
as alice post agents name=- once=failed
status 422 "a form that was refused"
as bob post agents name=after once=failed
status 303 "has not used up its once"
is "$(sql "SELECT count(*) FROM onces WHERE once = 'failed' AND location = '/agents/after'")" 1 "which is kept with the answer"

# ---- the flash is said once, and only what we have said

as bob post bot /agents/after/stop
status 303 "bob stops it"
flash=$(header Set-Cookie | sed -n 's/^\(baas_flash=[^;]*\);.*/\1/p')
[ -n "$flash" ]
ok $? "which is worth a word"
echo "$(cat "$T/cookie.bob"); $flash" >"$T/cookie.flash"
as flash get bot /agents/after
has 'role="status"' "it is said"
is "$(header Set-Cookie | sed -n 's/^baas_flash=; .*\(Max-Age=0\)$/\1/p')" Max-Age=0 "and then forgotten"
echo "$(cat "$T/cookie.alice"); $flash" >"$T/cookie.flash"
as flash get bot /agents/twice
hasnt 'role="status"' "in another session it is not ours"
echo "$(cat "$T/cookie.bob"); baas_flash=send+money.${flash##*.}" >"$T/cookie.flash"
as flash get bot /agents/after
hasnt "send money" "nor are other words"

# ---- what did not change is not sent again

as bob get agents '/agents?live=1'
tag=$(header ETag)
with "HTTP_IF_NONE_MATCH=$tag" as bob get agents '/agents?live=1'
status 304 "the script's look at what it has seen"
is "$(wc -c <"$T/body" | tr -d ' ')" 0 "costs nothing"
with 'HTTP_IF_NONE_MATCH="other"' as bob get agents '/agents?live=1'
status 200 "and at something else"

# ---- a session's use is noted, at most hourly, and a GET writes nothing else

used() {
	sql "SELECT used_at FROM sessions WHERE person_id = (SELECT person_id FROM credentials WHERE email = 'bob@example.org')"
}
before=$(dump)
as bob get agents
is "$(dump)" "$before" "within the hour a GET writes nothing"
sql 'UPDATE sessions SET used_at = used_at - 3700000'
before=$(used)
as bob get agents '/agents?live=1'
is "$(used)" "$before" "the script's looks are no use of it"
as bob get agents
[ "$(used)" -gt "$before" ]
ok $? "after an hour it is noted"
is "$(header Set-Cookie | sed -n 's/^baas=[^;]*; //p')" "Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000" \
    "and the cookie lives as long as the session"
as bob get agents
is "$(header Set-Cookie)" "" "once"

# ---- signing in again

as bob post signin /start email=eve@example.org password=a+silly+sentence
status 303 "bob becomes eve"
as bob get agents
status 303 "and his session has ended"
