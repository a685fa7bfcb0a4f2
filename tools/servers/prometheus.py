"""Prometheus and its `promtool`, as the system's packages have them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from pathlib import Path

from tools.servers.cache import run
from tools.servers.running import Server, free_port

VERSION = ""  # the system's
_NEED = Path(__file__).parents[1] / "need"


def get() -> Path:
    """Return its program, installed where that may be done."""
    run(_NEED, "prometheus")
    return Path("prometheus")


def version() -> str:
    """Return the version that the program says."""
    return run(get(), "--version").split()[2]


def server(folder: Path, targets: Sequence[str] = (), *, every: str = "1s") -> Server:
    """Return one on fresh data in this folder that asks these `host:port` for metrics; its API is on its port."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    job = {"job_name": "alur", "static_configs": [{"targets": list(targets)}]}
    settings = folder / "settings.json"  # JSON is YAML
    settings.write_text(json.dumps({"global": {"scrape_interval": every}, "scrape_configs": [job]}))
    places = (f"--config.file={settings}", f"--storage.tsdb.path={folder / 'data'}")
    listen = f"--web.listen-address=127.0.0.1:{port}"
    command = (str(get()), *places, listen, "--enable-feature=exemplar-storage")
    return Server("prometheus", command, folder, port, is_ready=_is_ready)


def _is_ready(server: Server) -> bool:
    """Whether it answers queries: it listens before it has read its data."""
    asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=1)
    try:
        asking.request("GET", "/-/ready")
        return asking.getresponse().status == 200  # noqa: PLR2004  # OK
    except OSError:
        return False
    finally:
        asking.close()
