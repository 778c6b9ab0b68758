"""The models of the lecture, one short file each. The training loops are in demos/."""

from .bert import Bert, BertForPreTraining, BertForSequenceClassification
from .birnn import BiRNNClassifier, LeakyLanguageModel
from .bow import BagOfWords, DeepAveragingNetwork
from .cnn import TextCNN
from .electra import Electra
from .elmo import BiLM, ElmoClassifier, ScalarMix
from .encoder_decoder import EncoderDecoder
from .longformer import Longformer, LongformerClassifier
from .mlp import MLP
from .nnlm import NNLM, ClassSoftmax
from .pair import PairClassifier
from .rnn_lm import RNNLM
from .seq2seq import Seq2Seq
from .transformer import TransformerLM
from .vae_lm import VAELM
from .word2vec import CBOW, SkipGram
