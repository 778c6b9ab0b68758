"""Forward and backward, one step at a time: as a page for the browser that needs no network, and as frames for slides."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .formulas import FORMULAS, ROWS, Formula, filled, in_words
from .measure import text_width
from .numbers import FEW, is_bad, numbers
from .picture import Picture
from .snapshot import Snapshot
from .svg import svg_of
from .themes import Theme

if TYPE_CHECKING:
    from .diagram import Diagram

MOST = 3000  # steps


@dataclass
class Step:
    """One step: what it says, which box and which arrow it is about, and what boxes show from now on.

    rule, sum  the formula with names, and with numbers
    values     boxes whose value appears
    gradients  box -> what its gradient line says
    wrong      whether what is computed here is not finite
    red        boxes in which something is not finite from now on
    """

    phase: str
    rule: str
    sum: str = ""
    box: int = -1
    arrow: int = -1
    values: list[int] = field(default_factory=list)
    gradients: dict[int, str] = field(default_factory=dict)
    wrong: bool = False
    red: list[int] = field(default_factory=list)


def steps_of(shot: Snapshot, picture: Picture, lang: str = "en") -> list[Step]:
    """Every op in the order it was computed, then every rule of the backward pass in the order it was applied."""
    box_of = {i: b for b, box in enumerate(picture.boxes) for i in box.members}
    arrow_of = {(a.source, a.target): k for k, a in enumerate(picture.arrows)}
    arguments: list[list[int]] = [[] for _ in shot.vertices]
    for e in sorted(shot.edges, key=lambda e: e.position):
        arguments[e.target].append(e.source)
    said = _say(lang)
    leaves = [b for i, b in box_of.items() if shot.vertices[i].kind not in ("op", "failed")]
    steps = [Step("forward", said["start"], values=leaves, red=[
        b for i, b in box_of.items() if b in leaves and "value" in shot.vertices[i].wrong])]
    for i, v in enumerate(shot.vertices):
        if v.kind != "op" or i not in box_of:
            continue
        found = _formula(shot, arguments[i], v.label)
        template = found.text if found is not None else v.formula
        symbols = [shot.vertices[j].symbol for j in arguments[i]]
        values = [_shown(shot.vertices[j].value, shot.vertices[j].label) for j in arguments[i]]
        with_numbers = filled(template, values, "", "", v.options) if found is not None else " + ".join(values)
        with_names = filled(template, symbols, v.symbol, "", v.options) if found is not None else v.formula or v.label
        with_numbers = f"= {with_numbers} = {_shown(v.value)}"
        if v.whole or v.label == "cat":  # its formula is its own
            with_names, with_numbers = v.formula, f"= {_shown(v.value)}"
        wrong = "value" in v.wrong
        steps.append(Step("forward", in_words(f"{v.symbol} = {with_names}", lang), in_words(with_numbers, lang), box_of[i],
                          values=[box_of[i]], wrong=wrong, red=[box_of[i]] if wrong else []))
    if not shot.backward:
        return [*steps, Step("forward", said["no backward"])][:MOST]
    return [*steps, *_backward(shot, box_of, arrow_of, arguments, said, lang)][:MOST]


def _backward(shot: Snapshot, box_of: dict[int, int], arrow_of: dict[tuple[int, int], int], arguments: list[list[int]],
              said: dict[str, str], lang: str) -> list[Step]:
    steps: list[Step] = []
    totals: dict[Any, Any] = {}
    flows = {(e.source, e.target, e.position): e.flow for e in shot.edges}
    seeded = False
    told: set[int] = set()  # boxes that say what their gradient is
    for i, k in shot.backward:
        v = shot.vertices[i]
        if k < 0:
            if seeded and v.gradient is not None and i in box_of and box_of[i] not in told:  # what gave it is not told one by one
                told.add(box_of[i])
                wrong = "gradient" in v.wrong
                steps.append(Step("backward", f"dL/d{v.symbol}", f"= {_shown(v.gradient)}", box_of[i], wrong=wrong,
                                  gradients={box_of[i]: _gradient(v.gradient, said)}, red=[box_of[i]] if wrong else []))
            if not seeded:
                seeded = True
                gradients = {box_of[i]: _gradient(v.gradient, said)} if i in box_of else {}
                steps.append(Step("backward", f"dL/d{v.symbol} = 1", said["seed"], box_of.get(i, -1), gradients=gradients))
                told.update(gradients)
            continue
        source = arguments[i][k]
        flow = flows.get((source, i, k))
        if flow is None:
            continue
        target = shot.vertices[source]
        key = ("leaf", target.owner) if target.owner >= 0 else source
        more = key in totals
        totals[key] = totals[key] + flow if more else flow
        found = _formula(shot, arguments[i], v.label)
        rules = found.rules if found is not None else ()
        rule = rules[k] if k < len(rules) else "{g}"
        if rule == "{g}" and v.shape != target.shape:  # it was broadcast, or added to every row
            rule = "Σ over what was repeated of {g}"
        symbols = [shot.vertices[j].symbol for j in arguments[i]]
        values = [_shown(shot.vertices[j].value, shot.vertices[j].label) for j in arguments[i]]
        name, sign = f"dL/d{target.symbol}", "+=" if more else "="
        text = f"{name} {sign} {filled(rule, symbols, v.symbol, f'dL/d{v.symbol}', v.options)}"
        reckoned, result = filled(rule, values, _shown(v.value), _shown(v.gradient), v.options), _shown(flow)
        with_numbers = f"{sign} {reckoned}" + ("" if reckoned == result else f" = {result}")
        if more:
            with_numbers += f",  {said['together']} {_shown(totals[key])}"
        shows = [j for j, u in enumerate(shot.vertices) if u.owner == target.owner] if target.owner >= 0 else [source]
        gradients = {box_of[j]: _gradient(totals[key], said) for j in shows if j in box_of}
        arrow = arrow_of.get((box_of.get(source, -1), box_of.get(i, -1)), -1)
        wrong = is_bad(totals[key], negative=True)
        text, with_numbers = in_words(text, lang), in_words(with_numbers, lang)
        steps.append(Step("backward", text, with_numbers, box_of.get(i, -1), arrow, gradients=gradients,
                          wrong=wrong or is_bad(flow, negative=True), red=list(gradients) if wrong else []))
        told.update(gradients)
    rest = {b: v for i, b in box_of.items() if (v := shot.vertices[i]).gradient is not None and b not in told}
    steps.append(Step("backward", said["end"], gradients={b: _gradient(v.gradient, said) for b, v in rest.items()},
                      red=[b for b, v in rest.items() if "gradient" in v.wrong]))
    return steps


def _formula(shot: Snapshot, arguments: list[int], op: str) -> Formula | None:
    """What an op computes: in rows, where its first argument is a batch."""
    rows = bool(arguments) and len(shot.vertices[arguments[0]].shape) > 1
    return ROWS[op] if rows and op in ROWS else FORMULAS.get(op)


def frames(diagram: Diagram, lang: str) -> list[str]:
    """One SVG per step, all of one size, with nothing moving between them."""
    picture, theme = drawn(diagram)
    where = diagram.place()
    out = []
    shown: set[int] = set()
    gradients: dict[int, str] = {}
    red = {b for b, box in enumerate(picture.boxes) if box.kind == "failed"}
    steps = steps_of(picture.shot, picture, lang)
    least = widest(picture, [text for step in steps for text in (step.rule, step.sum)])
    for step in steps:
        red.update(step.red)
        shown.update(step.values)
        gradients.update(step.gradients)
        boxes = [replace(box, lines=[(_at_this_step(text, role, b in shown, gradients.get(b)), role) for text, role in box.lines],
                         heat=box.heat if b in shown or box.heat is None else np.zeros_like(box.heat), strong=b == step.box,
                         bad=b in red)
                 for b, box in enumerate(picture.boxes)]
        arrows = [replace(a, marked=k == step.arrow, strength=None, bad=step.wrong and k == step.arrow)
                  for k, a in enumerate(picture.arrows)]
        now = replace(picture, boxes=boxes, arrows=arrows, legend=False, note=f"{step.rule}\n{step.sum or ' '}", least=least)
        out.append(svg_of(now, where, theme))
    return out


def widest(picture: Picture, notes: list[str]) -> float:
    """How wide the widest of these is below the picture, so that all frames are as wide."""
    return max((text_width(note, picture.sizes["note"]) for note in notes), default=0.0)


def drawn(diagram: Diagram) -> tuple[Picture, Theme]:
    diagram.place()  # which chooses the picture for a slide
    assert diagram.picture is not None
    assert diagram.theme is not None
    return diagram.picture, diagram.theme


def _at_this_step(text: str, role: str, shown: bool, gradient: str | None) -> str:
    if role == "value":
        return text if shown else " "
    if role == "gradient":
        return gradient or " "
    return text


@dataclass
class Parts:
    """What a page that goes through steps is made of.

    svg    the drawing, whose boxes and arrows have the ids b0, b1, ... and a0, a1, ...
    steps  what is said at each: "phase", "rule", "sum", and what `show` looks at
    show   JavaScript that makes the drawing on the page look as at steps[at]; find(id) gives an element
    css    how what a step is about looks
    """

    svg: str
    steps: list[dict[str, Any]]
    show: str
    css: str


def parts(diagram: Diagram, lang: str) -> Parts:
    """Of the page that goes through a computation, forward and backward."""
    picture, theme = drawn(diagram)
    said = _say(lang)
    data = [{**asdict(step), "phase": said[step.phase]} for step in steps_of(picture.shot, picture, lang)]
    plain = [replace(arrow, strength=None, bad=False) for arrow in picture.arrows]  # gradients come later
    calm = [replace(box, bad=box.kind == "failed") for box in picture.boxes]  # and so does what is not finite
    svg = svg_of(replace(picture, boxes=calm, arrows=plain), diagram.place(), theme)
    css = _CSS.replace("MARK", theme.mark).replace("WRONG", theme.wrong)
    return Parts(svg, data, _SHOW, css)


def page_of(diagram: Diagram, made_of: Parts) -> str:
    """The HTML page: the drawing, what happens at this step, arrow keys, a slider. Everything is in it."""
    picture, theme = drawn(diagram)
    lang, said, width = picture.lang, _say(picture.lang), diagram.place().width
    return _PAGE.format(
        lang="zh" if lang == "zh" else "en", title=escape(picture.title or "tinydawn"), ink=theme.ink, dim=theme.dim,
        paper="transparent" if picture.transparent else theme.paper, line=theme.frame_line, wide=round(4 * width + 80),
        svg=made_of.svg, back=said["back"], next=said["next"], keys=said["keys"], show=made_of.show, css=made_of.css,
        data=json.dumps(made_of.steps, ensure_ascii=False).replace("<", "\\u003c"))


def _shown(array: Any, label: str = "?") -> str:
    """Numbers as a formula has them: 2, [1, 2], [[1, 2], [3, 4]], or of many their shape."""
    if array is None:
        return label
    a = np.asarray(array)
    if a.ndim == 0:
        return numbers(a)
    if a.size > 2 * FEW:
        return f"({' × '.join(str(n) for n in a.shape)})"
    if a.ndim == 1:
        return "[" + ", ".join(numbers(x) for x in a) + "]"
    return "[" + ", ".join(_shown(x) for x in a) + "]"


def _gradient(total: Any, said: dict[str, str]) -> str:
    return f"{said['gradient']}: {numbers(total, gradient=True)}"


def _say(lang: str) -> dict[str, str]:
    english = {
        "start": "what goes in", "no backward": "no backward pass was run: gradients are not computed", "seed":
        "the gradient of the output with respect to itself", "together": "together", "end": "every gradient has arrived",
        "back": "back", "next": "next", "keys": "← → step, Home and End, Space plays", "gradient": "gradient",
        "forward": "forward", "backward": "backward"}
    chinese = {
        "start": "输入", "no backward": "没有运行反向传播：梯度尚未计算", "seed": "输出对自身的梯度",
        "together": "累计", "end": "所有梯度已到达", "back": "上一步", "next": "下一步",
        "keys": "← → 逐步，Home 与 End，空格播放", "gradient": "梯度", "forward": "前向", "backward": "反向"}
    if lang == "en":
        return english
    return chinese if lang == "zh" else {k: f"{chinese[k]} {english[k]}" for k in english}


# What shows step `at` of a computation, and how what it is about looks.
_SHOW = """  const values = new Set(), gradients = new Map(), red = new Set();
  for (const step of steps.slice(0, at + 1)) {
    step.values.forEach(b => values.add(b));
    step.red.forEach(b => red.add(b));
    for (const [b, text] of Object.entries(step.gradients)) gradients.set(Number(b), text);
  }
  for (const box of document.querySelectorAll(".box")) {
    const b = Number(box.id.slice(1));
    box.classList.toggle("now", b === steps[at].box);
    box.classList.toggle("wrong", red.has(b));
    box.querySelectorAll(".value, .heat").forEach(e => e.classList.toggle("off", !values.has(b)));
    box.querySelectorAll(".gradient").forEach(e => {
      e.classList.toggle("off", !gradients.has(b));
      if (gradients.has(b)) {
        e.removeAttribute("textLength");
        e.textContent = gradients.get(b);
        const room = box.querySelector("rect, polygon, path").getBBox().width - 14;
        if (e.getComputedTextLength() > room) e.setAttribute("textLength", room);
      }
    });
  }
  document.querySelectorAll(".arrow").forEach(e => {
    e.classList.toggle("now", e.id === "a" + steps[at].arrow);
    e.classList.toggle("wrong", steps[at].wrong && e.id === "a" + steps[at].arrow);
  });
  find("sum").classList.toggle("wrong", steps[at].wrong);
