"""A laid-out picture as SVG text."""

from __future__ import annotations

import math
import unicodedata
from html import escape
from typing import Any

from .curves import sampled
from .layout import CELL, LEADING, SIDE, Place, arrow_look, height_of_lines
from .legend import LINE, SAMPLE, Entry, lines_of, width_of
from .measure import text_width
from .picture import Arrow, Box, Picture
from .themes import Theme, mixed

FONTS = ("Helvetica, Arial, 'Liberation Sans', 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', "
         "'Source Han Sans SC', 'WenQuanYi Zen Hei', 'DejaVu Sans', sans-serif")
EDGE = 14.0  # paper around the drawing
NOTE = 16.0  # from one note to the next
LEAST = 640.0  # a slide is at least so many points wide: a small drawing does not become a poster


def _edge(picture: Picture) -> float:
    return 8.0 if picture.slide else EDGE


def canvas_of(picture: Picture, place: Place) -> tuple[float, float]:
    """Width and height of the whole drawing, with title, notes and legend; of a slide, 16 by 9."""
    width = _inner(picture, place) + 2 * _edge(picture)
    height = place.height + _head(picture) + 2 * _edge(picture) + _feet(picture, place)
    if picture.slide:
        width = max(width, height * 16 / 9, LEAST)
        height = width * 9 / 16
    return width, height


def _head(picture: Picture) -> float:
    return 26.0 if picture.title else 0.0


def _notes(picture: Picture) -> list[str]:
    return picture.note.split("\n") if picture.note else []


def _legend(picture: Picture, place: Place) -> list[list[tuple[Entry, float]]]:
    if not picture.legend:
        return []
    room = max(place.width, (LEAST - 2 * EDGE) if picture.slide else 420.0)
    if picture.slide:
        room = max(room, (place.height + _head(picture) + 60) * 16 / 9 - 2 * EDGE)
    return lines_of(picture, room)


def _feet(picture: Picture, place: Place) -> float:
    """The height of notes and legend."""
    legend = _legend(picture, place)
    return NOTE * len(_notes(picture)) + (LINE * len(legend) + 8.0 if legend else 0.0)


def _inner(picture: Picture, place: Place) -> float:
    size = picture.sizes["note"]
    return max([place.width, picture.least, text_width(picture.title, 16, True), *(text_width(n, size) for n in _notes(picture)),
                *(width_of(line, size) for line in _legend(picture, place))])


def svg_of(picture: Picture, place: Place, theme: Theme) -> str:
    """The drawing as SVG, with the title above, and a legend and notes below it."""
    width, height = canvas_of(picture, place)
    edge = _edge(picture)
    head, notes, legend, size = _head(picture), _notes(picture), _legend(picture, place), picture.sizes["note"]
    spare = (height - place.height - head - 2 * edge - _feet(picture, place)) / 2
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
           f'height="{_n(height)}" font-family="{escape(FONTS)}" class="tinydawn {theme.name}" role="img">']
    if picture.title:
        out.append(f"<title>{_text(picture.title)}</title>")
    if not picture.transparent:
        out.append(f'<rect width="100%" height="100%" fill="{theme.paper}"/>')
    if picture.title:
        out.append(_line(picture.title, width / 2, edge + 14, 16, theme.ink, bold=True))
    out.append(f'<g transform="translate({_n((width - place.width) / 2)} {_n(edge + head + spare)})">')
    for f in range(len(picture.frames)):
        if f in place.frames:
            out.append(_frame(picture, f, place.frames[f], theme))
    for k, arrow in enumerate(picture.arrows):
        if k in place.curves:
            out.append(_arrow(arrow, k, place, theme, picture.sizes["label"], picture.tree))
    for f, frame in enumerate(picture.frames):  # over the arrows, with a border that keeps them apart
        if f in place.frames:
            x, y, w, _ = place.frames[f]
            ground = min(text_width(frame.title, 12, True) + 4, w - 12)
            side, anchor = x + 8, "start"
            # At the other end if arrows cross it here, and not there.
            ends = [(x + 6, y + 4, ground, 15.0), (x + w - ground - 6, y + 4, ground, 15.0)]
            if _crossed(place, ends[0]) and not _crossed(place, ends[1]):
                x, side, anchor = x + w - ground - 12, x + w - 8, "end"
            line = _line(frame.title, side, y + 15, 12, theme.dim, anchor=anchor, bold=True, room=w - 16)
            out.append(f'<g class="heading" id="h{f}"><rect x="{_n(x + 6)}" y="{_n(y + 4)}" width="{_n(ground)}" height="15" '
                       f'fill="{theme.frame}"/>{line}</g>')
    for i, box in enumerate(picture.boxes):
        if i in place.boxes:
            out.append(_box(box, i, place.boxes[i], theme, picture.sizes))
    out.append("</g>")
    for k, entries in enumerate(legend):
        left, y = (width - width_of(entries, size)) / 2, height - edge - NOTE * len(notes) - LINE * (len(legend) - 1 - k) - 2
        for entry, x in entries:
            line = _line(entry.text, left + x + SAMPLE + 6, y, size, theme.ink, anchor="start")
            out.append(f'<g class="legend">{_sample(entry.kind, left + x, y - 0.35 * size, theme)}{line}</g>')
    for k, note in enumerate(notes):
        out.append(_line(note, width / 2, height - edge - NOTE * (len(notes) - 1 - k), size, theme.dim))
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _crossed(place: Place, rect: tuple[float, float, float, float]) -> bool:
    """Whether some arrow goes through a rectangle (left, top, width, height)."""
    left, top, w, h = rect
    return any(left <= px <= left + w and top <= py <= top + h
               for curve, _ in place.curves.values() for px, py in sampled(curve, 12))


