"""Workflows: saved, read, listed, deleted; each change of the spec is a new version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import orjson

from alur_common.definitions import KUBERNETES, Verdict, WorkflowRecord, check_manager
from alur_common.documents.port import Where
from alur_common.security.records import Page
from alur_common.security.rights import Caller, authorize
from alur_engine.catalogue import Catalogue
from alur_engine.document import Workflow
from alur_engine.validation import Held, credential_problems, find_doubts, find_excess, find_risks
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.entities import KeptWorkflow
from alur_registry.domain.workflow_documents import (
    check_place,
    credentials_named,
    is_same_spec,
    merge_patch,
    new_excess,
    normal_document,
)
from alur_registry.ports import BoundsOf, Validate
from alur_registry.service.naming import Naming
from alur_registry.service.projects import Projects
from alur_registry.service.publishing import Publishing
from alur_registry.service.tools import Tools
from alur_sdk.errors import (
    ConflictError,
    ExistsError,
    InvalidError,
    MismatchError,
    NotFoundError,
    Problem,
)

_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Wish:
    """A save as it was asked for."""

    caller: Caller
    project: str
    workflow: Workflow
    document: dict[str, Any]
    if_match: int | None
    if_none_match: bool
    managed_by: str
    request_id: str

    @property
    def request(self) -> str:
        """Return what a repeat is known by: the client's id of the request, and what was sent under it."""
        if not self.request_id:
            return ""
        content = orjson.dumps(self.document, option=orjson.OPT_SORT_KEYS)
        return f"{self.request_id} {hashlib.sha256(content).hexdigest()}"


