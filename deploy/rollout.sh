#!/usr/bin/env bash
# Replaces every replica by one of the image as it is now, without a failed request: as many new ones start beside the
# old, and when all of them serve, the old ones are stopped one after another. From the project's folder:
#
#   deploy/rollout.sh            builds first; migrations are applied by the first new replica
#   deploy/rollout.sh --no-build the image that is there: a rolling restart, or back to an older version
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} != --no-build ]]; then docker compose build api; fi
mapfile -t old < <(docker compose ps --quiet api)
count=${#old[@]}
if ((count == 0)); then
    echo "No replica runs: start with  docker compose up --detach --wait" >&2
    exit 1
fi
if ! docker compose up --detach --wait --wait-timeout 180 --no-deps --no-recreate --scale "api=$((2 * count))" api; then
    docker compose ps --quiet api | grep --invert-match --fixed-strings --line-regexp "$(printf '%s\n' "${old[@]}")" |
        xargs --no-run-if-empty docker rm --force >/dev/null
    echo "The new replicas do not serve, and are removed; the old ones serve on." >&2
    exit 1
fi
for replica in "${old[@]}"; do
    docker stop "$replica" >/dev/null  # with the service's stop_grace_period
    docker rm "$replica" >/dev/null
done
echo "Replaced $count replicas."
