"""DNS labels (RFC 1123): what projects, workflows and pools are named by."""

from __future__ import annotations

import re
from typing import Final

LABEL: Final = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_LABEL = re.compile(LABEL)


def is_label(text: str) -> bool:
    """Whether the text is a DNS label: 1 to 63 of a-z, 0-9 and hyphens, no hyphen at its ends."""
    return _LABEL.fullmatch(text) is not None
