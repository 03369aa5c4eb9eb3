#!/bin/sh
# cgi/newbie: name, payment and bot at once, or nothing.

. "${srcdir:-.}/t/t.sh"
plan 32

get newbie
location '/start?next=%2Fnewbie' "strangers are sent to start"
person alice
sql "UPDATE agents SET name = ''; UPDATE credentials SET named = 0"
as alice get newbie
status 200 "a newbie is welcome"
has 'welcome!' "in the wireframe's word"
once=$(once)

try() {
	as alice post newbie "$@"
}
try name= bot=my payment=free
status 422 "no name"
has 'href="#name"' "is told on top"
has 'value="my"' "and the rest is kept"
try "name=$(printf %0201d 0)" bot=my payment=free
status 422 "too long a name"
try name=ash bot=my payment=card
status 422 "no cards yet"
has 'cards come later here' "says so"
try name=ash bot=my payment=
status 422 "no payment chosen"
try name=ash bot=my payment=gold
status 422 "another one"
for bot in '' -my my- my.your 'my%20' www xn--my "$(printf %041d 0)" '%3Cb%3E'; do
	try name=ash "bot=$bot" payment=free
	case $bot in
	'my%20') location /agents/my "white space around a name is no fault" ;;
	*) status 422 "no such bot: $bot" ;;
	esac
	sql "DELETE FROM events; DELETE FROM bots; DELETE FROM agents WHERE type = 'bot'; UPDATE agents SET name = ''; UPDATE credentials SET named = 0"
done
has '&lt;b&gt;' "what was typed comes back escaped"
is "$(sql "SELECT name FROM agents")" '' "and nothing of it is stored"

person bob
bot taken bob
try name=ash bot=Taken payment=free
status 422 "a taken name, in capitals too"
has 'taken is taken. how about taken-too?' "and another one"
is "$(sql "SELECT count(*) FROM agents WHERE name = 'ash'")" 0 "half of it is nothing"

try name=ash bot=MY payment=free "once=$once"
location /agents/my "then it works"
is "$(sql "SELECT a.name || c.named FROM agents a JOIN credentials c ON c.person_id = a.id WHERE email LIKE 'alice%'")" ash1 "the name is there"
try name=ash bot=my payment=free "once=$once"
location /agents/my "the same form again: the same answer"
is "$(sql "SELECT count(*) FROM agents WHERE name = 'my'")" 1 "and one bot"
try name=ash bot=my2 payment=free
location /agents "who has a bot is no newbie"
as alice get newbie
location /agents "nor on a GET"
is "$(sql "SELECT count(*) FROM events WHERE what = 'bot.order' AND bot_name = 'my'")" 1 "it is noted once"
