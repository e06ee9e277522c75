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

# libpq wants both escaped in a password file and asyncpg does not take the escapes out again, so neither can be there.
case ${POSTGRES_PASSWORD:-} in
    *[:\\[:space:]]*)
        echo "POSTGRES_PASSWORD cannot be used: it may have no colon, no backslash and no space." >&2
        exit 1
        ;;
esac

[ -s superuser ] || keep superuser "$(random)"
if [ -n "${POSTGRES_PASSWORD:-}" ]; then
    keep chaishots "$POSTGRES_PASSWORD"
elif [ ! -s chaishots ]; then
    keep chaishots "$(random)"
fi

# Ignored by libpq and asyncpg when others may read it: https://www.postgresql.org/docs/current/libpq-pgpass.html
cd /login
umask 077
printf '*:*:*:chaishots:%s\n' "$(cat /secrets/chaishots)" >pgpass.new
chown 10001:10001 pgpass.new
mv pgpass.new pgpass
