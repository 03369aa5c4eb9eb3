#!/bin/sh
# Includes run one way: each file has a rank and includes only what is below it; each library has one user.
. "${T_SRC:-.}/t/style/tap.sh"	# sets $dir and $out
: "${dir:?}" "${out:?}"

sources=$(ls lib/*.[ch] cgi/*.[ch] worker/*.[ch] admin/*.[ch] 2>/dev/null)

# Within one rank of lib/ and worker/, the files of one subject (bot, bot_name: the part before "_") go together.
rank='function stem(f) { sub(/\.[ch]$/, "", f); return f }
function rank(f) {
	f = stem(f)
	if (f ~ /^lib\/(err|buf|log|clock)$/) return 0 + index("err buf log clock", substr(f, 5)) / 100
	if (f ~ /^lib\/(secret|conf|db|req|page|json|qr|jail|unicode)$/) return 1
	if (f ~ /^lib\/crypt$/) return 1.1
	if (f ~ /^lib\/(vault|form|shelf)$/) return 1.2
	if (f ~ /^lib\/(bot_name|belongs|server|session|device|name|try|once|pass|sample|event|intent|house)$/) return 2
	if (f ~ /^lib\/(making|orphan)$/) return 2.05
	if (f ~ /^lib\/(person|person_password|person_common|bot|bot_seen|bot_minion|bot_release)$/) return 2.1
	if (f ~ /^lib\/(invite|mail|confirmation|brake)$/) return 2.2
	if (f ~ /^lib\/(view_size|view_time)$/) return 3
	if (f ~ /^lib\/view_[a-z]+$/) return 3.1
	if (f ~ /^lib\/query$/) return 3
	if (f ~ /^worker\/plan_[a-z]+$/) return 3
	if (f ~ /^worker\/(muxrpc|loop)$/) return 3
	if (f ~ /^worker\/http$/) return 3.2
	if (f ~ /^worker\/(world|cloud|fleet|billing|mail)$/) return 3.5
	if (f ~ /^worker\/salt(_[a-z]+)?$/) return 3.6
	if (f ~ /^worker\/(cloud|fleet|billing|mail)_[a-z_]+$/) return 4
	if (f ~ /^lib\/app(_[a-z]+)?$/) return 5
	if (f ~ /^lib\/wish$/) return 5.1
	if (f ~ /^lib\/api(_[a-z]+)?$/) return 5.5
	if (f ~ /^worker\/seed$/) return 4
	if (f ~ /^worker\/servers(_[a-z]+)?$/) return 3.7
	if (f ~ /^worker\/sweep(_[a-z]+)?$/) return 5.05
	if (f ~ /^worker\/see_server$/) return 5.07
	if (f ~ /^worker\/(see|act)(_[a-z]+)?$/) return 5
	if (f ~ /^worker\/turn$/) return 5.1
	if (f ~ /^worker\/(reconcile|keep)$/) return 6
	if (f ~ /^cgi\/[a-z]+$/) return 6
	if (f ~ /^admin\/(admin|doctor_part)$/) return 5.9
	if (f ~ /^admin\/[a-z_]+$/) return 6
	return -1
}
function subject(f) { f = stem(f); sub(/_.*$/, "", f); return f }'

for f in $sources; do
	echo "$f"
done | awk "$rank"' rank($0) < 0 { print $0 " has no rank" }' >"$out"
check "every file has a rank"

grep -n '^#include "' $sources | awk -F '[:"]' "$rank"'
	stem($1) == stem($4) || subject($1) == subject($4) { next }
	rank($4) < 0 { print $1 " includes " $4 ", which has no rank"; next }
	rank($4) >= rank($1) { print $1 " includes " $4 }
	$1 ~ /^worker\/plan_/ { print $1 " includes " $4 ": plans know nothing" }
	$1 ~ /^(cgi|lib|admin)\// && $4 ~ /^worker\// { print $1 " includes " $4 }
' >"$out"
check "no file includes one of its own rank or above"

while read -r header users; do
	grep -l "^#include <$header>" $sources | while read -r f; do
		case " $users " in
		*" $f "*) ;;
		*) echo "$f includes $header" ;;
		esac
	done
done >"$out" <<-'END'
	sqlite3.h lib/db.c
	sodium.h lib/crypt.c lib/secret.c
	cjson/cJSON.h lib/json.c
	fcgiapp.h lib/req.c
	fcgi_stdio.h
	qrencode.h lib/qr.c
	uninorm.h lib/unicode.c
	uninorm.h lib/unicode.c
	unistr.h lib/unicode.c
	curl/curl.h worker/http.c
	linux/landlock.h lib/jail.c
END
check "each outside library has one user"

known="sqlite3 sodium cjson/cJSON fcgiapp qrencode curl/curl uninorm unistr"
libc="arpa/inet assert ctype dirent errno fcntl ftw getopt grp inttypes limits malloc linux/[a-z]* math net/if netdb netinet/in
	netinet/tcp poll pwd signal spawn stdarg stddef stdint stdio stdlib string strings sys/[a-z]* syslog time unistd"
known=$(printf '%s\n' $known $libc | sed 's/.*/-e ^&[.]h$/')
grep -hn '^#include <' $sources | sed 's/.*<\(.*\)>.*/\1/' | sort -u | grep -v $known | sed 's/$/ is not one of the known headers/' >"$out"
check "no header but the libc's and the chosen libraries'"

grep -n '^#include "' $sources | grep -v '"\(lib\|worker\|admin\|cgi\)/' >"$out"
check "includes are written from the top"

# The states that run docker, and modules that call Salt's own functions for it.
{
	grep -lE '^ *docker[a-z_]*\.[a-z_]+:' salt/*.sls | grep -vx salt/bots.sls
	grep -q '^ *docker_container\.running:' salt/bots.sls || echo "salt/bots.sls runs no container"
	grep -nE '\bdocker[a-z_]*\.[a-z_]+["'"'"']|(import|from) +(docker|salt\.(utils|modules|states)\.docker)' salt/*.sls salt/_modules/*.py \
		salt/_states/*.py salt/ext/*/*.py | grep -v '"docker\.url"'
} >"$out"
check "one .sls alone knows Salt's docker states, and nothing its docker module"
done_checking