class Workflows:
    """What is done with workflows by who may."""

    def __init__(
        self,
        tools: Tools,
        projects: Projects,
        publishing: Publishing,
        validate: Validate,
        catalogue: Catalogue,
        *,
        naming: Naming,
        bounds_of: BoundsOf,
    ) -> None:
        self._store = tools.store
        self._projects = projects
        self._publishing = publishing
        self._audit = tools.audit
        self._validate = validate
        self._catalogue = catalogue
        self._naming = naming
        self._bounds_of = bounds_of
        self._clock = tools.clock
        self._ids = tools.ids

    async def save(
        self,
        caller: Caller,
        project: str,
        document: object,
        *,
        name: str | None = None,
        if_match: int | None = None,
        if_none_match: bool = False,
        dry_run: bool = False,
        managed_by: str = "",
        request_id: str = "",
    ) -> tuple[WorkflowRecord, bool]:
        """Create or replace a workflow; return its record and whether it is new.

        A spec that differs becomes version n+1 and active; the same document changes nothing, not even the revision.
        A creation (`if_none_match`) by a `request_id` that made the workflow with this very document is a repeat: the
        workflow is answered and left alone; with another document it raises `MismatchError`.
        Raises `InvalidError` with all problems, `ExistsError` for `if_none_match`, `ConflictError` when `if_match` is not
        its revision, `ManagedError` when Kubernetes manages it, `ForbiddenError` for
        what it names that the caller may not use.
        """
        _authorize(caller, "write", project, managed_by)
        workflow = self._sound(document, project, name)
        kept = normal_document(workflow, project)
        wish = _Wish(
            caller, project, workflow, kept, if_match, if_none_match, managed_by, request_id
        )
        if dry_run:
            known = await self._known(wish)
            return self._next(wish, known), known is None
        await self._projects.ensure(caller, project)
        return await self._save(wish)

    async def patch_workflow(
        self,
        caller: Caller,
        project: str,
        name: str,
        patch: object,
        *,
        if_match: int | None = None,
        dry_run: bool = False,
    ) -> WorkflowRecord:
        """Change a workflow by a JSON merge patch (RFC 7396) on its document."""
        authorize(caller, "write", "workflows", project)
        if not isinstance(patch, dict):
            raise InvalidError("a merge patch is a JSON object", [Problem("", "type", "an object")])
        known = await self._get(caller, project, name)
        document = merge_patch(known.document, patch)
        # What was patched is what was read: a change in between makes the patch another one.
        revision = known.revision if if_match is None else if_match
        record, _ = await self.save(
            caller, project, document, name=name, if_match=revision, dry_run=dry_run
        )
        return record

    async def get_workflow(self, caller: Caller, project: str, name: str) -> WorkflowRecord:
        """Return a workflow, or raise `NotFoundError`."""
        authorize(caller, "read", "workflows", project)
        return await self._get(caller, project, name)

    async def list_workflows(
        self,
        caller: Caller,
        project: str,
        *,
        limit: int = 50,
        cursor: str | None = None,
        search: str = "",
    ) -> Page[WorkflowRecord]:
        """Return workflows by name; `search` keeps those whose name, title or description contain the text."""
        authorize(caller, "read", "workflows", project)
        await self._projects.need(caller.tenant, project)
        wanted = check_limit(limit) + 1
        after = decode_cursor(cursor, 2)
        where = [Where("tenant", "eq", caller.tenant), Where("project", "eq", project)]
        found: list[WorkflowRecord] = []
        while len(found) < wanted:
            part = await self._store.workflows.search(
                where, sort=("name",), limit=wanted, after=after
            )
            found += [record for record in part if _contains(record, search.casefold())]
            if len(part) < wanted:
                break
            after = _position(part[-1])
        return page_of(found, limit, _position)

    async def delete_workflow(
        self,
        caller: Caller,
        project: str,
        name: str,
        *,
        if_match: int | None = None,
        managed_by: str = "",
    ) -> None:
        """Delete a workflow; its versions stay for the executions that still run or are looked at."""
        _authorize(caller, "delete", project, managed_by)
        known = await self._get(caller, project, name)
        check_manager(known, managed_by)
        if if_match is not None and if_match != known.revision:
            raise _stale(known)
        await self._publishing.delete(known)
        await self._store.drafts.remove(caller.tenant, project, name)
        await self._audit.record(
            caller, "delete", "workflows", name, project=project, uid=known.uid
        )

    async def validate(self, caller: Caller, document: object) -> Verdict:
        """Return every problem of a document; without any it can be saved, and what is risky or doubtful is told."""
        # The document is judged as it is: any project within the caller's reach does.
        authorize(caller, "read", "workflows", min(caller.projects or (), default=None))
        workflow, problems = self._validate(document)
        if workflow is None or not isinstance(document, dict):
            return Verdict(list(problems), [])
        project = workflow.metadata.namespace
        # What a project may reach is told to those who may read there; to others, what all of them may.
        known = project if caller.may("read", "workflows", project) else ""
        bounds = self._bounds_of(caller.tenant, known)
        warnings = [*find_doubts(document), *find_risks(document, bounds)]
        return Verdict([*problems, *find_excess(document, bounds)], warnings)

    def _sound(self, document: object, project: str, name: str | None) -> Workflow:
        workflow, problems = self._validate(document)
        if workflow is None or problems:
            first = problems[0] if problems else Problem("", "invalid", "the document is not valid")
            count = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise InvalidError(f"{first.path}: {first.message}{count}", problems)
        check_place(workflow, project, name)
        return workflow

    async def _save(self, wish: _Wish) -> tuple[WorkflowRecord, bool]:
        for _ in range(_TRIES):
            known = await self._known(wish)
            record = self._next(wish, known)
            if known is not None and await self._is_orphaned(wish, known, record):
                record = self._taken_over(wish, record, known)
            if known is not None and record.revision == known.revision:
                return known, False
            if known is None:  # a draft of one that had this name before is none of this one
                await self._store.drafts.remove(record.tenant, record.project, record.name)
            try:
                saved = await self._publishing.put(known, record)
            except (ConflictError, ExistsError, NotFoundError):
                if wish.if_match is not None:
                    raise
                continue
            await self._audit.record(
                wish.caller,
                "create" if known is None else "update",
                "workflows",
                saved.name,
                project=wish.project,
                uid=saved.uid,
                version=saved.version,
            )
            return saved, known is None
        raise ConflictError(f"{wish.workflow.metadata.name} is being changed by others: try again")

    async def _known(self, wish: _Wish) -> KeptWorkflow | None:
        """Return what is there now, after checking that the wish may change it."""
        name = wish.workflow.metadata.name
        known = await self._store.workflows.find(wish.caller.tenant, wish.project, name)
        if wish.if_none_match and known is not None:
            _check_repeats(wish, known)
            return known
        if known is not None:
            check_manager(known, wish.managed_by)
        if wish.if_match is not None and (known is None or known.revision != wish.if_match):
            raise _stale(known) if known else ConflictError(f"the workflow {name} does not exist")
        self._naming.check(wish.caller, wish.project, wish.document, known)
        await self._check_use(wish, known)
        return known

    async def _check_use(self, wish: _Wish, known: KeptWorkflow | None) -> None:
        """Raise `InvalidError` for a credential that does not fit its slot, and for more than code may have."""
        held = {}
        for name in credentials_named(wish.document):
            kept = await self._store.credentials.find(wish.caller.tenant, wish.project, name)
            if kept is not None:
                held[name] = Held(kept.type, kept.domains, kept.node_types)
        problems = list(credential_problems(wish.document, self._catalogue, held))
        bounds = self._bounds_of(wish.caller.tenant, wish.project)
        problems += new_excess(wish.document, known, bounds)
        if problems:
            raise InvalidError(f"{problems[0].path}: {problems[0].message}", problems)

    def _next(self, wish: _Wish, known: KeptWorkflow | None) -> KeptWorkflow:
        """Return the record to save: at the known revision when nothing differs, else at the one to come."""
        now = self._clock.now()
        if known is None:
            return self._first(wish, now)
        if wish.if_none_match:
            return known  # a repeat of the request that made it
        managed_by = wish.managed_by or known.managed_by
        if is_same_spec(Workflow.model_validate(known.document), wish.workflow):
            document = {**wish.document, "spec": known.document["spec"]}
            if document == known.document and managed_by == known.managed_by:
                return known
            changed = replace(known, document=document, managed_by=managed_by, updated_at=now)
        else:
            changed = replace(
                known,
                version=known.version + 1,
                document=wish.document,
                updated_at=now,
                activated_at=now,
                activated_by=wish.caller.user,
                managed_by=managed_by,
            )
        return replace(changed, revision=known.revision + 1)

    async def _is_orphaned(self, wish: _Wish, known: KeptWorkflow, record: KeptWorkflow) -> bool:
        """Whether this save leaves a version as it is whose publisher may not use any more what it names."""
        is_kept = record.version == known.version and not wish.if_none_match
        return is_kept and await self._naming.lost(known) is not None

    def _taken_over(self, wish: _Wish, record: KeptWorkflow, known: KeptWorkflow) -> KeptWorkflow:
        """Return the same as a new version of who saves it, who needs all the rights for that."""
        self._naming.check(wish.caller, wish.project, wish.document, None)
        now = self._clock.now()
        return replace(
            record,
            version=known.version + 1,
            updated_at=now,
            activated_at=now,
            activated_by=wish.caller.user,
            revision=known.revision + 1,
        )

    def _first(self, wish: _Wish, now: float) -> KeptWorkflow:
        return KeptWorkflow(
            tenant=wish.caller.tenant,
            project=wish.project,
            name=wish.workflow.metadata.name,
            uid=self._ids.execution(),
            version=1,
            document=wish.document,
            revision=0,
            hook_id=self._ids.secret(16),
            created_at=now,
            updated_at=now,
            activated_at=now,
            managed_by=wish.managed_by,
            activated_by=wish.caller.user,
            request=wish.request,
        )

    async def _get(self, caller: Caller, project: str, name: str) -> KeptWorkflow:
        found = await self._store.workflows.find(caller.tenant, project, name)
        if found is None:
            raise NotFoundError(
                f"there is no workflow {name} in the project {project}", workflow=name
            )
        return found


