"""The random numbers of tinydawn.torch: PyTorch's own, to the last bit, and the state of the stream after every draw."""

import copy
import itertools
import math
import zlib

import numpy as np
import pytest

from tinydawn.errors import DTypeError, OptionError, ShapeError, StateError
from tinydawn.torch.generator import Generator, in_memory_order

SHAPES = [(), (0,), (1,), (2,), (15,), (16,), (17,), (31,), (32,), (33,), (100,), (1000,), (12345,), (3, 5), (4, 4), (7, 11),
          (2, 0, 3)]
DTYPES = ["float32", "float64"]
pytorch = pytest.mark.torch


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    if tuple(int(x) for x in torch.__version__.split(".")[:2]) < (2, 13):
        pytest.skip("earlier versions draw some numbers otherwise")
    return torch


def both(torch, seed=0):
    """The two generators, begun alike."""
    return Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def same(ours, theirs, torch, name=""):
    """The same numbers, dtype and shape; on processors without these instructions, whose programs round otherwise, nearly."""
    assert ours.dtype == theirs.dtype, name
    assert ours.shape == theirs.shape, name
    if ours.dtype.kind != "f" or torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512"):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-2 if ours.dtype == np.float16 else 1e-5, err_msg=name)


def alike(ours, theirs, g, h, torch):
    """The same numbers, and the streams at the same place."""
    same(ours, theirs.numpy(), torch)
    np.testing.assert_array_equal(g.integers(0, 1000, (3,)), torch.randint(0, 1000, (3,), generator=h).numpy())
    np.testing.assert_array_equal(g.get_state()[-16:], h.get_state().numpy()[-16:])  # is an odd normal number kept?


# --- what PyTorch 2.13 printed for torch.manual_seed(42) and these calls, one after the other -----------------------------

GOLDEN = [
    (lambda g: g.uniform(0, 1, 3), [0.88226926, 0.91500396, 0.38286376]),
    (lambda g: g.uniform(0, 1, 3, np.float64), [0.6744455013246242, 0.8071630471508437, 0.3491307048886483]),
    (lambda g: g.normal(0, 1, 3), [1.5231339, 0.66466486, -1.0324477]),
    (lambda g: g.normal(0, 1, 17)[[0, 1, 8, 16]], [-0.15959747, -0.22336592, 0.321103, 0.8962683]),
    (lambda g: g.normal(0, 1, 16, np.float64)[:3], [-0.11824373914203358, -1.744556661084211, -0.46946014308389283]),
    (lambda g: g.integers(0, 27, 5), [20, 3, 22, 20, 16]),
    (lambda g: g.integers(-2**62, 2**62, 2), [2602108961050027939, -1250023561203347609]),
    (lambda g: g.permutation(8), [3, 2, 5, 4, 1, 6, 7, 0]),
    (lambda g: g.bernoulli(np.full(8, 0.4, np.float32)), [1, 1, 1, 0, 0, 1, 0, 1]),
    (lambda g: g.bernoulli(0.4, 8), [0, 0, 0, 1, 1, 0, 1, 1]),
    (lambda g: g.exponential(2.0, 2), [0.64153904, 0.14679615]),
    (lambda g: g.multinomial(np.float32([1, 2, 3, 4]), 1), [2]),
    (lambda g: g.multinomial(np.float32([1, 2, 3, 4]), 3), [2, 3, 1]),
    (lambda g: g.multinomial(np.float32([1, 2, 3, 4]), 6, replacement=True), [3, 2, 0, 3, 0, 2]),
    (lambda g: g.truncated_normal(0.0, 1.0, -0.5, 0.5, 4), [-0.2770332, -0.3379812, -0.42698598, -0.43771747]),
    (lambda g: g.truncated_normal(0.0, 1.0, 2.0, 3.0, 2), [2.2147126, 2.0593727]),
    (lambda g: g.random(2), [8710827821263978210, 2206124335314378670]),
    (lambda g: g.integers(0, 1000, 3), [21, 90, 880]),
]


