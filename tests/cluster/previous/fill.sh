#!/usr/bin/env bash
# Keep what a version of Alur leaves on a volume: `fill.sh ALUR ARCHIVE.tar.gz`, with the `alur` of that version.
set -euo pipefail
alur=$1 archive=$(realpath "$2") here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
export ALUR_WORKER=alur-0 ALUR_SERVER=http://127.0.0.1:18080
"$alur" dev --data "$folder/data" --port 18080 --grpc-port 18051 > "$folder/log" 2>&1 &
server=$!
trap 'kill "$server" 2> /dev/null || true' EXIT
until [ -e "$folder/data/server.json" ]; do sleep 0.2; done
ALUR_TOKEN=$("$alur" token create --data "$folder/data" --quiet)
export ALUR_TOKEN
"$alur" credential set door --type api-key --field key=open-sesame --field header=X-Key
"$alur" variable set PLACE Lisbon
sed 's/from: .*vars.PLACE.*/from: nowhere/' "$here/workflows.yaml" | "$alur" apply -f -
"$alur" apply -f "$here/workflows.yaml"
"$alur" run greet --data '{"who": "Ana"}' --wait
"$alur" run large --wait > /dev/null
"$alur" run ask
until "$alur" get executions --status waiting | grep -q ask; do sleep 0.2; done
kill "$server"
wait "$server"
rm -f "$folder/data/"{lock,sign-in,cli.token}
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$folder" -cf - data | gzip -9n > "$archive"
rm -r "$folder"
