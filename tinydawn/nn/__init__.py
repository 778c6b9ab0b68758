"""Layers, losses and containers, with PyTorch's names, formulas, defaults and weight layouts."""

from . import functional, init
from .activation import (
    GELU,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    KLDivLoss,
    LogSoftmax,
    MSELoss,
    NLLLoss,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from .container import ModuleDict, ModuleList, Sequential
from .linear import Conv1d, Dropout, Embedding, Flatten, Identity, Linear
from .module import Buffer, Module, Parameter
from .normalization import BatchNorm1d, LayerNorm, RMSNorm
from .positional import sinusoidal_positions
from .rnn import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .sliding import sliding_window_attention, sliding_window_mask
from .transformer import (
    MultiheadAttention,
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
    generate_square_subsequent_mask,
)


def __getattr__(name: str) -> object:
    from ..guards.elsewhere import LAYERS, elsewhere

    raise AttributeError(elsewhere("module 'tinydawn.nn'", name, globals(), LAYERS), name=name)