def _frame(picture: Picture, f: int, at: tuple[float, float, float, float], theme: Theme) -> str:
    x, y, w, h = at
    frame = picture.frames[f]
    dash = ' stroke-dasharray="5 3"' if frame.kind == "step" else ""
    return (f'<g class="frame" id="f{f}"><rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="8" '
            f'fill="{theme.frame}" stroke="{theme.frame_line}"{dash}/></g>')


def _arrow(arrow: Arrow, k: int, place: Place, theme: Theme, size_of_label: float, on_line: bool) -> str:
    points, tip = place.curves[k]
    colour, width = arrow_look(arrow, theme)
    path = f"M{_n(points[0][0])},{_n(points[0][1])}C" + " ".join(f"{_n(x)},{_n(y)}" for x, y in points[1:])
    dash = ' stroke-dasharray="6 4"' if arrow.delayed else ' stroke-dasharray="2 4"' if arrow.cut else ""
    (x0, y0), (x1, y1) = points[-1], tip
    size = math.hypot(x1 - x0, y1 - y0) + 0.5  # the curve ends where the head begins
    if size <= 1.0:  # no room was left for a head: it points on where the curve goes
        (x0, y0), size = points[-2], 6.0 + width
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    bx, by = x1 - size * ux, y1 - size * uy
    half = max(0.4 * size, 1.1 * width)
    head = f"{_n(x1)},{_n(y1)} {_n(bx - half * uy)},{_n(by + half * ux)} {_n(bx + half * uy)},{_n(by - half * ux)}"
    out = (f'<g class="arrow" id="a{k}" data-source="b{arrow.source}" data-target="b{arrow.target}">'
           f'<path class="line" d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.2f}"{dash}/>'
           f'<polygon points="{head}" fill="{colour}"/>')
    if arrow.greedy:
        out += (f'<path class="greedy" d="{path}" fill="none" stroke="{theme.greedy}" stroke-width="{max(1.6, width - 0.6):.2f}" '
                'stroke-dasharray="7 3"/>')
    if arrow.marked and theme.name == "print":  # a highlighted path needs no colour: it is hollow
        out += f'<path d="{path}" fill="none" stroke="{theme.paper}" stroke-width="{max(0.8, width / 3):.2f}"/>'
    if arrow.label and k in place.labels:
        x, y = place.labels[k]
        if on_line:  # its label stands on its own ground
            wide = text_width(arrow.label, size_of_label) + 4
            out += (f'<rect x="{_n(x - wide / 2)}" y="{_n(y - 0.6 * size_of_label)}" width="{_n(wide)}" '
                    f'height="{_n(1.2 * size_of_label)}" fill="{theme.paper}"/>')
        out += _line(arrow.label, x, y + 3.5, size_of_label, theme.mark if arrow.marked else theme.dim)
    return out + "</g>"


