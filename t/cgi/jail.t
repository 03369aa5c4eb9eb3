#!/bin/sh
# What a route could open if it were broken into: not the vault, and nothing new.
T_FCGI=
. "${srcdir:-.}/t/t.sh"
plan 4

person alice
T_FCGI=1
cc -shared -fPIC -D_GNU_SOURCE -o "$T/peek.so" "$T_SRC/t/fake/peek.c" || t_die "peek.c does not build"

# Without the jail this program itself shows that the try is one.
[ -r "$T/state/vault.secret" ]
ok $? "the file is there, and this user may read it"

PEEK=$T/state/vault.secret LD_PRELOAD=$T/peek.so
export PEEK LD_PRELOAD
t_serve "$T_CGI/agents"
unset PEEK LD_PRELOAD
as alice get agents
status 200 "a jailed route serves"
grep -q '^peek: read 13, make 13$' "$T/fcgi.err"
ok $? "and can neither read the vault nor make a file beside it"
[ ! -e "$T/state/vault.secret.made" ]
ok $? "indeed"
