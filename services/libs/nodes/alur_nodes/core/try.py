"""The node `core.try`."""

from __future__ import annotations

from alur_sdk import Params, ScopeNode


class TryParams(Params):
    """Nothing to set."""


class Try(ScopeNode[TryParams]):
    """Catch what fails in the nodes behind `try`.

    The items go out by `try`. When a node behind it fails, an item that describes the error
    goes out by `catch`. After either, the items go out by `finally`. Behind `try` is what no other way leads to: a node in
    which the ways of `try` and `catch` meet again is not tried.
    """

    label = "Try"
    icon = "shield-check"
    outputs = ("try", "catch", "finally")
    scopes = ("try", "catch", "finally")
