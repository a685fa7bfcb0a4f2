"""An S3-compatible store on a folder."""

from __future__ import annotations

from pathlib import Path

from tools.servers.cache import kept, run
from tools.servers.running import Server, free_port

NAME = "versitygw"
VERSION = "v1.8.0"
BUCKET = "alur-blobs"
KEY, SECRET, REGION = "alur-key", "alur-secret", "us-east-1"


def _build(folder: Path) -> None:
    package = f"github.com/versity/versitygw/cmd/versitygw@{VERSION}"
    run("go", "install", package, GOBIN=str(folder), CGO_ENABLED="0")


def get() -> Path:
    """Return its program."""
    return kept(NAME, VERSION, _build) / NAME


def version() -> str:
    """Return the version that is written in the program, which says `git` itself when Go builds it."""
    lines = run("go", "version", "-m", get()).splitlines()
    return next(line.split()[2] for line in lines if line.split()[0] == "mod")


def environment(port: int) -> dict[str, str]:
    """Return the variables by which clients find it."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }


def server(folder: Path) -> Server:
    """Return one with the bucket `BUCKET` on fresh data in this folder."""
    port = free_port()
    data, versions = folder / "data", folder / "versions"
    (data / BUCKET).mkdir(parents=True, exist_ok=True)
    versions.mkdir(exist_ok=True)
    where = ("--port", f"127.0.0.1:{port}", "--region", REGION, "--quiet")
    command = (str(get()), *where, "posix", "--versioning-dir", str(versions), str(data))
    root = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    return Server(NAME, command, folder, port, root)
