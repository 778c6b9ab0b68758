# %% [markdown]
# # Next-sentence prediction: does B follow A?
#
# BERT's second task. It reads [CLS] A [SEP] B [SEP]; half of the time B is what follows A in the
# text, else it is from another document. The vector of [CLS] has to tell. Hidden words are guessed
# at the same time, and the two losses are added. You see what it goes by: the topic. The stories
# also have an order, and counting finds it; but the task hardly asks for it, and BERT does not
# learn it.
#
#     python demos/next_sentence.py                  stories made on the spot
#     python demos/next_sentence.py --data brown     500 American texts of 1961; about four minutes
#     python demos/next_sentence.py --data movie_reviews                               on one core

# %%
from collections import Counter

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import bert_texts, masked, neighbours
from support.neighbours import FOLLOWS
from support.run import Results, arguments, parse
from support.small_language import PLACES
from support.training import save_model, saving, training
from tinydawn import optim, text
from tinydawn.metrics import accuracy
from tinydawn.models.bert import BertForPreTraining
from tinydawn.nn import functional as F

parser = arguments("Pretrain a BERT on hidden words and on whether a sentence follows; see how "
                   "much of it is the topic.")
saving(parser, "the trained model, for finetune.py")
options = parse(parser)
toy = options.data is None
neighbours.check_named(options.data)
results = Results("next_sentence", options, options.data or "made-up stories")

# %% [markdown]
# ## Documents, not lines: PTB will not do, for its lines come without a mark where a text ends
#
# Every tenth document is held out, whole: a sentence of a document that was trained on would be
# known by its topic.

# %%
seen, unseen = neighbours.documents(options.data, options.seed, options.quick)
longest = 24 if toy else 64  # ids of a pair
start = bert_texts.start([sentence for document in seen for sentence in document], 8000, "words",
                         48 if toy else 64)
pieces, V = start.pieces, len(start.pieces)

def pairs(documents: list, rng: np.random.Generator) -> list[text.SentencePair]:
    """Tokens of a and b, and whether b follows. If not, it is from another document."""
    return text.next_sentence_pairs(documents, None if toy else longest - 3, rng=rng)

# %%
def turned_round(documents: list) -> list[text.SentencePair]:
    """Harder pairs: every second true one the other way round. The topic is the same."""
    true = text.next_sentence_pairs(documents, None if toy else longest - 3, negatives=0)
    return [text.SentencePair(b, a, False) if i % 2 else text.SentencePair(a, b, True)
            for i, (a, b, _) in enumerate(true)]

rng = np.random.default_rng(7)
held_out, swapped = pairs(unseen, rng), turned_round(unseen)
held_out, swapped = ([found[i] for i in rng.permutation(len(found))[:3000]]
                     for found in (held_out, swapped))
for a, b, is_next in held_out[:4]:
    answer = "follows " if is_next else "does not"
    print(f"{answer}  {' '.join(a[-9:])}  |  {' '.join(b[:9])}")

# %% [markdown]
# ## A baseline that reads no word order: how many rare words do A and B share?

# %%
frequency = Counter(word for document in seen for sentence in document for word in set(sentence))
total = sum(len(document) for document in seen)

def overlap(found: list[text.SentencePair]) -> np.ndarray:
    """Sum of log(N / n(word)) over the words that both have, by the root of their lengths: (N,)."""
    scores = []
    for a, b, _ in found:
        shared = [word for word in set(a) & set(b) if frequency[word]]
        rarity = sum(np.log(total / frequency[word]) for word in shared)
        scores.append(rarity / np.sqrt(len(a) * len(b)))
    return np.array(scores)

# %%
example = pairs(seen, np.random.default_rng(1))[:20_000]
scores = overlap(example)  # (N,)
follows = np.array([is_next for _, _, is_next in example])  # (N,)
cuts = np.quantile(scores, np.linspace(0, 1, 200))
right = [((scores > cut) == follows).mean() for cut in cuts]
best_cut = cuts[np.argmax(right)]  # on training pairs
for name, found in (("", held_out), ("_turned_round", swapped)):
    is_next = [pair.is_next for pair in found]
    results.baseline(**{f"overlap_accuracy{name}": accuracy(overlap(found) > best_cut, is_next),
                        f"follows_share{name}": np.mean(is_next)})

