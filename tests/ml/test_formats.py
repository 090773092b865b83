"""Reading every form of drawings there is."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ml import timed
from ml.bitmaps import NotRowsError, header_layout, keep_rows, read_bitmaps
from ml.data import DataError
from ml.drawing import Drawing, Tally
from ml.formats import READERS, complaint, drawing_files, read
from ml.ndjson import read_timed_ndjson
from ml.raster import CANVAS_PER_UNIT
from ml.reading import read_drawings
from tests.ml import official
from tests.ml.shapes import SHAPES, Strokes

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("INKLING_QUICKDRAW", ROOT.parent / "shared" / "quickdraw"))
SOME = official.drawings(30)


def read_all(path: Path, content: bytes) -> tuple[list[Drawing], Tally]:
    path.write_bytes(content)
    tally = Tally()
    return list(read(path, tally)), tally


def as_lists(strokes: Strokes) -> list[list[list[int]]]:
    return [stroke.tolist() for stroke in strokes]


FORMS = {
    "cat.ndjson": official.simplified(SOME, first_key=7),
    "cat.bin": official.binary(SOME, first_key=7),
    "cat.npz": official.sketchrnn(SOME[:20], SOME[20:]),
}


@pytest.mark.parametrize("name", FORMS)
def test_strokes_come_back_in_canvas_units_as_they_were_drawn(name: str, tmp_path: Path) -> None:
    drawings, tally = read_all(tmp_path / name, FORMS[name])
    assert tally == Tally()
    assert [as_lists(drawing.strokes) for drawing in drawings] == [as_lists(s) for s in SOME]
    assert all(stroke.dtype == np.uint16 for drawing in drawings for stroke in drawing.strokes)
    assert {drawing.word for drawing in drawings} == {"cat"}


def test_ids_and_verdicts_come_with_the_drawings(tmp_path: Path) -> None:
    for name in ("cat.ndjson", "cat.bin"):
        drawings, _ = read_all(tmp_path / name, FORMS[name])
        assert [drawing.key for drawing in drawings] == list(range(7, 37))
        assert all(drawing.recognized for drawing in drawings)
    unrecognised, _ = read_all(tmp_path / "dog.bin", official.binary(SOME[:1], recognized=0))
    assert unrecognised[0].recognized is False


def test_without_an_id_equal_strokes_have_one_key_in_every_form(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in official.simplified(SOME).splitlines()]
    bare = "".join(json.dumps({"drawing": line["drawing"]}) + "\n" for line in lines)
    drawings, _ = read_all(tmp_path / "cat.ndjson", bare.encode())
    others, _ = read_all(tmp_path / "cat.npz", official.sketchrnn(SOME))
    assert [drawing.key for drawing in drawings] == [drawing.key for drawing in others]
    assert len({drawing.key for drawing in drawings}) == len(SOME)
    assert drawings[0].recognized is None


def test_whole_files_in_memory_hold_what_the_reader_gives(tmp_path: Path) -> None:
    path = tmp_path / "cat.ndjson"
    drawings, _ = read_all(path, official.simplified(SOME))
    before = read_drawings({"cat": path}, ["cat"])
    assert before.keys.tolist() == [drawing.key for drawing in drawings]
    for index, drawing in enumerate(drawings):
        assert as_lists(before.strokes_of(index)) == [s.tolist() for s in drawing.strokes]


def test_raw_drawings_are_simplified_by_the_data_sets_recipe(tmp_path: Path) -> None:
    drawings, tally = read_all(tmp_path / "cat.ndjson", official.raw(SOME))
    assert tally == Tally()
    for drawing, strokes in zip(drawings, SOME, strict=True):
        screen = [stroke / CANVAS_PER_UNIT * 1.7 + 40 for stroke in strokes]
        expected = timed.simplify([np.round(stroke, 3) for stroke in screen])
        assert [s.tolist() for s in drawing.strokes] == as_lists(expected)
        assert drawing.points.max() > 250


def test_raw_drawings_can_keep_their_times(tmp_path: Path) -> None:
    path = tmp_path / "cat.ndjson"
    path.write_bytes(official.raw(SOME, first_key=3) + b"nonsense\n")
    tally = Tally()
    drawings = list(read_timed_ndjson(path, 4, tally))
    assert [drawing.key for drawing in drawings] == list(range(3, 33))
    assert drawings[0].times[0][:3].tolist() == [0, 20, 40]
    assert (drawings[0].label, tally.skipped) == (4, 1)


def test_a_file_of_exported_games_mixes_words_and_forms(tmp_path: Path) -> None:
    games = official.raw(SOME[:3], "dog") + official.simplified(SOME[3:5], "ant")
    drawings, tally = read_all(tmp_path / "games.ndjson", games)
    assert [drawing.word for drawing in drawings] == ["dog", "dog", "dog", "ant", "ant"]
    assert [drawing.recognized for drawing in drawings] == [False, False, False, True, True]
    assert tally == Tally()


MALFORMED = [
    ("not json", "not JSON"),
    ("[" * 100_000, "not JSON"),
    ("[]", "no drawing"),
    ("{}", "no drawing"),
    ('{"drawing": []}', "no drawing"),
    ('{"drawing": 5}', "no drawing"),
    ('{"drawing": [[[1, 2]]]}', "not a list of x and a list of y"),
    ('{"drawing": [5]}', "not a list of x and a list of y"),
    ('{"drawing": [["a", "b"]]}', "whole numbers from 0 to 255"),
    ('{"drawing": [[2, 2]]}', "whole numbers from 0 to 255"),
    ('{"drawing": [[[1, 256], [3, 4]]]}', "whole numbers from 0 to 255"),
    ('{"drawing": [[[-1, 2], [3, 4]]]}', "whole numbers from 0 to 255"),
    ('{"drawing": [[[1.5, 2], [3, 4]]]}', "whole numbers from 0 to 255"),
    ('{"drawing": [[[1, 2], [3]]]}', "more of x than of y"),
    ('{"drawing": [[[], []]]}', "0 points"),
    ('{"drawing": [[[1, 2], [3, 4], [0]]]}', "three equally long lists"),
    ('{"drawing": [[[1, 2], [3, 4], ["a", "b"]]]}', "three equally long lists"),
    ('{"drawing": [[[1, 2], [3, 4], [0, 1]], [[1, 2], [3, 4]]]}', "three equally long lists"),
    ('{"drawing": [[[], [], []]]}', "three equally long lists"),
    ('{"drawing": [[[1e999, 2], [3, 4], [0, 1]]]}', "not finite"),
    ('{"drawing": [[[NaN, 2], [3, 4], [0, 1]]]}', "not finite"),
]


@pytest.mark.parametrize(("line", "reason"), MALFORMED)
def test_a_malformed_line_is_counted_with_its_reason_and_costs_nothing_else(
    line: str, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "cat.ndjson"
    good = official.simplified(SOME[:1])
    drawings, tally = read_all(path, good + line.encode() + b"\n\n" + good + b"}\n")
    assert (len(drawings), tally.skipped) == (2, 2)
    assert reason in tally.first_reason
    assert complaint(path, tally).startswith(f"{path}: 2 malformed drawings left out; the first: ")
    assert complaint(path, Tally()) == ""


def test_a_binary_drawing_without_strokes_or_points_is_counted(tmp_path: Path) -> None:
    none = struct.pack("<Q2sbIH", 5, b"DE", 1, 0, 0)
    empty = struct.pack("<Q2sbIH", 6, b"DE", 1, 0, 1) + struct.pack("<H", 0)
    good = official.binary(SOME[:2])
    drawings, tally = read_all(tmp_path / "cat.bin", good + none + empty + good)
    assert (len(drawings), tally) == (4, Tally(2, "it has no strokes"))


def test_a_binary_file_cut_anywhere_gives_all_whole_drawings(tmp_path: Path) -> None:
    some = SOME[:3]
    whole = official.binary(some)
    ends = [len(official.binary(some[:n])) for n in range(4)]
    for cut in range(len(whole) + 1):
        drawings, tally = read_all(tmp_path / "cat.bin", whole[:cut])
        assert len(drawings) == max(n for n in range(4) if ends[n] <= cut)
        assert tally.skipped == (cut not in ends)


def test_a_binary_file_that_lost_its_way_is_told_and_left(tmp_path: Path) -> None:
    drawings, tally = read_all(tmp_path / "cat.bin", official.binary(SOME[:3]) + b"\xff" * 5000)
    assert len(drawings) == 3
    assert tally == Tally(1, "not a record: its recognized flag is -1, the rest cannot be read")


def test_binary_drawings_are_found_across_the_edges_of_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.binary._CHUNK", 37)
    drawings, tally = read_all(tmp_path / "cat.bin", official.binary(SOME))
    assert [as_lists(drawing.strokes) for drawing in drawings] == [as_lists(s) for s in SOME]
    assert tally == Tally()


def npz(path: Path, whole: object) -> Path:
    """An archive whose `train` is any object at all, pickled behind a proper header."""
    member = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": (1,)}
    np.lib.format.write_array_header_1_0(member, header)
    member.write(whole if isinstance(whole, bytes) else pickle.dumps(whole, protocol=2))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.npy", member.getvalue())
    return path


class Trap:
    """Unpickled by pickle itself it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    path = npz(tmp_path / "cat.npz", Trap(trap))
    with pytest.raises(
        DataError, match=r"cat\.npz is not a sketch-rnn archive: it asks for .*mkdir"
    ):
        list(read(path, Tally()))
    assert not trap.exists()


