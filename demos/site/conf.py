"""Sphinx's settings. build.py copies the pages of demos/site/pages, and what it made, into the folder that Sphinx reads."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sources import Plain
from sphinx.highlighting import PygmentsBridge

PygmentsBridge.html_formatter = Plain  # a page with code is then half as long

project = "tinydawn"
author = "the authors of tinydawn"
project_copyright = "the authors of tinydawn, MIT licence"
language = "en"  # with zh_CN Sphinx's search fails in the browser; with en Chinese words are found too

extensions = ["myst_parser", "sphinx.ext.mathjax", "extension"]
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]  # a lesson's headings stand below those of its page
nitpicky = True
nitpick_ignore_regex = [("py:class", r"(?!td\.).*")]  # what a signature asks: Size and the like are told in words
smartquotes = False  # h' in a formula is no quotation
exclude_patterns = ["_*"]

html_theme = "furo"
html_title = "tinydawn"
html_static_path: list[str] = []  # build.py says where
html_favicon = "static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_baseurl = ""
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#175fae", "color-brand-content": "#175fae"},
    "dark_css_variables": {"color-brand-primary": "#7db4ee", "color-brand-content": "#7db4ee"},
}
mathjax_path = "mathjax/tex-svg.js"
mathjax3_config = {"svg": {"fontCache": "global"}, "options": {"enableMenu": False}}
pygments_style = "tango"
pygments_dark_style = "github-dark"
