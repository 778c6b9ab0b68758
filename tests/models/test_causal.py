"""Every model that predicts what comes next: what it says at a place does not change when a later token does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import models

V, T, AT = 12, 6, 3
TEXT = np.array([[5, 3, 9, 4, 2, 7], [1, 8, 6, 10, 11, 2]])  # (B, T), no padding
OTHER = TEXT.copy()
OTHER[:, AT] = [8, 3]
SOURCE, LENGTHS = np.array([[5, 3, 9], [4, 2, 0]]), np.array([3, 2])


def time_first(forward: Any) -> Any:
    return lambda ids: forward(ids.T).transpose(0, 1)


def windows(model: Any) -> Any:
    """An n-gram model reads windows: here every window of the text, with <s> before it."""

    def forward(ids: np.ndarray) -> Any:
        found = [models.nnlm.contexts([row.tolist()], 2, 0)[0] for row in np.pad(ids, ((0, 0), (0, 1)))]
        return td.stack([model.log_probs(rows[1:]) for rows in found])

    return forward


def steps(model: Any) -> Any:
    """The decoder of the same model, a token at a time."""

    def forward(ids: np.ndarray) -> Any:
        state, found = model.start(len(ids)), []
        for t in range(ids.shape[1]):
            log_p, state = model.step(ids[:, t], state)
            found.append(log_p)
        return td.stack(found, axis=1)

    return forward


def vae(**options: Any) -> Any:
    model = models.VAELM(V, 4, 5, 3, **options)
    z = td.randn(len(TEXT), 3, dtype="float64")
    return model, lambda ids: model.decode(ids, model.start(z))[0]


def case(model: Any, forward: Any) -> Any:
    return model, forward(model)


MODELS = {  # what it shows -> a model, and a function of ids (B, T) whose result (B, T, ...) may not look ahead
    **{f"transformer, {name}": lambda options=options: case(
        models.TransformerLM(V, 8, 2, 2, 8, T, **options), lambda m: lambda ids: m.features(ids.T))
       for name, options in {"plain": {}, "post-norm": {"norm_first": False}, "learned": {"positions": "learned"},
                             "no positions": {"positions": None}, "tied": {"tied": True}}.items()},
    "transformer, steps": lambda: case(models.TransformerLM(V, 8, 2, 2, 8, T), steps),
    **{f"{kind}, {layers} layers": lambda kind=kind, layers=layers: case(
        models.RNNLM(V, 4, 5, layers, kind), lambda m: time_first(lambda ids: m.features(ids)[0]))
       for kind in ("rnn", "gru", "lstm") for layers in (1, 2)},
    "gru of the notes": lambda: case(
        models.RNNLM(V, 4, 5, kind="gru", z_convention="notes"), lambda m: time_first(lambda ids: m.features(ids)[0])),
    "one direction": lambda: case(models.birnn.LeakyLanguageModel(V, 4, 5), lambda m: m),
    "nnlm": lambda: case(models.NNLM(V, 2, 4, 5), windows),
    "elmo, forward": lambda: case(models.BiLM(V, 4), lambda m: lambda ids: m.directions(ids)[0][-1]),
    "elmo, backward": lambda: case(models.BiLM(V, 4), lambda m: lambda ids: m.directions(ids[:, ::-1])[1][-1][:, ::-1]),
    "seq2seq": lambda: case(models.Seq2Seq(V, V, 4, 5), lambda m: lambda ids: m(SOURCE, LENGTHS, ids)[0]),
    "encoder-decoder": lambda: case(models.EncoderDecoder(V, V, 4, 5), lambda m: lambda ids: m(SOURCE, LENGTHS, ids)[0]),
    "vae, lstm": lambda: vae(),
    "vae, gru": lambda: vae(kind="gru"),
}


@pytest.mark.parametrize("name", list(MODELS))
def test_a_later_token_changes_nothing_before_it(name: str) -> None:
    model, forward = MODELS[name]()
    model.double().eval()
    with td.no_grad():
        one, two = forward(TEXT).numpy(), forward(OTHER).numpy()
    np.testing.assert_array_equal(one[:, :AT], two[:, :AT])
    assert (np.abs(one[:, AT] - two[:, AT]) > 1e-9).any(axis=-1).all(), "the token itself is read"


def test_every_model_that_decodes_is_here() -> None:
    here = {type(make()[0]) for make in MODELS.values()}
    decoders = {found for found in vars(models).values() if isinstance(found, type) and "step" in vars(found)}
    assert decoders
    assert decoders <= here
