"""The registry: workflows and versions, node types, people, rights, tokens and sealed credentials."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from alur_common.bus import Bus
from alur_common.clock import Clock, Ids
from alur_common.pools import FOR_ALL, PoolProjects
from alur_common.security.sealing import Sealer
from alur_common.security.sessions import AccessTokens
from alur_engine.catalogue import Catalogue
from alur_engine.validation import NOTHING_SAID
from alur_registry.ports import BoundsOf, Outlook, ReachOf, Store, Validate
from alur_registry.service.audit import Audit
from alur_registry.service.bootstrap import DEFAULT_TENANT, Bootstrap
from alur_registry.service.credentials import Credentials
from alur_registry.service.keys import Keys
from alur_registry.service.lookup import Lookup
from alur_registry.service.members import Members
from alur_registry.service.naming import Naming
from alur_registry.service.node_types import NodeTypes
from alur_registry.service.producers import Producers
from alur_registry.service.projects import Projects
from alur_registry.service.publishing import Publishing
from alur_registry.service.reach import Reach
from alur_registry.service.security import SecurityRecords
from alur_registry.service.sessions import Sessions
from alur_registry.service.shown import Showing
from alur_registry.service.tokens import Tokens
from alur_registry.service.tools import Tools
from alur_registry.service.variables import Variables
from alur_registry.service.versions import Versions
from alur_registry.service.workflows import Workflows


@dataclass(frozen=True, slots=True)
class Parts:
    """What a registry is made of. `fresh_seconds` None: this process alone writes the store."""

    store: Store
    bus: Bus
    clock: Clock
    ids: Ids
    validate: Validate
    catalogue: Mapping[str, Any]
    sealer: Sealer
    access: AccessTokens
    outlook: Outlook | None = None
    public_url: str = "http://127.0.0.1:8080"
    needs_broker: Container[str] = ()
    bounds_of: BoundsOf = lambda _tenant, _project: NOTHING_SAID
    reach_of: ReachOf = lambda _tenant: {}
    pool_projects: PoolProjects = FOR_ALL
    fresh_seconds: float | None = None


class Registry:
    """Everything that the registry does, each method as the class of its area documents it.

    What takes a caller authorizes it; what takes none is for the other services in the same process.
    """

    def __init__(self, parts: Parts) -> None:
        self._make_ground(parts)
        self._make_people(parts)
        self._make_definitions(parts)
        self._make_secrets(parts)

    async def start(self) -> None:
        """Load what the hot paths need and tell what a crash kept from being told; once, before anything else."""
        await self._lookup.load()
        await self.relay()

    async def sweep(self) -> None:
        """Remove what is over: links, sessions, tokens. Safe at any time, some hundred a call."""
        await self._sessions.sweep()

    async def relay(self) -> None:
        """Tell what a registry that died has not told. Safe at any time."""
        await self._publishing.relay()

    async def new_sign_in_link(self, user: str | None = None) -> str:
        """Return a one-time sign-in token for this user of the default tenant, or for its owner."""
        if user is None:
            user = (await self.owner()).user
        return await self._sessions.new_link(DEFAULT_TENANT, user)

    def _make_ground(self, parts: Parts) -> None:
        store, clock = parts.store, parts.clock
        audit = Audit(store, clock, parts.access.sign)
        self._tools = Tools(store, clock, parts.ids, audit)
        self._projects = projects = Projects(store, clock, audit)
        self._lookup = lookup = Lookup(store, clock, fresh_seconds=parts.fresh_seconds)
        self._publishing = Publishing(
            store, lookup, parts.bus, parts.ids, is_alone=parts.fresh_seconds is None
        )
        self.record_reach = Reach(store, audit, parts.reach_of).record_reach
        self.record = audit.record
        self.list_audit = audit.list_audit
        self.verify_audit = audit.verify_audit
        self.list_projects = projects.list_projects
        self.get_project = projects.get_project
        self.create_project = projects.create_project
        self.delete_project = projects.delete_project
        self.find_hook = lookup.find_hook
        self.load_hook = lookup.load_hook
        self.follow = lookup.follow
        self.active = lookup.active
        self.newest = lookup.newest
        self.version = lookup.version
        self.all_active = lookup.all_active

    def _make_definitions(self, parts: Parts) -> None:
        self._catalogue = catalogue = Catalogue.from_json(parts.catalogue)
        naming = Naming(catalogue, self._sessions, parts.pool_projects)
        workflows = Workflows(
            self._tools,
            self._projects,
            self._publishing,
            parts.validate,
            catalogue,
            naming=naming,
            bounds_of=parts.bounds_of,
        )
        versions = Versions(parts.store, workflows, self._lookup, self._projects, parts.clock)
        showing = Showing(
            parts.store,
            parts.outlook,
            parts.public_url,
            naming=naming,
            needs_broker=parts.needs_broker,
            bounds_of=parts.bounds_of,
        )
        types = NodeTypes(parts.catalogue)
        self.save = workflows.save
        self.patch_workflow = workflows.patch_workflow
        self.get_workflow = workflows.get_workflow
        self.list_workflows = workflows.list_workflows
        self.delete_workflow = workflows.delete_workflow
        self.validate = workflows.validate
        self.list_versions = versions.list_versions
        self.get_version = versions.get_version
        self.restore_version = versions.restore_version
        self.save_draft = versions.save_draft
        self.get_draft = versions.get_draft
        self.delete_draft = versions.delete_draft
        self.publish = versions.publish
        self.shown = showing.shown
        self.set_public_url = showing.set_public_url
        self.list_node_types = types.list_node_types
        self.get_node_type = types.get_node_type

    def _make_people(self, parts: Parts) -> None:
        self._sessions = sessions = Sessions(
            self._tools, parts.access, fresh_seconds=parts.fresh_seconds
        )
        members = Members(self._tools, sessions)
        tokens = Tokens(self._tools, sessions)
        self._bootstrap = bootstrap = Bootstrap(parts.store, parts.clock, parts.ids)
        self.ensure_owner = bootstrap.ensure_owner
        self.owner = bootstrap.owner
        self.only_tenant = bootstrap.only_tenant
        security = SecurityRecords(parts.store, self._tools.audit, bootstrap)
        self.record_security_events = security.record_security_events
        self.list_security_events = security.list_security_events
        self.authenticate = sessions.authenticate
        self.granted = sessions.granted
        self.sign_in = sessions.sign_in
        self.refresh = sessions.refresh
        self.sign_out = sessions.sign_out
        self.me = members.me
        self.list_members = members.list_members
        self.get_member = members.get_member
        self.add_member = members.add_member
        self.change_member = members.change_member
        self.remove_member = members.remove_member
        self.invite_member = members.invite_member
        self.create_token = tokens.create_token
        self.list_tokens = tokens.list_tokens
        self.revoke_token = tokens.revoke_token

    def _make_secrets(self, parts: Parts) -> None:
        fresh_seconds = parts.fresh_seconds
        credentials = Credentials(
            self._tools,
            self._projects,
            parts.sealer,
            self._catalogue,
            fresh_seconds=fresh_seconds,
        )
        variables = Variables(self._tools, self._projects, fresh_seconds=fresh_seconds)
        producers = Producers(self._tools, parts.sealer, fresh_seconds=fresh_seconds)
        keys = Keys(
            parts.sealer, self._tools.audit, self._bootstrap, credentials.kept, producers.kept
        )
        self.list_keys = keys.list_keys
        self.begin_rotation = keys.begin_rotation
        self.rotate_some = keys.rotate_some
        self.retire_key = keys.retire_key
        self.create_producer = producers.create_producer
        self.list_producers = producers.list_producers
        self.revoke_producer = producers.revoke_producer
        self.unseal_producer = producers.unseal_producer
        self.credential_types = credentials.credential_types
        self.set_credential = credentials.set_credential
        self.limit_credential = credentials.limit_credential
        self.get_credential = credentials.get_credential
        self.list_credentials = credentials.list_credentials
        self.delete_credential = credentials.delete_credential
        self.unseal = credentials.unseal
        self.set_variable = variables.set_variable
        self.get_variable = variables.get_variable
        self.list_variables = variables.list_variables
        self.delete_variable = variables.delete_variable
        self.variables = variables.variables
