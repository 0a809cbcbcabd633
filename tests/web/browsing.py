"""A real browser for the tests: Debian's Chromium, and an eye on everything that its pages do."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # Chromium refuses to run as root with one; it only ever sees this service
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAPTOP = (1280, 800)


def find_chromium() -> str:
    """Return the browser's path; a machine without one cannot say that the page works."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return missing("NOT TESTED: the page is tested in a browser and there is none: apt-get install chromium")


def missing(what: str) -> NoReturn:
    """Fail in CI, where nothing may be left out; elsewhere say loudly at the end of the run what was not tested."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Run a browser with a new, empty profile."""
    try:
        from playwright.async_api import async_playwright
    except ModuleNotFoundError:
        missing("NOT TESTED: the page is tested through playwright and it is not installed: make install")
    path = find_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        try:
            yield browser
        finally:
            await browser.close()


class Watched:
    """One person's browser window. `check` fails when a page asked another host or broke its own policy."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.asked: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    async def open(self, url: str) -> Page:
        page = await self.context.new_page()
        await page.goto(url)
        return page

    def check(self, *, expected: tuple[str, ...] = ()) -> None:
        outside = [url for url in self.asked if urlsplit(url).hostname not in {"127.0.0.1", None, ""}]
        assert not outside, outside
        surprising = [said for said in self.complaints if not any(word in said for word in expected)]
        assert not surprising, surprising

    def _heard(self, message: object) -> None:
        if message.type in {"error", "warning"}:  # type: ignore[attr-defined]
            self.complaints.append(message.text)  # type: ignore[attr-defined]


@asynccontextmanager
async def window(
    browser: Browser, *, size: tuple[int, int] = LAPTOP, scripts: bool = True, scheme: str = "light"
) -> AsyncIterator[Watched]:
    """Open a window that shares nothing with any other."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(30_000)
    try:
        yield Watched(context)
    finally:
        await context.close()


async def found_by_axe(page: Page) -> list[object]:
    """Run axe past the page's policy, which rightly lets no such script in."""
    axe = (resources.files("axe_playwright_python") / "axe.min.js").read_text()
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": axe})
    script = (
        "axe.run().then(found => JSON.stringify(found.violations.map(v => [v.id, v.impact, v.nodes.map(n => n.html)])))"
    )
    answer = await session.send("Runtime.evaluate", {"expression": script, "awaitPromise": True})
    found: list[object] = json.loads(answer["result"]["value"])
    return found
