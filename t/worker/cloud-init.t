#!/bin/sh
# What a server's first boot is told (etc/first-boot.yaml, filled by worker/seed.c), as cloud-init and others read it.
# cloud-init's own schema check is used: BAAS_CLOUD_INIT is a directory with its Python package (./dev test has one from
# Debian's package, unpacked and never installed), else that of an installed one.

set -u
src=${T_SRC:-$(cd "${srcdir:-.}" && pwd)}
build=${T_BUILD:-$(cd "${builddir:-.}" && pwd)}
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin" PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
[ -z "${BAAS_CLOUD_INIT-}" ] || export PYTHONPATH="$BAAS_CLOUD_INIT"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
n=0 bad=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		bad=1
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/out" 2>/dev/null
	fi
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

schema() { /usr/bin/python3 -m cloudinit.config.schema --config-file "$1" >"$dir/out" 2>&1; }

minion=p17-g1 volume=0a1b2c3d-4e5f-6789-abcd-ef0123456789
openssl genrsa -traditional -out "$dir/minion.pem" 4096 2>/dev/null
openssl genrsa -out "$dir/master.pem" 2048 2>/dev/null
openssl rsa -in "$dir/master.pem" -pubout -out "$dir/master.pub" 2>/dev/null
printf 'salt.master = salt.example.org\nscaleway.first_boot = %s/etc/first-boot.yaml\n' "$src" >"$dir/conf"
"$build/t/worker/seedling" "$dir/conf" $minion $volume "$dir/minion.pem" "$dir/master.pub" >"$dir/text" 2>"$dir/out"
ok $? "the template is filled"

if /usr/bin/python3 -c 'import cloudinit.config.schema' 2>"$dir/out"; then
	schema "$dir/text" && grep -qx "Valid cloud-config: $dir/text" "$dir/out" && ! grep -qi deprecat "$dir/out"
	ok $? "cloud-init takes it, and finds nothing to complain about"
	sed "s/permissions: '0400'/permissions: 0400/" "$dir/text" >"$dir/wrong"
	! schema "$dir/wrong"
	ok $? "it would complain about mode 0400 as a number"
else
	skip "cloud-init takes it" "cloud-init's Python package is not here"
fi

# All of it as YAML has it: keys byte for byte, no key that cloud-init would not know, and each file by itself.
/usr/bin/python3 - "$dir" $minion $volume >"$dir/out" 2>&1 <<'END'
import os, sys, yaml
at, minion, volume = sys.argv[1:]
read = lambda name: open(os.path.join(at, name)).read()
all = yaml.safe_load(read("text"))
assert set(all) == {"locale", "write_files", "runcmd"}, all.keys()
files = {file.pop("path"): file for file in all["write_files"]}
assert all["runcmd"] and len(files) == len(all["write_files"])
for path, file in files.items():
    assert path.startswith("/") and set(file) <= {"content", "permissions"} and "@" not in file["content"].replace("@.", ""), path
    with open(os.path.join(at, "file-" + os.path.basename(path)), "a") as out:
        out.write(file["content"])
pki = "/etc/salt/pki/minion/"
assert files[pki + "minion.pem"] == {"content": read("minion.pem"), "permissions": "0400"}
assert files[pki + "minion_master.pub"]["content"] == read("master.pub")
settings = yaml.safe_load(files["/etc/salt/minion.d/baas.conf"]["content"])
want = {"id": minion, "master": "salt.example.org", "master_port": 4506, "publish_port": 4505, "baas": {"root": "/srv/baas"}}
assert {key: settings[key] for key in want} == want, settings
END
ok $? "it says what the worker knows"
key=$(sed -n 2p "$dir/minion.pem")
[ "$(grep -cF "$key" "$dir/text")" -eq 1 ]
ok $? "the key is in it once"
[ "$(wc -c <"$dir/text")" -le 16384 ]
ok $? "with keys of 4096 bits it has at most 16 KiB"

if unshare -rn true 2>"$dir/out"; then
	unshare -rn nft -c -f "$dir/file-nftables.conf" >"$dir/out" 2>&1
	ok $? "nft takes the firewall"
else
	skip "nft takes the firewall" "no network namespace can be had"
fi

# The script's first part, on a file instead of the volume: only what is empty is formatted.
sed -n '1,/^esac$/p' "$dir/file-baas-first-boot" | sed "s|^volume=.*|volume=$dir/disk|" >"$dir/part"
sh -n "$dir/file-baas-first-boot" && grep -q 'mkfs[.]ext4' "$dir/part"
ok $? "the script is one"
part() { sh "$dir/part" </dev/null >"$dir/out" 2>&1; }
of() { blkid -p -s "$1" -o value "$dir/disk"; }

! part
ok $? "a volume that isn't there: not yet"
truncate -s 64M "$dir/disk"
part && [ "$(of TYPE)" = ext4 ] && [ "$(of LABEL)" = baas ]
ok $? "an empty volume gets a file system"
id=$(of UUID)
part && [ -n "$id" ] && [ "$(of UUID)" = "$id" ]
ok $? "and keeps it"
for kind in swap table; do
	rm -f "$dir/disk"
	truncate -s 64M "$dir/disk"
	case $kind in
	swap) mkswap "$dir/disk" >/dev/null 2>&1 ;;
	table) printf '\125\252' | dd of="$dir/disk" bs=1 seek=510 conv=notrunc status=none
		printf '\200\001\001\000\203\376\077\000\001\000\000\000\377\377\000\000' |
			dd of="$dir/disk" bs=1 seek=446 conv=notrunc status=none ;;
	esac
	before=$(cksum <"$dir/disk")
	part
	[ "$(cksum <"$dir/disk")" = "$before" ]
	ok $? "what has something on it stays as it is ($kind)"
done

echo "1..$n"
exit $bad
