"""The browser's Python under node: the op table, the labs' checker, and drawing. TINYDAWN_PYODIDE names a folder with Pyodide.

TINYDAWN_VIZ_JS names viz-global.js of the npm package @viz-js/viz, for drawing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from clock import PATIENCE

from tests.online.elsewhere import ROOT, copy_packages
from tinydawn.viz import find_renderer

PYODIDE, VIZ = os.environ.get("TINYDAWN_PYODIDE"), os.environ.get("TINYDAWN_VIZ_JS")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PYODIDE or shutil.which("node") is None,
                                                   reason="no node, or TINYDAWN_PYODIDE names no folder with Pyodide")]


def pyodide(code: str, folder: Path) -> str:
    """What Python code prints in Pyodide, with this repository as /repo, and /out to write into; it has to end with 0."""
    copy_packages(folder / "packages")
    (folder / "out").mkdir(exist_ok=True)
    (folder / "code.py").write_text(f"import sys\nsys.path[:0] = ['/repo', '/packages']\n{code}", "utf-8")
    done = subprocess.run(["node", str(Path(__file__).with_name("pyodide_node.mjs")), str(PYODIDE), str(folder / "code.py"),
                           f"{ROOT}=/repo", f"{folder / 'packages'}=/packages", f"{folder / 'out'}=/out"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


@pytest.mark.parametrize("what", ["tests('tests/test_ops.py')", "labs()"], ids=["ops", "labs"])
def test_in_the_browsers_python(what: str, tmp_path: Path) -> None:
    pyodide(f"from tests.online import inside\ninside.{what}", tmp_path)


DRAW = """
import base64, os
from tinydawn import viz
from tests.online.drawings import drawings

data = base64.b64encode(open("/out/viz-global.js", "rb").read()).decode()
await viz.browser.start("data:text/javascript;base64," + data)
for name, drawing in drawings().items():
    drawing.save(f"/out/{name}.svg")
0
"""


@pytest.mark.skipif(not VIZ, reason="TINYDAWN_VIZ_JS names no viz-global.js")
@pytest.mark.skipif(find_renderer() is None, reason="no Graphviz to compare with")
def test_drawings_are_those_of_graphviz(tmp_path: Path) -> None:
    from tests.online.drawings import drawings

    (tmp_path / "out").mkdir()
    shutil.copyfile(str(VIZ), tmp_path / "out" / "viz-global.js")
    pyodide(DRAW, tmp_path)
    for name, drawing in drawings().items():
        assert (tmp_path / "out" / f"{name}.svg").read_text("utf-8") == drawing.svg(), name
