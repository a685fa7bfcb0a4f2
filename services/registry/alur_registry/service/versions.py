"""Versions of workflows, drafts of the next one, and going back."""

from __future__ import annotations

import contextlib
from typing import Any

from alur_common.clock import Clock
from alur_common.definitions import DraftRecord, VersionRecord, WorkflowRecord
from alur_common.documents.port import Where
from alur_common.security.records import Page
from alur_common.security.rights import Caller, authorize
from alur_registry.domain.cursors import check_limit, decode_cursor, page_of
from alur_registry.domain.entities import KeptWorkflow, number_key
from alur_registry.ports import Store
from alur_registry.service.lookup import Lookup
from alur_registry.service.projects import Projects
from alur_registry.service.workflows import Workflows
from alur_sdk.errors import ConflictError, ExistsError, InvalidError, NotFoundError, Problem


class Versions:
    """What is done with versions and drafts."""

    def __init__(
        self,
        store: Store,
        workflows: Workflows,
        lookup: Lookup,
        projects: Projects,
        clock: Clock,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._lookup = lookup
        self._projects = projects
        self._clock = clock

    async def list_versions(
        self,
        caller: Caller,
        project: str,
        name: str,
        *,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[VersionRecord]:
        """Return the versions, newest first, the active one among them."""
        authorize(caller, "read", "workflows", project)
        known = await self._workflow(caller, project, name)
        after = decode_cursor(cursor, 2)
        found = [known.archived()] if after is None else []
        found += await self._store.versions.search(
            # Nothing newer than the active version was ever published.
            [Where("uid", "eq", known.uid), Where("version", "lt", known.version)],
            sort=("-version",),
            limit=check_limit(limit) + 1,
            after=after,
        )
        return page_of(found, limit, lambda v: [v.version, f"{v.uid}/{number_key(v.version)}"])

    async def get_version(
        self, caller: Caller, project: str, name: str, number: int
    ) -> VersionRecord:
        """Return one version, or raise `NotFoundError`."""
        authorize(caller, "read", "workflows", project)
        known = await self._workflow(caller, project, name)
        if not 1 <= number <= known.version:
            raise NotFoundError(f"{name} has no version {number}", workflow=name, version=number)
        return await self._lookup.version(known.uid, number)

    async def restore_version(
        self,
        caller: Caller,
        project: str,
        name: str,
        number: int,
        *,
        if_match: int | None = None,
    ) -> WorkflowRecord:
        """Make the spec of an old version the newest version; history only grows."""
        authorize(caller, "write", "workflows", project)
        old = await self.get_version(caller, project, name, number)
        record, _ = await self._workflows.save(
            caller, project, old.document, name=name, if_match=if_match
        )
        return record

    async def save_draft(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object,
        *,
        base: int = 0,
        if_match: int | None = None,
        if_none_match: bool = False,
    ) -> DraftRecord:
        """Keep what the editor has not published yet of a workflow, valid or not, and return it at its new revision.

        `base` is the revision of the workflow that it was drawn on. Raises `ConflictError` when the draft is not at
        `if_match`, when there is one in spite of `if_none_match`, and when there is one drawn on a newer `base`;
        without these the last writer wins.
        """
        authorize(caller, "write", "workflows", project)
        await self._projects.need(caller.tenant, project)
        await self._workflow(caller, project, name)
        content = _object(document)
        known = await self._store.drafts.find(caller.tenant, project, name)
        if if_none_match or if_match is not None:
            _check_draft(name, known, base, if_match)
        draft = DraftRecord(
            tenant=caller.tenant,
            project=project,
            name=name,
            document=content,
            changed_by=caller.user,
            revision=0 if known is None else known.revision,
            base=base,
            changed_at=self._clock.now(),
        )
        return await self._keep(draft, is_new=known is None)

    async def _keep(self, draft: DraftRecord, *, is_new: bool) -> DraftRecord:
        drafts = self._store.drafts
        try:
            return await (drafts.insert(draft) if is_new else drafts.save(draft))
        except (ConflictError, ExistsError, NotFoundError) as error:
            raise _draft_changed(draft.name) from error

    async def get_draft(self, caller: Caller, project: str, name: str) -> DraftRecord | None:
        """Return the draft, or None."""
        authorize(caller, "read", "workflows", project)
        return await self._store.drafts.find(caller.tenant, project, name)

    async def delete_draft(
        self, caller: Caller, project: str, name: str, *, if_match: int | None = None
    ) -> None:
        """Drop the draft; without one nothing happens. Raises `ConflictError` when it is not at `if_match`."""
        authorize(caller, "write", "workflows", project)
        was_there = await self._store.drafts.remove(
            caller.tenant, project, name, at_revision=if_match
        )
        if if_match is not None and not was_there:
            raise _draft_changed(name)

    async def publish(
        self,
        caller: Caller,
        project: str,
        name: str,
        document: object = None,
        *,
        if_match: int | None = None,
        draft: int | None = None,
    ) -> WorkflowRecord:
        """Make a version of the document, or of the draft when there is none, and remove what was published.

        With a document only the `draft` at this revision goes, the one that the document was drawn from: another's
        stays, as does one that was written meanwhile.
        """
        authorize(caller, "write", "workflows", project)
        if document is None:
            found = await self.get_draft(caller, project, name)
            if found is None:
                raise NotFoundError(f"{name} has no draft to publish", workflow=name)
            if draft not in {None, found.revision}:
                raise _draft_changed(name)
            document, draft = found.document, found.revision
        record, _ = await self._workflows.save(
            caller, project, document, name=name, if_match=if_match
        )
        if draft is not None:
            with contextlib.suppress(ConflictError):  # another wrote one meanwhile
                await self._store.drafts.remove(caller.tenant, project, name, at_revision=draft)
        return record

    async def _workflow(self, caller: Caller, project: str, name: str) -> KeptWorkflow:
        found = await self._store.workflows.find(caller.tenant, project, name)
        if found is None:
            raise NotFoundError(
                f"there is no workflow {name} in the project {project}", workflow=name
            )
        return found


def _check_draft(name: str, known: DraftRecord | None, base: int, if_match: int | None) -> None:
    """Raise unless the draft is the one that the writer saw; a removed one may have come again at the same revision."""
    revision = None if known is None else known.revision
    if revision != if_match or (known is not None and known.base > base):
        raise _draft_changed(name)


def _object(document: object) -> dict[str, Any]:
    if isinstance(document, dict):
        return document
    problem = Problem("", "type", "must be an object")
    raise InvalidError("a draft is a workflow document", [problem])


def _draft_changed(name: str) -> ConflictError:
    return ConflictError(
        f"the draft of {name} was changed or published by others: read it again, then decide again",
        workflow=name,
    )
