"""Bringing official files from a server that misbehaves."""

from __future__ import annotations

import base64
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ml import download as command
from ml.binary import read_binary
from ml.crc32c import crc32c
from ml.drawing import Tally
from ml.fetching import DownloadError, Result, Wish, download
from ml.part import Part
from ml.transfer import Patience
from tests.ml import official
from tests.ml.misbehaving import MisbehavingServer, misbehaving_server
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
BRIEF = Patience(attempts=4, first_s=0.001, longest_s=0.002)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MisbehavingServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with misbehaving_server() as running:
        for seed, name in enumerate(("cat", "dog", "alarm clock")):
            some = official.drawings(60, seed)
            running.files[f"simplified/{name}.ndjson"] = official.simplified(some, name)
            running.files[f"raw/{name}.ndjson"] = official.raw(some, name)
            running.files[f"binary/{name}.bin"] = official.binary(some)
            running.files[f"numpy_bitmap/{name}.npy"] = official.bitmaps(60, seed)
        yield running


def bring(server: MisbehavingServer, folder: Path, **wish: object) -> Result:
    wishes = {"forms": ("simplified",), "categories": ("cat",), "url": server.url, **wish}
    return download(Wish(folder, **wishes), patience=BRIEF, quiet=True)  # type: ignore[arg-type]


def brought(folder: Path, path: str = "simplified/cat.ndjson") -> bytes:
    return (folder / path).read_bytes()


CAT = "simplified/cat.ndjson"


