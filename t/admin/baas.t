#!/bin/sh
# The admin's tool: what it refuses, what it makes, what it tells.
: "${T_SRC:=$(cd "${srcdir:-.}" && pwd)}" "${T_BUILD:=$(pwd)}"
baas=$T_BUILD/admin/baas
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
export LC_ALL=C
n=0 bad=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		bad=1
		sed 's/^/# /' "$dir/out" "$dir/err"
		echo "not ok $n - $2"
	fi
}

# run STATUS WORDS ARGUMENT...: WORDS must be in what it says, and errors are one line.
run() {
	want=$1 words=$2
	shift 2
	"$baas" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	[ "$status" -eq "$want" ] && { echo; cat "$dir/out" "$dir/err"; } | grep -qF -e "$words"
	ok $? "baas $*: $want"
}

lines() { wc -l <"$1"; }
conf() { printf '%s\n' "state_dir = $dir/state" "$@" >"$dir/baas.conf"; }

conf "pub.dir = $dir/none"
c="-c $dir/baas.conf"

# ---- refused

run 2 usage
run 2 usage nothing
run 2 usage $c bot
run 2 usage $c bot list more
run 2 usage $c bot show
run 2 usage $c sql one two
run 2 usage -x
run 1 none.conf -c "$dir/none.conf" init
run 1 "run baas init" $c sql 'SELECT 1'
[ "$(lines "$dir/err")" -eq 1 ]
ok $? "in one line"
[ ! -e "$dir/state" ]
ok $? "and nothing is made"
conf "no.such = key"
run 1 no.such $c init
run 1 "bad   configuration" $c doctor
conf "pub.dir = $dir/none"

# ---- init

run 0 "new vault" $c init
[ "$(cd "$dir/state" && stat -c '%a %n' -- * . | sort | tr '\n' ' ')" = \
	"600 baas.db 600 baas.db-shm 600 baas.db-wal 600 baas.db.lock 600 hash.0 600 hash.1 600 vault.secret 644 vault.public 700 log 700 mail 700 run 711 . 711 bots " ]
ok $? "nobody else can read what it makes"
sha256sum "$dir"/state/vault.* >"$dir/before"
run 0 "" $c init
sha256sum -c --quiet "$dir/before" >/dev/null
ok $? "the second init keeps the vault"
mv "$dir/state/vault.secret" "$dir/away"
run 1 "other half" $c init
[ ! -e "$dir/state/vault.secret" ]
ok $? "half a vault is not made whole"
mv "$dir/away" "$dir/state/vault.secret"

# ---- sql

run 0 minion $c sql 'SELECT minion, wanted FROM servers'
[ "$(cat "$dir/out")" = "minion|wanted
local|up" ]
ok $? "names, then rows"
echo "SELECT count(*) AS n FROM agents" | "$baas" $c sql >"$dir/out" 2>"$dir/err"
[ "$(tr '\n' ' ' <"$dir/out")" = "n 0 " ]
ok $? "from standard input"
run 1 "not authorized" $c sql "DELETE FROM servers"
run 1 "" $c sql "PRAGMA query_only = OFF"
run 1 "" $c sql "ATTACH '$dir/other' AS other"
run 1 "syntax error" $c sql "SELEC"
run 0 "local" $c sql 'SELECT minion FROM servers'
run 0 '\x1b' $c sql "SELECT char(27) || '[2J'"

# ---- people and bots

run 0 "key|email|name|since" $c person list
run 0 "name|status|port|key|owner" $c bot list
run 1 "no such bot" $c bot show one
run 0 "" $c bots stop

# ---- backup

run 0 "" $c backup "$dir/copy"
[ "$(stat -c %a "$dir/copy")" = 600 ]
ok $? "private"
run 1 "already" $c backup "$dir/copy"
run 1 "" $c backup "$dir/none/copy"

# ---- doctor

run 1 "none: No such file or directory: set pub.dir" $c doctor
grep -q 'warn  worker: not seen' "$dir/out"
ok $? "nobody watches"
mkdir -p "$dir/pub/9.9.9/node_modules"
printf '#!/bin/sh\necho v18.1.0\n' >"$dir/node"
chmod +x "$dir/node"
conf "pub.dir = $dir/pub" "pub.node = $dir/node"
run 0 "pub 9.9.9: installed" $c doctor
printf '#!/bin/sh\necho v16.1.0\n' >"$dir/node"
run 1 "v16.1.0: 18 or newer" $c doctor
conf "pub.dir = $dir/pub" "pub.node = $dir/nothing"
run 1 "can't be run" $c doctor
conf "pub.dir = $dir/pub" "bots.address = 192.0.2.1"
chmod 644 "$dir/state/vault.secret"
run 1 "mode 644 lets others in" $c doctor
chmod 600 "$dir/state/vault.secret"
run 0 "ok    bots.address is 192.0.2.1" $c doctor
! grep -q site.proxy "$dir/out"
ok $? "a site without https needs no proxy"
conf "pub.dir = $dir/pub" "site.url = https://butt.example"
run 0 "warn  site.proxy is not set" $c doctor
conf "pub.dir = $dir/pub" "site.url = https://butt.example" "site.proxy = ::1"
run 0 "ok    site.proxy is ::1" $c doctor

echo "1..$n"
exit $bad
