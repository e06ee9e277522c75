#!/bin/sh
# Sees to it that the database's passwords exist: the replicas' is POSTGRES_PASSWORD if that is given, else made here at
# the first start, as is the superuser's, which never changes. /secrets is for the database and role.sh, /login for the
# replicas: libpq's password file and nothing else.
set -eu
umask 022
cd /secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

keep() { # NAME VALUE, at once or not at all
    printf '%s' "$2" >"$1.new"
    mv "$1.new" "$1"
}

[ -s superuser ] || keep superuser "$(random)"
if [ -n "${POSTGRES_PASSWORD:-}" ]; then
    keep chaishots "$POSTGRES_PASSWORD"
elif [ ! -s chaishots ]; then
    keep chaishots "$(random)"
fi

# Colons and backslashes are escaped; libpq and asyncpg ignore a file that others may read.
# https://www.postgresql.org/docs/current/libpq-pgpass.html
cd /login
umask 077
printf '*:*:*:chaishots:%s\n' "$(sed 's/[\\:]/\\&/g' /secrets/chaishots)" >pgpass.new
chown 10001:10001 pgpass.new
mv pgpass.new pgpass
