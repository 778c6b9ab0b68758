"""The directives of the site's pages: lessons as they ran, labs, drawn programs, links to the source and to tests.

What each says is Markdown that is put in its place; build.py has run the lessons before, and leaves what it knows in site.json.
"""

from __future__ import annotations

import functools
import hashlib
import html
import json
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "demos"))

import live  # noqa: E402
import sources  # noqa: E402
from playground.link import link as link_to_playground  # noqa: E402

from support.facts import holds  # noqa: E402
from tinydawn import demos, labs  # noqa: E402

log = logging.getLogger(__name__)
CONDITION = re.compile(r"\s*\[([^\[\]]*[<>=][^\[\]]*)\]")
NO_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")
OPEN = {"en": "Open in the browser", "zh": "在浏览器中打开"}
BAR = re.compile(r"\d+%?\|.*\|")  # of tqdm


class Page(SphinxDirective):
    """What all our directives have in common."""

    has_content = True

    def markdown(self, text: str) -> list[nodes.Node]:
        return self.parse_text_to_nodes(text, allow_section_headings=True)

    def box(self, kind: str, title: str, content: list[nodes.Node], **attributes: str) -> nodes.Node:
        box = nodes.admonition("", nodes.title("", "", *self.parse_inline(title)[0]), *content,
                               classes=["admonition", f"site-{kind}"], **attributes)
        self.set_source_info(box)
        return box

    def wrong(self, what: str) -> list[nodes.Node]:
        log.warning(what, location=self.get_location())
        return []

    @property
    def site(self) -> dict[str, Any]:
        return known(self.env.srcdir)

    def up(self) -> str:
        """From this page to the site's root, as pages work from file:// too."""
        return "../" * self.env.docname.count("/")


@functools.cache
def known(folder: Path) -> dict[str, Any]:
    """What build.py left: where lessons' results are, what the site serves."""
    return json.loads((Path(folder) / "site.json").read_text("utf-8"))


class Lesson(Page):
    """A lesson as it ran: its text, code, printed lines and figures."""

    has_content = False
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in demos.LESSONS:
            return self.wrong(f"there is no lesson {name!r}")
        if name not in self.site["lessons"]:
            what = f"`{name}.py` was not run for this page: it needs weights that are not installed here."
            return [self.box("note", f"Lesson: {demos.title(name)}", self.markdown(what))]
        folder = Path(self.env.srcdir) / "_lessons" / name
        record = json.loads((folder / "metrics.json").read_text("utf-8"))
        book = json.loads((folder / "notebook.ipynb").read_text("utf-8"))
        cells = [cell for cell in book["cells"] if "FLAGS = " not in "".join(cell["source"])]
        figures = iter(record["figures"])
        parts: list[nodes.Node] = []
        text: list[str] = []
        for i, cell in enumerate(cells):
            if cell["cell_type"] == "markdown":
                text.append(marked(below(cell["source"], first=not i), record))
                if not i:
                    text.append(opening(name, record, self.doors(name)))
                continue
            text.append(fence(cell["source"], "python"))
            text.extend(shown(output, figures, name, self.up()) for output in cell["outputs"])
        parts = self.markdown("\n\n".join(text))
        for number, node in enumerate(part for part in parts if isinstance(part, nodes.section)):
            if not number:
                node["classes"].append("lesson")
        return parts


    def doors(self, name: str) -> str:
        """Buttons that open the lesson as a notebook, in the reader's browser and elsewhere."""
        doors = []
        if f"lessons/{name}" in self.site["notebooks"]:
            target = self.up() + self.site["notebooks"][f"lessons/{name}"]
            doors.append(f'<a class="button" href="{html.escape(target)}">Open in the browser</a>')
        if f"lessons/{name}" in self.site["colab"]:
            doors.append(f'<a class="button" href="{html.escape(self.site["colab"][f"lessons/{name}"])}">Colab</a>')
        return f'```{{raw}} html\n<p class="doors">{" ".join(doors)}</p>\n```' if doors else ""


def below(text: str, first: bool) -> str:
    """A lesson's headings, one level down; its first is the heading of the part."""
    text = "".join(text)
    if first:
        text = re.sub(r"\A# ", "# The lesson: ", text)
    return re.sub(r"^(#+ )", r"#\1", text, flags=re.MULTILINE)


def marked(text: str, record: dict[str, Any]) -> str:
    """Each sentence's condition as a small mark that says whether it held in this run."""
    numbers = record["metrics"] | record["baselines"]

    def mark(match: re.Match[str]) -> str:
        condition = " ".join(match[1].split())
        try:
            true: bool | None = None if record["quick"] else holds(condition, numbers)
        except (KeyError, ValueError):
            true = None
        return f" {{held}}`{ {True: 'yes', False: 'no', None: 'unknown'}[true]} {condition}`"

    # A bracket before ( is a link, and in code it is code.
    parts = re.split(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))", text)
    return "".join(part if i % 2 else CONDITION.sub(mark, part) for i, part in enumerate(parts))


