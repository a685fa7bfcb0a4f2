"""What others install of Alur without the rest: the generated client `alur_api`."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement

API = Path(__file__).parents[2] / "services/libs/api"
PROGRAM = """
import importlib, pkgutil, sys
sys.path[:0] = sys.argv[1:]
import alur_api
assert alur_api.__file__.startswith(sys.argv[1]), alur_api.__file__
names = [m.name for m in pkgutil.walk_packages(alur_api.__path__, "alur_api.") if "calls" not in m.name]
for name in names:
    importlib.import_module(name)
print(*(name for name in names if name.endswith("_grpc")))
print(*(name for name in sys.modules if name.startswith("alur_") and not name.startswith("alur_api")))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it is published, built from what is committed."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    built = subprocess.run(build, cwd=API, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert built.returncode == 0, built.stderr
    (made,) = folder.glob("alur_api-*.whl")
    return made


def test_the_client_works_with_nothing_else_of_alur(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    # Without `site` what is installed for development, our other packages among it, is not found.
    libraries = sysconfig.get_paths()["purelib"]
    run = (sys.executable, "-S", "-c", PROGRAM, str(tmp_path), libraries)
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert done.returncode == 0, done.stderr
    found, of_others = done.stdout.splitlines()
    assert found.split() == [
        f"alur_api.{area}.v1.{area}_pb2_grpc" for area in ("executions", "nodes", "workflows")
    ]
    assert of_others == ""
    assert (tmp_path / "alur_api/py.typed").exists()


def test_it_asks_for_libraries_that_are_no_older_than_what_generated_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (metadata,) = [name for name in packed.namelist() if name.endswith("METADATA")]
        asked = message_from_bytes(packed.read(metadata)).get_all("Requires-Dist", [])
    needs = {r.name: r.specifier for r in map(Requirement, asked)}
    generated = (API / "alur_api/executions/v1/executions_pb2.py").read_text()
    (parts,) = re.findall(r"Domain\.PUBLIC,\s+(\d+),\s+(\d+),\s+(\d+),", generated)
    grpc = (API / "alur_api/executions/v1/executions_pb2_grpc.py").read_text()
    (of_grpc,) = re.findall(r"GRPC_GENERATED_VERSION = '(.*)'", grpc)
    for name, version in (("protobuf", ".".join(parts)), ("grpcio", of_grpc)):
        assert needs[name].contains(version)
        assert not needs[name].contains(f"{version}.dev0", prereleases=True)
    assert "googleapis-common-protos" in needs
