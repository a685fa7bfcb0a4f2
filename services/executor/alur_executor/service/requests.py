"""Requests: the evaluated parameters of each item of a node run, made once and the same after a crash."""

from __future__ import annotations

from collections.abc import Sequence

from alur_engine.state import Run
from alur_executor.domain.programs import Step
from alur_executor.service import attempts
from alur_executor.service.scoping import ItemScopes
from alur_sdk.errors import AlurError
from alur_sdk.items import Item, Json
from alur_sdk.nodes import Params


class Requests:
    """What a node run asks for, item by item. An intent in the journal wins over a new evaluation."""

    def __init__(self, step: Step, scopes: ItemScopes, run: Run) -> None:
        self._scopes = scopes
        self._step = step
        self._run = run
        self._made: dict[int, Params] = {}
        self._broken: dict[int, AlurError] = {}

    def written(self) -> dict[str, dict[str, Json]]:
        """Return `{item: parameters as JSON}` of all items that can be read, for the intent."""
        if isinstance(self._run.intent, dict):
            return self._run.intent
        count = len(self._scopes.items) if self._step.is_item else 1
        for index in range(count):
            try:
                self._made[index] = attempts.parameters(self._step, self._scopes, index)
            except AlurError as error:
                self._broken[index] = error
        return {str(index): as_json(params) for index, params in self._made.items()}

    def parameters(self, index: int) -> Params:
        """Return the parameters for an item: those of the intent where there is one."""
        intent = self._run.intent
        if index in self._broken:
            raise self._broken[index]
        if index in self._made:
            return self._made[index]
        if isinstance(intent, dict) and str(index) in intent:
            return type(self._step.node).params_type().model_validate(intent[str(index)])
        return attempts.parameters(self._step, self._scopes, index)


def is_asked(step: Step, run: Run, items: Sequence[Item]) -> bool:
    """Return whether an intent holds all that is asked for, so that nothing is left to be evaluated."""
    intent = run.intent
    count = len(items) if step.is_item else 1
    return isinstance(intent, dict) and all(str(index) in intent for index in range(count))


def as_json(params: Params) -> dict[str, Json]:
    """Return parameters as an intent holds them."""
    return params.model_dump(mode="json", by_alias=True, exclude_unset=True)
