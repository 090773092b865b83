"""Settings come from the environment and from flags, and say what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import BadSettings, Settings, read_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_setting_is_explained() -> None:
    unexplained = [name for name, field in Settings.model_fields.items() if not field.description]
    assert unexplained == []


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        read_settings(["--help"])
    printed = capsys.readouterr().out
    assert leaving.value.code == 0
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')} " in printed


def test_an_environment_variable_sets_and_a_flag_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8100")
    monkeypatch.setenv("WORKERS", "3")
    settings = read_settings(["--port", "8200"])
    assert (settings.port, settings.workers) == (8200, 3)


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("REDIS_URL", "")
    assert (read_settings().port, read_settings().redis_url) == (8000, "")


def test_data_goes_where_the_system_keeps_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert read_settings().data_dir == Path("/somewhere/inkling")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert read_settings().data_dir == Path("~/.local/share/inkling").expanduser().resolve()


def test_relative_folders_are_those_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", ".data")
    assert read_settings().data_dir == Path.cwd() / ".data"


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example/, https://b.example ,")
    assert read_settings().allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("url", "origin", "root"),
    [
        ("", (), ""),
        ("https://ink.example/", ("https://ink.example",), ""),
        ("http://ink.example:8080/play/inkling/", ("http://ink.example:8080",), "/play/inkling"),
    ],
)
def test_the_public_address_says_whose_pages_are_ours_and_where_they_lie(
    monkeypatch: pytest.MonkeyPatch, url: str, origin: tuple[str, ...], root: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://friend.example")
    settings = read_settings()
    assert settings.root_path == root
    assert settings.origins == ("https://friend.example", *origin)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "eighty", "PORT: "),
        ("PORT", "70000", "less than or equal to 65535"),
        ("WORKERS", "-1", "WORKERS: "),
        ("REDIS_URL", "http://localhost", "redis://, rediss:// or unix://"),
        ("DEVICE", "gpu", "DEVICE: "),
        ("PUBLIC_URL", "ink.example", "https://ink.example/inkling"),
        ("PUBLIC_URL", "https://ink.example//inkling", "https://ink.example/inkling"),
        ("PUBLIC_URL", "https://ink.example/?a=b", "https://ink.example/inkling"),
        ("PUBLIC_URL", "https://ink.example/a<b", "https://ink.example/inkling"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_bad_value_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        read_settings()
    assert told in str(refused.value)
    assert f"(it is '{value}')." in str(refused.value)


@pytest.mark.parametrize(
    ("cores", "workers", "given", "threads"),
    [(8, 1, 0, 7), (8, 2, 0, 3), (1, 1, 0, 1), (2, 4, 0, 1), (8, 0, 0, 7), (8, 2, 6, 6)],
)
def test_the_web_server_keeps_a_core(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, given: int, threads: int
) -> None:
    monkeypatch.setattr("server.settings.usable_cores", lambda: cores)
    settings = Settings(workers=workers, worker_threads=given)
    assert settings.threads_per_worker == threads


def test_the_page_is_found_in_a_checkout_and_when_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("server.settings._PACKAGE", tmp_path / "server")
    assert read_settings().web_dir == tmp_path / "web"
    (tmp_path / "server" / "_web").mkdir(parents=True)
    assert read_settings().web_dir == tmp_path / "server" / "_web"


def test_another_process_reads_the_same_settings_from_its_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = tmp_path / "words"
    words.touch()
    asked = ["--allowed-origins", "https://a.example,https://b.example", "--port", "9"]
    for arguments in ([], [*asked, "--word-filter", str(words)]):
        settings = read_settings(arguments)
        with monkeypatch.context() as patch:
            for name, value in settings.as_environment().items():
                patch.setenv(name, value)
            assert read_settings([]) == settings
