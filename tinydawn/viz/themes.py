"""Colours: light, dark and print. Kinds differ in shape and frame too, so that grey print and every eye can tell them apart."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import GraphError, message


@dataclass(frozen=True)
class Theme:
    """fill, line and text by kind of box; shades of heat maps from below zero over zero to above."""

    name: str
    paper: str
    ink: str
    dim: str
    arrow: str
    flow: tuple[str, str]  # the arrow of the weakest and of the strongest gradient
    mark: str
    greedy: str  # of a search: the path of the likeliest word at each step
    wrong: str
    frame: str
    frame_line: str
    boxes: dict[str, tuple[str, str, str]]
    cold: str
    zero: str
    warm: str


# Blue, orange and green of the palette by Okabe and Ito, paler in the fills.
_LIGHT = {
    "op": ("#E6F1F9", "#0072B2", "#14171A"), "module": ("#D6E8F5", "#0072B2", "#14171A"),
    "step": ("#EDEBF8", "#6A5ACD", "#14171A"),
    "parameter": ("#FDEBDD", "#B8570F", "#14171A"), "input": ("#E5F3EC", "#00795A", "#14171A"),
    "constant": ("#F4F4F4", "#8A8A8A", "#4A4A4A"),
    "cut": ("#F4F4F4", "#8A8A8A", "#4A4A4A"), "chance": ("#FFF7D6", "#8A6D00", "#14171A"),
    "kept": ("#E3F0F8", "#0072B2", "#14171A"), "won": ("#FDE5D2", "#B34700", "#14171A"),
    "pruned": ("#FFFFFF", "#999999", "#6B6B6B"),
    "failed": ("#FBE3E1", "#C0170C", "#7A0D06"), "note": ("#FFFFFF", "#8A8A8A", "#4A4A4A"),
}
_DARK = {
    "op": ("#17324A", "#6CB8EA", "#F2F5F7"), "module": ("#1D4263", "#6CB8EA", "#F2F5F7"),
    "step": ("#332D5C", "#A79DF0", "#F2F5F7"),
    "parameter": ("#4A2C14", "#F0A35E", "#F7F1EB"), "input": ("#123B30", "#4CC9A0", "#EEF7F3"),
    "constant": ("#2A2D31", "#8D949B", "#C9CED3"),
    "cut": ("#2A2D31", "#8D949B", "#C9CED3"), "chance": ("#453A0D", "#E8CB4B", "#FBF6E3"),
    "kept": ("#17324A", "#6CB8EA", "#F2F5F7"), "won": ("#4A2C14", "#F0A35E", "#F7F1EB"),
    "pruned": ("#14171A", "#7C858D", "#A7B0B8"),
    "failed": ("#541A15", "#FF7B6E", "#FFE3E0"), "note": ("#1B1E22", "#8D949B", "#C9CED3"),
}
_PRINT = {
    "op": ("#FFFFFF", "#000000", "#000000"), "module": ("#E4E4E4", "#000000", "#000000"),
    "step": ("#F0F0F0", "#000000", "#000000"),
    "parameter": ("#FFFFFF", "#555555", "#000000"), "input": ("#FFFFFF", "#000000", "#000000"),
    "constant": ("#FFFFFF", "#9A9A9A", "#333333"),
    "cut": ("#FFFFFF", "#9A9A9A", "#333333"), "chance": ("#FFFFFF", "#000000", "#000000"),
    "kept": ("#FFFFFF", "#000000", "#000000"), "won": ("#E0E0E0", "#000000", "#000000"),
    "pruned": ("#FFFFFF", "#999999", "#555555"),
    "failed": ("#FFFFFF", "#000000", "#000000"), "note": ("#FFFFFF", "#9A9A9A", "#333333"),
}
THEMES = {
    "light": Theme("light", "#FFFFFF", "#14171A", "#5B6570", "#6B7580", ("#C3CCD4", "#0B3C61"), "#D55E00", "#00795A", "#C0170C",
                   "#F7F9FB", "#B9C4CE", _LIGHT, "#0072B2", "#FFFFFF", "#D55E00"),
    "dark": Theme("dark", "#14171A", "#F2F5F7", "#A7B0B8", "#98A2AB", ("#4A545D", "#BFE3FF"), "#FFA14A", "#4CC9A0", "#FF7B6E",
                  "#1B1F24", "#4A545D", _DARK, "#56B4E9", "#14171A", "#F0A35E"),
    "print": Theme("print", "#FFFFFF", "#000000", "#444444", "#444444", ("#BBBBBB", "#000000"), "#000000", "#555555", "#000000",
                   "#FAFAFA", "#888888", _PRINT, "#000000", "#FFFFFF", "#000000"),
}


def theme_of(name: str) -> Theme:
    if name not in THEMES:
        raise GraphError(message(f"draw: theme={name!r}", fix=f"one of {', '.join(THEMES)}"))
    return THEMES[name]


def mixed(a: str, b: str, share: float) -> str:
    """The colour `share` of the way from a to b, both #RRGGBB."""
    pairs = zip((a[1:3], a[3:5], a[5:7]), (b[1:3], b[3:5], b[5:7]), strict=True)
    return "#" + "".join(f"{round(int(x, 16) + share * (int(y, 16) - int(x, 16))):02X}" for x, y in pairs)