def _sample(kind: str, x: float, y: float, theme: Theme) -> str:
    """A small box or line of that kind, for the legend."""
    middle = x + SAMPLE / 2
    flat = f'M{_n(x)},{_n(y)}H{_n(x + SAMPLE)}'
    if kind == "flow":
        return "".join(f'<path d="M{_n(x + k * SAMPLE / 3)},{_n(y)}h{_n(SAMPLE / 3 - 2)}" stroke="{mixed(*theme.flow, k / 2)}" '
                       f'stroke-width="{0.7 + 1.65 * k:.2f}"/>' for k in range(3))
    if kind in ("marked", "greedy", "delayed", "dotted"):
        colour = {"marked": theme.mark, "greedy": theme.greedy}.get(kind, theme.arrow)
        dash = {"greedy": ' stroke-dasharray="7 3"', "delayed": ' stroke-dasharray="6 4"', "dotted": ' stroke-dasharray="2 4"'}
        width = 2.6 if kind in ("marked", "greedy") else 1.4
        line = f'<path d="{flat}" stroke="{colour}" stroke-width="{width}"{dash.get(kind, "")}/>'
        hollow = kind == "marked" and theme.name == "print"
        return f'{line}<path d="{flat}" stroke="{theme.paper}" stroke-width="0.9"/>' if hollow else line
    if kind == "heat":
        shades = enumerate((theme.warm, theme.zero, theme.cold))
        return "".join(f'<rect x="{_n(middle - 13.5 + 9 * k)}" y="{_n(y - 4.5)}" width="9" height="9" fill="{fill}" '
                       f'stroke="{theme.dim}" stroke-width="0.6"/>' for k, fill in shades)
    box = Box("kept" if kind == "finished" else "op" if kind in ("strong", "bad", "missed") else kind, [],
              strong=kind == "strong", bad=kind in ("bad", "failed", "missed"), double=kind == "finished")
    return _outline(box, middle, y, SAMPLE - 4, 12.0, theme)


_RADIUS = {"input": 0.0, "module": 3.0, "step": 3.0, "constant": 3.0, "note": 3.0}


def _around(x: float, y: float, w: float, h: float, by: float, look: str) -> str:
    """A second border, that far outside the first."""
    return (f'<rect x="{_n(x - w / 2 - by)}" y="{_n(y - h / 2 - by)}" width="{_n(w + 2 * by)}" height="{_n(h + 2 * by)}" rx="9" '
            f'fill="none" {look.strip()}/>')


def _colours(box: Box, theme: Theme) -> tuple[str, str, str]:
    """Fill, line and text; of what is not finite in print, which has no red, light on dark."""
    fill, line, ink = theme.boxes[box.kind]
    if not box.bad:
        return fill, line, ink
    return (ink, theme.wrong, "#FFFFFF") if theme.name == "print" else (fill, theme.wrong, ink)


def _outline(box: Box, x: float, y: float, w: float, h: float, theme: Theme) -> str:
    """The shape of a box around its middle."""
    fill, line, _ = _colours(box, theme)
    look = f'fill="{fill}" stroke="{line}" stroke-width="{2.5 if box.strong or box.bad else 1.2}"'
    if box.kind in ("constant", "cut", "pruned"):
        look += ' stroke-dasharray="3 3"'
    if box.kind == "chance":
        corners = ((x, y - h / 2), (x + w / 2, y), (x, y + h / 2), (x - w / 2, y))
        return f'<polygon points="{" ".join(f"{_n(a)},{_n(b)}" for a, b in corners)}" {look}/>'
    radius = min(h, 40.0) / 2 if box.kind == "parameter" else _RADIUS.get(box.kind, min(7.0, h / 3))
    named = ' class="outline"' if box.kind in ("kept", "won", "pruned", "note") else ""
    shape = (f'<rect x="{_n(x - w / 2)}" y="{_n(y - h / 2)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}" {look}{named}/>')
    if box.double:
        shape = f'{_around(x, y, w, h, 3, f"""class="second" stroke="{line}" """)}{shape}'
    if box.greedy:
        look = f'class="greedy" stroke="{theme.greedy}" stroke-width="2.2" stroke-dasharray="7 3"'
        shape = f"{_around(x, y, w, h, 6 if box.double else 4, look)}{shape}"
    if box.kind in ("module", "step"):  # a doubled edge: there is more inside
        shape += (f'<path d="M{_n(x - w / 2 + 4)},{_n(y + h / 2 + 3)}H{_n(x + w / 2 + 3)}V{_n(y - h / 2 + 4)}" fill="none" '
                  f'stroke="{line}" stroke-width="0.8"/>')
    if box.kind == "input":  # a slanted corner, as of a sheet of data
        corner = min(9.0, h / 2)
        shape += (f'<path d="M{_n(x - w / 2)},{_n(y - h / 2 + corner)}L{_n(x - w / 2 + corner)},{_n(y - h / 2)}" stroke="{line}" '
                  'fill="none"/>')
    return shape


