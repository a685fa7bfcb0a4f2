"""A browser, signed in to a platform of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from tests.support.alur_dev import AlurDev, alur_dev

from .pages import Editor

PATIENCE_MILLISECONDS = 15_000
SCREEN = ViewportSize(width=1440, height=900)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlurDev]:
    """One `alur dev` for all journeys; each draws workflows of its own."""
    data = tmp_path_factory.mktemp("editor") / "data"
    with alur_dev(data, {"ALUR_OUTBOUND_ALLOW": "127.0.0.0/8"}) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as Debian builds it without a window, whose parts take half of a test's processor time."""
    program = shutil.which("chromium-headless-shell")
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        # The sandbox needs rights that a container's root does not have; only our own pages are opened.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, platform: AlurDev) -> StorageState:
    """The cookies of somebody who opened the one-time link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(sign_in_link(platform.data))
    page.get_by_role("heading", name="Workflows", exact=True).wait_for()
    state = context.storage_state()
    context.close()
    return state


def sign_in_link(data: Path) -> str:
    """Return the one-time link that the platform wrote."""
    return (data / "sign-in").read_text().strip()


class Faults:
    """What went wrong in a page that nobody asked for: errors in the console, refusals, exceptions."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        self.expected: list[str] = []
        page.on("pageerror", lambda error: self.seen.append(str(error)))
        page.on(
            "console",
            lambda message: self.seen.append(message.text) if message.type == "error" else None,
        )

    def unexpected(self) -> list[str]:
        """Return those that no test announced."""
        return [fault for fault in self.seen if not any(part in fault for part in self.expected)]


@pytest.fixture
def faults() -> list[Faults]:
    """The faults of every page of a test, for tests that expect some."""
    return []


@pytest.fixture(params=["light"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colour scheme that the browser prefers."""
    return str(request.param)


@pytest.fixture
def page(
    browser: Browser, signed_in: StorageState, platform: AlurDev, faults: list[Faults], scheme: str
) -> Iterator[Page]:
    """A page of somebody who is signed in. At its end, nothing may have gone wrong in it."""
    context = browser.new_context(
        storage_state=signed_in,
        base_url=platform.url,
        viewport=SCREEN,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    opened = context.new_page()
    faults.append(Faults(opened))
    yield opened
    context.close()
    assert [fault for each in faults for fault in each.unexpected()] == []


@pytest.fixture
def editor(page: Page, platform: AlurDev) -> Editor:
    """The editor's parts by the names that people see."""
    return Editor(page, platform)