def test_the_numbers_that_pytorch_printed():
    g = Generator().manual_seed(42)
    for i, (draw, expected) in enumerate(GOLDEN):
        got = draw(g)
        if got.dtype.kind == "f":
            np.testing.assert_array_max_ulp(got, np.array(expected, got.dtype), 1)  # 0 with the same C library
        else:
            np.testing.assert_array_equal(got, expected, err_msg=f"call {i}")


# --- each draw against PyTorch ------------------------------------------------------------------------------------------------


@pytorch
@pytest.mark.parametrize("dtype", ["float16", *DTYPES])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_uniform_and_normal(torch, shape, dtype):
    g, h = both(torch)
    t = torch.empty(shape, dtype=getattr(torch, dtype))
    alike(g.uniform(0, 1, shape, dtype), t.uniform_(generator=h), g, h, torch)
    alike(g.uniform(-0.123, 0.456, shape, dtype), t.uniform_(-0.123, 0.456, generator=h), g, h, torch)
    for mean, std in [(0, 1), (0.0, 0.02), (0.3, 1.7), (-5, 0)]:
        alike(g.normal(mean, std, shape, dtype), t.normal_(mean, std, generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_million_normal_numbers(torch, dtype):
    g, h = both(torch, 5)
    alike(g.normal(0, 1, 10**6, dtype), torch.randn(10**6, dtype=getattr(torch, dtype), generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_odd_normal_number_is_kept(torch, dtype):
    g, h = both(torch)
    kind = getattr(torch, dtype)
    for n in [3, 1, 0, 20, 1, 5, 2, 15, 16, 1]:  # large calls leave it alone
        alike(g.normal(0, 1, n, dtype), torch.randn(n, dtype=kind, generator=h), g, h, torch)
    g.normal(0, 1, 1)
    assert g.manual_seed(0).normal(0, 1, 1) == Generator().manual_seed(0).normal(0, 1, 1)


@pytorch
@pytest.mark.parametrize("shape", [(1,), (3,), (3, 5), (4, 8)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normal_of_arrays(torch, shape, dtype):
    g, h = both(torch)
    mean, std = np.random.default_rng(1).random((2, *shape)).astype(dtype)
    m, s = torch.from_numpy(mean), torch.from_numpy(std)
    alike(g.normal(mean, std), torch.normal(m, s, generator=h), g, h, torch)
    alike(g.normal(mean, 0.3), torch.normal(m, 0.3, generator=h), g, h, torch)
    alike(g.normal(0.7, std), torch.normal(0.7, s, generator=h), g, h, torch)
    alike(g.normal(mean, std[..., :1]), torch.normal(m, s[..., :1], generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bounds", [(-2.0, 2.0), (-0.5, 0.5), (-0.3, 0.3), (1.0, 2.0), (2.5, 3.0)], ids=str)
@pytest.mark.parametrize("shape", [(5,), (16,), (40, 50)], ids=str)
@pytest.mark.filterwarnings("ignore:mean is more than 2 std")
def test_truncated_normal(torch, shape, bounds, dtype):
    kind = getattr(torch, dtype)
    g, h = both(torch, 3)
    for mean, std in [(0.0, 1.0), (0.1, 0.9)]:
        theirs = torch.nn.init.trunc_normal_(torch.empty(shape, dtype=kind), mean, std, *bounds, generator=h)
        alike(g.truncated_normal(mean, std, *bounds, shape, dtype), theirs, g, h, torch)


@pytorch
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_exponential_and_bernoulli(torch, shape, dtype):
    g, h = both(torch)
    kind = getattr(torch, dtype)
    for rate in (1.0, 1.7):
        alike(g.exponential(rate, shape, dtype), torch.empty(shape, dtype=kind).exponential_(rate, generator=h), g, h, torch)
    for p in (0.0, 0.1, 0.5, 1.0):
        alike(g.bernoulli(p, shape), torch.empty(shape, dtype=torch.bool).bernoulli_(p, generator=h), g, h, torch)
    p = np.asarray(np.random.default_rng(1).random(shape), dtype)
    alike(g.bernoulli(p).astype(dtype), torch.bernoulli(torch.from_numpy(p), generator=h), g, h, torch)


@pytorch
def test_the_mask_of_dropout(torch):
    torch.manual_seed(3)
    theirs = torch.nn.functional.dropout(torch.ones(7, 30), 0.2).numpy()
    np.testing.assert_array_equal(Generator().manual_seed(3).bernoulli(0.8, (7, 30)) / np.float32(0.8), theirs)


@pytorch
@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))), ids=str)
def test_transposed_views_are_filled_in_the_order_of_memory(torch, axes):
    whole = np.ones((3, 4, 5), np.float32).transpose(axes)
    for x in (whole, whole[1:], whole[:, ::2], whole[..., 1:]):
        t = torch.from_numpy(x)
        torch.manual_seed(3)
        g = Generator().manual_seed(3)
        mask = in_memory_order(x, lambda shape, g=g: g.bernoulli(0.5, shape))
        np.testing.assert_array_equal(mask * np.float32(2), torch.nn.functional.dropout(t, 0.5).numpy())
        np.testing.assert_array_equal(g.bernoulli(x / 2), torch.bernoulli(t / 2).numpy())
        same(in_memory_order(x, lambda shape, g=g: g.uniform(0, 1, shape)), torch.rand_like(t).numpy(), torch)
        contiguous = torch.empty_like(t).is_contiguous()
        drawn = in_memory_order(x, lambda shape, g=g, c=contiguous: g.normal(0, 1, shape, contiguous=c))
        same(drawn, torch.randn_like(t).numpy(), torch)


@pytorch
@pytest.mark.parametrize("span", [(0, 1), (0, 2), (-5, 27), (0, 2**28 - 1), (0, 2**28), (-2**31, 2**31 - 1), (0, 2**32),
                                  (-2**62, 2**62), (-2**63, 2**63 - 1)], ids=str)
def test_integers(torch, span):
    for shape in SHAPES:
        g, h = both(torch)
        alike(g.integers(*span, shape), torch.randint(*span, shape, generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("dtype", ["int32", "int16", "int8", "uint8", *DTYPES])
def test_integers_of_a_dtype(torch, dtype):
    g, h = both(torch)
    kind = getattr(torch, dtype)
    alike(g.integers(3, 100, (40,), dtype), torch.randint(3, 100, (40,), dtype=kind, generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8", "bool", "float16", *DTYPES])
def test_random_of_a_dtype(torch, dtype):
    g, h = both(torch)
    alike(g.random((3, 20), dtype), torch.empty(3, 20, dtype=getattr(torch, dtype)).random_(generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 100, 60000])
def test_permutation(torch, n):
    g, h = both(torch)
    alike(g.permutation(n), torch.randperm(n, generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("num_samples", [1, 2, 5])
@pytest.mark.parametrize("shape", [(5,), (27,), (1000,), (4, 27)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_multinomial(torch, shape, num_samples, replacement, dtype):
    weights = np.random.default_rng(2).random(shape).astype(dtype) ** 3
    for seed in range(20):
        g, h = both(torch, seed)
        alike(g.multinomial(weights, num_samples, replacement),
              torch.multinomial(torch.from_numpy(weights), num_samples, replacement, generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("seed", range(5))
def test_calls_of_all_kinds_one_after_the_other(torch, seed):
    g, h = both(torch, seed)
    choose = np.random.default_rng(seed)
    for _ in range(60):
        n, dtype = int(choose.integers(0, 40)), str(choose.choice(DTYPES))
        kind, weights = getattr(torch, dtype), choose.random(n + 1).astype(dtype)
        calls = [
            lambda n=n, d=dtype, k=kind: (g.uniform(-1, 3, n, d), torch.empty(n, dtype=k).uniform_(-1, 3, generator=h)),
            lambda n=n, d=dtype, k=kind: (g.normal(0.5, 2, n, d), torch.empty(n, dtype=k).normal_(0.5, 2, generator=h)),
            lambda n=n, d=dtype, k=kind: (g.exponential(3.0, n, d), torch.empty(n, dtype=k).exponential_(3.0, generator=h)),
            lambda n=n: (g.permutation(n), torch.randperm(n, generator=h)),
            lambda n=n: (g.integers(0, n + 1, (n, 2)), torch.randint(0, n + 1, (n, 2), generator=h)),
            lambda w=weights: (g.multinomial(w, 3, True), torch.multinomial(torch.from_numpy(w), 3, True, generator=h)),
            lambda w=weights: (g.multinomial(w, 1), torch.multinomial(torch.from_numpy(w), 1, generator=h)),
            lambda w=weights: (g.bernoulli(w).astype(w.dtype), torch.bernoulli(torch.from_numpy(w), generator=h)),
        ]
        alike(*calls[choose.integers(len(calls))](), g, h, torch)


# --- the layers' first weights, drawn in PyTorch's order -------------------------------------------------------------------


def uniform(g, bound, shape):
    return g.uniform(-bound, bound, shape)


def kaiming(g, fan_in, shape):
    """kaiming_uniform_(a=sqrt(5)), in its own order of operations: 1 / sqrt(fan_in) but for the rounding."""
    return uniform(g, math.sqrt(3.0) * (math.sqrt(2.0 / (1 + math.sqrt(5) ** 2)) / math.sqrt(fan_in)), shape)


def xavier(g, shape):
    return uniform(g, math.sqrt(3.0) * math.sqrt(2.0 / (shape[0] + shape[1])), shape)


def linear(g, n, m, name=""):
    return {f"{name}weight": kaiming(g, n, (m, n)), f"{name}bias": uniform(g, 1 / math.sqrt(n), (m,))}


def conv(g, fan_in, shape):
    return {"weight": kaiming(g, fan_in, shape), "bias": uniform(g, 1 / math.sqrt(fan_in), shape[:1])}


def recurrent(g, gates, n, h, suffixes):
    out = {}
    for suffix in suffixes:
        width = n if "_l0" in suffix or not suffix else h * (2 if "reverse" in "".join(suffixes) else 1)
        for name, shape in [("weight_ih", (gates * h, width)), ("weight_hh", (gates * h, h)), ("bias_ih", (gates * h,)),
                            ("bias_hh", (gates * h,))]:
            out[name + suffix] = uniform(g, 1 / math.sqrt(h), shape)
    return out


def attention(g, d, name=""):
    """The projection of the output first, as a linear layer, whose bias becomes 0 after it was drawn."""
    out = linear(g, d, d, f"{name}out_proj.")
    out[f"{name}in_proj_weight"], out[f"{name}in_proj_bias"] = xavier(g, (3 * d, d)), np.zeros(3 * d)
    return out | {f"{name}out_proj.bias": np.zeros(d)}


def block(g, d, ff, attentions):
    out = {}
    for name in attentions:
        out |= attention(g, d, f"{name}.")
    return out | linear(g, d, ff, "linear1.") | linear(g, ff, d, "linear2.")


def transformer(g, d, ff, layers):
    """Two blocks, which are copied; and then all matrices are drawn again, copy by copy, in the order of the parameters."""
    out = {}
    parts = {"encoder": block(g, d, ff, ["self_attn"]), "decoder": block(g, d, ff, ["self_attn", "multihead_attn"])}
    for part, first in parts.items():
        attentions = ["self_attn", "multihead_attn"] if part == "decoder" else ["self_attn"]
        order = [f"{name}.{w}" for name in attentions for w in ("in_proj_weight", "out_proj.weight")]
        order += ["linear1.weight", "linear2.weight"]
        for i in range(layers):
            out |= {f"{part}.layers.{i}.{name}": value for name, value in first.items() if name not in order}
            out |= {f"{part}.layers.{i}.{name}": xavier(g, first[name].shape) for name in order}
    return out


LAYERS = {
    "Linear(7, 5)": lambda g: linear(g, 7, 5),
    "Linear(300, 40)": lambda g: linear(g, 300, 40),
    "Embedding(27, 10)": lambda g: {"weight": g.normal(0.0, 1.0, (27, 10))},
    "Embedding(3, 4)": lambda g: {"weight": g.normal(0.0, 1.0, (3, 4))},
    "Conv1d(4, 6, 3)": lambda g: conv(g, 12, (6, 4, 3)),
    "Conv2d(4, 6, (3, 2), groups=2)": lambda g: conv(g, 12, (6, 2, 3, 2)),
    "RNN(5, 6, num_layers=2)": lambda g: recurrent(g, 1, 5, 6, ["_l0", "_l1"]),
    "LSTM(5, 6, num_layers=2, bidirectional=True)":
        lambda g: recurrent(g, 4, 5, 6, ["_l0", "_l0_reverse", "_l1", "_l1_reverse"]),
    "GRU(5, 6)": lambda g: recurrent(g, 3, 5, 6, ["_l0"]),
    "RNNCell(5, 6)": lambda g: recurrent(g, 1, 5, 6, [""]),
    "LSTMCell(5, 6)": lambda g: recurrent(g, 4, 5, 6, [""]),
    "GRUCell(5, 6)": lambda g: recurrent(g, 3, 5, 6, [""]),
    "Bilinear(3, 4, 5)":
        lambda g: {"weight": uniform(g, 1 / math.sqrt(3), (5, 3, 4)), "bias": uniform(g, 1 / math.sqrt(3), (5,))},
    "MultiheadAttention(8, 2)": lambda g: attention(g, 8),
    "TransformerEncoderLayer(8, 2, 16)": lambda g: block(g, 8, 16, ["self_attn"]),
    "TransformerDecoderLayer(8, 2, 16)": lambda g: block(g, 8, 16, ["self_attn", "multihead_attn"]),
    "Transformer(8, 2, 2, 2, 16)": lambda g: transformer(g, 8, 16, 2),
    "LayerNorm(8)": lambda g: {},
    "BatchNorm1d(8)": lambda g: {},
}


@pytorch
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_begin_with_the_same_weights(torch, layer):
    torch.manual_seed(9)
    theirs = {name: p.detach().numpy() for name, p in eval(f"torch.nn.{layer}").named_parameters()}
    g = Generator().manual_seed(9)
    ours = LAYERS[layer](g)
    drawn = {name for name in theirs if "norm" not in name.lower()} if "Norm" not in layer else set()
    assert set(ours) == drawn
    for name, value in ours.items():
        same(value.astype(np.float32), theirs[name], torch, name)
    np.testing.assert_array_equal(g.integers(0, 1000, 3), torch.randint(0, 1000, (3,)).numpy())


@pytorch
def test_a_loader_shuffles_alike(torch):
    """Each pass takes two numbers: the loader's own, for its workers, and the seed of the permutation."""
    torch.manual_seed(1)
    loader = torch.utils.data.DataLoader(list(range(10)), batch_size=4, shuffle=True)
    g = Generator().manual_seed(1)
    for _ in range(3):
        theirs = [i for batch in loader for i in batch.tolist()]
        g.random(())
        assert Generator().manual_seed(int(g.random(()))).permutation(10).tolist() == theirs


# --- the generator itself --------------------------------------------------------------------------------------------------


@pytorch
@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 + 5, 2**64 - 1, -1, -5, -2**63, np.int64(7)])
def test_seeds(torch, seed):
    g, h = both(torch, int(seed))
    assert g.manual_seed(seed).initial_seed() == h.initial_seed()
    alike(g.integers(0, 2**20, 700), torch.randint(0, 2**20, (700,), generator=h), g, h, torch)


@pytorch
@pytest.mark.parametrize("n", [0, 1, 623, 624, 625, 2000])
def test_states_go_from_one_to_the_other(torch, n):
    g, h = both(torch, 2**40 + 3)
    g.normal(0, 1, 3)
    g.random32(n)
    h.set_state(torch.from_numpy(g.get_state()))
    assert h.initial_seed() == g.initial_seed() == 2**40 + 3
    alike(g.normal(0, 1, 5), torch.randn(5, generator=h), g, h, torch)
    np.testing.assert_array_equal(g.get_state(), h.get_state().numpy())
    other = Generator()
    other.set_state(h.get_state())
    alike(other.normal(0, 1, 5), torch.randn(5, generator=h), other, h, torch)


def test_without_pytorch():
    g = Generator()
    assert g.initial_seed() == 67280421310721
    assert g.device == "cpu"
    assert g.seed() == g.initial_seed() != Generator().seed()
    g.normal(0, 1, 3)
    state, twin = g.get_state(), copy.deepcopy(g)
    first = g.normal(0, 1, 40)
    np.testing.assert_array_equal(twin.normal(0, 1, 40), first)
    g.set_state(state)
    np.testing.assert_array_equal(g.normal(0, 1, 40), first)
    drawn = Generator().manual_seed(1).normal(0, 1, 10**5)  # float32, whose rounding depends on no library
    assert zlib.crc32(drawn.tobytes()) == 2596028637  # of PyTorch's randn


def test_the_distributions():
    g, n = Generator().manual_seed(0), 200_000
    for dtype in DTYPES:
        x = g.normal(1.0, 2.0, n, dtype).astype(float)
        assert abs(x.mean() - 1) < 0.02
        assert abs(x.std() - 2) < 0.02
    assert abs(g.exponential(4.0, n).mean() - 0.25) < 0.003
    counts = np.bincount(g.multinomial(np.tile(np.float32([1, 2, 0, 1]), (n, 1)), 1)[:, 0], minlength=4) / n
    np.testing.assert_allclose(counts, [0.25, 0.5, 0, 0.25], atol=0.005)
    assert np.abs(g.truncated_normal(0.0, 1.0, -1.0, 1.0, n)).max() <= 1


WEIGHTS = np.float32([1, 2, 3])


@pytest.mark.parametrize(("call", "error", "text"), [
    (lambda g: g.manual_seed(1.5), DTypeError, "manual_seed: the seed is a float"),
    (lambda g: g.manual_seed(True), DTypeError, "manual_seed: the seed is a bool"),
    (lambda g: g.manual_seed(2**64), OptionError, "more than 64 bits"),
    (lambda g: g.set_state(np.zeros(10, np.uint8)), StateError, "set_state: 10 bytes"),
    (lambda g: g.uniform(1, 0, 3), OptionError, "uniform: from 1 to 0"),
    (lambda g: g.normal(0, -1, 3), OptionError, "normal: a standard deviation below 0"),
    (lambda g: g.normal(0, 1, 3, np.int64), DTypeError, "random numbers of dtype int64"),
    (lambda g: g.exponential(0.0, 3), OptionError, "exponential: the rate is 0.0"),
    (lambda g: g.integers(3, 3, 2), OptionError, "integers: from 3 to 3"),
    (lambda g: g.bernoulli(1.5, 3), OptionError, "outside"),
    (lambda g: g.bernoulli(np.float32([np.nan])), OptionError, "outside"),
    (lambda g: g.multinomial(np.arange(3), 1), ShapeError, "int64"),
    (lambda g: g.multinomial(-WEIGHTS, 1), OptionError, "a weight below 0"),
    (lambda g: g.multinomial(0 * WEIGHTS, 1), OptionError, "all are 0"),
    (lambda g: g.multinomial(WEIGHTS, 4), OptionError, "4 of 3 categories"),
    (lambda g: g.multinomial(WEIGHTS, 0), OptionError, "0 of 3 categories"),
], ids=str)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(Generator())
