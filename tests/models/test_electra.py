"""ELECTRA: who learns from which loss, what is shared, what is a replaced token, and that padding and specials do not count."""

from __future__ import annotations

import numpy as np
import pytest
from padding import assert_padding_changes_nothing, padded

import tinydawn as td
from tinydawn import optim, text
from tinydawn.errors import DataError, ShapeError
from tinydawn.metrics import roc_auc
from tinydawn.models import BertForSequenceClassification
from tinydawn.models.electra import Electra, replace
from tinydawn.nn import functional as F

V, PAD, CLS, SEP, MASK = 14, 0, 2, 3, 4
TRUE = padded([CLS, 5, 9, 7, 11, 6, SEP], [CLS, 8, 12, SEP], length=7)  # (2, 7)
INPUTS = TRUE.copy()
INPUTS[0, 2] = INPUTS[0, 4] = INPUTS[1, 1] = MASK
TARGETS = np.where(INPUTS == MASK, TRUE, -100)
REAL, COUNTED = TRUE != PAD, TRUE > MASK


def tiny(**settings) -> Electra:
    td.manual_seed(0)
    sizes = {"hidden_size": 16, "num_attention_heads": 4, "hidden_dropout_prob": 0.0, "initializer_range": 0.3}
    return Electra(V, **sizes | {"max_position_embeddings": 60} | settings).double()


def forward(model, seed=0):
    return model(INPUTS, TARGETS, None, REAL, COUNTED, np.random.default_rng(seed))


def reached(model, loss) -> dict[str, bool]:
    """Parameter -> whether this loss has a gradient there."""
    model.zero_grad()
    loss.backward(retain_graph=True)
    return {name: p.grad is not None and bool(np.abs(p.grad.numpy()).max() > 1e-12) for name, p in model.named_parameters()}


def shared(name: str) -> bool:
    return name.startswith("discriminator.embeddings.")


def unused(name: str) -> bool:  # the pooler is for fine-tuning; the bias of keys changes no softmax, so its gradient is 0
    return "pooler" in name or name.endswith("key.bias")


# --- joint maximum likelihood, not a game ---


def test_nothing_flows_from_the_discriminators_loss_into_the_generator():
    """A gradient through the sample, or through soft embeddings, would teach the generator to help or to deceive."""
    model = tiny()
    found = reached(model, forward(model).discriminator_loss)
    for name, there in found.items():
        assert there == (name.startswith(("discriminator.", "discriminator_predictions.")) and not unused(name)), name


def test_nothing_flows_from_the_generators_loss_into_the_discriminators_own_layers():
    model = tiny()
    found = reached(model, forward(model).generator_loss)
    for name, there in found.items():
        assert there == ((name.startswith("generator.") or shared(name)) and not unused(name)), name


def test_both_losses_train_one_table_of_tokens_positions_and_segments():
    model = tiny()
    out = forward(model)
    for loss in (out.generator_loss, out.discriminator_loss):
        found = reached(model, loss)
        assert all(found[name] for name in found if shared(name))
    names = [name for name, p in model.named_parameters() if V in p.shape]
    assert names == ["discriminator.embeddings.word_embeddings.weight", "generator.bias"], "a second table of tokens"
    table = model.discriminator.embeddings.word_embeddings.weight  # the input of both, and the generator's output
    model.zero_grad()
    out.generator_loss.backward(retain_graph=True)
    assert np.abs(table.grad.numpy()[13]).max() > 0, "token 13 is nowhere in the text: its gradient comes from the softmax"


def test_the_loss_is_the_sum_with_weight_50():
    model = tiny()
    out = forward(model)
    assert out.loss.item() == pytest.approx(out.generator_loss.item() + 50 * out.discriminator_loss.item(), rel=1e-12)
    model = tiny(discriminator_weight=3.0)
    out = forward(model)
    assert out.loss.item() == pytest.approx(out.generator_loss.item() + 3 * out.discriminator_loss.item(), rel=1e-12)


def test_both_losses_by_hand():
    out = forward(tiny())
    logits, truth = out.fillings.numpy(), [9, 11, 8]
    nats = np.log(np.exp(logits).sum(1)) - logits[range(3), truth]
    assert out.generator_loss.item() == pytest.approx(nats.mean(), rel=1e-10), "the masked places, and no others"
    x, y = out.logits.numpy()[COUNTED], (out.corrupted != TRUE)[COUNTED]
    assert len(x) == 7, "not [CLS], [SEP] or padding, but every other token, masked or not"
    nats = np.log1p(np.exp(-x)) * y + np.log1p(np.exp(x)) * ~y
    assert out.discriminator_loss.item() == pytest.approx(nats.mean(), rel=1e-10)


# --- samples and labels ---


def test_a_hit_is_original():
    """Where the sample is the true token the text is true: to call it replaced would teach the discriminator noise."""
    logits = np.full((3, V), -50.0)
    logits[[0, 1, 2], [9, 5, 8]] = 0  # true, another one, true
    corrupted, replaced = replace(INPUTS, TARGETS, td.Tensor(logits))
    assert (corrupted[0, 2], corrupted[0, 4], corrupted[1, 1]) == (9, 5, 8)
    np.testing.assert_array_equal(replaced, corrupted != TRUE)
    assert replaced.sum() == 1
    assert not (corrupted == MASK).any(), "the discriminator never reads [MASK]"