"""
_CSS = """#sum.wrong { color: WRONG; font-weight: bold; }
.now > rect:first-of-type, .now > polygon:first-of-type { stroke: MARK; stroke-width: 4; }
.arrow.now path { stroke: MARK; stroke-width: 4; }
.arrow.now polygon { fill: MARK; }
.box.wrong > rect:first-of-type, .box.wrong > polygon:first-of-type { stroke: WRONG; stroke-width: 4; }
.arrow.wrong path { stroke: WRONG; }
.arrow.wrong polygon { fill: WRONG; }
"""
_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; height: 100vh; display: flex; flex-direction: column; background: {paper}; color: {ink};
  font-family: Helvetica, Arial, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }}
header {{ padding: 4px 20px; font-size: max(14px, min(1.05vw, 1.9vh)); border-bottom: 1px solid {line}; }}
#rule {{ font-size: max(18px, min(1.4vw, 2.5vh)); min-height: 1.3em; }}
#sum {{ font-size: max(16px, min(1.2vw, 2.1vh)); min-height: 1.3em; overflow-wrap: anywhere; }}
#controls {{ display: flex; gap: 12px; align-items: center; margin-top: 4px; }}
#slider {{ flex: 1; }}
button {{ font: inherit; padding: 4px 14px; background: {paper}; color: {ink}; border: 1px solid {line}; border-radius: 4px; }}
small {{ color: {dim}; font-size: inherit; }}
main {{ flex: 1; min-height: 0; padding: 2px; text-align: center; }}
main svg {{ width: 100%; max-width: {wide}px; height: 100%; }}
.off {{ visibility: hidden; }}
{css}
</style>
</head>
<body>
<header>
<div id="rule"></div>
<div id="sum"></div>
<div id="controls"><button id="back">{back}</button><input id="slider" type="range" min="0" value="0" aria-label="step"><button
id="next">{next}</button><span id="count"></span><small>{keys}</small></div>
</header>
<main>{svg}</main>
<script>
const steps = {data};
const find = id => document.getElementById(id);
const slider = find("slider");
slider.max = steps.length - 1;
let at = 0, timer = null;
function show(k) {{
  at = Math.max(0, Math.min(steps.length - 1, k));
{show}  find("rule").textContent = (steps[at].phase ? steps[at].phase + ":  " : "") + steps[at].rule;
  find("sum").textContent = steps[at].sum;
  find("count").textContent = (at + 1) + " / " + steps.length;
  slider.value = at;
}}
function play() {{
  if (timer) {{ clearInterval(timer); timer = null; return; }}
  timer = setInterval(() => {{ if (at === steps.length - 1) {{ clearInterval(timer); timer = null; }} else show(at + 1); }}, 900);
}}
slider.addEventListener("input", () => show(Number(slider.value)));
find("back").addEventListener("click", () => show(at - 1));
find("next").addEventListener("click", () => show(at + 1));
document.addEventListener("keydown", event => {{
  const to = {{ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: steps.length - 1}}[event.key];
  if (to !== undefined) {{ event.preventDefault(); show(to); }}
  if (event.key === " ") {{ event.preventDefault(); play(); }}
}});
show(0);
</script>
</body>
</html>
"""
