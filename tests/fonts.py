"""The fonts that matplotlib sees in the tests and in the programs that they start: its own, whatever else is installed.

matplotlib keeps a list of all fonts in its folder, $MPLCONFIGDIR, and every process reads it from there. The tests have a
folder of their own, with a list of their own: what the system has is in it under a name that nobody asks for, so that it is
neither found nor looked for again. With TINYDAWN_TEST_FONTS=chinese the list also has a font with Chinese letters, which is
made here: every letter is the same square, on which the figures do not depend.
"""

from __future__ import annotations

import copy
import dataclasses
import os
from pathlib import Path
from typing import Any

CHINESE = os.environ.get("TINYDAWN_TEST_FONTS") == "chinese"
MISSING = "no installed font has Chinese letters"


def keep_list(folder: Path, chinese: bool) -> list[Any]:
    """Write the list of fonts into `folder`, to be used as $MPLCONFIGDIR; and return it."""
    from matplotlib import font_manager, get_data_path

    fonts = copy.copy(font_manager.fontManager)
    fonts.ttflist = [font if Path(font.fname).is_relative_to(get_data_path()) else dataclasses.replace(font, name="hidden")
                     for font in fonts.ttflist]
    folder.mkdir(parents=True, exist_ok=True)
    if chinese:
        write_font(folder / "chinese.ttf")
        fonts.addfont(str(folder / "chinese.ttf"))
    font_manager.json_dump(fonts, folder / f"fontlist-v{fonts.__version__}.json")
    return fonts.ttflist


def write_font(path: Path) -> None:
    """A font of squares for what is written in Chinese, Japanese and Korean, under a name that tinydawn looks for."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

    from tinydawn.viz.figure import CJK_FONTS

    pen = TTGlyphPen(None)
    for x, y in ((100, 0), (100, 800), (900, 800), (900, 0)):
        (pen.lineTo if pen.points else pen.moveTo)((x, y))
    pen.closePath()
    square = pen.glyph()
    letters = CmapSubtable.newSubtable(13)  # the format in which many letters have one glyph
    letters.platformID, letters.platEncID, letters.language = 3, 10, 0
    letters.cmap = dict.fromkeys([*range(0x2E80, 0xA000), *range(0xAC00, 0xD7B0), *range(0xFF00, 0xFFF0)], "square")
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "square"])
    font.setupCharacterMap({})
    font.font["cmap"].tables = [letters]
    font.setupGlyf({".notdef": square, "square": square})
    font.setupHorizontalMetrics({".notdef": (1000, 100), "square": (1000, 100)})
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupNameTable({"familyName": CJK_FONTS[0], "styleName": "Regular"})
    font.setupOS2(sTypoAscender=880, sTypoDescender=-120)
    font.setupPost()
    font.save(path)
