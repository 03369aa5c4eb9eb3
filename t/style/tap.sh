# For the checks of the source itself: complaints, one a line, go into $out; `check WHAT` is good if there are none.

: "${T_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}"
cd "$T_SRC" || exit 99
export LC_ALL=C
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
out=$dir/out
n=0 bad=0

check() {
	n=$((n + 1))
	if [ -s "$out" ]; then
		bad=1
		sed 's/^/# /' "$out"
		echo "not ok $n - $1"
	else
		echo "ok $n - $1"
	fi
}

# Lines of the first that the second lacks, and the other way round.
differ() {
	{ sort -u "$1" | comm -23 - "$2" | sed "s|\$| is in $3 only|"; sort -u "$2" | comm -23 - "$1" | sed "s|\$| is in $4 only|"; }
}

done_checking() {
	echo "1..$n"
	exit $bad
}
