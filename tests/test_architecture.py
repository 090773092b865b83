"""The arrows between the packages: who may import whom.

``game`` knows nobody, ``ml`` knows the words of ``game``, ``server`` knows both but of ``ml`` only
the queue. An arrow that turns round fails here.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("game", "server", "ml")
HEAVY = frozenset({"torch", "transformers", "cv2", "safetensors", "accelerate"})
# What the rules must not touch though Python brings it along: clocks, dice that are not handed
# in, files, sockets, and anything that waits.
IMPURE = frozenset(
    {
        *("asyncio", "concurrent", "datetime", "io", "logging", "multiprocessing", "os"),
        *("pathlib", "secrets", "select", "shutil", "signal", "socket", "subprocess", "sys"),
        *("tempfile", "threading", "time", "uuid"),
    }
)
ML_MAY_KNOW_OF_GAME = ("game.ink", "game.protocol", "game.categories")
SERVER_MAY_KNOW_OF_ML = (
    "ml.batching",
    "ml.commands",
    "ml.comparisons",
    "ml.cores",
    "ml.frames",
    "ml.interrupt",
    "ml.queue",
)


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"no modules in {package}"
    return found


def imports(path: Path) -> Iterator[str]:
    """Every module or name that ``path`` imports, as ``package.module.name``, even in functions."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            prefix = ".".join((*base, *filter(None, (node.module,))))
            yield from (f"{prefix}.{each.name}" for each in node.names)


def within(name: str, allowed: tuple[str, ...]) -> bool:
    """Whether ``name`` is one of ``allowed`` or something inside it."""
    return any(f"{name}.".startswith(f"{each}.") for each in allowed)


def offences(package: str, forbidden: Callable[[str], bool]) -> list[str]:
    """The imports of ``package`` that are ``forbidden``, in words."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if forbidden(name)
    ]


def top(name: str) -> str:
    return name.partition(".")[0]


def test_game_imports_only_the_standard_library_and_itself() -> None:
    assert offences("game", lambda n: top(n) not in {*sys.stdlib_module_names, "game"}) == []


def test_game_has_no_clock_no_files_no_sockets_and_does_not_wait() -> None:
    assert offences("game", lambda n: top(n) in IMPURE) == []


def test_game_throws_only_dice_with_a_seed() -> None:
    seeded = 0
    for path in modules("game"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "random":
                assert node.attr == "Random", f"{path.name}: random.{node.attr}"
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "random.Random":
                assert node.args, f"{path.name}: a random.Random without a seed"
                seeded += 1
    assert offences("game", lambda n: n.startswith("random.")) == []
    assert seeded == 1, "the deck is shuffled in one place"


def test_game_has_no_open_and_no_print() -> None:
    for path in modules("game"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"open", "print", "input", "eval", "exec"}, path.name


def test_ml_knows_the_words_of_the_game_and_nothing_of_the_server() -> None:
    assert offences("ml", lambda n: top(n) == "server") == []
    assert offences("ml", lambda n: top(n) == "game" and not within(n, ML_MAY_KNOW_OF_GAME)) == []


def test_server_knows_of_the_network_only_the_queue() -> None:
    assert offences("server", lambda n: top(n) in HEAVY) == []
    assert (
        offences("server", lambda n: top(n) == "ml" and not within(n, SERVER_MAY_KNOW_OF_ML)) == []
    )


@pytest.mark.parametrize("module", SERVER_MAY_KNOW_OF_ML)
def test_the_part_of_ml_that_the_server_knows_is_light(module: str) -> None:
    """Whatever it imports of ``ml``, and so on, is light too."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if name in seen or not path.exists():
            continue
        seen.add(name)
        for imported in imports(path):
            assert top(imported) not in HEAVY, f"{name} imports {imported}"
            if top(imported) == "ml":
                waiting += [imported, imported.rpartition(".")[0]]
    assert module in seen


def test_importing_the_server_loads_no_network() -> None:
    code = "import sys, server.app; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "server" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_the_tests(package: str) -> None:
    assert offences(package, lambda n: top(n) == "tests") == []
