"""Messages in PyTorch's words: dim= for axis=, torch. for td. While the layer is in use, errors.message asks `reworded`."""

from __future__ import annotations

import re
import sys

# What tinydawn says, and what a program written for PyTorch would say. Whole words; the first that fits counts.
_WORDS = {
    "axis": "dim", "an axis": "a dim", "axes": "dims", "keepdims": "keepdim", "axis0": "dim0", "axis1": "dim1",
    "start_axis": "start_dim", "end_axis": "end_dim",
    "np.int64": "torch.int64", "np.int32": "torch.int32", "np.float16": "torch.float16",
    ".astype(int)": ".long()", ".astype(float)": ".float()", "td.text.pad": "torch.nn.utils.rnn.pad_sequence",
    "td.optim.clip_grad_norm_": "torch.nn.utils.clip_grad_norm_", "td.grad": "torch.autograd.grad",
    "td.gradcheck": "torch.autograd.gradcheck", "td.detect_anomaly": "torch.autograd.detect_anomaly", "td.bool_": "torch.bool",
}
# Quoted text is a user's, or a name as it is: left alone. td.this.that is asked for in the layer.
_PATTERN = re.compile(r"""'[^'\n]*'|"[^"\n]*"|\btd(?:\.[A-Za-z_]\w*)+|\.astype\((?:int|float)\)|\bnp\.\w+|\ban axis\b|"""
                      r"\b[a-z_0-9]+\b")


def reworded(text: str) -> str:
    """A message of tinydawn's as it would be for a program that is written for PyTorch."""
    return _PATTERN.sub(lambda found: _word(found.group()), text)


def _word(word: str) -> str:
    if word in _WORDS:
        return _WORDS[word]
    if not word.startswith("td."):
        return word
    names = word.split(".")[1:]
    held: object = sys.modules[__package__]
    for name in names:
        held = vars(held).get(name) if hasattr(held, "__dict__") else None
    return ".".join(["tinydawn" if held is None else "torch", *names])
