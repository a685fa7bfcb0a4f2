#!/usr/bin/env bash
# MongoDB's own tool, which is in no registry: it is given the same options, and does the same.
set -euo pipefail
[ "$1" = --uri ] && [ "${*:3}" = "--archive --gzip --drop" ]
exec "$PYTHON" -P "$(dirname "$(readlink -f "$0")")/../mongo_archive.py" restore "$2"
