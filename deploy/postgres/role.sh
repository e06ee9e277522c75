#!/bin/sh
# Runs once, when the database is made: the replicas' role owns its database, and nothing else in the server.
set -eu
psql --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=password="$(cat /secrets/chaishots)" <<'SQL'
create role chaishots login password :'password';
create database chaishots owner chaishots;
SQL