def _box(box: Box, i: int, at: tuple[float, float, float, float], theme: Theme, sizes: dict[str, float]) -> str:
    x, y, w, h = at
    _, line_of_text, _ = theme.boxes[box.kind]
    _, _, ink = _colours(box, theme)
    dark = box.bad and theme.name == "print"
    shape = _outline(box, x, y, w, h, theme)
    note = f"<title>{_text(box.note)}</title>" if box.note else ""
    out = [f'<g class="box {box.kind}" id="b{i}">{note}{shape}']
    used = height_of_lines(box, sizes) + (box.heat.shape[0] * CELL + 6 if box.heat is not None else 0)
    top = y - used / 2
    for text, role in box.lines:
        top += sizes[role] * LEADING
        colour = theme.wrong if role in box.wrong else {"detail": theme.dim, "gradient": line_of_text}.get(role, ink)
        colour = ink if dark else colour
        out.append(_line(text, x, top - sizes[role] * 0.35, sizes[role], colour, bold=role == "title", role=role,
                         italic=role == "formula", room=w - (2 * SIDE if box.kind != "chance" else 0) + 4))
    if box.heat is not None:
        out.append(_heat(box.heat, x, top + 4, theme, "below" in box.wrong))
    return "".join(out) + "</g>"


def _heat(a: Any, x: float, y: float, theme: Theme, wrong: bool = False) -> str:
    """Cells from cold over zero to warm, the strongest by magnitude; in print the sign is a dot. A NaN or +inf is a cross in the
    colour of what is wrong, and so is a -inf where that is `wrong`; that of a mask, which is meant, is a pale one. A mask itself
    is dark where it is True."""
    rows, columns = a.shape
    mask = a.dtype == bool
    top = max((abs(v) for v in a.ravel().tolist() if math.isfinite(v)), default=0.0) or 1.0
    left = x - columns * CELL / 2
    cells = []
    for r in range(rows):
        for c in range(columns):
            v = float(a[r, c]) / top
            cx, cy = left + c * CELL, y + r * CELL
            if not math.isfinite(v):
                fill, ink = (theme.zero, theme.dim) if v < 0 and not wrong else (theme.wrong, theme.paper)
                near, far = (_n(cx + 2), _n(cy + 2)), (_n(cx + CELL - 2), _n(cy + CELL - 2))
                cells.append(f'<rect x="{_n(cx)}" y="{_n(cy)}" width="{CELL:g}" height="{CELL:g}" fill="{fill}"/>'
                             f'<path d="M{near[0]},{near[1]}L{far[0]},{far[1]}M{near[0]},{far[1]}L{far[0]},{near[1]}" '
                             f'stroke="{ink}" stroke-width="1.2"/>')
                continue
            colour = mixed(theme.zero, theme.dim if mask else theme.warm if v > 0 else theme.cold, abs(v))
            cells.append(f'<rect x="{_n(cx)}" y="{_n(cy)}" width="{CELL:g}" height="{CELL:g}" fill="{colour}"/>')
            if theme.name == "print" and v < -0.15:
                dot = "#FFFFFF" if v < -0.5 else "#000000"
                cells.append(f'<circle cx="{_n(cx + CELL / 2)}" cy="{_n(cy + CELL / 2)}" r="1.4" fill="{dot}"/>')
    frame = (f'<rect x="{_n(left)}" y="{_n(y)}" width="{_n(columns * CELL)}" height="{_n(rows * CELL)}" fill="none" '
             f'stroke="{theme.dim}" stroke-width="0.6"/>')
    return f'<g class="heat">{"".join(cells)}{frame}</g>'


def _line(text: str, x: float, y: float, size: float, colour: str, anchor: str = "middle", bold: bool = False, role: str = "",
          italic: bool = False, room: float = math.inf) -> str:
    """One line of text. Where the viewer's font may be wider than ours, it is told how wide the line is to be."""
    width = text_width(text, size, bold)
    look = (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "")
    look += f' class="{role}"' if role else ""
    if len(text) > 3 and not any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        look += f' textLength="{_n(min(width, room))}" lengthAdjust="spacingAndGlyphs"'
    return (f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size:g}" text-anchor="{anchor}" fill="{colour}" xml:space="preserve"'
            f"{look}>{_text(text)}</text>")


def _text(text: str) -> str:
    """`text` for XML: escaped, and without the characters that no XML may hold."""
    return escape("".join(c if _allowed(c) else "\ufffd" for c in text), quote=False)


def _allowed(c: str) -> bool:
    return c in "\t\n\r" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")


def _n(x: float) -> str:
    return f"{x:.1f}".rstrip("0").rstrip(".") if x else "0"
