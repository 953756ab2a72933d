"""Makes the screenshots of the documentation again, in a real Chromium: an afternoon (`scripts/scene.py`), and Learn.

Run: uv run --with pillow python -m scripts.screenshots   writes docs/images/*.png, 128 colours each
     uv run python -m scripts.screenshots --every DIR      writes every page in every setting to DIR, to be looked at
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from scripts import learn_scene, scene
from tests.support.browser import ARGUMENTS, WHAT_TO_DO, find_chromium

IMAGES = Path(__file__).parent.parent / "docs" / "images"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
ZOOMED = {"width": 640, "height": 400}
"""A window of 1280 by 800 at a zoom of 200 %, in CSS pixels."""


COLOURS = 128


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its name, the page, and how it is looked at."""

    name: str
    path: str
    scheme: str = "light"
    viewport: dict[str, int] | None = None
    whole: bool = False


KEPT = (
    Shot("workspace-queue", "/queue"),
    Shot("workspace-ticket", "/tickets/billing-7"),
    Shot("workspace-integrity", "/integrity"),
    Shot("workspace-ticket-dark", "/tickets/refund-5", "dark"),
    Shot("workspace-phone", "/queue", viewport=PHONE),
    Shot("workspace-chat", "/chat/chat-1"),
    Shot("learn-indicators", "/learn"),
    Shot("learn-review", "/learn/review"),
    Shot("learn-proposals", "/learn/proposals"),
    Shot("learn-proposal", "/learn/proposals/*"),
)
PAGES = {
    "lanes": "/",
    "queue": "/queue",
    "integrity": "/integrity",
    "alarms": "/dead-letters",
    "ticket-waiting": "/tickets/billing-7",
    "ticket-mine": "/tickets/refund-5",
    "ticket-theirs": "/tickets/seats-6",
    "ticket-bot": "/tickets/vat-2",
    "ticket-closed": "/tickets/done-1",
    "find": "/find?q=charge",
    "me": "/me",
    "help": "/help",
    "chat": "/chat/chat-1",
    "chat-new": "/chat",
    "embed": "/embed/handoff/billing-7",
    "nothing": "/tickets/none",
    "learn": "/learn",
    "learn-late": "/learn/tickets/late",
    "learn-review": "/learn/review",
    "learn-proposals": "/learn/proposals",
    "learn-proposal": "/learn/proposals/*",
}


def _every() -> Iterator[Shot]:
    for name, path in PAGES.items():
        yield Shot(f"{name}-light", path, whole=True)
        yield Shot(f"{name}-dark", path, "dark", whole=True)
        yield Shot(f"{name}-phone", path, viewport=PHONE, whole=True)
        yield Shot(f"{name}-zoomed", path, viewport=ZOOMED, whole=True)


@contextmanager
def _browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit(WHAT_TO_DO)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=list(ARGUMENTS))
        yield browser
        browser.close()


def _page(browser: Browser, afternoon: str, learning: str, shot: Shot) -> Page:
    """Return a page as it is looked at; a path that ends in ``*`` is the first that the page above it links to."""
    url = learning if shot.path.startswith("/learn") else afternoon
    options: dict[str, Any] = {"viewport": shot.viewport or DESKTOP, "color_scheme": shot.scheme}
    context = browser.new_context(**options)
    context.add_cookies([{"name": "trustladder_person", "value": "agent", "url": url}])
    page = context.new_page()
    page.goto(url + shot.path.removesuffix("/*"))
    if shot.path.endswith("/*"):
        link = page.locator(f"main a[href^='{shot.path.removesuffix('*')}']").first.get_attribute("href")
        page.goto(f"{url}{link}")
    return page


def _make_small(path: Path) -> None:
    """Write a picture again with the few colours that it has, as they are: a quarter of the bytes."""
    from PIL import Image

    with Image.open(path) as image:
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=Path, help="a folder for every page in every setting")
    parser.add_argument("--only", default="", help="with --every: pages whose name holds this")
    asked = parser.parse_args()
    folder = asked.every or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in _every() if asked.only in shot.name] if asked.every else KEPT
    with TemporaryDirectory() as place, _browser() as browser, ExitStack() as services:
        for name in ("afternoon", "learning"):
            (Path(place) / name).mkdir()
        afternoon = services.enter_context(scene.served(Path(place) / "afternoon"))
        learning = services.enter_context(scene.served(Path(place) / "learning", learn_scene.furnish))
        for shot in shots:
            page = _page(browser, afternoon, learning, shot)
            if not asked.every and not shot.path.startswith("/learn"):
                page.locator(".badge").wait_for()  # it comes a moment after the page
            page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.whole)
            page.context.close()
            if not asked.every:
                _make_small(folder / f"{shot.name}.png")


if __name__ == "__main__":
    main()
