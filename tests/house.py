"""The map of the house, drawn by the project itself: `python -m tests.house` writes demos/figures/house.svg.

What a room is for stands here, in its own words; which files are in it, and whether all of them are named, a test looks up.
"""

from __future__ import annotations

from pathlib import Path

from tinydawn.storage.files import write_atomic
from tinydawn.viz.layout import Place, size_of
from tinydawn.viz.picture import Box, Frame, Picture
from tinydawn.viz.svg import svg_of
from tinydawn.viz.themes import theme_of

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "demos" / "figures" / "house.svg"

# Floor -> its rooms; room -> the lines in its box. A room imports from its own floor and from those below.
HOUSE: dict[str, dict[str, tuple[str, ...]]] = {
    "for programs written for PyTorch": {
        "torch/": ("PyTorch's spelling of all this, imported only when asked for: import tinydawn.torch as torch",),
    },
    "what is taught": {
        "demos/": ("lessons, one per topic;", "support/: what serves their runs;", "site/: the course online"),
        "labs/": ("holes, and a checker", "that names the mistake"),
        "models/": ("one file each, shapes on every line,", "no training loops"),
    },
    "what models are made of": {
        "nn/": ("layers, losses,", "initial values"),
        "optim/": ("optimizers, schedules,", "clipping"),
        "text/": ("vocabularies, batches,", "corpora"),
        "decode/": ("greedy, beam search,", "sampling"),
        "metrics/": ("BLEU, perplexity,", "accuracy"),
        "viz/": ("td.draw, step pages,", "heat maps"),
    },
    "how it runs fast, and is kept": {
        "kernels/": ("fused, one file each,", "beside its plain twin"),
        "storage/": ("tensors, checkpoints,", "files, downloads"),
        "distributed.py": ("several processes,", "over MPI"),
    },
    "around the Tensor": {
        "creation.py, random.py": ("new tensors, from values or at random",),
        "func.py, gradcheck.py": ("Jacobians; gradients checked numerically",),
    },
    "the engine, read from 1 to 7": {
        "plain.py": ("1  all of it in", "a hundred lines"),
        "graph.py": ("2  a call of an op", "becomes a node"),
        "ops.py": ("3  the table: forward,", "a formula per argument"),
        "autograd.py": ("4  the backward pass,", "newest node first"),
        "gradients.py": ("5  gradients that are", "not arrays yet"),
        "functional.py, shaping.py": ("6  what is composed", "of the ops"),
        "tensor.py": ("7  the Tensor, to which", "all of it is bound"),
    },
    "what all lean on": {
        "backend.py": ("NumPy or CuPy",),
        "gpu/": ("formulas as one", "kernel each, in CUDA C"),
        "errors.py, checks.py": ("messages; arguments,", "as they are declared"),
        "scope.py": ("where in the model", "a call happens"),
        "guards/": ("errors explained,", "NumPy's calls, NaN found"),
    },
}
KINDS = {"what is taught": "won", "the engine, read from 1 to 7": "won"}  # coloured; the others are blue
GAP, PAD, HEAD = 14.0, 16.0, 24.0  # between rooms, inside of a floor, for its name


def house() -> str:
    """The map as SVG: floors from the lessons down to what all lean on."""
    picture, place = Picture(), Place()
    top = 0.0
    widest = max(sum(size_of(box)[0] + GAP for box in rooms_of(floor)) for floor in HOUSE) - GAP + 2 * PAD
    for floor in HOUSE:
        rooms = rooms_of(floor)
        sizes = [size_of(box) for box in rooms]
        high = max(height for _, height in sizes)
        extra = (widest - 2 * PAD - GAP * (len(rooms) - 1) - sum(width for width, _ in sizes)) / len(rooms)
        left = PAD
        frame = len(picture.frames)
        picture.frames.append(Frame(floor, -1, "module"))
        place.frames[frame] = (0.0, top, widest, HEAD + high + PAD)
        for box, (width, _) in zip(rooms, sizes, strict=True):
            box.frame = frame
            place.boxes[len(picture.boxes)] = (left + (width + extra) / 2, top + HEAD + high / 2, width + extra, high)
            picture.boxes.append(box)
            left += width + extra + GAP
        top += HEAD + high + PAD + GAP
    place.width, place.height = widest, top - GAP
    picture.note = ("A room imports from its own floor and those below, never from above "
                    "(guards/ alone looks up, at the engine): lint-imports.")
    return svg_of(picture, place, theme_of("light"))


def rooms_of(floor: str) -> list[Box]:
    kind = KINDS.get(floor, "op")
    return [Box(kind, [(name, "title"), *((line, "detail") for line in lines if line)]) for name, lines in HOUSE[floor].items()]


def named() -> set[str]:
    """Every file and folder that the map names."""
    return {name for floor in HOUSE.values() for room in floor for name in room.split(", ")}


if __name__ == "__main__":
    write_atomic(TARGET, house().encode())
    print(f"written to {TARGET.relative_to(ROOT)}")
