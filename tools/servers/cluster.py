"""A Kubernetes without machines on loopback: etcd, the API server, and controllers."""

from __future__ import annotations

import json
import shutil
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from tools.servers import kubernetes
from tools.servers.cache import temporary_folder
from tools.servers.certificates import write_certificates, write_key
from tools.servers.running import Server, free_port

ADMIN_TOKEN = "admin-of-tests"  # noqa: S105  # of a server that lives as long as a test
CONTROLLERS = (
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "root-ca-certificate-publisher-controller",
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "job-controller",
    "disruption-controller",
    "persistentvolumeclaim-protection-controller",
    "horizontal-pod-autoscaler-controller",
)
"""What namespaces, owner references, service accounts and workloads need; Pods wait until a machine takes them."""

_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "userGroups": ["system:serviceaccounts"]}, {"level": "None"}],
}
"""What service accounts do is written down, so that a test sees which of their rights they use."""


class Cluster:
    """One cluster on fresh data; its API keeps its address over restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.kubeconfig = folder / "kubeconfig"
        self.authority = folder / "ca.crt"
        folder.mkdir(parents=True, exist_ok=True)
        write_certificates(folder)
        write_key(folder / "accounts.key")
        self.audit_log = folder / "audit.jsonl"
        (folder / "audit-policy.json").write_text(json.dumps(_AUDIT))
        (folder / "tokens.csv").write_text(f'{ADMIN_TOKEN},admin,admin,"system:masters"\n')
        self.write_kubeconfig(self.kubeconfig, ADMIN_TOKEN)
        programs = kubernetes.get()
        # In memory where the machine has a folder there: nothing outlives a test.
        memory = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
        self._data = temporary_folder(memory if memory.is_dir() else None)
        self._etcd = self._etcd_server(programs)
        self.api = self._api_server(programs)
        self._controllers = self._controller_server(programs)

    def start(self) -> Cluster:
        """Start all of it; return once the API answers that it is ready."""
        for server in (self._etcd, self.api, self._controllers):
            server.start()
        return self

    def stop(self) -> None:
        """End all of it, without the wait for open watches, and remove its data."""
        for server in (self._controllers, self.api, self._etcd):
            server.kill()
        shutil.rmtree(self._data, ignore_errors=True)

    def write_kubeconfig(self, path: Path, token: str) -> None:
        """Write how kubectl and the operator reach it as the owner of this token."""
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        context = {"cluster": "tests", "user": "tests", "namespace": "default"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "tests",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": "tests", "user": {"token": token}}],
            "contexts": [{"name": "tests", "context": context}],
        }
        path.write_text(json.dumps(config))
        path.chmod(0o600)

    def _etcd_server(self, programs: Path) -> Server:
        port, peers = free_port(), free_port()
        client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
        command = (
            str(programs / "etcd"), "--unsafe-no-fsync", "--log-level=warn",
            f"--data-dir={self._data / 'etcd'}", f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}",
        )  # fmt: skip
        return Server("etcd", command, self.folder / "etcd", port)

    def _api_server(self, programs: Path) -> Server:
        folder = self.folder
        command = (
            str(programs / "kube-apiserver"), "--authorization-mode=RBAC",
            f"--etcd-servers=http://127.0.0.1:{self._etcd.port}",
            "--bind-address=127.0.0.1", f"--secure-port={self.port}",
            "--endpoint-reconciler-type=none", "--advertise-address=127.0.0.1",
            f"--tls-cert-file={folder / 'server.crt'}",
            f"--tls-private-key-file={folder / 'server.key'}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder / 'accounts.key'}",
            f"--service-account-signing-key-file={folder / 'accounts.key'}",
            "--service-cluster-ip-range=10.0.0.0/24", "--profiling=false",
            f"--audit-policy-file={folder / 'audit-policy.json'}",
            f"--audit-log-path={self.audit_log}",
            f"--cert-dir={folder / 'certificates'}",
        )  # fmt: skip
        return Server(
            "kube-apiserver", command, folder / "api", self.port, is_ready=lambda _: self.is_ready()
        )

    def _controller_server(self, programs: Path) -> Server:
        # It serves nothing: that it works is seen by what it makes.
        command = (
            str(programs / "kube-controller-manager"), f"--kubeconfig={self.kubeconfig}",
            f"--controllers={','.join(CONTROLLERS)}", "--leader-elect=false",
            "--use-service-account-credentials=false", "--secure-port=0",
            "--horizontal-pod-autoscaler-sync-period=1s",
            f"--root-ca-file={self.authority}",
            f"--service-account-private-key-file={self.folder / 'accounts.key'}",
            f"--cert-dir={self.folder / 'certificates'}",
        )  # fmt: skip
        made = "/api/v1/namespaces/default/serviceaccounts/default"
        return Server(
            "kube-controller-manager", command, self.folder / "controllers", port=0,
            is_ready=lambda _: self._answers(made),
        )  # fmt: skip

    def is_ready(self) -> bool:
        """Whether the API says so itself."""
        return self._answers("/readyz")

    def _answers(self, path: str) -> bool:
        context = ssl.create_default_context(cafile=str(self.authority))
        asked = urllib.request.Request(  # noqa: S310  # our own server
            f"{self.url}{path}", headers={"authorization": f"Bearer {ADMIN_TOKEN}"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=2, context=context) as answer:  # noqa: S310  # as above
                return bool(answer.status == 200)  # noqa: PLR2004  # OK
        except (OSError, urllib.error.URLError):
            return False
