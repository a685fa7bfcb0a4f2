"""Starts the warm parent of a language, as `python -I -S /alur/alur_jail/guest/__main__.py LANGUAGE FD […]`."""

from __future__ import annotations

import sys

# `-I -S` leaves nothing but the standard library on the path.
sys.path[:0] = ["/alur", "/alur/packages"]

from alur_jail.guest.parent import main  # noqa: E402  # the path comes first

main()
