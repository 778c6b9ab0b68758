"""The models of the lecture, one short file each. The training loops are in demos/."""

from .seq2seq import Seq2Seq
