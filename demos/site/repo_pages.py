"""Pages that take text from the repository, so that a number or a table stands in one place. `write(folder)` completes them.

A line `% README.md: How fast` in a page becomes that section of that file, without its heading; `% README.md` the whole file.
Beside these it writes the list of the lecture's pages, and the page of public programs.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tinydawn import labs

ROOT = Path(__file__).parents[2]
PROGRAMS = "demos/public_programs.md"
TAKES = ("measured.md", "instructors.md", "install.md")
ASKED = re.compile(r"^% ([\w./]+\.md)(?:: (.+))?$", re.MULTILINE)


def section(file: str, title: str | None) -> str:
    """The text of a section of a Markdown file, or of the file below its first heading."""
    text = (ROOT / file).read_text("utf-8")
    if title is None:
        return text.partition("\n")[2].strip("\n")
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,6}} |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"{file} has no section {title!r}")
    return found[2].strip("\n")


def fitted(text: str, file: str, folder: Path) -> str:
    """Text of a file as a page can have it: figures copied beside it, links to other files to their source pages."""

    def link(match: re.Match[str]) -> str:
        mark, said, target = match.groups()
        path = (ROOT / file).parent / target
        if "://" in target or target.startswith("#"):
            return match[0]
        if mark:
            (folder / "figures").mkdir(exist_ok=True)
            shutil.copyfile(path, folder / "figures" / path.name)
            return f"```{{image}} /figures/{path.name}\n:alt: {said.replace(chr(10), ' ')}\n:class: drawn\n```"
        if path.suffix == ".py":
            return f"{{source}}`{path.resolve().relative_to(ROOT).as_posix()}`"
        page = PAGES.get(path.resolve().relative_to(ROOT).as_posix())
        return f"[{said}]({page})" if page else f"*{said}*"

    text = re.sub(r"(!?)\[([^\]]+)\]\(([^)\s]+)\)", link, text)
    return text.replace("$", "\\$")


PAGES = {PROGRAMS: "/public_programs.md", "demos/README.md": "/lecture/index.md"}


def lecture(folder: Path) -> str:
    """The list of the lecture's pages: what each has of lessons, labs and errata, read from the pages themselves."""
    tables = labs.tables()
    rows = []
    for path in sorted((folder / "lecture").glob("[0-9]*.md")):
        text = path.read_text("utf-8")
        english, _, chinese = text.partition("\n")[0].removeprefix("# ").partition(" · ")
        asked = {kind: list(dict.fromkeys(re.findall(rf"^`{{3,}}\{{{kind}\}} (\w+)", text, re.MULTILINE)))
                 for kind in ("lesson", "lab", "erratum")}
        topics = ", ".join(re.findall(r"^% topics: (.+)$", text, re.MULTILINE))  # what stands on it, to be found by name
        boxes = ", ".join(f"[{number}](/labs/{tables[int(number)]['file']}.md)" for number in asked["lab"])
        if re.search(NO_HOLE, text):
            boxes = f"({boxes})"
        lessons = ", ".join(f"`{name}.py`" for name in asked["lesson"])
        errata = ", ".join(f"[{code}]({path.name})" for code in asked["erratum"])
        rows.append(f"| [{english}]({path.name}): {topics} | {chinese} | {lessons} | {boxes} | {errata} |")
    return HEAD + "\n".join(rows) + "\n\n```{toctree}\n:hidden:\n:glob:\n\n[0-9]*\n```\n"


NO_HOLE = r"## Lab · 实验\n\nNo (hole|lab) "  # how a page says that its lab is only the nearest one

HEAD = """# The lecture · 讲义

One page for each section of the notes, in their order. Each begins with a picture; then come code of a few lines with its
graph, the lab, the notes' formulas in words with their slip if there is one, what to remember, the tests that hold the page, and
the whole lesson as it ran. A lab in brackets is the nearest one: it has no hole for this section.

```{chinese}
每一节讲义一页，按原来的顺序。每页先是图，然后是几行代码及其计算图、实验、公式（如果有笔误，附在其中）、要点，
最后是整课的运行结果。标题和摘要有中文。括号里的实验是最接近的一个，其中没有专门针对该节的题。
```

| section | 中文 | lesson | lab | slip of the notes |
|---|---|---|---|---|
"""


def write(folder: Path) -> None:
    """Complete the pages in this folder."""
    for name in TAKES:
        path = folder / name
        if path.is_file():
            text = path.read_text("utf-8")
            path.write_text(ASKED.sub(lambda m: fitted(section(m[1], m[2]), m[1], folder), text), "utf-8")
    programs = fitted(section(PROGRAMS, None), PROGRAMS, folder)
    (folder / "public_programs.md").write_text(f"# Programs written for PyTorch\n\n{programs}\n", "utf-8")
    if (folder / "lecture").is_dir():
        (folder / "lecture" / "index.md").write_text(lecture(folder), "utf-8")
