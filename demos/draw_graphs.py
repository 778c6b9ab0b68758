# %% [markdown]
# # Drawing the networks before the Transformer
#
# `td.draw` draws a tensor's graph, a model with its inputs, or whatever a function computes. Its
# main knob is `depth`: 0 shows a model as one box, 1 its parts, "ops" every operation, "formula"
# the lecture's formulas, "scalar" every single number. With `backward=True` it runs a backward pass
# too, and an arrow is as wide as the logarithm of the gradient that flows back along it. Here
# `gallery.show` calls it, once for each theme. The pictures come on one page,
# out/draw_graphs/index.html; its texts are in support/gallery_page.py.
#
#     python demos/draw_graphs.py                            every picture: light, dark, for print
#     python demos/draw_graphs.py --lang zh --theme light    in Chinese, light alone

# %%
import warnings

import numpy as np

import tinydawn as td
from support.gallery import THEMES, Gallery
from support.gallery_page import CHINESE
from support.parallel import PAD, batch, shortest
from support.run import Results, arguments, parse
from tinydawn import decode, nn, optim, text
from tinydawn.models import Seq2Seq
from tinydawn.nn import functional as F

parser = arguments("Draw the networks of the lecture, from one neuron to a Transformer's encoder.",
                   data=False, epochs=False)
parser.add_argument("--theme", choices=THEMES, help="one of them only; default: all three")
parser.add_argument("--lang", choices=("en", "zh", "both"), default="en",
                    help="language of pictures and page; default en")
options = parse(parser)
results = Results("draw_graphs", options, "made up")
themes = [options.theme] if options.theme else THEMES
gallery = Gallery(results, themes, options.lang, options.quick)
rng = np.random.default_rng(options.seed)

# %%
def leaf(values: object, name: str) -> td.Tensor:
    """Something to be learned."""
    return td.tensor(values, requires_grad=True, name=name)

def numbers(*shape: int, name: str) -> td.Tensor:
    """Random data."""
    return td.tensor(rng.normal(size=shape).astype(np.float32), name=name)

def called(name: str, x: td.Tensor) -> td.Tensor:
    """What pictures call by that name."""
    x.name = name
    return x

# %% [markdown]
# ## One neuron; two, number by number; a loss, as a fast kernel and as the formula it stands for

# %%
gallery.section("one_neuron")
x1, x2 = td.tensor(2.0, name="x₁"), td.tensor(0.0, name="x₂")
w1, w2, b = leaf(-3.0, "w₁"), leaf(1.0, "w₂"), leaf(6.88, "b")
gallery.show("neuron", lambda: td.tanh(w1 * x1 + w2 * x2 + b), depth="formula", backward=True,
             direction="LR", film=True)

W, c = leaf([[0.5, -1.0], [2.0, 0.3]], "W"), leaf([0.1, 0.2], "c")  # (2, 2), (2,)
x = td.tensor([1.0, 2.0], name="x")  # (2,)
gallery.show("scalars", lambda: td.tanh(W @ x + c).sum(), depth="scalar", backward=True)

gallery.section("loss")
logits, answer = leaf([[2.0, 1.0, 0.1]], "z"), np.array([0])  # (1, 3), (1,)
for name, unfused in (("cross_entropy", False), ("cross_entropy_unfused", True)):
    gallery.show(name, lambda z, target: F.cross_entropy(z, target), logits, answer,
                 depth="formula", backward=True, unfused=unfused)

# %% [markdown]
# ## One network at four depths, which has learned a little to tell three clouds of points apart

# %%
gallery.section("mlp")
label = rng.integers(0, 3, 60)  # (60,)
middles = np.array([[0, 2], [2, -1], [-2, -1]])  # (3, 2)
points = (middles[label] + rng.normal(size=(60, 2))).astype(np.float32)  # (60, 2)

