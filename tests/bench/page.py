"""What the page weighs on the wire: ``python -m tests.bench.page``.

Starts the whole game, opens its first screen in a real browser with an empty cache and adds up
what came over the network, headers included, before the page was loaded and after it (what a room
needs is fetched while the first screen is looked at). ``rounds`` is how many round trips follow
one another after the HTML until the first screen is there. ``again`` is a second visit. ``others``
are first visits in another language and to the pages with an address of their own, with all that
comes after as well.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import PHONE, chromium
from tests.support.whole_game import whole_game

LIMIT_BYTES: Final = 150_000
# A path and a browser's language; the largest of the languages stands for all.
OTHERS: Final = (("", "ro"), ("sketch", "en"), ("sketch", "ro"), ("replay/none", "en"))
_REST_MS: Final = 2_500  # for what is fetched after the first screen


@dataclass
class Fetched:
    """One request."""

    url: str
    initiator: str
    bytes_: int = 0
    before_load: bool = True

    @property
    def name(self) -> str:
        """Its path."""
        return "/" + self.url.split("/", 3)[3].split("?")[0]


@dataclass
class Traffic:
    """All requests of one visit, as the browser's own tools count them."""

    page: Page
    fetched: dict[str, Fetched] = field(default_factory=dict)
    loaded: bool = False

    def __post_init__(self) -> None:
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.loadingFinished", self._came)
        devtools.on("Page.loadEventFired", self._load)
        devtools.send("Network.enable")
        devtools.send("Page.enable")

    def _asked(self, event: dict[str, Any]) -> None:
        initiator = event["initiator"]
        by = initiator.get("url", "")
        if not by and initiator["type"] == "script":
            by = initiator.get("stack", {}).get("callFrames", [{}])[0].get("url", "script")
        asked = Fetched(event["request"]["url"], by, before_load=not self.loaded)
        self.fetched[event["requestId"]] = asked

    def _came(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.fetched:
            self.fetched[event["requestId"]].bytes_ = round(event["encodedDataLength"])

    def _load(self, _event: dict[str, Any]) -> None:
        self.loaded = True

    def figures(self) -> dict[str, int]:
        """Bytes and requests until the page was loaded and after, and the rounds until then."""
        first = [each for each in self.fetched.values() if each.before_load]
        later = [each for each in self.fetched.values() if not each.before_load]
        depth: dict[str, int] = {}
        for each in first:  # in the order they were asked for
            depth[each.url] = depth.get(each.initiator, -1) + 1
        return {
            "first_load_bytes": sum(each.bytes_ for each in first),
            "first_load_requests": len(first),
            "rounds_after_html": max(depth.values()),
            "later_bytes": sum(each.bytes_ for each in later),
            "later_requests": len(later),
        }


def visit(context: BrowserContext, url: str) -> Traffic:
    """Open the first screen and wait until nothing more is fetched."""
    page = context.new_page()
    traffic = Traffic(page)
    page.goto(url)
    page.locator("main > *").first.wait_for()
    page.wait_for_timeout(_REST_MS)
    page.close()
    return traffic


def measure(browser: Browser, url: str) -> tuple[Traffic, Traffic]:
    """A first visit and a second one."""
    context = browser.new_context(viewport=PHONE, locale="en")
    first, again = visit(context, url), visit(context, url)
    context.close()
    return first, again


def measure_others(browser: Browser, url: str) -> dict[str, dict[str, int]]:
    """First visits elsewhere."""
    found = {}
    for path, locale in OTHERS:
        context = browser.new_context(viewport=PHONE, locale=locale)
        figures = visit(context, f"{url}/{path}").figures()
        found[f"/{path} {locale}"] = {
            "all_bytes": figures["first_load_bytes"] + figures["later_bytes"],
            "rounds_after_html": figures["rounds_after_html"],
        }
        context.close()
    return found


def main() -> None:
    """Measure and print; exits with 1 if the first load is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        whole_game(Path(scratch) / "data") as game,
        chromium() as browser,
    ):
        first, again = measure(browser, game.url)
        others = measure_others(browser, game.url)
    figures = {**first.figures(), "again_bytes": again.figures()["first_load_bytes"]}
    if options.json:
        print(json.dumps({**figures, "others": others}))  # noqa: T201
    else:
        for each in sorted(
            first.fetched.values(), key=lambda each: (not each.before_load, each.name)
        ):
            when = "first" if each.before_load else "later"
            print(f"{when}  {each.bytes_:7,}  {each.name}")  # noqa: T201
        print(figures)  # noqa: T201
        for where, visited in others.items():
            print(where, visited)  # noqa: T201
    heaviest = max(each["all_bytes"] for each in others.values())
    if max(heaviest, figures["first_load_bytes"]) > LIMIT_BYTES:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
