"""What the colours, widths and dashes of a drawing mean: of what is in it, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from .measure import text_width
from .picture import Picture

SAMPLE, GAP, LINE = 26.0, 22.0, 21.0  # the width of a sample, between entries, from line to line

# By the kind of what is explained: English, Chinese.
WORDS = {
    "op": ("operation", "运算"), "module": ("module: more inside", "模块：内含更多"), "step": ("step of a loop", "循环的一步"),
    "parameter": ("parameter, learned", "参数（学习得到）"), "input": ("data", "数据"), "constant": ("constant", "常数"),
    "cut": ("no gradient passes", "梯度不通过"), "chance": ("drawn at random", "随机抽取"),
    "failed": ("raised the error", "出错的运算"), "kept": ("kept", "保留"), "won": ("best path", "最优路径"),
    "pruned": ("pruned", "剪掉"), "finished": ("finished", "已结束"), "greedy": ("greedy's path", "贪心路径"),
    "strong": ("output", "输出"), "bad": ("NaN or Inf", "NaN 或 Inf"), "missed": ("not as expected", "与所求不同"),
    "heat": ("heat map: above 0, below 0", "热力图：正、负"),
    "flow": ("wider: larger gradient", "越粗：梯度越大"), "marked": ("highlighted path", "高亮路径"),
    "delayed": ("to the next step", "到下一步"), "dotted": ("no gradient comes back", "没有梯度返回"),
}


@dataclass(frozen=True)
class Entry:
    """Something that is explained; its sample is a box or a line of that kind."""

    kind: str
    text: str


def entries(picture: Picture) -> list[Entry]:
    """What a legend of this picture says."""
    boxes, arrows = picture.boxes, picture.arrows
    tree = picture.tree
    found = [kind for kind in WORDS if any(box.kind == kind for box in boxes)]
    extra = {
        "finished": any(box.double for box in boxes),
        "greedy": any(box.greedy for box in boxes),
        "strong": not tree and any(box.strong for box in boxes),
        "bad": any(box.bad and box.kind != "failed" and not box.missed for box in boxes) or any(a.bad for a in arrows),
        "missed": any(box.missed for box in boxes),
        "heat": any(box.heat is not None for box in boxes),
        "flow": len({a.strength for a in arrows} - {None}) > 1,
        "marked": not tree and any(a.marked for a in arrows),
        "delayed": any(a.delayed for a in arrows),
        "dotted": not tree and any(a.cut for a in arrows),
    }
    return [Entry(kind, _said(kind, picture.lang)) for kind in (*found, *(k for k, there in extra.items() if there))]


def _said(kind: str, lang: str) -> str:
    english, chinese = WORDS[kind]
    return english if lang == "en" else chinese if lang == "zh" else f"{chinese} {english}"


def lines_of(picture: Picture, room: float) -> list[list[tuple[Entry, float]]]:
    """The entries in lines of at most that width, each with its left end."""
    lines: list[list[tuple[Entry, float]]] = []
    size = picture.sizes["note"]
    x = room + 1.0
    for entry in entries(picture):
        wide = SAMPLE + 6 + 1.12 * text_width(entry.text, size)
        if x + wide > room:
            lines.append([])
            x = 0.0
        lines[-1].append((entry, x))
        x += wide + GAP
    return lines


def width_of(line: list[tuple[Entry, float]], size: float) -> float:
    entry, x = line[-1]
    return x + SAMPLE + 6 + 1.12 * text_width(entry.text, size)
