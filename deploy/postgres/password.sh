#!/bin/sh
# Sees to it that the database's passwords exist: the replicas' is POSTGRES_PASSWORD if that is given, else made here at
# the first start, as is the superuser's, which nobody needs but Postgres' own image. /secrets is the database's to read,
# /login the replicas': libpq's password file and nothing else.
set -eu
umask 022
cd /secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

keep() { # NAME VALUE, at once or not at all
    printf '%s' "$2" >"$1.new"
    mv "$1.new" "$1"
}

given=${POSTGRES_PASSWORD:-}
[ -s superuser ] || keep superuser "$(random)"
[ -s chaishots ] || keep chaishots "${given:-$(random)}"
if [ -n "$given" ] && [ "$given" != "$(cat chaishots)" ]; then
    echo "POSTGRES_PASSWORD is not the one that the database was made with. To change it, start once without it, then:" >&2
    echo "  docker compose exec db psql -U postgres -c '\\password chaishots'" >&2
    echo "  docker compose run --rm --entrypoint rm secrets /secrets/chaishots" >&2
    exit 1
fi

# Colons and backslashes are escaped; libpq and asyncpg ignore a file that others may read.
# https://www.postgresql.org/docs/current/libpq-pgpass.html
cd /login
umask 077
printf '*:*:*:chaishots:%s\n' "$(sed 's/[\\:]/\\&/g' /secrets/chaishots)" >pgpass.new
chown 10001:10001 pgpass.new
mv pgpass.new pgpass
