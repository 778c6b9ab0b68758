"""The VAE language model: sums and not means, one draw for both passes, what is dropped and what is never, and the bounds."""

import math

import numpy as np
import pytest

import tinydawn as td
from tinydawn import decode, optim
from tinydawn.errors import OptionError, ShapeError
from tinydawn.models.vae_lm import (
    BOS,
    EOS,
    PAD,
    UNK,
    VAELM,
    active_units,
    bag_of_words,
    free_bits,
    gaussian_kl,
    kl_weight,
    log_normal,
    mutual_information,
    reparameterise,
    word_dropout,
)
from tinydawn.nn import functional as F
from tinydawn.nn.divergence import kl_normal
from tinydawn.text import pad

V, Z = 13, 3
SENTENCES = [[BOS, 5, 6, 7, 5, EOS], [BOS, 9, EOS], [BOS, 4, UNK, 12, EOS]]
KINDS = ["lstm", "gru"]


def small(**more):
    td.manual_seed(0)
    return VAELM(V, 5, 6, Z, **more).double()


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# --- the draw -----------------------------------------------------------------------------------------------------


def test_the_standard_deviation_is_exp_of_half_the_logvar():
    z = reparameterise(np.full(100_000, 2.0), np.full(100_000, math.log(9.0)), normal(100_000))
    assert z.mean() == pytest.approx(2, abs=0.05)
    assert z.std() == pytest.approx(3, rel=0.02), "with exp(logvar) it would be 9"


def test_gradients_of_a_draw():
    eps = normal(4, Z)
    sigma = td.tensor(np.abs(normal(4, Z, seed=1)) + 0.1, requires_grad=True)
    mean = td.tensor(normal(4, Z, seed=2), requires_grad=True)
    z = reparameterise(mean, 2 * td.log(sigma), eps)
    by_sigma, by_mean = td.grad(z.sum(), [sigma, mean])
    np.testing.assert_allclose(by_sigma.numpy(), eps, rtol=1e-12)
    np.testing.assert_array_equal(by_mean.numpy(), np.ones((4, Z)))


def test_both_passes_see_the_same_eps():
    """dz/dlogvar = (z - mean) / 2, with the z of the forward pass: an eps drawn again in backward would not give it."""
    mean, logvar = (td.tensor(normal(5, Z, seed=s), requires_grad=True) for s in (0, 1))
    z = reparameterise(mean, logvar)
    (slope,) = td.grad(z.sum(), logvar)
    np.testing.assert_allclose(slope.numpy(), (z.numpy() - mean.numpy()) / 2, rtol=1e-12)
    assert not np.array_equal(z.numpy(), reparameterise(mean, logvar).numpy()), "a new call draws anew"


# --- the terms ----------------------------------------------------------------------------------------------------


def test_kl_is_the_closed_form_summed_over_units():
    mean, logvar = normal(4, Z), normal(4, Z, seed=1)
    expected = kl_normal(mean, np.exp(logvar / 2), 0.0, 1.0).sum(axis=1)
    np.testing.assert_allclose(gaussian_kl(mean, logvar), expected, rtol=1e-12)
    z = reparameterise(mean[:1], logvar[:1], normal(200_000, Z, seed=2))
    assert (log_normal(z, mean[:1], logvar[:1]) - log_normal(z)).mean() == pytest.approx(expected[0], abs=0.02)
    wide = gaussian_kl(np.tile(mean, 2), np.tile(logvar, 2))
    np.testing.assert_allclose(wide, 2 * expected, err_msg="twice as many units cost twice as much: a mean would hide that")


def test_terms_are_sums_over_a_sentence():
    model, (ids, lengths) = small(bag=True).eval(), pad(SENTENCES)
    terms = model(ids, lengths, eps=normal(3, Z))
    assert terms.rec.shape == terms.kl.shape == terms.bag.shape == (3,)
    z = reparameterise(terms.mean, terms.logvar, normal(3, Z))
    state, total = model.start(z), np.zeros(3)
    for t in range(ids.shape[1] - 1):
        log_p, state = model.step(ids[:, t], state)
        np.testing.assert_allclose(np.exp(log_p.numpy()).sum(axis=1), 1, rtol=1e-9)
        total += np.where(ids[:, t + 1] != PAD, -log_p.numpy()[np.arange(3), ids[:, t + 1]], 0)
    np.testing.assert_allclose(terms.rec.numpy(), total, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind):
    model, eps = small(kind=kind, bag=True).eval(), normal(3, Z)
    found = []
    for length in (6, 15):
        ids, lengths = pad(SENTENCES, length=length)
        model.zero_grad()
        terms = model(ids, lengths, eps=eps)
        (terms.rec + terms.kl + terms.bag).sum().backward()
        found.append([x.numpy() for x in terms] + [p.grad.numpy().copy() for p in model.parameters()])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    alone = model(np.array([SENTENCES[1]]), np.array([3]), eps=eps[1:2])
    np.testing.assert_allclose(alone.rec.numpy(), found[0][0][1:2], rtol=1e-9)


