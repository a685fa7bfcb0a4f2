#!/usr/bin/env bash
# MongoDB's own tool, which is in no registry: its options are looked at.
[ "$1" = --uri ] && [[ "$2" == mongodb://* ]] && [ "${*:3}" = "--archive --gzip" ]
