"""Take the picture of the editor that the readme shows: a real event, in the real editor."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.demo import ROOT, alur_dev, play
from tools.servers.running import free_port

PICTURE = ROOT / "docs/images/editor.png"
SETTLE_MILLISECONDS = 1500


def main() -> int:
    """Run the demonstration and write what its execution looks like."""
    with tempfile.TemporaryDirectory(prefix="alur-picture-") as folder:
        data = Path(folder) / "data"
        with alur_dev(data, free_port(), free_port()) as (_, url):
            execution = play(url, data)
            take(url, (data / "sign-in").read_text().strip(), execution["id"])
    return 0


def take(url: str, link: str, execution: str) -> None:
    """Sign in by the link, open the execution, and write the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000}, color_scheme="light")
        page.goto(link)
        page.wait_for_url("**/workflows")
        page.goto(f"{url}/projects/default/executions/{execution}")
        page.get_by_text("On the canvas").click()
        page.get_by_text("note the issue").first.click()
        page.get_by_role("button", name="Fit").click()
        page.mouse.move(700, 950)
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