def test_z_reaches_the_first_state_and_every_input():
    model = small().eval()
    z = td.tensor(normal(1, Z), requires_grad=True)
    logits, _ = model.decode(np.array([[BOS, 5, 6]]), {**model.start(z.detach()), "z": z})
    for t in range(3):
        (slope,) = td.grad(logits[0, t].sum(), z, retain_graph=True)
        assert np.abs(slope.numpy()).max() > 0, f"z is no input of step {t}"
    (slope,) = td.grad(model.decode(np.array([[BOS]]), {**model.start(z), "z": z.detach()})[0].sum(), z)
    assert np.abs(slope.numpy()).max() > 0, "z is not in the initial state"


# --- word dropout -------------------------------------------------------------------------------------------------


def test_word_dropout_takes_words_and_no_marks():
    ids = np.tile(pad(SENTENCES)[0], (2000, 1))
    dropped = word_dropout(ids, 0.3, np.random.default_rng(0))
    words = (ids != BOS) & (ids != PAD) & (ids != UNK)
    np.testing.assert_array_equal(dropped[~words], ids[~words])
    assert (dropped[words] == UNK).mean() == pytest.approx(0.3, abs=0.02)
    assert set(word_dropout(ids, 1.0, np.random.default_rng(0)).ravel()) == {BOS, UNK, PAD}
    np.testing.assert_array_equal(word_dropout(ids, 0.0, np.random.default_rng(0)), ids)


def test_targets_and_the_encoder_see_every_word(monkeypatch):
    model, (ids, lengths) = small(word_dropout=0.9), pad(SENTENCES)
    targets, cross_entropy = [], F.cross_entropy
    monkeypatch.setattr(F, "cross_entropy",
                        lambda logits, target, **more: targets.append(target) or cross_entropy(logits, target, **more))
    model.train()
    before = ids.copy()
    first, second = (model(ids, lengths, eps=0.0) for _ in range(2))
    np.testing.assert_array_equal(ids, before)
    np.testing.assert_array_equal(targets[0], ids[:, 1:].reshape(-1))
    np.testing.assert_array_equal(first.mean.numpy(), second.mean.numpy(), err_msg="the encoder's words were dropped")
    assert not np.array_equal(first.rec.numpy(), second.rec.numpy()), "no input was dropped"


def test_nothing_is_dropped_in_evaluation():
    (ids, lengths), model, plain = pad(SENTENCES), small(word_dropout=0.9).eval(), small().eval()
    np.testing.assert_array_equal(model(ids, lengths, eps=0.0).rec.numpy(), plain(ids, lengths, eps=0.0).rec.numpy())


def test_without_inputs_it_never_sees_a_word():
    """Rate 1 is another model: tested with words that it was never trained to read, it would be nonsense."""
    model = small(word_dropout=1.0).eval()
    z = td.tensor(normal(1, Z))
    one, other = (model.decode(np.array([[BOS, *words]]), model.start(z))[0].numpy() for words in ([5, 6], [9, 12]))
    np.testing.assert_array_equal(one, other)


# --- bag of words -------------------------------------------------------------------------------------------------


def test_the_bag_counts_words_and_no_special_tokens():
    counts = bag_of_words(pad(SENTENCES)[0], V)
    assert counts.sum(axis=1).tolist() == [4, 1, 2]
    assert counts[0, 5] == 2, "twice in the sentence"
    assert (counts[:, :4] == 0).all()


def test_the_bag_loss_is_a_sum_over_tokens_of_one_softmax():
    """Not a yes or no for each word of the vocabulary."""
    model, (ids, lengths) = small(bag=True).eval(), pad(SENTENCES)
    terms = model(ids, lengths, eps=0.0)
    log_p = F.log_softmax(model.bag(terms.mean), axis=1).numpy()
    expected = [-sum(log_p[i, word] for word in sentence if word >= 4) for i, sentence in enumerate(SENTENCES)]
    np.testing.assert_allclose(terms.bag.numpy(), expected, rtol=1e-6)


def test_the_bag_is_no_part_of_the_bound():
    (ids, lengths), model = pad(SENTENCES), small(bag=True).eval()
    td.manual_seed(1)
    before = model(ids, lengths, eps=0.0), model.importance_bound(ids, lengths, 3).numpy()
    for p in model.bag.parameters():
        p.array += 1 + normal(*p.shape)
    td.manual_seed(1)
    after = model(ids, lengths, eps=0.0), model.importance_bound(ids, lengths, 3).numpy()
    assert not np.allclose(before[0].bag.numpy(), after[0].bag.numpy())
    np.testing.assert_array_equal(before[0].rec.numpy(), after[0].rec.numpy())
    np.testing.assert_array_equal(before[0].kl.numpy(), after[0].kl.numpy())
    np.testing.assert_array_equal(before[1], after[1])


# --- bounds and measures ------------------------------------------------------------------------------------------