def test_whole_files_of_all_forms_come_byte_for_byte(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    forms = ("simplified", "raw", "numpy_bitmap", "binary")
    result = bring(server, tmp_path, forms=forms, categories=("cat", "dog", "alarm clock"))
    assert result.came == len(server.files)
    assert result.size == sum(map(len, server.files.values()))
    for path, content in server.files.items():
        assert brought(tmp_path, path) == content
    assert list(tmp_path.rglob("*.part*")) == []


def test_what_is_there_is_not_brought_again(server: MisbehavingServer, tmp_path: Path) -> None:
    bring(server, tmp_path)
    again = bring(server, tmp_path)
    assert (again.came, again.kept, len(server.requests)) == (0, 1, 1)


def test_a_file_somebody_put_there_is_left_alone(server: MisbehavingServer, tmp_path: Path) -> None:
    (tmp_path / "simplified").mkdir()
    (tmp_path / CAT).write_bytes(b"mine\n")
    assert bring(server, tmp_path).kept == 1
    assert (brought(tmp_path), server.requests) == (b"mine\n", [])


@pytest.mark.parametrize("first", [1, 7, 59, 60, 1000])
@pytest.mark.parametrize("form", ["simplified", "raw", "binary"])
def test_the_first_drawings_end_with_the_last_whole_one(
    server: MisbehavingServer, tmp_path: Path, form: str, first: int
) -> None:
    bring(server, tmp_path, forms=(form,), first=first)
    [path] = (tmp_path / form).glob("cat.*")
    whole = server.files[f"{form}/{path.name}"]
    some = official.drawings(60, 0)[:first]
    make = {"simplified": official.simplified, "raw": official.raw, "binary": official.binary}
    assert path.read_bytes() == make[form](some)
    assert whole.startswith(path.read_bytes())


@pytest.mark.parametrize("first", [1, 7, 60, 1000])
def test_the_first_bitmaps_are_an_array_of_their_own(
    server: MisbehavingServer, tmp_path: Path, first: int
) -> None:
    bring(server, tmp_path, forms=("numpy_bitmap",), first=first)
    rows = np.load(tmp_path / "numpy_bitmap" / "cat.npy", allow_pickle=False)
    assert rows.shape == (min(first, 60), 784)
    every = np.random.default_rng(0).integers(0, 256, (60, 784), np.uint8)
    assert (rows == every[:first]).all()
    assert [
        path.name for path in (tmp_path / "numpy_bitmap").iterdir() if ".json" not in path.name
    ] == ["cat.npy"]


def test_the_first_drawings_are_asked_for_by_range_and_further_if_they_were_longer(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    long = b'{"drawing": [], "padding": "' + b"x" * 9000 + b'"}\n'
    server.files[CAT] = long * 1000
    bring(server, tmp_path, first=12)
    assert brought(tmp_path) == long * 12
    asked = server.asked(CAT)
    assert len(asked) > 1
    assert all(request.range for request in asked)
    assert sum(request.sent for request in asked) < len(long) * 30
    ends = [int(str(request.range).partition("-")[2]) for request in asked]
    starts = [int(str(request.range)[6:].partition("-")[0]) for request in asked]
    assert starts[1:] == [end + 1 for end in ends[:-1]]


def test_more_drawings_than_last_time_are_brought_and_fewer_are_there(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    bring(server, tmp_path, first=20)
    assert bring(server, tmp_path, first=10).kept == 1
    assert bring(server, tmp_path, first=30).came == 1
    assert brought(tmp_path).count(b"\n") == 30
    assert bring(server, tmp_path).came == 1
    assert brought(tmp_path) == server.files[CAT]
    assert bring(server, tmp_path, first=30).kept == 1


def test_a_line_that_is_cut_again_and_again_goes_on_where_it_was(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    """More cuts than tries allowed: each of them brought something."""
    server.habits[CAT].cuts = [1000] * 8
    bring(server, tmp_path)
    assert brought(tmp_path) == server.files[CAT]
    starts = [request.range for request in server.asked(CAT)]
    assert starts == [None, *(f"bytes={1000 * n}-" for n in range(1, 9))]
    assert all(request.if_range for request in server.asked(CAT)[1:])


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_server_in_trouble_twice_is_asked_a_third_time(
    server: MisbehavingServer, tmp_path: Path, status: int
) -> None:
    server.habits[CAT].statuses = [status, status]
    bring(server, tmp_path)
    assert (brought(tmp_path), len(server.requests)) == (server.files[CAT], 3)


def test_a_server_that_stays_in_trouble_is_given_up_and_named(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].statuses = [503] * 99
    with pytest.raises(DownloadError, match=r"1 of 2 files .*: cat \(simplified\): .*503"):
        bring(server, tmp_path, categories=("cat", "dog"))
    assert len(server.asked(CAT)) == BRIEF.attempts
    assert brought(tmp_path, "simplified/dog.ndjson") == server.files["simplified/dog.ndjson"]


def test_a_missing_file_is_named_once_and_the_others_come(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    with pytest.raises(
        DownloadError, match=r"1 of 2 files did not come: ant \(simplified\): .*404"
    ):
        bring(server, tmp_path, categories=("ant", "dog"))
    assert len(server.asked("simplified/ant.ndjson")) == 1
    assert brought(tmp_path, "simplified/dog.ndjson") == server.files["simplified/dog.ndjson"]
    assert list(tmp_path.rglob("*.part*")) == []


def test_a_wrong_checksum_is_seen_and_the_file_brought_anew(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].md5s = [base64.b64encode(b"0123456789abcdef").decode()]
    bring(server, tmp_path)
    assert (brought(tmp_path), len(server.requests)) == (server.files[CAT], 2)


@pytest.mark.parametrize("checksum", ["md5", "crc32c"])
def test_damaged_bytes_of_an_earlier_run_never_get_the_files_name(
    server: MisbehavingServer, tmp_path: Path, checksum: str
) -> None:
    server.habits[CAT].checksum = checksum
    server.habits[CAT].cuts = [2000]
    server.habits[CAT].statuses = [200, *[503] * BRIEF.attempts]
    with pytest.raises(DownloadError, match="503"):
        bring(server, tmp_path)
    part = tmp_path / f"{CAT}.part"
    damaged = bytearray(part.read_bytes())
    damaged[100] ^= 1
    part.write_bytes(damaged)
    bring(server, tmp_path)
    assert brought(tmp_path) == server.files[CAT]


def test_a_checksum_that_stays_wrong_is_told_and_nothing_is_left(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].md5s = [base64.b64encode(b"0123456789abcdef").decode()] * 99
    with pytest.raises(DownloadError, match=r"cat \(simplified\): its MD5 checksum is wrong"):
        bring(server, tmp_path)
    assert not (tmp_path / CAT).exists()


@pytest.mark.parametrize("by", [-700, 700])
def test_a_wrong_length_is_seen(server: MisbehavingServer, tmp_path: Path, by: int) -> None:
    server.habits[CAT].checksum = "none"
    server.habits[CAT].lengths = [len(server.files[CAT]) + by] * 99
    server.habits[CAT].cuts = [len(server.files[CAT])] * 99
    if by > 0:
        with pytest.raises(DownloadError, match=r"cat \(simplified\)"):
            bring(server, tmp_path)
        assert not (tmp_path / CAT).exists()
    else:  # a shorter length with every header agreeing is a shorter file
        bring(server, tmp_path)
        assert brought(tmp_path) == server.files[CAT][:by]


def test_a_length_below_the_stored_one_is_seen_by_the_checksum(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].lengths = [len(server.files[CAT]) - 700]
    server.habits[CAT].cuts = [len(server.files[CAT]) - 700]
    bring(server, tmp_path)
    assert (brought(tmp_path), len(server.requests)) == (server.files[CAT], 2)


def test_a_server_without_ranges_is_asked_for_everything_again(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].ranges = False
    server.habits[CAT].cuts = [1500, 3000]
    bring(server, tmp_path)
    assert brought(tmp_path) == server.files[CAT]
    bring(server, tmp_path / "first", first=5)
    assert brought(tmp_path / "first") == official.simplified(official.drawings(60, 0)[:5])


def test_a_server_that_sends_another_range_does_not_spoil_the_file(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].cuts = [1500]
    server.habits[CAT].shifted = 3
    bring(server, tmp_path)
    assert brought(tmp_path) == server.files[CAT]


def test_a_file_without_a_version_is_not_pieced_together(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].validator = False
    server.habits[CAT].cuts = [1500]
    bring(server, tmp_path)
    assert [request.range for request in server.asked(CAT)] == [None, None]
    assert brought(tmp_path) == server.files[CAT]


def test_a_file_that_changed_between_two_runs_is_brought_anew(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].cuts = [1500]
    server.habits[CAT].statuses = [200, *[503] * BRIEF.attempts]
    with pytest.raises(DownloadError, match="503"):
        bring(server, tmp_path)
    assert (tmp_path / f"{CAT}.part").stat().st_size == 1500
    server.files[CAT] = official.simplified(official.drawings(30, 9))
    bring(server, tmp_path)
    assert brought(tmp_path) == server.files[CAT]


def test_a_finished_part_is_only_checked_and_named(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    bring(server, tmp_path)
    asked = len(server.requests)
    whole = brought(tmp_path)
    (tmp_path / "simplified" / "downloads.json").unlink()
    (tmp_path / CAT).unlink()
    part = Part(tmp_path / CAT)
    part.restart(None)
    part.close()
    server.habits[CAT].cuts = [len(whole) - 1]
    server.habits[CAT].statuses = [200, *[503] * BRIEF.attempts]
    with pytest.raises(DownloadError, match="503"):
        bring(server, tmp_path)
    with (tmp_path / f"{CAT}.part").open("ab") as file:
        file.write(whole[-1:])
    asked = len(server.requests)
    bring(server, tmp_path)
    assert (brought(tmp_path), len(server.requests)) == (whole, asked)


def test_files_come_side_by_side_but_no_more_than_asked(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    """The server answers only when two requests wait: one after another would never end."""
    server.gate = threading.Barrier(2)
    forms = ("simplified", "raw", "numpy_bitmap", "binary")
    bring(server, tmp_path, forms=forms, connections=2)
    assert server.most_open == 2


def test_without_a_connection_there_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        wish = Wish(tmp_path, ("binary",), ("cat", "dog"), url=url)
        with pytest.raises(DownloadError) as caught:
            download(wish, patience=BRIEF, quiet=True)
    sentence = str(caught.value)
    assert sentence.startswith("127.0.0.1 cannot be reached (")
    assert "is this machine online?" in sentence
    assert "\n" not in sentence


def test_a_full_disk_is_said_and_what_came_is_kept(
    server: MisbehavingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Part.write

    def full(part: Part, chunk: bytes) -> None:
        if part.size >= 1000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(part, chunk[:1000])

    monkeypatch.setattr(Part, "write", full)
    server.habits[CAT].cuts = [1000]
    with pytest.raises(DownloadError, match=r"is full \(.* GiB free\)\. What has come is kept"):
        bring(server, tmp_path)
    monkeypatch.undo()
    assert (tmp_path / f"{CAT}.part").stat().st_size == 1000
    bring(server, tmp_path)
    assert brought(tmp_path) == server.files[CAT]


def test_a_folder_that_cannot_be_written_is_said(server: MisbehavingServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match=r"^cannot write to .*file: .*Choose another folder"):
        bring(server, tmp_path / "file")


def test_ctrl_c_leaves_parts_that_the_next_run_takes_up(
    server: MisbehavingServer, tmp_path: Path
) -> None:
    server.habits[CAT].stops = [2000]
    arguments = ["--output", str(tmp_path), "--form", "simplified", "--categories", "cat"]
    running = subprocess.Popen(
        [sys.executable, "-m", "ml.download", *arguments, "--url", server.url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = tmp_path / f"{CAT}.part.json"
    eventually(lambda: part.exists() or running.poll() is not None, within_s=30)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "ml.download: stopped; the same command goes on from here." in said
    assert "Traceback" not in said
    server.released.set()
    assert not (tmp_path / CAT).exists()
    kept = (tmp_path / f"{CAT}.part").stat().st_size if (tmp_path / f"{CAT}.part").exists() else 0
    bring(server, tmp_path)
    assert brought(tmp_path) == server.files[CAT]
    assert server.asked(CAT)[-1].range == (f"bytes={kept}-" if kept else None)


def test_the_command_brings_drawings_that_can_be_read(
    server: MisbehavingServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--output", str(tmp_path), "--categories", "cat,dog", "--per-category", "9"]
    assert command.main([*arguments, "--url", server.url]) == 0
    assert capsys.readouterr().out.startswith("2 files came (")
    tally = Tally()
    assert len(list(read_binary(tmp_path / "binary" / "dog.bin", tally))) == 9
    assert tally.skipped == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--categories", "cta"], "there is no category 'cta'. Did you mean cat"),
        (["--categories", "0"], "there is no category '0'."),
        (["--form", "png"], "there is no form 'png', only simplified, raw"),
        (["--per-category", "0"], "--per-category must be at least 1, not 0."),
        (["--connections", "0"], "--connections must be at least 1, not 0."),
        (["--url", "ftp://x"], "'ftp://x' is no web address"),
    ],
)
def test_a_wish_that_makes_no_sense_is_answered_in_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = [] if "--url" in arguments else ["--url", "http://127.0.0.1:9"]
    assert command.main(["--output", str(tmp_path / "x"), *arguments, *url]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_the_first_so_many_categories_are_the_networks_first() -> None:
    assert command.chosen_categories("2") == ("aircraft carrier", "airplane")
    assert len(command.chosen_categories(None)) == 345
    assert command.chosen_categories("dog, cat,dog") == ("dog", "cat")


def test_the_checksum_is_the_published_one_and_can_go_on() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    data = np.random.default_rng(0).bytes(70_001)
    slow = 0xFFFFFFFF
    for byte in data:
        slow ^= byte
        for _ in range(8):
            slow = slow >> 1 ^ (0x82F63B78 if slow & 1 else 0)
    assert crc32c(data) == slow ^ 0xFFFFFFFF
    for cut in (0, 1, 1024, 5000, 70_001):
        assert crc32c(data[cut:], crc32c(data[:cut])) == crc32c(data)


def test_waits_double_up_to_a_limit_and_are_never_alike() -> None:
    patience = Patience(first_s=0.5, longest_s=4.0)
    for failures, limit in ((1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (9, 4.0)):
        waits = {patience.wait_s(failures) for _ in range(20)}
        assert len(waits) > 1
        assert all(limit / 2 <= wait <= limit for wait in waits)
