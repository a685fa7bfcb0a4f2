#!/usr/bin/env bash
# kubectl where no Pod runs: what waits for one looks whether its object is there, and what runs in one runs here.
set -euo pipefail
words=()
verb=""
for word in "$@"; do
    case "$word" in
        exec | wait | rollout | logs | port-forward) [ -n "$verb" ] || verb=$word ;;
    esac
done
case "$verb" in
    exec)
        while [ "$1" != -- ]; do shift; done
        shift
        # No service is here that a command could speak as; the reader's own data take its place.
        set -- "${@/--as-service/--data=$ALUR_DATA}"
        exec "${@//\/var\/lib\/alur\/data/$ALUR_DATA}"
        ;;
    wait)
        case " $* " in *" awf/"* | *" awr/"* | *" --for=delete "*) exec "$REAL_KUBECTL" "$@" ;; esac
        ;;
    "") exec "$REAL_KUBECTL" "$@" ;;
esac
for word in "$@"; do
    case "$word" in
        wait | logs | rollout | port-forward) words+=(get) ;;
        status | --for=* | --timeout=* | --tail=* | --all | [0-9]*:[0-9]*) ;;
        *) words+=("$word") ;;
    esac
done
found=$("$REAL_KUBECTL" "${words[@]}" -o name)
[ -n "$found" ] || { echo "there is nothing to wait for: $*" >&2; exit 1; }
