"""Which arithmetic is chosen where."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.precision import abilities, choose, judge

NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("device", "onnx", "words", "writable", "expected"),
    [
        ("cpu", True, {"avx512_vnni"}, True, "int8"),
        ("cpu", True, {"asimddp"}, True, "int8"),
        ("cpu", True, {"avx2"}, True, "fp32"),  # would saturate
        ("cpu", True, {"avx512_vnni"}, False, "fp32"),
        ("cpu", False, {"avx512_vnni", "avx512_bf16"}, True, "bf16"),
        ("cpu", False, {"avx512_vnni"}, True, "fp32"),
        ("cpu", False, {"amx_bf16"}, False, "bf16"),
        ("cuda:1", True, {"bf16"}, True, "bf16"),
        ("cuda", True, set(), True, "fp32"),  # would be emulated
        ("mps", True, {"asimddp"}, True, "fp32"),
    ],
)
def test_auto_depends_on_the_machine_alone(
    device: str, onnx: bool, words: set[str], writable: bool, expected: str
) -> None:
    chosen = choose("auto", device, onnx=onnx, abilities=frozenset(words), writable=writable)
    assert chosen == expected


@pytest.mark.parametrize("wanted", ["fp32", "bf16"])
def test_what_is_asked_for_is_what_is_used(wanted: str) -> None:
    assert choose(wanted, "cpu", onnx=True, abilities=NOTHING, writable=True) == wanted


@pytest.mark.parametrize(("device", "onnx"), [("cuda", True), ("cpu", False)])
def test_int8_is_refused_where_it_cannot_be_had(device: str, onnx: bool) -> None:
    with pytest.raises(ValueError, match="int8 needs"):
        choose("int8", device, onnx=onnx, abilities=NOTHING, writable=True)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="fp8"):
        choose("fp8", "cpu", onnx=True, abilities=NOTHING, writable=True)


@pytest.mark.parametrize("key", ["flags\t\t", "Features\t"])
def test_the_processor_is_read_in_either_dialect(tmp_path: Path, key: str) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\n{key}: fpu asimddp avx_vnni\nbugs : none\n")
    assert abilities(tmp_path / "cpuinfo") >= {"asimddp"}


def test_no_processor_is_no_error(tmp_path: Path) -> None:
    assert abilities(tmp_path / "nothing") in (NOTHING, frozenset({"asimddp"}))


def test_the_name_of_a_judge_tells_how_it_computed() -> None:
    assert judge("0123abcd") == ("0123abcd", "fp32")
    assert judge("0123abcd+int8") == ("0123abcd", "int8")
    for name in ("0123abcd+fp8", "0123abcd+auto"):
        with pytest.raises(ValueError, match="names no way"):
            judge(name)
