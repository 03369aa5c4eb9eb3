#!/bin/sh
# Two places that must agree: the Makefile's lists and the tree, tables and the manual, routes and lighttpd.
. "${T_SRC:-.}/t/style/tap.sh"	# sets $dir and $out
: "${dir:?}" "${out:?}"

grep -oE '(lib|cgi|worker|admin|t/lib|t/worker|t/admin)/[a-z_]+\.[ch]' Makefile.am | grep -vE '^(admin/(migrations|schema)|lib/person_common)[.]c$' | sort -u >"$dir/made"
sed -n '/^cgi_PROGRAMS/,/[^\\]$/s/^\t\(cgi\/[a-z]*\).*/\1.c/p; /^c_tests/,/[^\\]$/s/^\t\(t\/[a-z_\/]*\)\.t.*/\1.c/p;
	/^c_helpers/,/[^\\]$/s/^\t\(t\/[a-z_\/]*\).*/\1.c/p' Makefile.am |
	sort -u - "$dir/made" >"$dir/makefile"
for f in lib/*.[ch] cgi/*.[ch] worker/*.[ch] admin/*.[ch] t/lib/*.c t/worker/*.c t/admin/*.c; do
	[ -e "$f" ] && [ "$f" != admin/migrations.c ] && [ "$f" != admin/schema.c ] && [ "$f" != lib/person_common.c ] && echo "$f"
done | sort -u >"$dir/tree"
differ "$dir/makefile" "$dir/tree" "Makefile.am" "the tree" >"$out"
check "the Makefile lists every source"

grep -oE '(html|html/static|html/errors|pub|man|t/cgi|t/style|t/worker|t/admin)/[A-Za-z0-9_.-]+' Makefile.am | grep -E '\.(html|txt|css|svg|js|json|[1-8]|t)$' |
	sort -u >"$dir/makefile"
for f in html/*.html html/*.txt html/static/* pub/*.js pub/*.json man/*.[1-8] t/cgi/*.t t/style/*.t; do
	[ -f "$f" ] && echo "$f"
done | sort -u >"$dir/tree"
sort -u "$dir/tree" | comm -23 - "$dir/makefile" | sed 's/$/ is not in Makefile.am/' >"$out"
check "the Makefile lists all data, pages of the manual and scripts"

sed -n 's/^\t\[CONF_[A-Z_]*\] = { "\([a-z_.]*\)".*/\1/p' lib/conf.c | sort >"$dir/keys"
sed -n 's/^\.It Ic \([a-z_.]*\) .*/\1/p' man/baas.conf.5 >"$dir/listed"
sort -u "$dir/listed" >"$dir/manual"
differ "$dir/keys" "$dir/manual" "lib/conf.c" "baas.conf.5" >"$out"
check "baas.conf(5) has every key"
sort -c "$dir/listed" >"$out" 2>&1
check "in alphabetical order"
sed -n 's/^#\{0,1\}\([a-z_]*\.*[a-z_]*\) = .*/\1/p' etc/baas.conf.example | sort -u >"$dir/example"
comm -13 "$dir/keys" "$dir/example" >"$out"
check "the example has no key that there is not"
sed -n 's/^\t\[CONF_[A-Z_]*\] = { "\([a-z_.]*\)", "\([^"]*\)",.*/\1 \2/p' lib/conf.c | grep -v ' $' | sort >"$dir/defaults"
awk '$1 == ".It" { key = $3 } /^Default:/ { sub(/^Default: */, ""); sub(/^\.[A-Z][a-z] /, ""); sub(/\.$/, ""); print key, $0 }' man/baas.conf.5 | sort >"$dir/told"
comm -23 "$dir/defaults" "$dir/told" | sed 's/$/: not in the manual/' >"$out"
check "and every default"

for f in cgi/*.c; do
	program=$(basename "$f" .c)
	sed -n 's/^\t{ "\([A-Z]*\)", "\([^"]*\)".*/\1 \2/p' "$f" | sed "s/^/$program /"
done >"$dir/tables"
grep -v '^#' etc/routes | awk 'NF { print $1, $NF }' | sort -u >"$dir/routes"
awk '{ print $1, $3 }' "$dir/tables" | sort -u >"$dir/shapes"
differ "$dir/routes" "$dir/shapes" "etc/routes" "cgi/" >"$out"
check "etc/routes has the shapes of the programs' tables"
awk 'NF == 3 && $1 !~ /^#/ { print $2, $3, $1 }' etc/routes | while read -r method shape program; do
	awk -v m="$method" -v s="$shape" -v p="$program" '$2 == m && $3 == s && $1 != p { print m, s, "is also in " $1 }' "$dir/tables"
done >"$out"
check "a method's line is that program's alone"
awk '$1 == ".It" && $2 == "Pa" { print $3 }' man/baas.7 | sort -u >"$dir/told"
awk '{ print $2 }' "$dir/routes" | sort -u >"$dir/paths"
differ "$dir/paths" "$dir/told" "etc/routes" "baas.7" >"$out"
check "baas(7) has every path"
# What only Salt masters may ask is on no list of the public site.
for f in cgi/*.c; do basename "$f" .c; done | sort >"$dir/programs"
awk '{ print $1 }' "$dir/routes" | sort -u | comm -3 - "$dir/programs" | tr -d '\t' >"$dir/private"
echo pillar >"$dir/told"
differ "$dir/private" "$dir/told" "cgi/ or etc/routes" "the private server" >"$out"
check "every program but pillar is in etc/routes"

verbs() { sed -n 's/^\t{ { "\([a-z]*\)", \(NULL\|"[a-z]*"\) }.*/\1 \2/p' admin/baas.c | sed 's/ NULL//; s/"//g'; }
verbs | sort >"$dir/verbs"
sed -n 's/^\.It Cm \([a-z]*\)\( Cm \([a-z]*\)\)\{0,1\}.*/\1 \3/p' man/baas.8 | sed 's/ $//' | sort >"$dir/told"
differ "$dir/verbs" "$dir/told" "admin/baas.c" "baas.8" >"$out"
check "baas(8) has every verb"

tr -d '\n' <lib/req.c | grep -o '"Content-Security-Policy: [^;]*;[^}]*frame-ancestors' | sed 's/"[[:space:]]*"//g; s/^"Content-Security-Policy: //' >"$dir/program"
sed -n 's/.*"Content-Security-Policy" => "\(.*frame-ancestors\).*/\1/p' etc/lighttpd.conf >"$dir/lighttpd"
differ "$dir/program" "$dir/lighttpd" "lib/req.c" "etc/lighttpd.conf" >"$out"
check "lighttpd's own answers have the programs' policy"
[ -s "$dir/program" ] || echo "nothing found" >"$out"
check "there is one"

done_checking
