"""The words of the toy German-English grammar: data only, the rules are in grammar.py.

German words carry what a rule needs to know about them; every English side is a list of (phrase, probability),
the probabilities of one German word summing to 1.

Most lists with three or more entries are traps for greedy decoding: the phrases that share their first word
have .48 of the mass together but at most .25 each, and another phrase has .40 alone. The most likely first word
then does not begin the most likely phrase.
"""

from __future__ import annotations

Choices = list[tuple[str, float]]  # phrases and their probabilities

# kind: (German, gender, English). Gender is m, f or n; a masculine noun of the weak class gives its accusative too.
NOUNS: dict[str, list[tuple[str, str, str]]] = {
    "person": [
        ("mann", "m", "man"), ("lehrer", "m", "teacher"), ("arzt", "m", "doctor"), ("bäcker", "m", "baker"),
        ("könig", "m", "king"), ("junge/jungen", "m", "boy"), ("nachbar/nachbarn", "m", "neighbour"),
        ("frau", "f", "woman"), ("königin", "f", "queen"), ("schwester", "f", "sister"), ("tochter", "f", "daughter"),
        ("kind", "n", "child"), ("mädchen", "n", "girl"),
    ],
    "animal": [("hund", "m", "dog"), ("vogel", "m", "bird"), ("katze", "f", "cat"), ("pferd", "n", "horse")],
    "text": [("brief", "m", "letter"), ("roman", "m", "novel"), ("zeitung", "f", "newspaper"), ("buch", "n", "book")],
    "food": [("apfel", "m", "apple"), ("kuchen", "m", "cake"), ("suppe", "f", "soup"), ("ei", "n", "egg")],
    "opening": [("koffer", "m", "suitcase"), ("schrank", "m", "cupboard"), ("tür", "f", "door"),
                ("fenster", "n", "window")],
    "object": [
        ("ball", "m", "ball"), ("schlüssel", "m", "key"), ("hut", "m", "hat"), ("tasche", "f", "bag"),
        ("lampe", "f", "lamp"), ("bild", "n", "picture"),
    ],
}  # fmt: skip

# kind: (German stem without ending, English)
SIZES: list[tuple[str, Choices]] = [("klein", [("small", 0.62), ("little", 0.38)]), ("groß", [("big", 1.0)])]
ADJECTIVES: dict[str, list[tuple[str, Choices]]] = {
    "person": [SIZES[0], ("groß", [("tall", 1.0)]), ("alt", [("old", 1.0)]), ("jung", [("young", 1.0)]),
               ("freundlich", [("friendly", 1.0)]), ("klug", [("clever", 0.62), ("smart", 0.38)]),
               ("müd", [("tired", 1.0)])],
    "animal": [*SIZES, ("alt", [("old", 1.0)]), ("schwarz", [("black", 1.0)]), ("weiß", [("white", 1.0)])],
    "text": [("alt", [("old", 1.0)]), ("neu", [("new", 1.0)]), ("lang", [("long", 1.0)])],
    "food": [*SIZES, ("warm", [("warm", 1.0)]), ("frisch", [("fresh", 1.0)])],
    "opening": [*SIZES, ("alt", [("old", 1.0)]), ("schwer", [("heavy", 1.0)]), ("rot", [("red", 1.0)])],
    "object": [*SIZES, ("alt", [("old", 1.0)]), ("neu", [("new", 1.0)]), ("rot", [("red", 1.0)]),
               ("blau", [("blue", 1.0)])],
}  # fmt: skip