mlp = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3))  # (B, 2) -> (B, 8) -> (B, 3)
optimizer = optim.Adam(mlp.parameters(), lr=0.03)
for _ in range(12):
    loss = F.cross_entropy(mlp(points), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
optimizer.zero_grad()  # a drawing shows the gradients that are there

x = td.tensor(points[:5], name="x")  # (5, 2)
for depth in (0, 1, "formula", "ops"):
    gallery.show(f"mlp_{depth}", lambda: F.cross_entropy(mlp(x), label[:5]), depth=depth,
                 backward=True, direction="LR",
                 parameters="inside" if depth == "formula" else "drawn")

# %% [markdown]
# ## Recurrent networks: `td.steps` tells drawings one pass of a loop from the next

# %%
def read(cell: nn.Module, words: list[td.Tensor]) -> td.Tensor:
    """The state after the last word."""
    h = td.zeros(1, 8)
    for t in td.steps(len(words)):
        h = cell(words[t], h)  # (1, 2), (1, 8) -> (1, 8)
    return h

class Reader(nn.Module):
    """Reads a review word by word, and says at its end whether it is good."""

    def __init__(self, cell: nn.Module) -> None:
        self.cell = cell
        self.output = nn.Linear(8, 2)

    def forward(self, words: list[td.Tensor]) -> td.Tensor:
        return self.output(read(self.cell, words))  # (1, 8) -> (1, 2)

# %%
class BiRNN(nn.Module):
    """Tags each word, knowing what stands left and right of it."""

    def __init__(self) -> None:
        self.ahead = nn.RNNCell(2, 4)
        self.back = nn.RNNCell(2, 4)
        self.output = nn.Linear(8, 3)

    def forward(self, words: list[td.Tensor]) -> list[td.Tensor]:
        h, ahead = td.zeros(1, 4), {}
        g, back = td.zeros(1, 4), {}
        with td.scope.part("forwards"):
            for t in td.steps(len(words)):
                h = self.ahead(words[t], h)  # (1, 2), (1, 4) -> (1, 4)
                ahead[t] = h
        with td.scope.part("backwards"):
            for t in td.steps(len(words), reverse=True):
                g = self.back(words[t], g)  # (1, 2), (1, 4) -> (1, 4)
                back[t] = g
        tags = []
        for t in td.steps(len(words)):
            both = td.cat([ahead[t], back[t]], axis=1)  # (1, 8)
            tags.append(self.output(both))  # (1, 3)
        return tags

# %%
gallery.section("recurrent")
cell = nn.LSTMCell(2, 3)
state = numbers(1, 3, name="h"), numbers(1, 3, name="c")
gallery.show("lstm_cell", cell, numbers(1, 2, name="x"), state, unfused=True, depth="formula",
             values=False)
cell = nn.GRUCell(2, 3, z_convention="notes")  # PyTorch's z is the notes' 1 - z
gallery.show("gru_cell", cell, numbers(1, 2, name="x"), state[0], unfused=True, depth="formula",
             values=False)

# %% [markdown]
# A sentence read word by word; the same loop drawn once; where a shared weight learns from.

# %%
review = "the film that we saw last night was really great"
if options.lang == "zh":
    review = "我们 昨天 晚上 看 的 那 部 电影 真 精彩"
words = [numbers(1, 2, name=word) for word in review.split()]
good = np.array([1])
gru = Reader(nn.GRUCell(2, 8, z_convention="notes"))
rnn = Reader(nn.RNNCell(2, 8))
gallery.show("gru", lambda: F.cross_entropy(gru(words), good), backward=True, max_steps=5)
x = [numbers(1, 2, name="x_t")] * 4
gallery.show("gru_rolled", lambda: read(gru.cell, x), rolled=True, unfused=True, depth="formula",
             values=False)
gallery.show("rnn_highlight", lambda: F.cross_entropy(rnn(words[-6:]), good), backward=True,
             highlight=rnn.cell.weight_hh, model=rnn.cell, values=False)
gallery.show("birnn", BiRNN(), words[:5], depth=2, values=False)

# %% [markdown]
# ## Attention in the notes' three steps; encoder and decoder; a search
#
# The search's model is like beam_search.py's, trained for 150 updates.

# %%
def attention(h: td.Tensor, W_a: td.Tensor, s: td.Tensor) -> td.Tensor:
    """What state s (H,) of the decoder sees of all states h (S, D) of the encoder."""
    scores = called("ã", h @ (W_a @ s))  # (S, D), (D, H), (H,) -> (S,)
    weights = called("a", F.softmax(scores, axis=0))  # (S,)
    return called("c", weights @ h)  # (S,), (S, D) -> (D,)

# %%
def translate(source: list[td.Tensor], target: list[td.Tensor], W_a: td.Tensor) -> list[td.Tensor]:
    """Read words, then write words; each of these looks at all that was read."""
    reader, writer, output = nn.GRUCell(2, 4), nn.GRUCell(2 + 4, 4), nn.Linear(4, 6)
    s, states, logits = td.zeros(4), [], []
    with td.scope.part("encoder"):
        for t in td.steps(len(source)):
            s = reader(source[t], s)  # (2,), (4,) -> (4,)
            states.append(s)
    h = called("h", td.stack(states))  # (S, 4)
    with td.scope.part("decoder"):
        for t in td.steps(len(target)):
            seen = td.cat([target[t], attention(h, W_a, s)])  # (6,)
            s = writer(seen, s)  # (6,), (4,) -> (4,)
            logits.append(output(s))  # (6,)
    return logits

# %%
gallery.section("translation")
h, W_a, s = numbers(5, 3, name="h"), leaf(rng.normal(size=(3, 4)), "W_a"), numbers(4, name="s")
gallery.show("attention", lambda: attention(h, W_a, s), depth="formula")
source, target = "der hund schläft", "<s> the dog sleeps"
if options.lang == "zh":
    source, target = "犬 已 眠", "<s> 狗 睡 了"
source = [numbers(2, name=word) for word in source.split()]
target = [numbers(2, name=word) for word in target.split()]
W_a = leaf(rng.normal(size=(4, 4)), "W_a")
gallery.show("seq2seq", lambda: translate(source, target, W_a), depth=1, values=False,
             parameters="hidden")

# %%
pairs = text.toy_translation(100, seed=options.seed)
source_vocab = text.Vocab.build([source for source, _ in pairs])
target_vocab = text.Vocab.build([target for _, target in pairs])
seq2seq = Seq2Seq(len(source_vocab), len(target_vocab), embedding_size=16, hidden_size=24,
                  dropout=0.0)
chooser = np.random.default_rng(options.seed)
optimizer = optim.Adam(seq2seq.parameters(), lr=0.02)
for _ in range(0 if options.quick else 150):
    chosen = [pairs[i] for i in chooser.integers(0, 100, 8)]
    source, lengths, target = batch(chosen, source_vocab, target_vocab)  # (B, S), (B,), (B, T)
    predicted, _ = seq2seq(source, lengths, target[:, :-1])  # (B, T-1, V)
    loss = F.cross_entropy(predicted.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=PAD)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %%
source, lengths, target = batch([shortest(pairs)], source_vocab, target_vocab)
with td.no_grad():
    start = seq2seq.encode(source, lengths)
    found = decode.beam_search(seq2seq.step, start, 1, target_vocab.bos_id, target_vocab.eos_id, 8,
                               beam_size=3, keep_tree=True)
spelled = target_vocab.tokens
if options.lang == "zh":
    spelled = [CHINESE.get(word, word) for word in spelled]
gallery.show("beam_search", found[0].tree, spelled, film=True, max_steps=6, max_pruned=1)

# %% [markdown]
# ## A variational autoencoder, and one whose encoder cannot learn

# %%
class VAE(nn.Module):
    """With `cut` z is a number that was drawn, and no gradient finds back to the encoder."""

    def __init__(self, cut: bool) -> None:
        self.encoder = nn.Linear(2, 3)
        self.mean = nn.Linear(3, 1)
        self.log_std = nn.Linear(3, 1)
        self.decoder = nn.Linear(1, 2)
        self.cut = cut

    def forward(self, x: td.Tensor, noise: td.Tensor) -> td.Tensor:
        h = called("h", td.tanh(self.encoder(x)))  # (2,) -> (3,)
        mean = called("μ", self.mean(h))  # (3,) -> (1,)
        std = called("σ", td.exp(self.log_std(h)))  # (3,) -> (1,)
        z = mean + std * noise  # (1,)
        if self.cut:
            z = z.detach()
        called("z", z)
        again = called("x̂", self.decoder(z))  # (1,) -> (2,)
        return called("R", F.mse_loss(again, x))  # (): the reconstruction, of the ELBO's two terms

gallery.section("latent")
x, noise = numbers(2, name="x"), numbers(1, name="ε")
for name, cut in (("vae", False), ("vae_cut", True)):
    td.manual_seed(options.seed)  # the same weights in both
    gallery.show(name, VAE(cut), x, noise, depth="formula", backward=True, direction="LR")

# %% [markdown]
# ## What comes next: a Transformer's encoder; and why it adds around every layer

# %%
class Layer(nn.Module):
    """tanh(W h + b)"""

    def __init__(self) -> None:
        self.linear = nn.Linear(8, 8)

    def forward(self, h: td.Tensor) -> td.Tensor:
        return td.tanh(self.linear(h))  # (B, 8) -> (B, 8)

class Deep(nn.Module):
    """Six layers. With `residual` what comes into each is added to what goes out."""

    def __init__(self, residual: bool) -> None:
        self.layers = nn.ModuleList([Layer() for _ in range(6)])
        self.residual = residual

    def forward(self, h: td.Tensor) -> td.Tensor:
        for layer in self.layers:
            new = layer(h)  # (B, 8) -> (B, 8)
            if self.residual:
                new = h + new
            h = new
        return h

# %%
gallery.section("transformer")
layer = nn.TransformerEncoderLayer(16, 2, 32, norm_first=True)  # h + F(norm(h)), as in the notes
transformer = nn.TransformerEncoder(layer, 6).eval()
x = numbers(5, 1, 16, name="x")  # (T, B, D)
for depth in (1, 2):
    gallery.show(f"transformer_{depth}", transformer, x, depth=depth, values=False)
gallery.show("transformer_formula", transformer.layers[0], x, depth="formula", values=False,
             parameters="inside", direction="LR")

# %%
def looking_back(Q: td.Tensor, K: td.Tensor, V: td.Tensor, mask: np.ndarray) -> td.Tensor:
    """Attention where no position sees what comes after it: the mask is True there."""
    scores = called("S", Q @ K.T * Q.shape[1] ** -0.5)  # (T, D), (D, T) -> (T, T)
    masked = called("M", scores.masked_fill(mask, -np.inf))  # (T, T)
    weights = called("A", F.softmax(masked, axis=-1))  # (T, T)
    return called("Z", weights @ V)  # (T, T), (T, D) -> (T, D)

queries, keys, values = (numbers(5, 3, name=name) for name in ("Q", "K", "V"))
later = np.triu(np.ones((5, 5), bool), 1)  # (T, T)
gallery.show("mask", looking_back, queries, keys, values, later, depth="formula")

# %%
gallery.section("deep")
x = numbers(4, 8, name="x")  # (B, 8)
for name, residual in (("deep_plain", False), ("deep_residual", True)):
    td.manual_seed(options.seed)
    deep = Deep(residual)
    gallery.show(name, lambda deep=deep: deep(x).sum(), backward=True, fold=False, values=False,
                 direction="LR")

# %% [markdown]
# ## Derivatives of derivatives, and two mistakes

# %%
def slope() -> td.Tensor:
    """The derivative of tanh, which is a computation like any other."""
    return td.grad(td.tanh(x), x, create_graph=True)[0]

gallery.section("extra")
x = leaf(0.5, "x")
gallery.show("second_derivative", slope, depth="formula", backward=True, direction="LR")

p = leaf([0.7, 0.3, 0.0], "p")
with np.errstate(divide="ignore"):  # the picture says it
    gallery.show("log_of_zero", lambda: -td.log(p).sum() / 3, depth="formula", backward=True)

# The cell's state is 8 wide, not 16.
misfits = nn.Sequential(nn.Embedding(20, 6), nn.RNNCell(6, 8), nn.Linear(16, 3))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the warning says what the picture shows
    gallery.show("crash", misfits, np.array([3, 1, 4]), direction="LR")
gallery.write()
results.write()