def _authorize(caller: Caller, action: str, project: str, managed_by: str) -> None:
    """Raise unless the caller may do this; to speak for a manager takes a right of its own."""
    authorize(caller, action, "workflows", project)
    if not managed_by:
        return
    authorize(caller, "manage", "workflows", project)
    if managed_by != KUBERNETES:
        text = f"{managed_by[:60]!r} manages no workflows; `{KUBERNETES}` does"
        raise InvalidError(text, [Problem("managedBy", "unknown", text)])


def _check_repeats(wish: _Wish, known: KeptWorkflow) -> None:
    """Raise unless the wish is the request that made this workflow, come again."""
    name = known.name
    if not wish.request_id or known.request.rpartition(" ")[0] != wish.request_id:
        raise ExistsError(f"the workflow {name} exists already", workflow=name)
    if known.request != wish.request:
        raise MismatchError(
            f"the request {wish.request_id} made {name} of another document: take a new id",
            workflow=name,
        )


def _contains(record: WorkflowRecord, text: str) -> bool:
    spec = record.document["spec"]
    parts = (record.name, spec.get("title", ""), spec.get("description", ""))
    return not text or any(text in part.casefold() for part in parts)


def _position(record: WorkflowRecord) -> list[str]:
    return [record.name, f"{record.tenant}/{record.project}/{record.name}"]


def _stale(known: WorkflowRecord) -> ConflictError:
    return ConflictError(
        f"the workflow {known.name} changed meanwhile: read it again, then decide again",
        workflow=known.name,
        revision=known.revision,
    )
