"""Contexts: named servers in the configuration file, as kubectl has them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from alur.places import write_private
from alur_sdk.errors import InvalidError, NotFoundError


@dataclass(frozen=True, slots=True)
class Context:
    """A server, who we are there, and the project that is meant when none is named."""

    server: str
    token: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """What the configuration file says."""

    current: str = ""
    contexts: dict[str, Context] = field(default_factory=dict)

    def get(self, name: str) -> Context:
        """Return a context, or raise `NotFoundError`."""
        if name not in self.contexts:
            known = ", ".join(self.contexts) or "none"
            raise NotFoundError(f"there is no context {name!r}; known: {known}")
        return self.contexts[name]

    def with_context(self, name: str, context: Context, *, current: bool) -> Config:
        """Return the configuration with one context more or changed."""
        contexts = self.contexts | {name: context}
        return replace(self, contexts=contexts, current=name if current else self.current)

    def without(self, name: str) -> Config:
        """Return the configuration without a context. Raises `NotFoundError`."""
        self.get(name)
        left = {key: value for key, value in self.contexts.items() if key != name}
        return Config("" if self.current == name else self.current, left)


def load(path: Path) -> Config:
    """Read the file; a missing one is empty. Raises `InvalidError` that names it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{path} cannot be read: {error}") from error
    import yaml  # noqa: PLC0415  # most calls have no configuration file

    try:
        raw = yaml.safe_load(text) or {}
        contexts = {str(name): _context(value) for name, value in raw.get("contexts", {}).items()}
        return Config(str(raw.get("current", "")), contexts)
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        message = f"{path} is no configuration of Alur: {error}; mend or remove it"
        raise InvalidError(message) from error


def save(path: Path, config: Config) -> None:
    """Write the file, readable by its owner alone: it holds tokens."""
    import yaml  # noqa: PLC0415  # only `login` and `config` write

    contexts = {
        name: {key: value for key, value in asdict(context).items() if value}
        for name, context in config.contexts.items()
    }
    content = {"current": config.current, "contexts": contexts}
    write_private(path, yaml.safe_dump(content, sort_keys=False))


def _context(raw: Any) -> Context:  # noqa: ANN401  # what a person wrote
    known = {name: str(raw[name]) for name in ("server", "token", "project") if name in raw}
    return Context(**known)
