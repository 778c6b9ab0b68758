"""The first cell of every notebook, of labs and lessons: the same in a browser, in Colab and in anybody's own Jupyter."""

from __future__ import annotations

import importlib.metadata
import os
import sys

TEXTS = {
    "en": ("Run this first: it brings tinydawn where it is missing, and says what is here.", "the NumPy that is here stays",
           "tinydawn is not here: pip install the wheel that the course's site offers"),
    "zh": ("先运行这一格：缺少 tinydawn 时它会安装，并说明这里有什么。", "这里的 NumPy 不变",
           "这里没有 tinydawn：请用 pip install 安装课程网站提供的 wheel"),
}
_FROM_THE_SITE = '''\
# {first}
import sys
from importlib import metadata, util
from subprocess import run

if util.find_spec("tinydawn") is None:
    asked = ["tinydawn[draw] @ {wheel}"]
    if util.find_spec("numpy"):  # {stays}
        asked.append("numpy==" + metadata.version("numpy"))
    print("pip install", *asked)
    run([sys.executable, "-m", "pip", "install", "-q", *asked], check=True)

import tinydawn.demos
{then}'''
_BY_HAND = '''\
# {first}
from importlib import util

if util.find_spec("tinydawn") is None:
    raise ImportError("{missing}")

import tinydawn.demos
{then}'''


def first_cell(then: str, wheel: str = "", lang: str = "en") -> str:
    """The text of the cell.

    then   what it ends with, where tinydawn is there
    wheel  the address of the wheel at the course's site; "" if it is not known: then the cell can only say what is missing
    """
    first, stays, missing = TEXTS[lang]
    text = _FROM_THE_SITE if wheel else _BY_HAND
    return text.format(first=first, stays=stays, missing=missing, wheel=wheel, then=then)


async def ready(*packages: str, lang: str = "en") -> None:
    """Say what is here; in a browser also load what a notebook will need, which is quick elsewhere: it is installed.

    packages  what Pyodide has and the notebook may use, such as "matplotlib"
    """
    from .. import __version__, viz

    if viz.browser.here():
        import pyodide_js  # of Pyodide, in a browser alone
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # it would need a thread, and there is none
        await pyodide_js.loadPackage(list(packages))
        try:
            await viz.browser.start(os.environ.get("TINYDAWN_VIZ_JS", viz.browser.ADDRESS))
        except viz.RenderError as error:
            print(error)
    here = f"tinydawn {__version__}, NumPy {importlib.metadata.version('numpy')}, Python {sys.version.split()[0]}"
    print(here + _where(viz.browser.here(), lang))
    if viz.find_renderer() is None and not viz.browser.here():
        print({"en": "There is no Graphviz: nothing will be drawn. pip install graphviz-pure",
               "zh": "没有 Graphviz，不能画图：pip install graphviz-pure"}[lang])


def _where(browser: bool, lang: str) -> str:
    if not browser:
        return {"en": ".", "zh": "。"}[lang]
    return {"en": ", in your browser: nothing leaves it, and it computes more slowly than outside.",
            "zh": "，在浏览器里：什么都不会传出去，计算比在外面慢。"}[lang]
