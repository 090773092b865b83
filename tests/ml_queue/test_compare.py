"""What the comparison of two networks says, live and on drawings in files."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Final

import pytest

from ml import compare
from ml.comparing import Disagreement, Known, in_words, summarise
from ml.comparisons import Comparison
from ml.engine import WEIGHTS
from ml.shadow_process import Memory, invite_prompts, record
from server.embedded import EmbeddedValkey
from tests.ml_queue.test_shadow import other_order, other_weights
from tests.support.house import write_ndjson
from tests.support.sketches import SKETCHES


def frame(drawing: str, said: str, shadow_said: str, shadow: str = "new") -> Comparison:
    return Comparison(drawing, 1, "old", shadow, said, 0.5, shadow_said, 0.75, 2.0)


FRAMES: Final = [
    frame("a", "cat", "cat"),
    frame("a", "cat", "dog"),
    frame("b", "cat", "dog"),
    frame("c", "sun", "cat"),
    frame("a", "cat", "cat", "newer"),
]


def test_pairs_are_told_apart_and_the_newest_comes_first() -> None:
    newer, new = summarise(FRAMES, {"a": "cat", "c": "cat"})
    assert (newer.shadow, newer.frames, newer.agreed) == ("newer", 1, 1)
    assert (new.frames, new.drawings, new.agreed) == (4, 3, 1)
    assert (new.serving_p, new.shadow_p, new.ms) == (0.5, 0.75, 2.0)
    assert new.known == Known(frames=3, serving=2, shadow=2, only_serving=1, only_shadow=1)
    assert new.differ == (Disagreement("cat", "dog", 2), Disagreement("sun", "cat", 1))


def test_words_say_who_was_right_only_where_it_is_known() -> None:
    said = in_words(summarise(FRAMES, {"a": "cat"})[1])
    assert "4 frames of 3 drawings; both see the same in 25.0 %" in said
    assert "serving 100.0 %, shadow 50.0 %; only serving 1, only shadow 0" in said
    assert "     2  cat | dog" in said
    assert "right" not in in_words(summarise(FRAMES, {})[1])


def test_what_was_compared_in_play_is_printed(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare.main([f"--redis-url={redis_url}"]) == 1
    assert "--shadow DIR" in capsys.readouterr().err
    with contextlib.closing(Memory.from_url(redis_url, protocol=2)) as memory:
        invite_prompts(memory)
        record(memory, FRAMES)
        memory.xadd("inkling:{queue}:shadow:frames", {"of": "another version"})
    assert compare.main([f"--redis-url={redis_url}", "--json"]) == 0
    pairs = json.loads(capsys.readouterr().out)["pairs"]
    assert [(pair["shadow"], pair["frames"]) for pair in pairs] == [("newer", 1), ("new", 4)]
    assert compare.main([f"--redis-url={redis_url}"]) == 0
    assert "where they differ most" in capsys.readouterr().out


def test_the_valkey_of_a_running_game_is_found_by_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    folder = tmp_path / "so long a path that no socket could lie there" / ("x" * 60)

    async def compared() -> tuple[int, int]:
        async with EmbeddedValkey(folder) as valkey:
            with contextlib.closing(Memory.from_url(valkey.url, protocol=2)) as memory:
                record(memory, FRAMES)
            by_option = await asyncio.to_thread(compare.main, [f"--data-dir={folder}"])
            monkeypatch.setenv("DATA_DIR", str(folder))
            return by_option, await asyncio.to_thread(compare.main, [])

    monkeypatch.setattr("ml.interrupt.run", asyncio.run)  # signals are for main threads
    assert asyncio.run(compared()) == (0, 0)
    assert capsys.readouterr().out.count("4 frames of 3 drawings") == 2
    assert not (folder / "valkey" / "url").exists()


def test_where_no_game_runs_the_command_that_finds_one_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(compare, "_USUAL", "redis://127.0.0.1:1")
    assert compare.main([f"--data-dir={tmp_path}"]) == 2
    said = capsys.readouterr().err
    assert f"No game answers that has its data in {tmp_path}" in said
    assert "python -m ml.compare --data-dir .data" in said
    assert compare.main(["--redis-url=redis://127.0.0.1:1"]) == 2
    assert "--data-dir" not in capsys.readouterr().err


def test_both_are_compared_on_drawings_as_these_grow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "exported"
    write_ndjson(
        data,
        {
            name: [
                [[round(x) for x, _ in stroke], [round(y) for _, y in stroke]] for stroke in sketch
            ]
            for name, sketch in SKETCHES.items()
        },
    )
    (data / "nonsense.ndjson").write_text("nonsense\n")
    folder = other_weights(tmp_path / "other")
    assert compare.main([f"--data={data}", f"--shadow={folder}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (pair,) = found["pairs"]
    assert (pair["frames"], pair["drawings"]) == (4 * len(SKETCHES), len(SKETCHES))
    assert pair["serving"] != pair["shadow"]
    assert list(found["by_ink"]) == ["0.25", "0.50", "0.75", "1.00"]
    assert found["by_ink"]["1.00"]["frames"] == len(SKETCHES)
    assert found["by_ink"]["1.00"]["serving"] > found["by_ink"]["0.25"]["serving"]

    assert compare.main([f"--data={data}", f"--shadow={WEIGHTS}"]) == 0
    assert "both see the same in 100.0 %" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "shadow", "why"),
    [
        ("nowhere", "ml/weights", "is not a folder"),
        ("empty", "nowhere", "nowhere"),
        ("empty", "ml/weights", "holds no drawings"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(
    data: str, shadow: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    weights = WEIGHTS if shadow == "ml/weights" else tmp_path / shadow
    assert compare.main([f"--data={tmp_path / data}", f"--shadow={weights}"]) == 2
    assert why in capsys.readouterr().err


def test_networks_of_other_categories_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = other_order(tmp_path / "other")
    assert compare.main([f"--data={tmp_path}", f"--shadow={folder}"]) == 2
    assert "its category 0 is" in capsys.readouterr().err


def test_help_says_which_figures_to_believe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        compare.main(["--help"])
    assert "looks better" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(SystemExit):
        compare.main(["--data", "somewhere"])
    assert "go together" in capsys.readouterr().err
