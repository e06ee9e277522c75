#!/bin/sh
# Sees to it that the replicas' role and database exist, and that the role has the password that the replicas have: a
# new POSTGRES_PASSWORD is taken over with the next `docker compose up`. The role owns its database, and nothing else.
set -eu
PGPASSWORD=$(cat /secrets/superuser) psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --host=db --username=postgres <<'SQL'
\set password `cat /secrets/chaishots`
select 'create role chaishots login' where not exists (select from pg_roles where rolname = 'chaishots') \gexec
alter role chaishots password :'password';
select 'create database chaishots owner chaishots'
 where not exists (select from pg_database where datname = 'chaishots') \gexec
SQL