# An adverb in front moves the German subject behind the verb: "leider schläft der hund".
OPENERS: dict[str, Choices] = {
    "angeblich": [("they say that", 0.40), ("it is said that", 0.17), ("it is claimed that", 0.16),
                  ("it is rumoured that", 0.15), ("apparently", 0.12)],
    "leider": [("i am sorry to say that", 0.40), ("it is a pity that", 0.17), ("it is sad that", 0.16),
               ("it is too bad that", 0.15), ("unfortunately", 0.12)],
    "zum glück": [("as luck would have it", 0.40), ("it is lucky that", 0.17), ("it is fortunate that", 0.16),
                  ("it is a good thing that", 0.15), ("luckily", 0.12)],
    "vielleicht": [("there is a chance that", 0.40), ("it is possible that", 0.17), ("it may be that", 0.16),
                   ("it could be that", 0.15), ("perhaps", 0.12)],
    "plötzlich": [("all of a sudden", 0.40), ("out of nowhere", 0.25), ("out of the blue", 0.23), ("suddenly", 0.12)],
    "manchmal": [("from time to time", 0.40), ("every now and then", 0.17), ("every so often", 0.16),
                 ("every once in a while", 0.15), ("sometimes", 0.12)],
    "meistens": [("as a rule", 0.40), ("most of the time", 0.25), ("most days", 0.23), ("usually", 0.12)],
    "natürlich": [("of course", 0.62), ("naturally", 0.38)],
    "bald": [("soon", 1.0)],
    "heute": [("today", 1.0)],
    "jetzt": [("now", 1.0)],
    "oft": [("often", 1.0)],
}  # fmt: skip
PRESENT_OPENERS = ["bald", "jetzt"]  # these do not go with the past

# (third person, infinitive, participle, auxiliary, kind of the object or "", English).
# A "|" splits off a separable prefix: "ruft|an" is "ruft ... an" in a main clause, "anruft" at the end of a
# subordinate one. English: "third person/infinitive/past", then what follows; {o} is the object.
VERBS: list[tuple[str, str, str, str, str, Choices]] = [
    ("liest", "lesen", "gelesen", "hat", "text", [("reads/read/read {o}", 1.0)]),
    ("sieht", "sehen", "gesehen", "hat", "any", [("sees/see/saw {o}", 1.0)]),
    ("isst", "essen", "gegessen", "hat", "food", [("eats/eat/ate {o}", 1.0)]),
    ("kauft", "kaufen", "gekauft", "hat", "thing", [("buys/buy/bought {o}", 1.0)]),
    ("malt", "malen", "gemalt", "hat", "any", [("paints/paint/painted {o}", 1.0)]),
    ("findet", "finden", "gefunden", "hat", "object",
     [("finds/find/found {o}", 0.7), ("discovers/discover/discovered {o}", 0.3)]),
    ("macht|auf", "aufmachen", "aufgemacht", "hat", "opening", [("opens/open/opened {o}", 1.0)]),
    ("macht|zu", "zumachen", "zugemacht", "hat", "opening",
     [("closes/close/closed {o}", 0.62), ("shuts/shut/shut {o}", 0.38)]),
    ("ruft|an", "anrufen", "angerufen", "hat", "person",
     [("phones/phone/phoned {o}", 0.40), ("gives/give/gave {o} a call", 0.17), ("gives/give/gave {o} a ring", 0.16),
      ("gives/give/gave {o} a buzz", 0.15), ("calls/call/called {o}", 0.12)]),
    ("sieht|an", "ansehen", "angesehen", "hat", "any",
     [("has/have/had a look at {o}", 0.40), ("looks/look/looked at {o}", 0.17), ("looks/look/looked over at {o}", 0.16),
      ("looks/look/looked towards {o}", 0.15), ("watches/watch/watched {o}", 0.12)]),
    ("hebt|auf", "aufheben", "aufgehoben", "hat", "object",
     [("lifts/lift/lifted {o}", 0.40), ("picks/pick/picked up {o}", 0.25), ("picks/pick/picked {o} up", 0.23),
      ("raises/raise/raised {o}", 0.12)]),
    ("nimmt|mit", "mitnehmen", "mitgenommen", "hat", "object",
     [("brings/bring/brought {o}", 0.40), ("takes/take/took {o} along", 0.25), ("takes/take/took along {o}", 0.23),
      ("carries/carry/carried {o}", 0.12)]),
    ("wirft|weg", "wegwerfen", "weggeworfen", "hat", "thing",
     [("gets/get/got rid of {o}", 0.40), ("throws/throw/threw away {o}", 0.17), ("throws/throw/threw {o} away", 0.16),
      ("throws/throw/threw out {o}", 0.15), ("discards/discard/discarded {o}", 0.12)]),
    ("sucht", "suchen", "gesucht", "hat", "any",
     [("tries/try/tried to find {o}", 0.40), ("looks/look/looked for {o}", 0.17),
      ("looks/look/looked around for {o}", 0.16), ("looks/look/looked everywhere for {o}", 0.15),
      ("seeks/seek/sought {o}", 0.12)]),
    ("lacht", "lachen", "gelacht", "hat", "", [("laughs/laugh/laughed", 1.0)]),
    ("singt", "singen", "gesungen", "hat", "", [("sings/sing/sang", 1.0)]),
    ("arbeitet", "arbeiten", "gearbeitet", "hat", "", [("works/work/worked", 1.0)]),
    ("weint", "weinen", "geweint", "hat", "", [("cries/cry/cried", 0.62), ("weeps/weep/wept", 0.38)]),
    ("schläft|ein", "einschlafen", "eingeschlafen", "ist", "", [("falls/fall/fell asleep", 1.0)]),
    ("schläft", "schlafen", "geschlafen", "hat", "",
     [("gets/get/got some sleep", 0.40), ("takes/take/took a nap", 0.17), ("takes/take/took a rest", 0.16),
      ("takes/take/took a siesta", 0.15), ("sleeps/sleep/slept", 0.12)]),
    ("bricht|auf", "aufbrechen", "aufgebrochen", "ist", "",
     [("hits/hit/hit the road", 0.40), ("sets/set/set off", 0.17), ("sets/set/set out", 0.16),
      ("sets/set/set forth", 0.15), ("leaves/leave/left", 0.12)]),
    ("gibt|auf", "aufgeben", "aufgegeben", "hat", "",
     [("throws/throw/threw in the towel", 0.40), ("gives/give/gave up", 0.17), ("gives/give/gave in", 0.16),
      ("gives/give/gave way", 0.15), ("surrenders/surrender/surrendered", 0.12)]),
    ("kommt|zurück", "zurückkommen", "zurückgekommen", "ist", "",
     [("returns/return/returned", 0.40), ("comes/come/came back", 0.17), ("comes/come/came home", 0.16),
      ("comes/come/came along again", 0.15), ("reappears/reappear/reappeared", 0.12)]),
]  # fmt: skip

