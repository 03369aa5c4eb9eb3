#!/bin/sh
# How the C reads: lengths, and what is not used at all.
. "${T_SRC:-.}/t/style/tap.sh"	# sets $dir and $out
: "${dir:?}" "${out:?}"

sources=$(ls lib/*.c cgi/*.c worker/*.c admin/*.c t/*.c t/lib/*.c t/worker/*.c t/admin/*.c 2>/dev/null)
shipped=$(ls lib/*.c cgi/*.c worker/*.c admin/*.c 2>/dev/null)

awk 'FNR == 1 { start = 0 }
	/^{/ { start = FNR }
	/^}/ { if (start && FNR - start - 1 > 40) print FILENAME ": a function of " FNR - start - 1 " lines ends at line " FNR; start = 0 }
' $sources >"$out"
check "no function is longer than 40 lines"

grep -nE '(^|[^a-z_])(strcpy|strcat|sprintf|vsprintf|strncpy|strncat|atoi|atol|strtok|gets|system|popen|alloca|rand|srand|tmpnam|mktemp)\(' \
	$shipped >"$out"
check "no banned function"

grep -nE '^(static )?[a-z][a-z_ ]*[ *	]+[a-z_]+(\[[^]]*\])*( = .*)?;$' $shipped | grep -vE '(const|extern|return|typedef) ' |
	grep -v '^lib/log.c:' >"$out"
check "no global variable but log.c's"

grep -nE '^typedef struct' $shipped lib/*.h worker/*.h >"$out"
check "no typedef for a struct"

for f in lib/*.[ch] cgi/*.c worker/*.[ch] admin/*.[ch]; do
	[ "$(head -c 2 "$f")" = "/*" ] || echo "$f"
done >"$out"
check "every file says at its top what it is for"

for f in lib/*.c worker/*.c; do
	own=${f%.c}.h
	[ -e "$own" ] || continue
	[ "$(grep -m 1 '^#include' "$f")" = "#include \"$own\"" ] || echo "$f"
done >"$out"
check "every .c includes its own header first"

grep -nE ' +$|	+$|^ {8}' $sources lib/*.h worker/*.h dev t/run t/style/* 2>/dev/null >"$out"
check "tabs indent, and no line ends in white space"

done_checking
