#!/usr/bin/env bash
# Generate the Go client of executions from protos/ into examples/clients/go, by the plugins that its go.mod names.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
out=examples/clients/go
plugins=.cache/go-plugins
module=$(awk '$1 == "module" {print $2}' "$out/go.mod")
proto=alur_api/executions/v1/executions.proto
package="M$proto=$module/alur_api/executions/v1"

command -v go >/dev/null || { echo "Go 1.25 or later is needed to generate the client in Go: install it" >&2; exit 1; }
mkdir -p "$plugins"
for plugin in google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc; do
    (cd "$out" && go build -o "$root/$plugins/" "$plugin")
done
rm -rf "$out/alur_api"
PATH="$root/$plugins:$PATH" .venv/bin/python -m grpc_tools.protoc -I protos \
    --go_out="$out" --go_opt="module=$module,$package" \
    --go-grpc_out="$out" --go-grpc_opt="module=$module,$package" "$proto"
