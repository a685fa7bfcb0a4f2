"""Volumes of a pod as folders."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.support.node.api import Api, Object

WRITABLE = 0o2777
"""Whoever the pod runs as may write, as a volume of its `fsGroup` allows."""


class NotYetError(Exception):
    """Something that the pod names is not there; it waits, as with a kubelet."""


class Volumes:
    """Makes the folders of a pod's volumes; claims keep theirs."""

    def __init__(self, api: Api, folder: Path) -> None:
        self._api = api
        self._folder = folder

    async def of(self, pod: Object) -> dict[str, Path]:
        """Return a folder for each volume, or raise `NotYetError`."""
        return {v["name"]: await self._made(pod, v) for v in pod["spec"].get("volumes") or ()}

    async def _made(self, pod: Object, volume: Object) -> Path:
        if claim := volume.get("persistentVolumeClaim"):
            return open_to_all(self._folder / "claims" / claim["claimName"])
        folder: Path = self._folder / "pods" / pod["metadata"]["uid"] / volume["name"]
        if "emptyDir" in volume:
            return open_to_all(folder)
        for source in (volume.get("projected") or {}).get("sources") or [volume]:
            written(folder, await self._files(pod, source))
        return folder

    async def _files(self, pod: Object, source: Object) -> dict[str, bytes]:
        namespace = pod["metadata"]["namespace"]
        if secret := source.get("secret"):
            name = secret.get("secretName") or secret["name"]
            return chosen(secret, await content_of(self._api, namespace, "secrets", name))
        if config := source.get("configMap"):
            return chosen(
                config, await content_of(self._api, namespace, "configmaps", config["name"])
            )
        if token := source.get("serviceAccountToken"):
            return {token["path"]: await self._token(pod, token)}
        if downward := source.get("downwardAPI"):
            return {
                item["path"]: field_of(pod, item["fieldRef"]["fieldPath"]).encode()
                for item in downward["items"]
            }
        raise NotImplementedError(f"the stand-in of a kubelet has no volume of {source}")

    async def _token(self, pod: Object, asked: Object) -> bytes:
        about = pod["metadata"]
        account = pod["spec"].get("serviceAccountName", "default")
        path = f"/api/v1/namespaces/{about['namespace']}/serviceaccounts/{account}/token"
        bound = {"kind": "Pod", "apiVersion": "v1", "name": about["name"], "uid": about["uid"]}
        spec = {
            "expirationSeconds": asked.get("expirationSeconds", 3600),
            "audiences": [asked["audience"]] if "audience" in asked else [],
            "boundObjectRef": bound,
        }
        made = await self._api.post(path, {"spec": spec})
        return str(made["status"]["token"]).encode()


def open_to_all(folder: Path) -> Path:
    """Make a folder into which every pod may write."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(WRITABLE)
    return folder


def written(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def chosen(source: Object, content: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a Secret or ConfigMap under the paths that a volume gives them."""
    if "items" not in source:
        return content
    missing = [item["key"] for item in source["items"] if item["key"] not in content]
    if missing:
        raise NotYetError(f"{source} has no {missing}")
    return {item["path"]: content[item["key"]] for item in source["items"]}


async def content_of(api: Api, namespace: str, kind: str, name: str) -> dict[str, bytes]:
    """Return what is in a Secret or a ConfigMap, or raise `NotYetError`."""
    found = await api.find(f"/api/v1/namespaces/{namespace}/{kind}/{name}")
    if found is None:
        raise NotYetError(f"there is no {kind} {namespace}/{name}")
    data = found.get("data") or {}
    if kind == "secrets":
        return {key: base64.b64decode(value) for key, value in data.items()}
    return {key: value.encode() for key, value in data.items()}


def field_of(pod: Object, path: str) -> str:
    """Return what a `fieldRef` names."""
    found = pod
    for part in path.split("."):
        found = found[part]
    return str(found)
