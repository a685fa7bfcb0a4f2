#!/usr/bin/env bash
# kind, whose cluster is there already.
case "$*" in "create cluster" | "load docker-image alur/alur:dev") ;; *) exit 2 ;; esac