# What an animal can do: a dog may sleep and search, but it does not read.
ANIMAL_VERBS = {"sieht", "sieht|an", "sucht", "schläft", "schläft|ein", "bricht|auf", "kommt|zurück"}

# The kinds of object that a verb's "any" and "thing" stand for.
KINDS: dict[str, list[str]] = {"any": ["person", "animal", "object"], "thing": ["text", "object"]}

# German modal verb, with an infinitive at the end of the clause: its English
MODALS: dict[str, Choices] = {
    "kann": [("can", 1.0)],
    "will": [("wants to", 1.0)],
    "muss": [("must", 0.62), ("has to", 0.38)],
}

# A conjunction sends the German verb to the end: "weil der junge den hund sucht". By tense of the main clause.
CONJUNCTIONS: dict[str, Choices] = {
    "weil": [("because", 0.62), ("since", 0.38)],
    "obwohl": [("although", 0.40), ("even though", 0.25), ("even if", 0.23), ("though", 0.12)],
    "während": [("while", 1.0)],
    "wenn": [("when", 0.62), ("if", 0.38)],
    "nachdem": [("after", 1.0)],
}
CONJUNCTIONS_BY_TENSE = {"present": ["weil", "obwohl", "während", "wenn"], "past": ["weil", "obwohl", "nachdem"]}

# Short subordinate clauses that stay as they are, by tense.
WEATHER: dict[str, dict[str, Choices]] = {
    "present": {
        "es regnet": [("it is raining", 0.62), ("it rains", 0.38)],
        "es schneit": [("it is snowing", 0.62), ("it snows", 0.38)],
        "es dunkel ist": [("it is dark", 1.0)],
        "die sonne scheint": [("the sun is shining", 0.62), ("the sun shines", 0.38)],
    },
    "past": {
        "es geregnet hat": [("it rained", 0.62), ("it had rained", 0.38)],
        "es geschneit hat": [("it snowed", 0.62), ("it had snowed", 0.38)],
        "die sonne geschienen hat": [("the sun shone", 0.62), ("the sun had shone", 0.38)],
    },
}
