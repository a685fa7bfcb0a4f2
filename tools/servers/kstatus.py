"""How tools for GitOps read the health of any object: a small program around kstatus (Flux, kpt) and Lua (Argo CD)."""

from __future__ import annotations

from pathlib import Path

from tools.servers.cache import kept, run
from tools.servers.kubernetes import VERSION as OF_KUBERNETES

NAME = "kstatus"
_KSTATUS = "v0.37.2"
LUA = "v1.1.2"
VERSION = f"{_KSTATUS}-1"
"""Of kstatus, and of the program around it: raise the number with each change."""
_LIBRARIES = OF_KUBERNETES.replace("v1.", "v0.")
_MODULE = f"""module alur.test/kstatus

go 1.24

require (
	github.com/yuin/gopher-lua {LUA}
	k8s.io/apimachinery {_LIBRARIES}
	k8s.io/api {_LIBRARIES}
	sigs.k8s.io/cli-utils {_KSTATUS}
)
"""
_MAIN = """package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// Reads objects as JSON, one after the other, and writes the health of each, one a line:
// by kstatus, or by the script of Lua that it is given, as Argo CD runs it.
func main() {
	in := json.NewDecoder(os.Stdin)
	for {
		var object map[string]any
		err := in.Decode(&object)
		if err == io.EOF {
			return
		}
		health := ""
		if err == nil && len(os.Args) > 1 {
			health, err = byScript(os.Args[1], object)
		} else if err == nil {
			health, err = byConditions(object)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(health)
	}
}

func byConditions(object map[string]any) (string, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return "", err
	}
	// It reads whole numbers as such, as clients of Kubernetes do.
	read := &unstructured.Unstructured{}
	if err := read.UnmarshalJSON(raw); err != nil {
		return "", err
	}
	found, err := status.Compute(read)
	if err != nil {
		return "", err
	}
	return string(found.Status), nil
}

func byScript(script string, object map[string]any) (string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	open := lua.P{Fn: state.NewFunction(lua.OpenBase), Protect: true}
	if err := state.CallByParam(open, lua.LString(lua.BaseLibName)); err != nil {
		return "", err
	}
	state.SetGlobal("obj", value(state, object))
	if err := state.DoString(script); err != nil {
		return "", err
	}
	told, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", fmt.Errorf("the script returned no table")
	}
	return told.RawGetString("status").String(), nil
}

func value(state *lua.LState, given any) lua.LValue {
	switch given := given.(type) {
	case string:
		return lua.LString(given)
	case float64:
		return lua.LNumber(given)
	case bool:
		return lua.LBool(given)
	case []any:
		table := state.NewTable()
		for _, one := range given {
			table.Append(value(state, one))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, one := range given {
			table.RawSetString(key, value(state, one))
		}
		return table
	}
	return lua.LNil
}
"""


def _build(folder: Path) -> None:
    (folder / "main.go").write_text(_MAIN)
    (folder / "go.mod").write_text(_MODULE)
    run("go", "mod", "tidy", cwd=folder, GOFLAGS="-mod=mod")
    output = ("-trimpath", "-ldflags", "-s -w", "-o", str(folder / NAME))
    run("nice", "-n", "10", "go", "build", *output, ".", cwd=folder, CGO_ENABLED="0")


def get() -> Path:
    """Return its program."""
    return kept(NAME, VERSION, _build, "a build of a minute, once") / NAME


def version() -> str:
    """Return the version that is written in the program, and its number."""
    lines = run("go", "version", "-m", get()).splitlines()
    found = (line.split() for line in lines if "sigs.k8s.io/cli-utils" in line)
    return (
        next(words[2] for words in found if words[0] == "dep")
        + "-"
        + VERSION.rsplit("-", maxsplit=1)[-1]
    )