def opening(name: str, record: dict[str, Any], doors: str) -> str:
    run = f"`python demos/{name}.py`" + (" `--quick`" if record["quick"] else "")
    said = (f"Below is what {run} printed and drew: {record['seconds']:.0f} s, seed {record['seed']}, {record['data']}. ")
    if record["quick"]:
        said += ("**The run was shortened, so that this site is built in minutes: numbers and figures of this page are of too "
                 "little training, and sentences are not held against them.** The whole run takes about a minute. ")
    else:
        said += ("A {held}`yes ` after a sentence means that it was held against the numbers of this very run; point at it for "
                 "the condition. ")
    return f"````{{admonition}} How this was made\n:class: site-note\n{said}{{source}}`demos/{name}.py`\n\n{doors}\n````"


def fence(text: str, language: str, classes: str = "") -> str:
    text = "".join(text)
    marks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    options = f":class: {classes}\n" if classes else ""
    return f"{marks}{{code-block}} {language}\n{options}\n{text.rstrip()}\n{marks}"


def shown(output: dict[str, Any], figures: Any, lesson: str, up: str) -> str:
    """One output of a cell as Markdown; progress bars are left out."""
    if output["output_type"] == "stream":
        text = "".join(output["text"])
        return fence(text, "text", "output") if text.strip() and output["name"] == "stdout" else ""
    data = output.get("data", {})
    if any(kind in data for kind in ("image/svg+xml", "image/png", "text/html")):
        return figure(lesson, next(figures), up)
    text = "".join(data.get("text/plain", ""))
    printed = output["output_type"] == "execute_result" and text.strip() and not BAR.search(text)
    return fence(text, "text", "output") if printed else ""


def figure(lesson: str, name: str, up: str, alt: str = "") -> str:
    """A figure of a lesson's run, as Markdown."""
    if name.endswith(".html"):
        return (f"```{{raw}} html\n<iframe class=\"page\" src=\"{up}_lessons/{lesson}/{name}\" loading=\"lazy\" "
                f"title=\"{lesson}: {name}\"></iframe>\n```")
    return image(f"/_lessons/{lesson}/{name}", alt or f"{demos.title(lesson)}: {Path(name).stem}", "wide")


def image(path: str, alt: str, kind: str = "graph") -> str:
    """A picture that is scrolled sideways where it is wider than the screen."""
    return f"````{{container}} drawn-box {kind}\n```{{image}} {path}\n:alt: {' '.join(alt.split())}\n:class: drawn\n```\n````"


class Figures(Page):
    """Chosen figures of a lesson's run, with the lesson linked."""

    has_content = False
    required_arguments = 2
    final_argument_whitespace = True
    option_spec = {"alt": directives.unchanged}  # noqa: RUF012 (as docutils asks)

    def run(self) -> list[nodes.Node]:
        lesson, *names = " ".join(self.arguments).split()
        if lesson not in self.site["lessons"]:
            return [] if lesson in demos.LESSONS else self.wrong(f"there is no lesson {lesson!r}")
        missing = [name for name in names if not (Path(self.env.srcdir) / "_lessons" / lesson / name).is_file()]
        if missing:
            return self.wrong(f"the lesson {lesson} drew no {missing[0]}")
        text = [figure(lesson, name, self.up(), self.options.get("alt", "")) for name in names]
        page = self.site["pages"].get(lesson)
        record = json.loads((Path(self.env.srcdir) / "_lessons" / lesson / "metrics.json").read_text("utf-8"))
        said = [f"From the lesson [{demos.title(lesson)}](/{page}.md)."] if page not in (None, self.env.docname) else []
        said += ["**From a shortened run, of too little training.**"] if record["quick"] else []
        text.append(" ".join(said))
        return self.markdown("\n\n".join(text))


class Box(Page):
    """A box with a fixed title."""

    kind, title = "note", ""
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        title = " ".join([self.title, *self.arguments]).strip()
        attributes = {"lang": "zh"} if self.kind == "chinese" else {}
        return [self.box(self.kind, title, self.markdown("\n".join(self.content)), **attributes)]


class Chinese(Box):
    """A summary in Chinese, in which the end of a line is no space."""

    kind, title = "chinese", "中文"

    def run(self) -> list[nodes.Node]:
        self.content = StringList(NO_SPACE.sub("", "\n".join(self.content)).split("\n"))
        return super().run()


class Remember(Box):
    kind, title = "remember", "What to remember"


class Erratum(Box):
    kind, title = "erratum", "A slip of the notes:"


