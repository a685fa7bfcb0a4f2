"""What each operation of REST and gRPC needs of the one table of rights: (action, resource)."""

from __future__ import annotations

from collections.abc import Mapping

RIGHTS: Mapping[str, tuple[str, str]] = {
    "list_workflows": ("read", "workflows"),
    "create_workflow": ("write", "workflows"),
    "get_workflow": ("read", "workflows"),
    "put_workflow": ("write", "workflows"),
    "patch_workflow": ("write", "workflows"),
    "delete_workflow": ("delete", "workflows"),
    "publish_workflow": ("write", "workflows"),
    "get_draft": ("read", "workflows"),
    "put_draft": ("write", "workflows"),
    "list_versions": ("read", "workflows"),
    "get_version": ("read", "workflows"),
    "restore_version": ("write", "workflows"),
    "watch_workflows": ("read", "workflows"),
    "start_execution": ("execute", "workflows"),
    "list_executions": ("read", "executions"),
    "get_execution": ("read", "executions"),
    "get_execution_node": ("read", "executions"),
    "get_execution_journal": ("read", "executions"),
    "watch_execution": ("read", "executions"),
    "cancel_execution": ("execute", "executions"),
    "replay_execution": ("execute", "executions"),
    "signal_execution": ("execute", "executions"),
    "resolve_execution": ("execute", "executions"),
    "list_node_types": ("read", "node-types"),
    "get_node_type": ("read", "node-types"),
    "validate": ("read", "workflows"),
    "evaluate_expression": ("execute", "expressions"),
    "get_me": ("read", "me"),
    "delete_session": ("delete", "sessions"),
    "list_tokens": ("read", "tokens"),
    "create_token": ("write", "tokens"),
    "delete_token": ("delete", "tokens"),
    "list_projects": ("read", "projects"),
    "create_project": ("write", "projects"),
    "delete_project": ("delete", "projects"),
    "list_members": ("read", "members"),
    "get_project": ("read", "projects"),
    "add_member": ("write", "members"),
    "change_member": ("write", "members"),
    "invite_member": ("write", "members"),
    "remove_member": ("delete", "members"),
    "list_credential_types": ("read", "node-types"),
    "list_credentials": ("read", "credentials"),
    "get_credential": ("read", "credentials"),
    "put_credential": ("write", "credentials"),
    "delete_credential": ("delete", "credentials"),
    "list_variables": ("read", "variables"),
    "get_variable": ("read", "variables"),
    "put_variable": ("write", "variables"),
    "delete_variable": ("delete", "variables"),
    "list_audit": ("read", "audit"),
    "verify_audit": ("read", "audit"),
}
"""operation -> (action, resource). Whoever adds an operation adds its row, or it does not start."""

PUBLIC = frozenset({"create_session", "refresh_session", "get_openapi"})
"""Operations that need no caller: signing in, going on with the cookie for that, and the API's description."""
