"""Drawing: computation graphs, beam search trees, heat maps. The engine knows nothing of it."""

from .beam_tree import beam_tree
from .diagram import Diagram
from .draw import draw
from .heatmap import attention_heatmap
from .render import RenderError, find_renderer
from .snapshot import Snapshot, snapshot
from .trace import Trace, trace

__all__ = ["Diagram", "RenderError", "Snapshot", "Trace", "attention_heatmap", "beam_tree", "draw", "find_renderer", "snapshot",
           "trace"]