class Tested(Page):
    """The tests that hold a page, each linked to its text."""

    optional_arguments = 20
    has_content = True

    def run(self) -> list[nodes.Node]:
        ids = [*self.arguments, *" ".join(self.content).split()]
        items = []
        for test in ids:
            place = sources.place(test.split("[")[0].replace("::", ":", 1).replace("::", "."))
            if place is None:
                return self.wrong(f"there is no test {test}")
            items.append(f"* {{source}}`{test}`")
        return [self.box("tested", "Held by these tests", self.markdown("\n".join(items)))]


class Live(Page):
    """A program of up to thirty lines, its graph, and a link that opens it in the playground."""

    option_spec = {"alt": directives.unchanged, "no-link": directives.flag}  # noqa: RUF012 (as docutils asks)

    def run(self) -> list[nodes.Node]:
        program = "\n".join(self.content)
        name = f"{hashlib.sha256(program.encode()).hexdigest()[:16]}.svg"
        folder = Path(self.env.srcdir) / "_live"
        try:
            printed, page = live.drawn(program, folder / name, Path(self.site["cache"]))
        except Exception as error:
            return self.wrong(f"this program fails: {error}")
        text = [fence(program, "python")]
        if printed.strip():
            text.append(fence(printed, "text", "output"))
        if page is not None:
            alt = self.options.get("alt") or f"The graph of this program: {self.content[-1].strip()}"
            text.append(image(f"/_live/{name}", alt))
        found = self.markdown("\n\n".join(text))
        if "no-link" not in self.options:
            target = html.escape(self.up() + link_to_playground(program))
            found.append(nodes.raw("", f'<p class="try"><a href="{target}">Open in the playground</a></p>', format="html"))
        return found


class Lab(Page):
    """The box of a lab: its holes, its files to download, and the button that opens it in the browser."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        number = self.arguments[0]
        table = labs.tables().get(int(number)) if number.isdecimal() else None
        if table is None:
            return self.wrong(f"there is no lab {number}")
        file, up = table["file"], self.up()
        holes = ", ".join(f"<code>{html.escape(hole)}</code>" for hole in table["holes"])
        rows = []
        for lang, label in (("en", "English"), ("zh", "中文")):
            opened = self.site["notebooks"].get(f"labs/{file}.{lang}")
            buttons = [f'<a class="button" href="{up}{html.escape(opened)}">{OPEN[lang]}</a>'] if opened else []
            colab = self.site["colab"].get(f"labs/{file}.{lang}")
            buttons += [f'<a class="button" href="{html.escape(colab)}">Colab</a>'] if colab else []
            buttons += [f'<a href="{up}downloads/{lang}/{file}.{kind}" download>.{kind}</a>' for kind in ("py", "ipynb")]
            rows.append(f'<p class="doors" lang="{lang}">{label}: {" ".join(buttons)}</p>')
        title = f"Lab {number}: {table['title']['en']} · {table['title']['zh']}"
        text = f"<p>You write {holes}; the checker names the mistake.</p>{''.join(rows)}"
        content = [nodes.raw("", text, format="html")]
        if (Path(self.env.srcdir) / "labs" / f"{file}.md").is_file() and self.env.docname != f"labs/{file}":
            content += self.markdown(f"[The lab's page](/labs/{file}.md)")
        return [self.box("lab", title, content)]


class Held(SphinxRole):
    """Whether a sentence held: a small mark, whose title is the condition."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        how, _, condition = self.text.partition(" ")
        sign, said = {"yes": ("✓", "held in this run"), "no": ("✗", "not in this run"),
                      "unknown": ("○", "not judged by a shortened run")}[how]
        title = html.escape(f"{said}: {condition}" if condition else said)
        return [nodes.raw("", f'<abbr class="held {how}" title="{title}">{sign}</abbr>', format="html")], []


class Source(SphinxRole):
    """A link to the text of a file, or to a name in it: `tinydawn/nn/rnn.py:GRUCell`, `tests/test_ops.py::test_x`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        place = sources.place(self.text.split("[")[0].replace("::", ":", 1).replace("::", "."))
        if place is None:
            log.warning("there is no %s", self.text, location=self.get_location())
            return [nodes.literal("", self.text)], []
        file, line = place
        known(self.env.srcdir)  # the page is of this site
        target = "../" * self.env.docname.count("/") + sources.address(file, line)
        text = html.escape(self.text)
        return [nodes.raw("", f'<a class="source" href="{target}"><code>{text}</code></a>', format="html")], []


def setup(app: Sphinx) -> dict[str, Any]:
    for name, directive in {"lesson": Lesson, "figures": Figures, "chinese": Chinese, "remember": Remember, "erratum": Erratum,
                            "tested": Tested, "live": Live, "lab": Lab}.items():
        app.add_directive(name, directive)
    app.add_config_value("site_state", "", "env")  # build.py sums up what pages show beside their own text
    app.add_role("held", Held())
    app.add_role("source", Source())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
