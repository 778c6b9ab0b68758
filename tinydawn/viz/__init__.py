"""Drawing: computation graphs, beam search trees, heat maps, curves. The engine knows nothing of it."""

from ..errors import RenderError
from . import browser
from .beam_tree import beam_tree
from .diagram import Diagram
from .draw import draw
from .heatmap import attention_heatmap
from .plots import gate_activations, gate_heatmap, training_curves
from .render import find_renderer
from .snapshot import Snapshot, snapshot
from .trace import Trace, trace

__all__ = ["Diagram", "RenderError", "Snapshot", "Trace", "attention_heatmap", "beam_tree", "browser", "draw", "find_renderer",
           "gate_activations", "gate_heatmap", "snapshot", "trace", "training_curves"]
