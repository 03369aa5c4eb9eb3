#!/bin/sh
# How sqlite goes about what pages, the API and the worker ask: no step walks through a whole table that grows.  The
# routes' own tests are run once more, with t/style/plans.c looking on.
. "${T_SRC:-.}/t/style/tap.sh"	# sets $dir and $out
: "${dir:?}" "${out:?}"

T_BUILD=${T_BUILD:-$T_SRC}
routes="agents bot account confirm friend health invites landing newbie signin start status"
unset T_FCGI

"${CC:-cc}" -shared -fPIC -D_GNU_SOURCE -o "$dir/plans.so" t/style/plans.c -ldl >"$out" 2>&1
check "there is something to look on with"

# watched FILE COMMAND...
watched() {
	plans=$1
	shift
	(cd "$T_BUILD" && srcdir=$T_SRC BAAS_PLANS=$plans LD_PRELOAD=$dir/plans.so "$@")
}

# The API's test is as long as all the others together.
watched "$dir/api" sh "$T_SRC/t/cgi/api.t" >"$dir/api.tap" 2>&1 &
for route in $routes; do
	watched "$dir/pages" sh "$T_SRC/t/cgi/$route.t" || echo "not ok: $route"
done >"$dir/pages.tap" 2>&1
wait $! || echo "not ok: api" >>"$dir/pages.tap"
grep -h '^not ok' "$dir/api.tap" "$dir/pages.tap" >"$out"
check "the routes' tests pass"

printf 'state_dir = %s/state\n' "$dir" >"$dir/baas.conf"
{
	"$T_BUILD/admin/baas" -c "$dir/baas.conf" init &&
		watched "$dir/worker" "$T_BUILD/worker/baas-reconcile" -c "$dir/baas.conf" --once
} >"$dir/worker.log" 2>&1 || cat "$dir/worker.log" >"$out"
check "the worker makes a pass"

# Found: routes' statements, and the worker's.
cat "$dir/api" "$dir/pages" "$dir/worker" 2>/dev/null | awk -F '\t' '$1 != "baas" && $1 != "baas-keep"' | sort -u >"$dir/steps"
for program in $routes baas-reconcile; do
	cut -f1 "$dir/steps" | grep -qx "$program" || echo "$program: no statement was seen"
done >"$out"
[ "$(cut -f3 "$dir/steps" | sort -u | wc -l)" -ge 70 ] || echo "too few statements were seen" >>"$out"
check "every program's statements were seen"

# w is the table worker, which has one row; x is the API's empty list of exports; constant rows are no table.  In the order
# of bots_due the worker reads as far as its batch goes.
awk -F '\t' '$2 ~ /^SCAN / && $2 !~ /^SCAN (w|x|CONSTANT ROW|[0-9]+ CONSTANT ROWS?)$/ &&
	!($2 ~ /USING COVERING INDEX bots_due$/ && $3 ~ / ORDER BY due, id LIMIT /) { print $1 ": " $2 ": " $3 }' "$dir/steps" >"$out"
check "no statement walks through a whole table"
done_checking
