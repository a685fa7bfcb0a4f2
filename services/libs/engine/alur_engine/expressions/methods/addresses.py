"""Addresses of mail and web within texts: found in the time that reading the text takes, whatever it holds.

A search by a pattern that tries everything at each place takes seconds for a text made for that, and nothing can interrupt
it; RE2 is not there where code of users runs.
"""

from __future__ import annotations

import re
import string
from typing import Final

from alur_engine.expressions.limits import spend_steps
from alur_engine.expressions.scope import Scope
from alur_engine.expressions.values import UNDEFINED, Value

_LOCAL: Final = string.ascii_letters + string.digits + "._%+-"
_LONGEST_LOCAL, _LONGEST_LABEL, _MOST_LABELS, _LONGEST_USER = 64, 63, 8, 200
_DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}")
_MAIL: Final = re.compile(rf"[A-Za-z0-9._%+-]{{1,64}}@{_DOMAIN.pattern}")
_URL: Final = re.compile(r"https?://[^\s\"'<>]{1,2000}", re.IGNORECASE)
_TOP: Final = re.compile(r"[A-Za-z]{2,63}")
_RUN: Final = re.compile(r"[\w.-]+")
_PART: Final = re.compile(r"[^\s/]+")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,20}:", re.IGNORECASE)
_MOST_SEARCHED: Final = 100_000


def is_email(_scope: Scope, text: str) -> bool:
    """`isEmail`."""
    return _MAIL.fullmatch(text) is not None


def is_url(_scope: Scope, text: str) -> bool:
    """`isUrl`."""
    return _URL.fullmatch(text) is not None


def is_domain(_scope: Scope, text: str) -> bool:
    """`isDomain`."""
    return _host(text) == text and _RUN.fullmatch(text) is not None


def extract_email(scope: Scope, text: str) -> Value:
    """`extractEmail`: the first address."""
    spend_steps(scope, 1 + (len(text) >> 2))
    text = text[:_MOST_SEARCHED]
    at = text.find("@")
    while at >= 0:
        before = text[max(at - _LONGEST_LOCAL, 0) : at]
        local = before[len(before.rstrip(_LOCAL)) :]
        domain = _DOMAIN.match(text, at + 1)
        if local and domain:
            return f"{local}@{domain[0]}"
        at = text.find("@", at + 1)
    return UNDEFINED


def extract_url(scope: Scope, text: str) -> Value:
    """`extractUrl`: the first address."""
    spend_steps(scope, 1 + (len(text) >> 2))
    found = _URL.search(text[:_MOST_SEARCHED])
    return found[0] if found else UNDEFINED


def extract_domain(scope: Scope, text: str) -> Value:
    """`extractDomain`: that of an address of mail or web."""
    mail = extract_email(scope, text)
    if mail is not UNDEFINED:
        return mail.partition("@")[2]
    text = text[:_MOST_SEARCHED]
    spare = ""
    for found in _PART.finditer(text):
        domain = _within(found[0]) or spare
        if text.startswith("//", found.end()) and _SCHEME.fullmatch(found[0]):
            spare = domain  # it is a scheme, if a domain follows
        elif domain:
            return domain
    return spare or UNDEFINED


def _within(part: str) -> str:
    """Return the first domain of a text without spaces and slashes: before `@` stands a user."""
    user, *behind = part.split("@")
    for each in behind:
        if user and (domain := _first(each, at_once=True)):
            return domain
        if domain := _first(f"{user}@"):
            return domain
        user = each
    return _first(user)


def _first(part: str, *, at_once: bool = False) -> str:
    """Return the first domain that ends with the text, or before a port, a query or a fragment; `at_once`: it begins the text."""
    for run in _RUN.finditer(part):
        if at_once and run.start():
            return ""
        domain = _host(run[0])
        if domain and part[run.end() : run.end() + 1] in {"", ":", "?", "#"}:
            return domain if not at_once or domain == run[0] else ""
        if at_once:
            return ""
    return ""


def _host(text: str) -> str:
    """Return the longest domain that a text of letters, digits, `_`, `-` and dots ends with; empty: it ends with none."""
    *labels, top = text.split(".")
    taken: list[str] = []
    for label in reversed(labels[-_MOST_LABELS:]):
        if not label:
            break
        taken.append(label[-_LONGEST_LABEL:])
        if len(label) > _LONGEST_LABEL:
            break
    return ".".join([*reversed(taken), top]) if taken and _TOP.fullmatch(top) else ""
