"""What of the registry other services may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alur_registry.service import Registry

PORT = "registry"
FOR_SERVICES = (
    *("active", "newest", "version", "all_active", "load_hook", "variables", "unseal"),
    *("unseal_producer", "only_tenant", "record_security_events", "granted"),
)
"""Without a caller: for triggers, executors and schedulers."""
FOR_LOCAL_OWNER = (
    *("owner", "new_sign_in_link", "ensure_owner"),
    *("list_keys", "begin_rotation", "rotate_some", "retire_key"),
)
"""For whoever holds the data folder, or the secret of calls between services."""
FOR_CALLERS = (
    *("save", "patch_workflow", "get_workflow", "list_workflows", "delete_workflow", "validate"),
    *("list_versions", "get_version", "restore_version", "save_draft", "get_draft", "publish"),
    "delete_draft",
    *("shown", "list_node_types", "get_node_type"),
    *("authenticate", "sign_in", "refresh", "sign_out", "me"),
    *("create_token", "list_tokens", "revoke_token"),
    *("create_producer", "list_producers", "revoke_producer"),
    *("list_projects", "get_project", "create_project", "delete_project"),
    *("list_members", "get_member", "add_member", "change_member"),
    *("invite_member", "remove_member"),
    *("record", "list_audit", "verify_audit", "list_security_events"),
    *("credential_types", "set_credential", "get_credential", "list_credentials"),
    *("limit_credential", "delete_credential"),
    *("set_variable", "get_variable", "list_variables", "delete_variable"),
)
"""Each authorizes its caller, or finds out who calls."""


def served(registry: Registry) -> list[Callable[..., Any]]:
    """Return the methods of the port."""
    names = (*FOR_SERVICES, *FOR_LOCAL_OWNER, *FOR_CALLERS)
    return [getattr(registry, name) for name in names]
