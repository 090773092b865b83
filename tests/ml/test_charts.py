"""Charts: every point at its place, and said in words."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from ml.charts import Axis, Line, column_chart, line_chart, reliability_diagram

X, Y = Axis("time & more", 0, 10, (0, 10), " s"), Axis("share", 0, 100, (0, 100), " %")
SHARES = st.floats(0, 1)


def test_a_line_ends_where_its_axes_do() -> None:
    chart = line_chart("A title", "words", X, Y, [Line("a", [(0, 0), (10, 100)], [10])])
    assert 'd="M42.0 248.0L408.0 12.0"' in chart
    assert "<title>a, 10 s: 100.0 %</title>" in chart
    assert "legend" not in chart
    columns = column_chart("B", "words", X, Y, [(0, 1, 50)])
    assert 'height="118.0"' in columns


def test_empty_bins_draw_no_dot() -> None:
    diagram = reliability_diagram("C", "words", [[0, 0, 0], [4, 0.5, 0.25]])
    assert diagram.count("<circle") == 1
    assert "4 guesses: 50 % sure, 25 % right" in diagram


def test_lines_are_told_apart_by_more_than_colour() -> None:
    """A legend of names, and markers of different shapes."""
    lines = [Line(name, [(0, 0), (10, 50)], [10]) for name in ("one", "<two>", "three", "four")]
    chart = line_chart("A title", "words", X, Y, lines)
    root = ET.fromstring(f"<figure>{chart}</figure>")  # noqa: S314 (our own)
    items = list(root.iter("li"))
    assert ["".join(item.itertext()) for item in items] == ["one", "<two>", "three", "four"]
    marks = [each.attrib["d"] for item in items for each in item.iter("path")]
    assert len(set(marks[1::2])) == 4


@given(st.lists(st.tuples(st.integers(0, 500), SHARES, SHARES), max_size=15))
def test_diagrams_of_any_bins_are_well_formed_and_stay_inside(
    bins: list[tuple[int, float, float]],
) -> None:
    root = ET.fromstring(reliability_diagram("D", "words", bins))  # noqa: S314 (our own)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    dots = list(root.iter("circle"))
    assert len(dots) == sum(count > 0 for count, _, _ in bins)
    for dot in dots:
        assert 0 <= float(dot.attrib["cx"]) <= width
        assert 0 <= float(dot.attrib["cy"]) <= height
