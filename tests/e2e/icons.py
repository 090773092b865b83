"""The installed page's icons, drawn from ``web/favicon.svg``: ``python -m tests.e2e.icons``."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

from tests.support.browser import chromium

WEB: Final = Path(__file__).resolve().parents[2] / "web"
_PAPER: Final = "#f6eedb"
# Name, edge in pixels, what of the edge the drop of ink takes, and what is behind it. Launchers cut
# a maskable icon to any shape within 80 % of it; Apple paints what is transparent black.
_ICONS: Final = (
    ("any-192.png", 192, 0.96, "transparent"),
    ("any-512.png", 512, 0.96, "transparent"),
    ("maskable-512.png", 512, 0.58, _PAPER),
    ("apple-180.png", 180, 0.72, _PAPER),
)


def main() -> None:
    """Draw them."""
    drop = base64.b64encode((WEB / "favicon.svg").read_bytes()).decode()
    folder = WEB / "icons"
    folder.mkdir(exist_ok=True)
    with chromium() as browser:
        for name, edge, part, paper in _ICONS:
            page = browser.new_page(viewport={"width": edge, "height": edge})
            page.set_content(
                f"<body style='margin:0;height:100vh;display:grid;place-items:center;"
                f"background:{paper}'><img style='height:{100 * part}vh'"
                f" src='data:image/svg+xml;base64,{drop}'>"
            )
            page.wait_for_function("document.images[0].complete")
            page.screenshot(path=folder / name, omit_background=True)
            page.close()
            print(folder / name)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    main()
