"""For vae_lm.py: sentences that a few hidden choices decide, and what is measured of a model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

import tinydawn as td
from tinydawn import decode, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import perplexity
from tinydawn.models.vae_lm import SPECIALS, VAELM, active_units, mutual_information
from tinydawn.nn import functional as F

# --- sentences ------------------------------------------------------------------------------------

# Of every value the three words that a telegram has because of it.
ATTRIBUTES = {
    "topic": {"harbour": "sails boat anchor", "garden": "plants rose spade",
              "kitchen": "boils soup spoon", "studio": "plays flute song",
              "farm": "feeds cow bucket"},
    "person": {"captain": "map pipe beard", "doctor": "bag pills glasses",
               "teacher": "book chalk bell", "baker": "flour apron oven",
               "painter": "brush easel frame"},
    "weather": {"rain": "umbrella boots puddles", "snow": "scarf sledge mittens",
                "wind": "kite shutters dust", "fog": "lamp horn whistle",
                "sun": "hat fan lemonade"},
}


def telegrams(size: int, seed: int) -> tuple[list[list[str]], np.ndarray]:
    """Telegrams such as "farm baker fog feeds cow bucket flour apron oven lamp horn whistle".

    First topic, person and weather are named, then come the three words of each. Returns `size` of
    them, and of each what was chosen: topic, person, weather, (size, 3). Everything is equally
    likely.
    """
    rng = np.random.default_rng(seed)
    chosen = np.stack([rng.integers(len(values), size=size) for values in ATTRIBUTES.values()], 1)
    sentences = []
    for numbers in chosen:
        named = [list(values)[k] for values, k in zip(ATTRIBUTES.values(), numbers, strict=True)]
        own = [values[name] for values, name in zip(ATTRIBUTES.values(), named, strict=True)]
        sentences.append([*named, *" ".join(own).split()])
    return sentences, chosen


# Nats of a telegram: three choices of one in five. No model can need fewer.
ENTROPY = 3 * math.log(5)


def batches(part: Sequence[list[int]], size: int,
            seed: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids (B, T), padded behind, and lengths (B,). With a seed shuffled, without by length."""
    lengths, shuffle = [len(ids) for ids in part], seed is not None
    for indices in text.bucket_batches(lengths, size, seed=seed or 0, shuffle=shuffle):
        yield text.pad([part[i] for i in indices])


def tricks(variant: str) -> dict[str, float | None]:
    """What a variant is made of: "linear+dropout=0.5" -> {"linear": None, "dropout": 0.5}.

    Raises DataError.
    """
    known = ("none", "linear", "sigmoid", "cyclic", "dropout", "freebits", "bow")
    found: dict[str, float | None] = {}
    for part in variant.split("+"):
        name, _, value = part.partition("=")
        number = {"dropout": 0.5, "freebits": 0.1}.get(name)
        try:
            found[name] = float(value) if value and number is not None else number
            right = not value if number is None else 0 <= found[name] <= 1
        except ValueError:
            right = False
        if not right or name not in known:
            raise DataError(message(f"--variants: {variant!r}", fix="none, or some of linear, "
                                    "sigmoid, cyclic, dropout=0.5, freebits=0.1, bow with + "
                                    "between"))
    return found


# --- measures -------------------------------------------------------------------------------------


@td.no_grad()
def posterior(model: VAELM, part: Sequence[list[int]],
              seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of q(z | x) of each sentence the mean, the logvar and one draw, (N, Z) each."""
    model.eval()
    pairs = [model.encode(*text.pad(part[i:i + 100])) for i in range(0, len(part), 100)]
    mean = np.concatenate([mean.numpy() for mean, _ in pairs])  # (N, Z)
    logvar = np.concatenate([logvar.numpy() for _, logvar in pairs])  # (N, Z)
    eps = np.random.default_rng(seed).standard_normal(mean.shape, np.float32)
    return mean, logvar, mean + np.exp(logvar / 2) * eps


def prior(model: VAELM, size: int, seed: int) -> np.ndarray:
    """`size` draws of z from N(0, I)."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((size, model.initial.in_features), np.float32)


@td.no_grad()
def greedy(model: VAELM, z: np.ndarray, vocab: text.Vocab, most: int) -> list[list[str]]:
    """What greedy search writes from each z (M, Z).

    Without <unk>, which is the likeliest word nearly everywhere.
    """
    model.eval()
    found = decode.greedy(model.step, model.start(td.tensor(z)), len(z), vocab.bos_id, vocab.eos_id,
                          most, forbid=[vocab.pad_id, vocab.bos_id, vocab.unk_id])
    return [[vocab.tokens[i] for i in hypothesis.tokens] for hypothesis in found]


@td.no_grad()
def top_words(model: VAELM, z: np.ndarray, vocab: text.Vocab, count: int = 6) -> list[list[str]]:
    """For each z (M, Z) the words that its bag holds more often than that of z = 0."""
    if model.bag is None:
        return [[] for _ in z]
    log_p = F.log_softmax(model.bag(td.tensor(z)), axis=1).numpy()  # (M, V)
    log_p0 = F.log_softmax(model.bag(td.tensor(0 * z[:1])), axis=1).numpy()  # (1, V)
    score = np.exp(log_p) * (log_p - log_p0)  # (M, V)
    best = [SPECIALS + np.argsort(-row[SPECIALS:])[:count] for row in score]
    return [[vocab.tokens[i] for i in row] for row in best]


@td.no_grad()
def measure(model: VAELM, part: Sequence[list[int]], vocab: text.Vocab,
            seed: int) -> dict[str, float]:
    """All that is said about a model, on unseen sentences: nats per sentence where nothing else is.

    rec, rec_at_mean  reconstruction with z drawn from q(z | x), and with z at its mean
    kl, elbo          KL; rec + kl, which is -ELBO: beta = 1, no bag-of-words loss, no word dropped
    ppl               exp of the latter per token: at least the perplexity
    iw                minus the importance-weighted bound, 20 draws
    elbo_error        standard error of the means elbo and iw, and iw_error
    active, mi        active units; mutual information of z and the sentence
    distinct          how many different sentences greedy search writes from 50 draws of z
    """
    td.manual_seed(seed)  # the same draws for every model
    model.eval()
    kept = []
    for ids, lengths in batches(part, 50):
        terms = model(ids, lengths)
        at_mean = model(ids, lengths, eps=0.0).rec
        bound = model.importance_bound(ids, lengths, 20)
        values = (terms.rec, terms.kl, at_mean, -bound)  # (B,) each
        kept.append([x.numpy() for x in values])
    each = np.concatenate(kept, axis=1).astype(float)  # (4, N)
    rec, kl, rec_at_mean, iw = each.mean(axis=1)
    error = 1 / math.sqrt(len(part))
    mean, logvar, z = posterior(model, part, seed)
    most = max(map(len, part)) + 2  # words: in `part` there are <s> and </s> too
    written = greedy(model, prior(model, 50, seed), vocab, most)
    tokens = sum(len(ids) - 1 for ids in part)  # </s> is predicted, <s> is not
    return {
        "rec": rec,
        "rec_at_mean": rec_at_mean,
        "kl": kl,
        "elbo": rec + kl,
        "elbo_error": error * (each[0] + each[1]).std(ddof=1),
        "iw": iw,
        "iw_error": error * each[3].std(ddof=1),
        "ppl": perplexity(each[:2].sum(), tokens),
        "active": active_units(mean),
        "mi": mutual_information(mean, logvar, z),
        "distinct": len(set(map(tuple, written))),
    }
