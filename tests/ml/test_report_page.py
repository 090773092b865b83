"""The report: complete in one file, and readable without seeing it."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml import gallery, report, report_page
from ml.by_time import by_time
from ml.evaluate import read_for
from ml.gallery import Sample
from ml.raster import CANVAS_PER_UNIT
from ml.reading import read_timed
from ml.report import Answers
from ml.report_page import Measured
from tests.ml import official
from tests.ml.shapes import SHAPES

_VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """What a page is made of; fails where tags do not close."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


class Some:
    """Knows some shapes by the ink in their middle; its name must be escaped."""

    labels = tuple(SHAPES)
    side = 28
    channels = 1
    temperature = 1.0

    def logits(self, pictures: Any) -> Any:
        weights = np.random.default_rng(1).normal(0, 1, (784, 10)).astype(np.float32)
        return pictures.reshape(len(pictures), -1) / 255 @ weights


@pytest.fixture(scope="module")
def measured(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    drawings = read_for([Some()], data_folder)
    curves = report.ask([Some(), Some()], drawings, report.FINE_INK, lambda _: None)
    file = tmp_path_factory.mktemp("raw") / "circle.ndjson"
    file.write_bytes(official.raw(official.drawings(2), "circle"))
    raw = read_timed({"circle": file}, Some.labels)
    models = []
    for name, curve, timed in zip(
        ("<b>ours</b>", "theirs"), curves, by_time([Some(), Some()], raw, int), strict=True
    ):
        coarse = {ink: curve[ink] for ink in report.INK}
        models.append(
            {
                "model": name,
                "weights": "0123456789abcdef",
                "parameters": 1,
                "multiply_adds": 2,
                "file_bytes": 3,
                "temperature": 1.0,
                "images_s": 4.0,
                "latency_ms": 5.0,
                **report.by_ink(coarse, drawings.labels),
                "reliability": report.reliability(coarse),
                "confused": report.confused(curve[1.0], drawings.labels, Some.labels),
                "timed": {**timed, "left_out": {"trained_on": 7, "copies": 8}},
            }
        )
    return Measured(models, curves, drawings, [Some.labels] * 2)


def test_the_page_is_one_file_that_asks_for_nothing(measured: Measured, tmp_path: Path) -> None:
    page = report_page.write(tmp_path / "out", measured)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["index.html"]
    text = page.read_text("utf-8")
    outline = Outline(text)
    links = [value for name, value in outline.attributes if name in {"src", "href"}]
    assert links == ["data:,"]
    assert not re.search(r"https?:|url\(|@import", text)


def test_charts_say_in_words_what_they_show(measured: Measured) -> None:
    """Two by ink, three by time and five of reliability, each with a title and a description."""
    text = report_page.document(measured)
    outline = Outline(text)
    assert text.count('<svg class="chart" role="img"') == outline.tags["desc"] == 10
    assert len(set(outline.ids)) == len(outline.ids) == 20
    named = [value for name, value in outline.attributes if name == "aria-labelledby"]
    assert {each for names in named for each in names.split()} == set(outline.ids)


def test_names_from_outside_cannot_become_markup(measured: Measured) -> None:
    text = report_page.document(measured)
    assert "<b>ours</b>" not in text
    assert "&lt;b&gt;ours&lt;/b&gt;" in text


def test_every_category_has_a_row_and_the_sections_are_all_there(measured: Measured) -> None:
    text = report_page.document(measured)
    for name in SHAPES:
        assert f'<th scope="row">{name}</th>' in text
    heads = ("All networks", "By ink", "By time", "How honest", "What it confuses", "Drawings")
    assert all(f"<h2>{head}" in text for head in heads)
    assert "Left out: 7 that were trained on and 8 copies" in text


def test_without_raw_drawings_there_is_nothing_by_time(measured: Measured) -> None:
    models = [{k: v for k, v in each.items() if k != "timed"} for each in measured.models]
    text = report_page.document(
        Measured(models, measured.curves, measured.drawings, measured.names)
    )
    Outline(text)
    assert "<h2>By time" not in text


def test_colours_can_be_read_on_both_grounds() -> None:
    """WCAG: letters 4.5 to 1, lines of charts 3 to 1, on the sheet they lie on."""
    style = (Path(report_page.__file__).parent / "report.css").read_text("utf-8")
    themes = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(themes) == 2
    for theme in themes:
        colours = dict(re.findall(r"--(\w+): (#\w{6});", theme))
        for name in ("ink", "soft", "s0", "s1", "s2", "s3", "s4", "s5"):
            for ground in ("sheet", "desk"):
                wanted = 4.5 if name in {"ink", "soft"} else 3
                assert contrast(colours[name], colours[ground]) >= wanted, (name, ground)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_win_is_early_only_if_it_was_not_lost_again() -> None:
    def at(ink: float, *ranks: int) -> tuple[float, Answers]:
        zeros = np.zeros(len(ranks))
        return ink, Answers(np.array(ranks), np.zeros(len(ranks), np.int64), zeros, zeros)

    curve = dict((at(0.25, 0, 0, 1, 1), at(0.5, 0, 1, 0, 1), at(1.0, 0, 0, 0, 1)))
    assert gallery.settled(curve).tolist() == [0.25, 1.0, 0.5, np.inf]


def test_samples_are_of_different_categories_and_of_their_kind(measured: Measured) -> None:
    curve, drawings, names = measured.curves[0], measured.drawings, Some.labels
    for choose, as_drawn in ((gallery.right, True), (gallery.wrong, False), (gallery.early, True)):
        samples = choose(curve, drawings, names)
        assert samples
        assert len({sample.truth for sample in samples}) == len(samples)
        for sample in samples:
            assert names[drawings.labels[sample.place]] == sample.truth
            assert (sample.said == sample.truth) == as_drawn
    sure = [sample.confidence for sample in gallery.wrong(curve, drawings, names)]
    assert sure == sorted(sure, reverse=True)


def test_ink_the_network_had_not_seen_is_drawn_apart() -> None:
    line = [np.array([[0, 0], [100, 0]]) * CANVAS_PER_UNIT]
    half = gallery.sketch(line, Sample(0, "line", "line", 0.9, 0.5))
    assert '<path class="later" d="M0 0L100 0"/><path class="ink" d="M0 0L50 0"/>' in half
    whole = gallery.sketch(line, Sample(0, "line", "rake", 0.9))
    assert "later" not in whole
    assert "“rake”" in whole


def test_a_dot_is_visible() -> None:
    dot = [np.array([[5, 5]]) * CANVAS_PER_UNIT]
    assert 'd="M5 5L5 5"' in gallery.sketch(dot, Sample(0, "circle", "circle", 1.0))