# %% [markdown]
# ## A baseline for the stories: who came after whom?
#
# In a story the people of a place take turns: after the captain comes the fisher. Which person came
# directly after which in the training stories is soon counted, and tells nearly everything: where
# the false B is of another document [turns_accuracy > 0.96], and where the pair is turned round
# [turns_accuracy_turned_round == 1]. The place alone tells most of the former, and nothing of the
# latter [place_accuracy_turned_round == 0.5].

# %%
if toy:
    turns = {(a[1], b[1]) for a, b, is_next in example if is_next}  # "the captain ...": word 1
    place_of = {person: k for k, (people, _, _) in enumerate(PLACES) for person in people}
    for name, found in (("", held_out), ("_turned_round", swapped)):
        is_next = [pair.is_next for pair in found]
        by_turns = [(a[1], b[1]) in turns for a, b, _ in found]
        by_place = [place_of[a[1]] == place_of[b[1]] for a, b, _ in found]
        results.baseline(**{f"turns_accuracy{name}": accuracy(by_turns, is_next),
                            f"place_accuracy{name}": accuracy(by_place, is_next)})

# %% [markdown]
# ## Two losses, added
#
# Half of the pairs are false [abs(follows_share - 0.5) < 0.05]; they are drawn anew in each
# epoch. If the class "follows", which is 0, is given to the loss as the index to be ignored, as
# the padding of a vocabulary often is, only "does not" is learnt: the loss goes to 0
# [loss_label_0_ignored < 0.01], and the accuracy stays at one half [abs(accuracy_label_0_ignored -
# 0.5) < 0.05]. Several BERTs in PyTorch had this.

# %%
never = masked.never_masked(pieces, neighbours.encode(example[:2000], pieces, longest)[0])

def two_losses(model: BertForPreTraining, batch: masked.Batch, labels: np.ndarray,
               ignore_index: int) -> tuple[td.Tensor, td.Tensor]:
    """Of the hidden words, and of whether b follows: labels (B,)."""
    ids, segments, real, targets = batch  # (B, T) each
    words, relation = model(ids, segments, real, targets >= 0)  # (N, V), (B, 2)
    word_loss = F.cross_entropy(words, targets[targets >= 0])
    pair_loss = F.cross_entropy(relation, labels, ignore_index=ignore_index)
    return word_loss, pair_loss

# %%
@td.no_grad()
def test_accuracy(model: BertForPreTraining, found: list[text.SentencePair]) -> float:
    """The share of pairs, with nothing hidden, of which the model knows whether b follows."""
    examples, labels = neighbours.encode(found, pieces, longest)
    guesses = np.zeros(len(examples), int)
    model.eval()
    for indices in text.bucket_batches([len(ids) for ids, _ in examples], 64, shuffle=False):
        ids, segments, real = text.pad_segments([examples[i] for i in indices], pieces.pad_id)
        _, first = model.bert(ids, segments, real)  # (B, D): tanh(W h + b) of [CLS]
        relation = model.cls.seq_relationship(first)  # (B, D) -> (B, 2)
        guesses[indices] = relation.numpy().argmax(axis=1)
    model.train()
    return accuracy(guesses, labels)

def pairs_of_epoch(epoch: int) -> tuple[masked.Examples, np.ndarray]:
    drawn = pairs(seen, np.random.default_rng((options.seed, epoch)))
    return neighbours.encode(drawn, pieces, longest)