def test_the_importance_bound_of_one_draw_is_the_elbo_and_more_draws_are_tighter():
    model, (ids, lengths) = small().eval(), pad(SENTENCES)
    model.posterior.bias.array[:] = [0.8, -0.6, 0.4, 0.3, 0.4, 0.2]  # a q far from the posterior
    many = np.repeat(ids, 2000, axis=0), np.repeat(lengths, 2000)
    with td.no_grad():
        terms = model(*many)
        elbo = -(terms.rec + terms.kl).numpy().reshape(3, 2000).mean(axis=1)
        one = model.importance_bound(*many, 1).numpy().reshape(3, 2000).mean(axis=1)
        ten, thousand = (model.importance_bound(*many, 10).numpy().reshape(3, 2000).mean(axis=1),
                         model.importance_bound(ids, lengths, 20_000).numpy())
    np.testing.assert_allclose(one, elbo, atol=0.1)
    z = td.tensor(normal(20_000, Z))
    for i, sentence in enumerate(SENTENCES):  # log p(x) by drawing from the prior
        with td.no_grad():
            log_p = -model.reconstruction(np.tile(sentence, (20_000, 1)), z).numpy()
        evidence = np.log(np.exp(log_p).mean())
        assert elbo[i] < ten[i] < evidence + 0.01
        assert thousand[i] == pytest.approx(evidence, abs=0.06)


def test_free_bits_floor_the_mean_of_a_unit():
    """The mean over the batch, not each sentence: of the second unit's 0 and 2 nats, mean 1, nothing is raised."""
    mean = td.tensor(np.array([[0.1, 0.0], [0.0, 2.0]]), requires_grad=True)
    loss = free_bits(mean, td.zeros(2, 2, dtype=td.float64), 0.5)
    assert loss.item() == pytest.approx(0.5 + 1.0)
    (slope,) = td.grad(loss, mean)
    np.testing.assert_allclose(slope.numpy(), [[0, 0], [0, 1]], err_msg="a unit below its free bits is not pushed")


def test_schedules_go_from_near_0_to_1():
    steps = 1000
    betas = {name: np.array([kl_weight(name, t, steps) for t in range(steps)]) for name in ("linear", "sigmoid", "cyclic")}
    for beta in betas.values():
        assert beta[0] < 0.01
        assert beta[-1] == pytest.approx(1, abs=1e-3)
        assert (beta >= 0).all()
        assert (beta <= 1).all()
    assert betas["linear"][250] == pytest.approx(0.5)
    assert betas["sigmoid"][250] == pytest.approx(0.5)
    k, x0 = 0.0025, 2500
    assert kl_weight("sigmoid", 1000, 10_000) == pytest.approx(1 / (1 + math.exp(-k * (1000 - x0))))
    assert (np.diff(betas["cyclic"]) < -0.5).sum() == 3, "four cycles"
    assert kl_weight("constant", 0, 10) == 1
    with pytest.raises(ShapeError, match="schedule='cosine'"):
        kl_weight("cosine", 0, 10)


def test_active_units_and_mutual_information():
    N = 200
    mean = np.zeros((N, Z))
    mean[:, 0] = np.linspace(-1, 1, N)
    mean[:, 1] = 5.0  # far from 0, but for every sentence: it says nothing
    assert active_units(mean) == 1
    z = reparameterise(mean, np.zeros((N, Z)), normal(N, Z))
    assert 0 < mutual_information(mean, np.zeros((N, Z)), z) < 1
    assert mutual_information(0 * mean, np.zeros((N, Z)), normal(N, Z)) == pytest.approx(0, abs=1e-9)
    apart = 100.0 * np.arange(N)[:, None] * np.ones(Z)
    assert mutual_information(apart, np.zeros((N, Z)), apart) == pytest.approx(math.log(N)), "never above log N"


@pytest.mark.parametrize("kind", KINDS)
def test_searches(kind):
    model, z = VAELM(V, 5, 6, Z, kind=kind).eval(), td.tensor(normal(4, Z).astype(np.float32))
    with td.no_grad():
        one = decode.greedy(model.step, model.start(z), 4, BOS, EOS, 7, forbid=[PAD, BOS])
        beams = decode.beam_search(model.step, model.start(z), 4, BOS, EOS, beam_size=1, max_length=7, forbid=[PAD, BOS])
    assert [h.tokens for h in one] == [b.best.tokens for b in beams]


def test_it_learns_to_use_z():
    """Two sentences of equal length that share no word: with the bag's help z tells which."""
    ids, lengths = pad([[BOS, 5, 6, 7, EOS], [BOS, 8, 9, 10, EOS]])
    model = small(bag=True)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        terms = model(ids, lengths)
        optimizer.zero_grad()
        (terms.rec + terms.kl + terms.bag).mean().backward()
        optimizer.step()
    with td.no_grad():
        found = decode.greedy(model.eval().step, model.start(model.encode(ids, lengths)[0]), 2, BOS, EOS, 8, forbid=[PAD, BOS])
    assert [h.tokens for h in found] == [[5, 6, 7], [8, 9, 10]]
    assert model(ids, lengths, eps=0.0).kl.numpy().mean() > 0.3


def test_wrong_calls():
    with pytest.raises(OptionError, match="kind='rnn'"):
        VAELM(V, kind="rnn")
    with pytest.raises(OptionError, match=r"word_dropout is 1\.5"):
        VAELM(V, word_dropout=1.5)
