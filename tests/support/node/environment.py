"""What a container is started with: its variables and its command, as its pod says."""

from __future__ import annotations

import re

from tests.support.node.api import Api, Object
from tests.support.node.volumes import content_of, field_of

EVERYWHERE = "0.0.0.0"  # noqa: S104  # what a container says; it is replaced
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


async def environment(api: Api, pod: Object, container: Object, own: str) -> dict[str, str]:
    """Return the variables of a container. Raises `NotYetError` for what they name and is not there.

    All pods share this machine's loopback, each with an address of its own: who says that it
    listens everywhere listens there.
    """
    namespace = pod["metadata"]["namespace"]
    made: dict[str, str] = {"HOSTNAME": pod["metadata"]["name"]}
    for source in container.get("envFrom") or ():
        kind = "secrets" if "secretRef" in source else "configmaps"
        name = (source.get("secretRef") or source.get("configMapRef"))["name"]
        content = await content_of(api, namespace, kind, name)
        prefix = source.get("prefix", "")
        made |= {prefix + key: value.decode() for key, value in content.items()}
    for one in container.get("env") or ():
        value = await _value(api, pod, one)
        made[one["name"]] = expanded(value, made).replace(EVERYWHERE, own)
    return made


async def _value(api: Api, pod: Object, one: Object) -> str:
    source = one.get("valueFrom") or {}
    if field := source.get("fieldRef"):
        return field_of(pod, field["fieldPath"])
    for name, kind in (("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")):
        if reference := source.get(name):
            namespace = pod["metadata"]["namespace"]
            content = await content_of(api, namespace, kind, reference["name"])
            return content[reference["key"]].decode()
    return str(one.get("value", ""))


def expanded(text: str, known: dict[str, str]) -> str:
    """Put the values of variables in the place of `$(NAME)`; what is not known stays."""
    return _REFERENCE.sub(lambda found: known.get(found[1], found[0]), text)


def command_of(container: Object, entry: list[str], known: dict[str, str], own: str) -> list[str]:
    """Return what is run: the container's command, else the image's, and its arguments."""
    parts = [*(container.get("command") or entry), *(container.get("args") or ())]
    return [own if part == EVERYWHERE else expanded(part, known) for part in parts]