@pytest.mark.parametrize(
    "whole",
    [
        [1, 2],
        {"a": 1},
        b"garbage",
        b"",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cnumpy.lib\nload\n.",
        b"cnumpy\nndarray\n.",
        b"cnumpy\nndarray\n)R.",
        b"cnumpy\nndarray\n(I5\ntR(I1\nI2\ntb.",
        b"a.",
        b"(I1\nd.",
        b"c_codecs\nencode\n(S'a'\nS'rot13'\ntR.",
    ],
)
def test_an_archive_of_anything_else_is_refused(whole: object, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a sketch-rnn archive"):
        list(read(npz(tmp_path / "cat.npz", whole), Tally()))


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.npz").write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="is not a sketch-rnn archive"):
        list(read(tmp_path / "cat.npz", Tally()))


def test_malformed_sketchrnn_drawings_are_counted(tmp_path: Path) -> None:
    odd = np.empty(5, object)
    odd[:] = [
        official.steps(SOME[0]),
        np.zeros((0, 3), np.int16),
        np.zeros((4, 2), np.int16),
        "text",
        np.array([[np.nan, 0, 1]]),
    ]
    path = tmp_path / "cat.npz"
    np.savez(path, allow_pickle=True, train=odd)
    tally = Tally()
    assert len(list(read(path, tally))) == 1
    assert tally == Tally(4, "its shape is (0, 3), not (n, 3)")


def test_sketchrnn_archives_that_python_2_wrote_are_read(tmp_path: Path) -> None:
    """Its pickles hold arrays' bytes as text; the official archives are such."""
    rows = official.steps(SOME[0])

    def array(shape: tuple[int, ...], kind: bytes, content: bytes) -> bytes:
        numbers = b"".join(b"I%d\n" % n for n in shape)
        made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        order = b"S'|'\n" if kind == b"O8" else b"S'<'\n"
        dtype = (
            b"cnumpy\ndtype\n(S'" + kind + b"'\nI0\nI1\ntR(I3\n" + order + b"NNNI-1\nI-1\nI0\ntb"
        )
        return made + b"(I1\n(" + numbers + b"t" + dtype + b"I00\n" + content + b"tb"

    text = "S" + repr(rows.tobytes())[1:] + "\n"
    inner = array(rows.shape, b"i2", text.encode())
    path = npz(tmp_path / "cat.npz", array((1,), b"O8", b"(l" + inner + b"a") + b".")
    tally = Tally()
    [drawing] = read(path, tally)
    assert tally == Tally()
    assert [stroke.tolist() for stroke in drawing.strokes] == as_lists(SOME[0])


def test_equally_long_sketchrnn_drawings_need_no_pickle(tmp_path: Path) -> None:
    rows = official.steps(SOME[0])
    path = tmp_path / "cat.npz"
    np.savez(path, train=np.stack([rows, rows]))
    assert [len(drawing.points) for drawing in read(path, Tally())] == [len(rows)] * 2


def test_sketchrnn_drawings_larger_than_the_box_are_scaled_into_it(tmp_path: Path) -> None:
    path = tmp_path / "cat.npz"
    np.savez(path, train=np.array([[[5, 5, 0], [1020, 510, 1], [-1020, 0, 1]]], np.int16))
    [drawing] = read(path, Tally())
    assert drawing.points.tolist() == [[0, 0], [255, 128], [0, 128]]
    assert drawing.sizes.tolist() == [2, 1]


def test_bitmaps_are_mapped_not_read(tmp_path: Path) -> None:
    path = tmp_path / "cat.npy"
    path.write_bytes(official.bitmaps(5))
    rows = read_bitmaps(path)
    assert (rows.shape, rows.dtype) == ((5, 784), np.uint8)
    assert not rows.flags.owndata
    assert not rows.flags.writeable
    assert (rows == np.random.default_rng(0).integers(0, 256, (5, 784), np.uint8)).all()


@pytest.mark.parametrize("content", [b"", b"nothing", official.bitmaps(5)[:-1]])
def test_a_bitmap_file_that_is_none_or_cut_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "cat.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"cat\.npy is no bitmap file, or not all of one"):
        read_bitmaps(tmp_path / "cat.npy")


def test_an_array_of_anything_else_is_no_bitmap_file(tmp_path: Path) -> None:
    np.save(tmp_path / "cat.npy", np.zeros((3, 784)))
    with pytest.raises(DataError, match=r"holds float64 \(3, 784\), not uint8"):
        read_bitmaps(tmp_path / "cat.npy")


def test_an_arrays_header_is_understood_from_its_first_bytes() -> None:
    content = official.bitmaps(5)
    length, row, rows = header_layout(content) or (0, 0, 0)
    assert (length + row * rows, row, rows) == (len(content), 784, 5)
    assert {header_layout(content[:n]) for n in range(length)} == {None}
    for wrong in (
        b"NUMPY",
        b"\x93NUMPX",
        content[:10] + b"x" * 118,
        content.replace(b"|u1", b"<f8"),
    ):
        with pytest.raises(NotRowsError):
            header_layout(wrong)
    with pytest.raises(NotRowsError, match="does not hold 6 rows"):
        keep_rows(io.BytesIO(content), io.BytesIO(), 6)


def test_the_quickest_form_of_each_category_is_taken(tmp_path: Path) -> None:
    for name in ("cat.ndjson", "cat.bin", "dog.npz", "dog.ndjson", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    found = drawing_files(tmp_path)
    assert {word: path.name for word, path in found.items()} == {
        "cat": "cat.bin",
        "dog": "dog.ndjson",
    }


def test_what_cannot_be_read_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        drawing_files(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"holds no drawings \(\*\.bin, \*\.ndjson, \*\.npz\)"):
        drawing_files(tmp_path)
    with pytest.raises(DataError, match="in no form known here"):
        list(read(tmp_path / "cat.png", Tally()))
    for suffix in READERS:
        with pytest.raises(DataError, match=r"cannot be read: No such file|No such file"):
            list(read(tmp_path / f"cat{suffix}", Tally()))


def test_real_drawings_are_read_like_code_made_ones(tmp_path: Path) -> None:
    """The claim is shown on code-made drawings first, on the data set's own where they are."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in SHAPES:
        (folder / f"{name}.ndjson").write_bytes(official.raw(official.drawings(5), name))
    for place in (folder, REAL / "raw", REAL / "val"):
        for path in sorted(place.glob("*.ndjson"))[:20]:
            tally = Tally()
            drawings = list(read(path, tally))
            assert drawings
            assert tally == Tally()
            assert {drawing.word for drawing in drawings} == {path.stem}


def test_reading_and_packing_load_no_network() -> None:
    code = (
        "import sys, ml.download, ml.formats, ml.packing, ml.cache, ml.split; "
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
