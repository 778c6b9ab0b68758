"""Weights that others have trained: a folder in the form of Hugging Face's BERT, read
with no conversion step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import StateError, message

SETTINGS = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "layer_norm_eps",
    "initializer_range",
    "pad_token_id",
)
BUILT_HERE = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
ModelT = TypeVar("ModelT", bound=nn.Module)


def read_config(folder: Path) -> dict[str, Any]:
    """The settings for `Bert` in a folder's config.json. StateError if there is none, or it is of
    another kind of model."""
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        settings = {name: config[name] for name in SETTINGS if name in config}
        settings["vocab_size"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(message(
            f"from_pretrained: {str(file)!r} is not the config of a BERT "
            f"({type(error).__name__}: {error})",
            fix="a folder with config.json, model.safetensors and vocab.txt")) from None
    for name, wanted in BUILT_HERE.items():
        if config.get(name, wanted) != wanted:
            raise StateError(message(
                f"from_pretrained: {file.name} says {name} = {config[name]!r}",
                fix=f"only {wanted!r} is built here"))
    for name, value in settings.items():
        kind = (float, int) if name.endswith(("_prob", "_eps", "_range")) else int
        if not isinstance(value, kind) or isinstance(value, bool) or value < 0:
            raise StateError(message(
                f"from_pretrained: {file.name} says {name} = {value!r}",
                fix="a number, 0 or more"))
    return settings


def load_pretrained(model: ModelT, folder: Path, prefix: str, optional: Sequence[str]) -> ModelT:
    """Fill `model` from the folder's model.safetensors, and switch dropout off
    (eval). Returns the model.

    prefix    that the file's names may have before the model's own, as "bert." where
              the file has heads as well
    optional  beginnings of names that the file may lack; those parameters stay as they were drawn

    Raises StateError if anything else is missing or of another shape; then
    nothing has been changed.
    """
    state = td.load(folder / "model.safetensors")
    own = model.state_dict()
    found = {}
    for name, values in state.items():
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight")  # names of 2018
        name = name.replace("LayerNorm.beta", "LayerNorm.bias")
        name = name.removeprefix(prefix) if prefix and name.startswith(prefix) else name
        # What is left: position_ids, copies of tied weights, heads that this model has not.
        if name in own:
            found[name] = values
    missing = [name for name in own if name not in found and not name.startswith(tuple(optional))]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise StateError(message(
            f"from_pretrained: {folder.name} has no {', '.join(missing[:3])}{more}",
            fix="a file with this model's weights; "
                "BertForPreTraining needs the head that fills masks"))
    model.load_state_dict({name: found.get(name, values) for name, values in own.items()})
    model.eval()
    return model