# %%
def train_model(epochs: int, label: str, ignore_index: int = -100) -> tuple:
    """The model, the two losses of each step, and two accuracies by epoch."""
    td.manual_seed(options.seed)
    model = BertForPreTraining(V, **start.sizes)
    rng = np.random.default_rng(options.seed)
    drawn = neighbours.Drawn(pairs_of_epoch)
    steps = epochs * -(-len(pairs(seen, np.random.default_rng(0))) // 32)
    optimizer = masked.adamw(model, 5e-3 if toy else 2e-3)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, min(300, steps // 3), steps)
    kept = {"curve": [], "losses": [], "epoch": -1, "queue": []}
    for step, bar in training(options, steps, model, optimizer, schedule, kept, label,
                              {"masks": rng}):
        examples, labels, indices = drawn.next_batch(kept, rng)
        batch = masked.masked_batch(examples, indices, pieces, never, rng)
        if (labels[indices] == ignore_index).all():
            continue
        word_loss, pair_loss = two_losses(model, batch, labels[indices], ignore_index)
        optimizer.zero_grad()
        (word_loss + pair_loss).backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["losses"].append((word_loss.item(), pair_loss.item()))
        watch(model, kept, epochs, step + 1, steps, bar)
    return model, kept["losses"], kept["curve"]

# %%
def watch(model: BertForPreTraining, kept: dict, epochs: int, step: int, steps: int,
          bar: tqdm) -> None:
    """Ten times in a training, four in a quick one: how many held-out pairs it knows."""
    if step % max(1, steps // (4 if options.quick else 10)):
        return
    right, turned = (test_accuracy(model, found[:1000]) for found in (held_out, swapped))
    kept["curve"].append((epochs * step / steps, right, turned))
    hidden_words, _ = np.mean(kept["losses"][-50:], axis=0)
    bar.set_postfix(hidden_words=f"{hidden_words:.2f}", held_out=f"{right:.3f}")

epochs = options.epochs or (4 if toy else 1 if options.quick else 3)
model, losses, curve = train_model(epochs, "both tasks")
if options.save:
    save_model(options.save, model, **start.about)

# %% [markdown]
# ## What it has learnt: whether the topic is the same
#
# A false B comes from another document, mostly about something else. BERT is right about as often
# as the place alone makes it [abs(accuracy - place_accuracy) < 0.02], which is not all that can be
# known [accuracy < best_possible_accuracy - 0.02]. Where the false pair is a true one turned round,
# the place says nothing, and BERT is at chance [abs(accuracy_turned_round - 0.5) < 0.06], though
# counting is always right. Of its training pairs only one in sixteen asks for the turns: false, but
# of the same place. (ALBERT, 2020, trains on turned pairs in place of these. This small network did
# not learn the turns from such pairs either, in four epochs: .50, measured once.)
#
# No person or thing comes twice in a story, but a third of the neighbours have the same verb, and
# each verb belongs to one place: so shared words alone give some .64
# [0.58 < overlap_accuracy < 0.68]. For more, BERT must learn which words belong to one place. On
# Brown, counting the rare words that A and B share is better than BERT: .716 against .702 +- .003
# (three seeds); the paper has 97 to 98 %, with three billion words. Turned round, both are at
# chance.

# %%
baselines = results.record["baselines"]
print(f"\n{'accuracy on held-out documents':34}{'BERT':>8}{'shared words':>14}"
      + (f"{'place':>8}{'turns':>8}" if toy else ""))
for name, found, said in (("", held_out, "false: of another document"),
                          ("_turned_round", swapped, "false: turned round")):
    right = test_accuracy(model, found)
    results.metric(**{f"accuracy{name}": right})
    others = ["overlap", "place", "turns"] if toy else ["overlap"]
    shown = [baselines[f"{other}_accuracy{name}"] for other in others]
    print(f"{said:34}{right:8.3f}{shown[0]:14.3f}" + "".join(f"{x:8.3f}" for x in shown[1:]))
loss_words, loss_pairs = np.mean(losses[-50:], axis=0)
results.metric(loss_words=loss_words, loss_pairs=loss_pairs)

# %%
if toy:  # a false B is now and then of the same place, and of the person whose turn it is;
    # it still shows if it repeats the one of six things
    best = 1 - 0.5 / len(PLACES) / 4 * 5 / 6
    results.baseline(best_possible_accuracy=best)
    print(f"the best possible with pairs of other documents, in the long run: {best:.3f}, for the "
          f"places are {len(PLACES)}, with 4 people each")

    wrong, wrong_losses, _ = train_model(1, "label 0 ignored", ignore_index=FOLLOWS)
    right = test_accuracy(wrong, held_out)
    _, loss_pairs = np.mean(wrong_losses[-20:], axis=0)
    results.metric(accuracy_label_0_ignored=right, loss_label_0_ignored=loss_pairs)
    print(f"with ignore_index=0: loss {loss_pairs:.4f}, accuracy {right:.3f}")
results.figure("accuracy.svg", neighbours.accuracy_figure(curve, baselines))
results.write()
