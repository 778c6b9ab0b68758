"""The plan of the house: every room is on the map, the root shows the engine, what is projected is narrow."""

from __future__ import annotations

from pathlib import Path

import house
import pytest

import tinydawn

PACKAGE, ROOT = Path(tinydawn.__file__).parent, house.ROOT
pytestmark = pytest.mark.skipif(not (ROOT / "demos").is_dir(), reason="the lessons are not beside the tests")


def rooms() -> set[str]:
    """Files at the root of the package, and its folders."""
    files = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    return files | {f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}


def test_every_room_is_on_the_map_and_in_the_readme() -> None:
    assert rooms() | {"demos/"} == house.named()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [name for name in rooms() if name not in readme]


def test_the_picture_is_of_this_map() -> None:
    assert house.TARGET.read_text(encoding="utf-8") == house.house(), "run python -m tests.house"


def test_the_root_shows_the_engine() -> None:
    assert len([name for name in rooms() if name.endswith(".py")]) <= 17


@pytest.mark.parametrize("folder", [ROOT / "demos", PACKAGE / "models"], ids=["demos", "models"])
def test_what_is_projected_is_narrow(folder: Path) -> None:
    # What builds the site is projected by nobody.
    shown = [path for path in sorted(folder.rglob("*.py")) if "site" not in path.relative_to(folder).parts]
    wide = [f"{path.relative_to(folder)}:{i}" for path in shown
            for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line) > 100]
    assert not wide, f"{len(wide)} lines of more than 100 characters: {', '.join(wide[:10])}"


def test_only_lessons_lie_in_demos() -> None:
    """Each is a percent script that reads its flags and writes its results; helpers are in support/."""
    for path in (ROOT / "demos").glob("*.py"):
        code = path.read_text(encoding="utf-8")
        assert code.startswith("# %% [markdown]\n# # "), path.name
        assert "results.write()" in code, path.name