def test_a_place_that_was_left_as_it_is_gets_a_sample_too():
    """15 % of the chosen places hold the true token when the generator reads them; it fills them all the same."""
    inputs = INPUTS.copy()
    inputs[0, 2] = TRUE[0, 2]
    logits = np.full((3, V), -50.0)
    logits[:, 13] = 0
    corrupted, replaced = replace(inputs, TARGETS, td.Tensor(logits))
    assert corrupted[0, 2] == 13
    assert replaced[0, 2]


def test_samples_have_the_generators_probabilities():
    """Neither argmax nor uniform; tokens of probability 0 never come."""
    p = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.3, 0.15, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0])
    n = 40_000
    with np.errstate(divide="ignore"):
        logits = td.Tensor(np.tile(np.log(p) + 7.0, (n, 1)))
    corrupted, replaced = replace(np.full((1, n), MASK), np.full((1, n), 5), logits, np.random.default_rng(0))
    share = np.bincount(corrupted[0], minlength=V) / n
    assert np.abs(share - p).max() < 4 * np.sqrt(0.25 / n)
    assert (share[p == 0] == 0).all()
    assert replaced.mean() == pytest.approx(0.5, abs=0.01)


def test_the_same_draws_for_the_same_generator():
    model = tiny()
    a, b, c = (forward(model, seed).corrupted for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_electras_masking_is_85_percent_mask_and_no_random_token():
    ids = np.random.default_rng(0).integers(5, 5000, size=(2000, 40))
    inputs, targets = text.mask_tokens(ids, MASK, 5000, range(5), masked=0.85, replaced=0, rng=np.random.default_rng(0))
    chosen = targets >= 0
    assert chosen.mean() == pytest.approx(0.15, abs=0.005)
    assert (inputs[chosen] == MASK).mean() == pytest.approx(0.85, abs=0.015)
    assert (inputs[chosen & (inputs != MASK)] == ids[chosen & (inputs != MASK)]).all()


# --- shapes, sizes, padding ---


def test_padding_changes_nothing():
    def both(length):
        grow = ((0, 0), (0, length - TRUE.shape[1]))
        inputs, targets = np.pad(INPUTS, grow), np.pad(TARGETS, grow, constant_values=-100)
        out = model(inputs, targets, None, inputs != PAD, inputs > SEP, np.random.default_rng(0))
        return td.stack([out.generator_loss, out.discriminator_loss])

    model = tiny()
    assert_padding_changes_nothing(model, both, (7, 50))


def test_the_generator_is_a_quarter_as_wide():
    model = tiny()
    layer = model.generator.layer[0]
    assert model.generator.embeddings_project.weight.shape == (4, 16)
    assert (layer.attention.self.heads, layer.intermediate.dense.weight.shape) == (1, (16, 4))
    assert len(model.generator.layer) == 2
    wide = tiny(generator_size=1 / 3, hidden_size=24, num_attention_heads=3)
    assert wide.generator.embeddings_project.weight.shape == (8, 24)


def test_nothing_masked_and_wrong_shapes():
    model = tiny()
    with pytest.raises(DataError, match="nothing is masked"):
        model(TRUE, np.full_like(TRUE, -100))
    with pytest.raises(ShapeError, match=r"targets \(2, 6\)"):
        model(INPUTS, TARGETS[:, :6])


def test_without_masks_everything_counts():
    ids = TRUE[:1]
    out = tiny()(INPUTS[:1], TARGETS[:1], rng=np.random.default_rng(0))
    same = tiny()(INPUTS[:1], TARGETS[:1], np.zeros_like(ids), ids != PAD, np.ones_like(REAL[:1]), np.random.default_rng(0))
    assert out.loss.item() == pytest.approx(same.loss.item(), rel=1e-12)


def test_it_learns_to_see_what_was_replaced_and_its_discriminator_goes_on_alone():
    """Sentences "a b a b ...": what breaks the pattern was replaced. AUC, for 9 of 10 tokens are original."""
    rng, sizes = np.random.default_rng(0), {"hidden_size": 32, "num_hidden_layers": 1, "hidden_dropout_prob": 0.0}
    td.manual_seed(1)
    model = Electra(V, initializer_range=32**-0.5, max_position_embeddings=12, **sizes)

    def batch(n):
        pair = rng.integers(5, V, size=(n, 2))
        ids = np.concatenate([np.full((n, 1), CLS), np.tile(pair, 5), np.full((n, 1), SEP)], axis=1)  # (n, 12)
        inputs, targets = text.mask_tokens(ids, MASK, V, range(5), 0.2, masked=0.85, replaced=0, rng=rng)
        return model(inputs, targets, None, None, ids > MASK, rng)

    optimizer = optim.AdamW(model.parameters(), lr=4e-3)
    for _ in td.steps(150):
        optimizer.zero_grad()
        out = batch(32)
        out.loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    with td.no_grad():
        out = batch(300)
    inside = np.s_[:, 1:-1]
    assert roc_auc(out.logits.numpy()[inside].ravel(), out.replaced[inside].ravel()) > 0.9
    model.zero_grad()
    classifier = BertForSequenceClassification(model.discriminator, 2)
    assert all("generator" not in name for name, _ in classifier.named_parameters())
    F.cross_entropy(classifier(TRUE, attention_mask=REAL), np.array([0, 1])).backward()
    assert all(p.grad is None for p in model.generator.parameters()), "the generator stays behind"
    assert np.abs(model.discriminator.embeddings.word_embeddings.weight.grad.numpy()).max() > 0
