"""Which workflow a webhook address means, known in memory."""

from __future__ import annotations

from alur_common.definitions import WorkflowRecord

WEBHOOK = "trigger.webhook"


class HookIndex:
    """Workflows by the secret part of their webhook addresses; the newest revision that was seen wins."""

    def __init__(self) -> None:
        self._records: dict[str, WorkflowRecord] = {}

    def find(self, hook_id: str) -> WorkflowRecord | None:
        """Return the workflow that has webhooks under this id, or None; suspended ones are found too."""
        return self._records.get(hook_id)

    def keep(self, record: WorkflowRecord) -> None:
        """Know the workflow as it is now."""
        known = self._records.get(record.hook_id)
        if known is not None and known.revision > record.revision:
            return
        triggers = record.document["spec"].get("triggers", ())
        if any(trigger["type"] == WEBHOOK for trigger in triggers):
            self._records[record.hook_id] = record
        else:
            self._records.pop(record.hook_id, None)

    def forget(self, hook_id: str) -> None:
        """Know that the workflow was deleted."""
        self._records.pop(hook_id, None)

    def forget_workflow(self, uid: str) -> None:
        """The same, by the workflow's uid."""
        for hook_id in [key for key, known in self._records.items() if known.uid == uid]:
            del self._records[hook_id]
