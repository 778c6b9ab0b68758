"""Drawing: computation graphs, beam search trees, heat maps. The engine knows nothing of it."""

from .beam_tree import beam_tree
from .diagram import Diagram, RenderError, find_renderer
from .draw import draw
from .heatmap import attention_heatmap
from .snapshot import Snapshot, snapshot

__all__ = ["Diagram", "RenderError", "Snapshot", "attention_heatmap", "beam_tree", "draw", "find_renderer", "snapshot"]
