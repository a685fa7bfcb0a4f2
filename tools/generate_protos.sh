#!/usr/bin/env bash
# Generate Python from protos/ into services/libs/api. A proto's folder is its Python package.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
out=services/libs/api

find "$out/alur_api" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
find protos -name '*.proto' -printf '%P\n' | sort | PATH="$PWD/$bin:$PATH" xargs \
    "$bin/python" -m grpc_tools.protoc -I protos \
    --python_out="$out" --grpc_python_out="$out" --mypy_out="quiet:$out" --mypy_grpc_out="quiet:$out"
find "$out/alur_api" -mindepth 1 -type d -exec touch {}/__init__.py \;
