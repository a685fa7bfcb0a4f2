"""Pages of the guide as shells run them: their commands, and the files that they show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.alur_dev import ALUR, ROOT
from tests.support.cluster import Kubernetes
from tools.servers import helm

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_AGE = re.compile(r"\b\d+[smhd]\b")
MARK = "@@@"
PAGES = ("kubernetes", "kubernetes-install", "kubernetes-operate", "kubernetes-troubleshooting")
"""The pages whose commands are run, by `tests/cluster/test_guide.py`."""
_FENCE = re.compile(r"^ *(?:```|~~~)(.*)$")
_PROGRAMS = re.compile(
    r"^\s*(?:\$ |# |> )?(?:sudo |[A-Z_]+=\S* )*(kubectl|helm|kind|skaffold|kustomize|flux)\s"
)
_STAND_INS = Path(__file__).with_name("stand_ins")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page, and what the page says that it prints: nothing where it does not say."""

    text: str
    prints: str


def sections(page: str) -> dict[str, list[Command]]:
    """Return the commands of a page by the heading above them; what stands before the first is under ''."""
    text = (ROOT / f"docs/how-to/{page}.md").read_text()
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    titles = ["", *parts[1::2]]
    found = {title: commands(part) for title, part in zip(titles, parts[::2], strict=True)}
    return {title: given for title, given in found.items() if given}


def commands(text: str) -> list[Command]:
    """Return the commands of a text, each `$ …` of a console with the lines that go on with it."""
    found: list[Command] = []
    for kind, block in _BLOCK.findall(text):
        if kind == "console":
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                whole, rest = _split(part)
                found.append(Command(whole, rest))
    return found


def in_notes(text: str) -> list[str]:
    """Return the commands of the chart's notes: what is indented, up to an empty line."""
    blocks = re.findall(r"(?:^ {5}.*\n?)+", text, re.MULTILINE)
    lines = "\n".join(textwrap.dedent(block).strip() for block in blocks)
    return re.split(r"\n(?=kubectl|helm|TOKEN=)", lines)


def loose(page: str, text: str) -> list[str]:
    """Return the lines of a page that no test would run: commands in a block of another kind, or on another page.

    On a page that is run, a block is a console whose every command begins with `$ `, or shows a file or an answer.
    """
    found, kind, is_first = [], None, False
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if fence:
            kind, is_first = (fence[1].strip() or "?", True) if kind is None else (None, False)
            if (page in PAGES and kind not in {"console", "yaml", "text", None}) or (
                kind == "console" and page in PAGES and line != "```console"
            ):
                found.append(line)
            continue
        is_run = page in PAGES and kind == "console"
        if (
            (is_run and is_first and not line.startswith("$ "))
            or (not is_run and kind not in {None, "yaml"} and _PROGRAMS.match(line))
            or (kind is None and re.match(r"(?: {4}|\t)", line) and _PROGRAMS.match(line))
        ):
            found.append(line)
        is_first = False
    return found


def _split(part: str) -> tuple[str, str]:
    lines = part.splitlines()
    end = next(n for n, line in enumerate(lines, 1) if not line.endswith("\\"))
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def files(*pages: str) -> dict[str, str]:
    """Return what pages show as YAML, by the name that its first line or its object says."""
    found = {}
    for page in pages:
        for kind, block in _BLOCK.findall((ROOT / f"docs/how-to/{page}.md").read_text()):
            if kind == "yaml":
                named = re.match(r"# (\S+\.yaml)\n", block)
                name = named[1] if named else f"{yaml.safe_load(block)['metadata']['name']}.yaml"
                found[name] = block
    return found


class Shell:
    """Runs commands as a reader would; where Pods are only told of `stand_ins` says what takes their place."""

    def __init__(
        self,
        folder: Path,
        kubernetes: Kubernetes,
        more: Mapping[str, str],
        *,
        pods_run: bool = False,
    ) -> None:
        self._folder = folder
        programs = folder / "bin"
        programs.mkdir()
        for stand_in in _STAND_INS.iterdir():
            (programs / stand_in.stem).symlink_to(stand_in)
        if pods_run:
            for real in (Path(kubernetes.program), helm.get()):
                (programs / real.name).unlink()
                (programs / real.name).symlink_to(real)
        for name in ("charts", "k8s", "Dockerfile"):
            (folder / name).symlink_to(ROOT / name)
        places = (programs, ALUR.parent, "/usr/local/bin", "/usr/bin", "/bin")
        self._environment = {
            **os.environ,
            "PATH": ":".join(map(str, places)),
            "PYTHON": sys.executable,
            "REAL_KUBECTL": kubernetes.program,
            "REAL_HELM": str(helm.get()),
            **more,
        }

    def write(self, files: Mapping[str, str]) -> None:
        """Have these files at hand."""
        for name, text in files.items():
            (self._folder / name).write_text(text)

    def run(self, commands: list[Command]) -> list[str]:
        """Run commands in one shell and return what they printed; each has to succeed and to print what its page says."""
        script = "\n".join(f"{c.text}\necho; echo '{MARK}'" for c in commands)
        done = subprocess.run(  # noqa: S603  # the commands of our own guide
            ("bash", "-euo", "pipefail", "-c", script),  # noqa: S607  # of the system
            cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        printed = done.stdout.split(MARK)
        assert done.returncode == 0, (
            f"{commands[len(printed) - 1].text}: {done.stdout[-500:]}{done.stderr}"
        )
        for command, said in zip(commands, printed, strict=False):
            if command.prints:
                assert _plain(said) == _plain(command.prints), command.text
        return printed


def _plain(text: str) -> list[list[str]]:
    """Return the words of each line; ages are all the same."""
    return [_AGE.sub("1s", line).split() for line in text.splitlines() if line.strip()]
