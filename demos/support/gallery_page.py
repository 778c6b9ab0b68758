"""What draw_graphs.py's page looks like and says: its template, and its texts in two languages."""

from __future__ import annotations

PAGE = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8">\
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 16px/1.45 Helvetica, Arial, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", \
sans-serif; max-width: 1340px;
       margin: 0 auto; padding: 1em 1.5em 4em; background: #fff; color: #14171a; }}
body.dark {{ background: #14171a; color: #f2f5f7; }}
body.dark a {{ color: #8cc8f0; }}
nav {{ position: sticky; top: 0; padding: .4em 0; background: inherit; }}
nav label {{ margin-right: 1.2em; }}
h2 {{ border-bottom: 1px solid #8a8a8a; margin: 2em 0 .5em; }}
h3 {{ margin: 0; font-size: 1.05em; }}
main {{ display: flex; flex-wrap: wrap; gap: 2em; align-items: flex-start; }}
h2 {{ width: 100%; }}
figure {{ margin: 0; min-width: 20em; max-width: 100%; }}
figcaption {{ contain: inline-size; }}
figcaption p {{ margin: .2em 0 .5em; }}
img {{ max-width: 100%; height: auto; border: 1px solid #8a8a8a55; }}
</style></head>
<body class="{theme}"><h1>{title}</h1>
<p>{hint}</p>
<nav>{switch}</nav>
<main>
{body}
</main>
<script>
for (const button of document.querySelectorAll("nav input")) button.onchange = () => {{
  document.body.className = button.value;
  for (const image of document.querySelectorAll("img")) {{
    const file = button.value + "/" + image.getAttribute("src").split("/")[1];
    image.src = image.parentNode.href = file;
  }}
}};
</script></body></html>
"""

# The words of the small language that beam_search.py translates into, in Chinese.
_WORDS = """
<pad>=<pad> <unk>=<unk> <s>=<s> </s>=</s> the=这 .=。 a=一个 it=它 that=那 is=是 to=去
daughter=女儿 king=国王 queen=王后 time=时间 can=能 teacher=老师 boy=男孩 child=孩子
horse=马 of=的 old=老 sister=姐姐 wants=想要 baker=面包师 dog=狗 lamp=灯 neighbour=邻居
small=小 tall=高 doctor=医生 have=有 man=男人 must=必须 say=说 sun=太阳 tired=疲倦
young=年轻 as=像 cat=猫 has=已 lucky=幸运 often=常常 road=路 today=今天 am=正 at=在 bag=袋子
bird=鸟 buys=买 friendly=友好 from=从 girl=女孩 hat=帽子 i=我 little=小小 look=看 luck=运气
picture=画 since=自从 sorry=抱歉 up=起 while=当时 window=窗 woman=女人 would=会 all=都
along=沿着 ball=球 big=大 chance=机会 clever=聪明 comes=来 every=每 find=找到 fortunate=有幸
give=给 hits=打 laugh=笑 laughed=笑了 most=最 new=新 now=现在 saw=看见 shuts=关上 sings=唱
sleep=睡 some=一些 sudden=突然 suitcase=箱子 there=那里 way=方式 again=又 an=一只 apple=苹果
asleep=睡着 ate=吃了 back=回 bad=坏 be=成为 because=因为 blue=蓝 book=书 call=叫 closes=合上
could=可以 cries=哭 discover=发现 door=门 eat=吃 even=甚至 falls=落下 finds=寻得 for=为
found=找到了 gave=给了 get=得 gets=得到 had=曾有 heavy=重 hit=打了 if=如果 newspaper=报纸
opens=打开 painted=画了 paints=作画 pick=捡 possible=可能 raining=下雨 reads=读
reappears=重现 shines=照耀 shining=照着 shone=照过 snowing=下雪 so=如此 soup=汤
surrendered=投降了 takes=拿 they=他们 though=虽然 too=太 tries=尝试 usually=通常 when=当
white=白 worked=工作了 although=尽管 and=和 apparently=看来 around=四处 black=黑 bought=买了
brings=带来 brought=带来了 buy=购买 cake=蛋糕 claimed=声称 come=来到 course=当然 cry=哭泣
cupboard=柜子 days=日子 discovered=发现了 eats=吃着 everywhere=到处 got=得到了 in=里
key=钥匙 letter=信 lift=举起 looked=看了 looks=看着 nap=小睡 nowhere=无处 open=开
opened=开了 out=出 perhaps=也许 picked=捡了 raises=举着 red=红 returned=回来了 rid=摆脱
ring=响 rule=惯例 rumoured=传说 sang=唱了 see=见 seeks=寻找 shut=关 siesta=午睡 sleeps=睡觉
slept=睡了 smart=机灵 snowed=下了雪 soon=不久 sought=寻过 then=然后 took=拿了 tried=试了
unfortunately=可惜 work=工作 works=劳作
"""
CHINESE = dict(pair.split("=", 1) for pair in _WORDS.split())

# Heading and sentence of each picture, headings of the sections, in English and in Chinese.
TEXTS: dict[str, tuple[list[str], list[str]]] = {
    "page": (
        [
            "Networks before the Transformer, drawn",
            "A click shows a picture alone; there a box tells its formula and its line of code "
            "when the mouse rests on it.",
        ],
        ["画出 Transformer 之前的网络", "点击图片可单独打开；在单独的页面里把鼠标停在方框上，会显示它的公式和代码行。"],
    ),
    "light": (["light"], ["浅色"]),
    "dark": (["dark"], ["深色"]),
    "print": (["print"], ["打印"]),
    "film": (["Step by step"], ["逐步播放"]),
    "one_neuron": (["One neuron"], ["一个神经元"]),
    "neuron": (
        [
            "Forward and backward",
            "In each box its value, and below it the gradient. The input x₂ is 0, so w₂ gets none.",
        ],
        ["前向与反向", "每个方框里是数值，下面是梯度。输入 x₂ 为 0，所以 w₂ 得不到梯度。"],
    ),
    "scalars": (
        [
            "A layer of two neurons, number by number",
            "tanh(W x + c), summed, as the single numbers it stands for. A saturated neuron "
            "passes on little gradient.",
        ],
        ["两个神经元的一层，逐个数字", "tanh(W x + c) 再求和，展开成一个个数。饱和的神经元几乎不传梯度。"],
    ),
    "loss": (["Softmax and cross-entropy"], ["softmax 与交叉熵"]),
    "cross_entropy": (
        [
            "One kernel",
            "The gradient of the scores z is softmax − one-hot: below 0 for the right answer only.",
        ],
        ["一个融合算子", "对分数 z 的梯度是 softmax − one-hot：只有正确答案处为负。"],
    ),
    "cross_entropy_unfused": (
        [
            "The same from primitives",
            "To take the largest score away changes nothing, but exp cannot overflow. The "
            "gradient is the same as the kernel's.",
        ],
        ["用基本运算拼出来的同一个损失", "减去最大的分数不改变结果，但 exp 不会溢出。梯度与融合算子相同。"],
    ),
    "mlp": (["One network at four depths"], ["同一个网络，四种深度"]),
    "mlp_0": (["depth=0", "A model is one box."], ["depth=0", "整个模型是一个方框。"]),
    "mlp_1": (
        ["depth=1", "Its layers, with the shape of what comes out and the norm of its gradient."],
        ["depth=1", "各层，以及输出的形状和梯度的范数。"],
    ),
    "mlp_ops": (
        [
            'depth="ops"',
            "Every operation and every parameter, with values as heat maps: orange above 0, "
            "blue below.",
        ],
        ['depth="ops"', "每个运算、每个参数，数值画成热力图：橙色为正，蓝色为负。"],
    ),
    "mlp_formula": (
        [
            'depth="formula"',
            "What is computed, with the parameters written into the box that uses them.",
        ],
        ['depth="formula"', "计算的公式；参数写在使用它的方框里。"],
    ),
    "recurrent": (["Recurrent networks"], ["循环神经网络"]),
    "lstm_cell": (
        [
            "An LSTM cell",
            "Three gates i, f, o and a candidate g look at x and h. From c to the next c there "
            "is one product and one sum.",
        ],
        ["一个 LSTM 单元", "三个门 i、f、o 和候选 g 都看 x 和 h。从 c 到下一个 c 只经过一次乘和一次加。"],
    ),
    "gru_cell": (
        [
            "A GRU cell",
            "Two gates, a candidate ĥ, and the notes' last line: z says how much of h' is new. In "
            "PyTorch z says how much is kept.",
        ],
        ["一个 GRU 单元", "两个门、一个候选状态 ĥ，以及讲义的最后一行：z 决定新状态占多少。PyTorch 的 z 决定旧状态留多少。"],
    ),
    "gru": (
        [
            "A GRU reads a review",
            "The loss looks at the last state only. Going back, the gradient fades from step to"
            " step. The middle of the sentence is drawn as one step.",
        ],
        ["GRU 读一条影评", "损失只看最后一个状态。往回走，梯度一步步变弱。句子中间的几步合成一步画出。"],
    ),
    "gru_rolled": (
        ["The same, rolled up", "All steps as one. A dashed arrow leads to the step after."],
        ["同一个网络，卷起来", "所有步画成一步，虚线箭头通向下一步。"],
    ),
    "rnn_highlight": (
        [
            "Where a shared weight learns from",
            "W_hh is used at every step, and each use adds to its gradient. The last two steps "
            "give nearly all of it.",
        ],
        ["共享的权重从哪里学到东西", "每一步都用到 W_hh，每次使用都给它的梯度加上一份，最后两步几乎占了全部。"],
    ),
    "birnn": (
        [
            "A bidirectional RNN",
            "One cell reads forwards, one backwards. The output of each word sees both.",
        ],
        ["双向 RNN", "一个单元从前往后读，一个从后往前读。每个词的输出两边都看得到。"],
    ),
    "translation": (["Encoder and decoder"], ["编码器与解码器"]),
    "attention": (
        [
            "Attention in three steps",
            "Scores ã of a decoder's state s against all states h of the encoder; a = softmax ã, "
            "which adds up to 1; the context c, the mean of h by these weights.",
        ],
        ["注意力三步", "解码器状态 s 与编码器全部状态 h 的分数 ã；a = softmax ã，和为 1；上下文 c 是 h 按这些权重的平均。"],
    ),
    "seq2seq": (
        [
            "Translation with attention",
            "All states of the encoder become h, and each step of the decoder looks at all of h, "
            "and hands its own state on to the next step.",
        ],
        ["带注意力的翻译", "编码器的全部状态合成 h，解码器的每一步都看整个 h，并把自己的状态交给下一步。"],
    ),
    "beam_search": (
        [
            "A beam search",
            "At each step three beginnings are kept. Dashed ones were dropped, the bold path won.",
        ],
        ["束搜索", "每一步保留三个开头。虚线的被丢掉，粗线的路径胜出。"],
    ),
    "latent": (["A variational autoencoder"], ["变分自编码器"]),
    "vae": (
        [
            "Reparametrised",
            "z = μ + σ · ε. The noise comes in from the side, and the gradient finds its way to"
            " μ and σ. R is the reconstruction; the ELBO's other term, the KL, is not drawn.",
        ],
        ["重参数化", "z = μ + σ · ε。噪声从旁边进来，梯度能回到 μ 和 σ。R 是重构项；ELBO 的另一项 KL 没有画出。"],
    ),
    "vae_cut": (
        [
            "A raw sample",
            "If z is only a number that was drawn, the way back is cut, and the encoder learns "
            "nothing from the reconstruction R.",
        ],
        ["直接采样", "如果 z 只是抽出来的一个数，回去的路就断了，编码器从重构项 R 什么也学不到。"],
    ),
    "transformer": (["What comes next: a Transformer's encoder"], ["接下来：Transformer 的编码器"]),
    "transformer_1": (
        ["depth=1", "Six equal layers are drawn as one."],
        ["depth=1", "六个相同的层画成一个。"],
    ),
    "transformer_2": (
        [
            "depth=2",
            "LayerNorm and attention, then LayerNorm and a small network; around each goes a path "
            "that adds what came in: F(norm(h)) + h, as in the notes.",
        ],
        [
            "depth=2",
            "先是层归一化和注意力，再是层归一化和一个小网络；各有一条绕过它的路，把输入加回来："
            "F(norm(h)) + h，与讲义相同。",
        ],
    ),
    "transformer_formula": (
        [
            'depth="formula"',
            "The formulas of one layer, from LayerNorm, queries and keys to the sum.",
        ],
        ['depth="formula"', "一层里的公式，从层归一化、查询和键到相加。"],
    ),
    "mask": (
        [
            "A mask",
            "No position sees what comes after it: where the mask is dark, the score becomes −∞ "
            "and the weight 0.",
        ],
        ["掩码", "每个位置都看不到后面的内容：掩码深色处分数变成 −∞，权重变成 0。"],
    ),
    "deep": (["Deep networks"], ["深层网络"]),
    "deep_plain": (
        ["Plain", "Going back, from the end to the beginning, each layer takes a part of the "
                  "gradient away."],
        ["普通", "从终点往回走，每一层都拿走一部分梯度。"],
    ),
    "deep_residual": (
        [
            "Residual",
            "After each layer what came in is added, so that no layer can take the gradient away.",
        ],
        ["残差", "每一层之后把输入加回来，哪一层都拿不走梯度。"],
    ),
    "extra": (["Derivatives of derivatives, and errors"], ["导数的导数，以及出错"]),
    "second_derivative": (
        [
            "The graph of a derivative",
            "1 − tanh² is a computation like any other. Its gradient is the second derivative "
            "of tanh.",
        ],
        ["导数的计算图", "1 − tanh² 和别的计算没有两样。它的梯度就是 tanh 的二阶导数。"],
    ),
    "log_of_zero": (
        [
            "The logarithm of 0",
            "What is not finite is red, from where it arises to the loss, and in its gradient.",
        ],
        ["零的对数", "不是有限数的都是红色：从产生的地方一直到损失，再沿梯度传回去。"],
    ),
    "crash": (
        [
            "A forward that fails",
            "It is drawn up to the operation that raised the error, with the message in its box.",
        ],
        ["前向出错", "画到抛出错误的那个运算为止，方框里写着错误信息。"],
    ),
}
