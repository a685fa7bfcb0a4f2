"""`python -m alur`."""

from __future__ import annotations

from alur.main import app

app()
