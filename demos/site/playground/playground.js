// The page: an editor, sliders, a drawing. Python is in worker.js; what it answers is shown here.
"use strict";

const find = id => document.getElementById(id);
const LIMIT = 12000;  // ms after which Python is ended: its own clock, of 8 s, looks only where a loop turns
const LETTERS = 20000;  // of a program; painting more would hold the page up
const DRAFT = "tinydawn-playground-draft", LOOK = "tinydawn-playground-look";

// --- words ---

const ZH = {
  skip: "跳到图", title: "试验台", examples: "示例", copy: "复制链接", save: "保存 SVG", wide: "只看图", program: "程序",
  keys: "Ctrl+Enter 运行。先按 Esc 再按 Tab 可离开编辑框。", run: "运行", stop: "停止",
  hint: "td、nn、F、np 已经导入。画的是最后一行的值；否则是 loss 或 y；否则是最后算出的张量；或者你交给 td.draw(...) 的内容。",
  printed: "输出", graph: "计算图", whole: "整图", detail: "细节", ops: "每个运算", formula: "公式", scalar: "每个数", modules: "模块",
  leaves: "数值", "leaves-hint": "移动滑块，前向与梯度都会重新计算。", reset: "还原", stays: "所有内容都留在这个浏览器里。",
  dark: "深色", light: "浅色", draft: "我的草稿", none: "选择示例", line: "第 {0} 行", fix: "修改：", noline: "",
  python: "正在此页中启动 Python ……", tinydawn: "正在载入 tinydawn ……", ready: "就绪", running: "运行中 ……",
  copied: "链接已复制：程序就在其中", address: "地址栏里的地址已包含程序", restarted: "已停止。正在重新启动 Python ……",
  endless: "运行了 {0} 秒还没有结束，已停止", "endless-fix": "让循环能够结束，或把张量改小",
  stopped: "你停止了它", broken: "Python 停止了：{0}", "broken-fix": "把张量或循环改小，然后再运行一次",
  server: "此页需要通过服务器打开：在站点文件夹里运行 python -m http.server，再打开它显示的地址。", nothing: "没有可移动的数：小的浮点张量才有滑块。",
  smaller: "缩小", larger: "放大", gradient: "梯度", steps: "按 ▶ 或 → 逐步查看前向与反向", nosteps: "这种细节没有逐步演示：请选“每个运算”", ms: "{0} 毫秒", bad: "链接里的程序无法读取",
  "bad-fix": "请让对方重新发一次链接", long: "程序只保留前 {0} 个字符：这里适合短程序",
  "legend-learned": "梯度传到这里：requires_grad=True，或 nn.Parameter", "legend-data": "数据", "legend-constant": "代码中的数",
  "legend-op": "运算", "legend-arrow": "箭头越粗，梯度越大；红色：不是有限数。",
  value: "数值 {0}", first: "第一步", back: "上一步", next: "下一步", last: "最后一步", step: "步",
};
const EN = {
  dark: "Dark", light: "Light", draft: "my draft", none: "choose an example", line: "line {0}", fix: "Fix: ", noline: "",
  python: "Starting Python in this page ...", tinydawn: "Loading tinydawn ...", ready: "ready", running: "running ...",
  copied: "Link copied: the program is in it", address: "The address of this page now keeps the program",
  restarted: "Stopped. Python is starting anew ...", endless: "still running after {0} seconds: stopped",
  "endless-fix": "let the loop end, or make the tensors smaller", stopped: "you stopped it",
  broken: "Python stopped: {0}", "broken-fix": "make the tensors or the loop smaller, and run it again",
  server: "This page needs a server: run python -m http.server in the site's folder, and open the address that it shows.",
  nothing: "No value to move: small tensors of floating numbers have sliders.", smaller: "smaller", larger: "larger", gradient: "gradient",
  steps: "▶ or → goes through it: forward, then backward",
  nosteps: "no steps at this detail: choose every op", ms: "{0} ms", bad: "the program in this link cannot be read",
  "bad-fix": "ask for the link once more, whole", long: "only the first {0} letters were kept: this page is for short programs",
  value: "value of {0}", first: "first step", back: "step back", next: "step forward", last: "last step", step: "step",
};
document.querySelectorAll("[data-say]").forEach(e => { EN[e.dataset.say] ??= e.textContent; });

let look = {theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", detail: "ops"};
try { Object.assign(look, JSON.parse(localStorage.getItem(LOOK) || "{}")); } catch { /* private windows keep nothing */ }
const asked = new URLSearchParams(location.search);
if (["en", "zh"].includes(asked.get("lang"))) look.lang = asked.get("lang");
if (["light", "dark"].includes(asked.get("theme"))) look.theme = asked.get("theme");
look.lang ??= "en";

const say = (key, ...more) => more.reduce((text, x, k) => text.replace(`{${k}}`, x), (look.lang === "zh" ? ZH[key] : null) ?? EN[key] ?? key);

function dress() {
  document.documentElement.lang = look.lang === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = look.theme;
  document.querySelectorAll("[data-say]").forEach(e => { e.textContent = say(e.dataset.say); });
  for (const id of ["first", "back", "next", "last", "smaller", "larger"]) find(id).setAttribute("aria-label", say(id));
  find("at").setAttribute("aria-label", say("step"));
  find("theme").textContent = say(look.theme === "dark" ? "light" : "dark");
  find("language").textContent = look.lang === "zh" ? "English" : "中文";
  find("language").lang = look.lang === "zh" ? "en" : "zh";
  find("detail").value = look.detail;
  try { localStorage.setItem(LOOK, JSON.stringify(look)); } catch { /* as above */ }
}

// --- the editor: a text area over a painted copy of its text ---

const text = find("text");
const COLOURS = /(#.*)|("""[^]*?"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\b(and|as|assert|break|class|continue|def|del|elif|else|except|False|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)\b|\b(\d[\d_.]*(?:e[+-]?\d+)?)/g;
const marks = {bad: 0, now: 0};

function painted(line) {
  const out = [];
  let from = 0;
  for (const m of line.matchAll(COLOURS)) {
    const span = document.createElement("span");
    span.className = m[1] ? "c" : m[2] ? "s" : m[3] ? "k" : "n";
    span.textContent = m[0];
    out.push(line.slice(from, m.index), span);
    from = m.index + m[0].length;
  }
  return [...out, line.slice(from)];
}

function paint() {
  const lines = text.value.split("\n");
  find("paint").replaceChildren(...lines.map(line => { const div = document.createElement("div"); div.append(...painted(line)); return div; }));
  find("gutter").replaceChildren(...lines.map((_, k) => { const div = document.createElement("div"); div.textContent = k + 1; return div; }));
  const line = find("gutter").firstChild.offsetHeight || 20, most = innerWidth < 900 ? 14 : Math.max(8, 0.4 * innerHeight / line);
  text.rows = Math.min(Math.max(lines.length + 1, 7), Math.floor(most));
  mark();
}

function mark() {
  for (const id of ["paint", "gutter"]) {
    [...find(id).children].forEach((div, k) => {
      div.classList.toggle("bad", k + 1 === marks.bad);
      div.classList.toggle("now", k + 1 === marks.now);
    });
  }
  scrolled();
}

function scrolled() {
  find("paint").scrollTop = find("gutter").scrollTop = text.scrollTop;
  find("paint").scrollLeft = text.scrollLeft;
  place();
}

function place() {  // the error stands right below its line, or, where that would cover other lines, below the program
  const box = find("error");
  if (box.hidden) return;
  const line = find("paint").children[marks.bad - 1];
  box.classList.toggle("nowhere", !line);
  const covered = line ? Math.ceil((box.offsetHeight + 7) / line.offsetHeight) : text.rows;
  box.classList.toggle("below", /\S/.test(text.value.split("\n").slice(line ? marks.bad : 0).slice(0, covered).join("")));
  box.style.top = line ? `${line.offsetTop + line.offsetHeight - text.scrollTop + 7}px` : ".4rem";
}

function insert(what) { document.execCommand("insertText", false, what); }  // so that it can be undone

let leaving = false;
text.addEventListener("keydown", event => {
  const before = text.value.slice(0, text.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  if (event.key === "Escape") { if (!find("error").hidden) hideError(); leaving = true; return; }
  if (event.key === "Tab" && !leaving) {
    event.preventDefault();
    shiftLines(event.shiftKey, line);
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    ask({now: true});
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    insert("\n" + line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? "    " : ""));
  } else if (event.key === "Backspace" && text.selectionStart === text.selectionEnd && /^( {4})+$/.test(line)) {
    event.preventDefault();
    for (let k = 0; k < 4; k++) document.execCommand("delete");
  }
  leaving = false;
});

function shiftLines(back, line) {
  const {selectionStart: from, selectionEnd: to} = text;
  if (from === to && !back) return insert(" ".repeat(4 - line.length % 4));
  const start = text.value.lastIndexOf("\n", from - 1) + 1;
  const old = text.value.slice(start, to);
  const changed = back ? old.replace(/^ {1,4}/gm, "") : old.replace(/^(?=.)/gm, "    ");
  if (changed === old) return;
  text.setSelectionRange(start, to);
  insert(changed);
  if (from !== to) text.setSelectionRange(start, start + changed.length);
}

text.addEventListener("scroll", scrolled);
text.maxLength = LETTERS;
text.addEventListener("input", () => {
  marks.bad = marks.now = 0;
  find("error").hidden = true;
  values = {};
  fitted = false;
  paint();
  keepDraft();
  clearTimeout(typing);
  clearTimeout(holding);
  typing = setTimeout(() => ask({typing: true}), 700);
  if (text.value.length >= LETTERS) afterwards(() => showError({line: 0, text: say("long", LETTERS), fix: ""}));
});

// When what is asked now has been drawn.
function afterwards(what) { document.addEventListener("drawn", what, {once: true}); }
let typing = 0, holding = 0;

// Half a line is no mistake: while one types in it, it is only marked, and told about a little later.
function unfinished(error, how) {
  const here = text.value.slice(0, text.selectionStart).split("\n").length;
  return how.typing && document.activeElement === text && error.line === here && /^(SyntaxError|NameError|AttributeError)$/.test(error.kind);
}

function keepDraft() {
  if (examples.some(e => e.program === text.value)) return;
  const first = !draft();
  try { localStorage.setItem(DRAFT, text.value); } catch { /* as above */ }
  if (first) list();
  find("example").value = "";
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);  // it is another program now
}

// --- Python ---

let worker = null, ready = false, config = null, busy = null, waiting = null, number = 0, timer = 0;
let values = {}, answer = null, parts = null, at = -1, later = 0;  // at: the step that is shown, -1 for the whole

function startPython() {
  ready = false;
  // From a blob, as only such a worker is held by the policy of this page.
  const code = URL.createObjectURL(new Blob([`importScripts(${JSON.stringify(config.worker)});`], {type: "text/javascript"}));
  const mine = worker = new Worker(code);
  worker.onmessage = ({data}) => {
    if (worker !== mine) return;  // what one that was ended still had to say
    if (data.what === "stage") return wait(say(data.stage));
    if (data.what === "ready") {
      ready = true;
      document.documentElement.dataset.ready = data.seconds;
      status(say("ready"));
      return send();
    }
    if (data.what === "broken") return ended(say("broken", data.text), say("broken-fix"), busy === null);
    const job = busy;
    if (!job || data.id !== job.id) return;
    free();
    job.done(JSON.parse(data.answer));
    send();
  };
  worker.onerror = event => { if (worker === mine) ended(say("broken", event.message || "worker.js"), "", !ready); };
  worker.postMessage({start: config});
}

function free() {
  clearTimeout(timer);
  busy = null;
  find("stop").hidden = true;
}

function ended(what, fix, forGood = false) {
  const other = busy && busy.program !== text.value;  // it was mended while it ran: that is run next
  worker.terminate();
  free();
  if (!other) waiting = null;
  showError({line: 0, text: what, fix});
  status(say("restarted"));
  worker = null;
  if (forGood) return wait(what);  // it did not even start: Run tries once more
  startPython();
}

// Ask for a run. quick: boxes may stay where they are. Only the newest of those that wait is run.
function ask(how) {
  clearTimeout(typing);
  clearTimeout(later);
  if (how.now) { at = -1; parts = null; }  // Run shows the whole again
  waiting = how;
  if (!worker && config) startPython();
  send();
}

function send() {
  if (!ready || busy || !waiting) return;
  const how = waiting, began = performance.now();
  waiting = null;
  const request = {program: text.value, values, theme: look.theme, lang: look.lang, quick: Boolean(how.quick), still: Boolean(how.still), steps: at >= 0,
    room: [find("graph").clientWidth, find("graph").clientHeight],
    depth: look.detail === "modules" ? null : look.detail};
  call("run", JSON.stringify(request), got => { show(got, how); report(began, how); });
}

function call(name, request, done) {
  const id = ++number;
  busy = {id, done, program: text.value};
  worker.postMessage({call: name, request, id});
  const began = performance.now();
  timer = setTimeout(() => {
    find("stop").hidden = false;
    status(say("running"));
    timer = setTimeout(() => ended(say("endless", Math.round((performance.now() - began) / 1000)), say("endless-fix")), LIMIT - 600);
  }, 600);
}

function report(began, how) {
  requestAnimationFrame(() => setTimeout(() => {
    const took = Math.round(performance.now() - (how.began ?? began));
    status(`${say("ready")} · ${say("ms", took)}`);
    document.documentElement.dataset.drawn = number;
    document.dispatchEvent(new CustomEvent("drawn", {detail: {took, answer}}));
  }));
}

const status = what => { find("status").textContent = what; };
const wait = what => { find("waiting").textContent = what; status(what); };

// --- what came of it ---

function show(got, how) {
  if (got.svg) answer = got;
  find("waiting").textContent = "";
  clearTimeout(holding);
  if (!got.error) hideError();
  else if (unfinished(got.error, how)) {
    hideError(got.error.line);
    holding = setTimeout(() => showError(got.error), 2500);
  } else showError(got.error);
  find("drawing").classList.toggle("old", Boolean(got.error) && !got.svg);
  showNotes(got.notes);
  const printed = got.printed + (got.result && !got.result.startsWith("<Diagram") ? got.result : "");
  find("printed-box").hidden = !printed;
  find("printed").textContent = printed;
  showSliders(got.sliders, Boolean(got.error));
  if (got.svg) {
    parts = got.steps ? got : null;
    if (!parts) at = -1;
    draw(got.svg);
    parts ? goTo(at) : bar();
  } else if (!got.error) {
    answer = parts = null;
    find("drawing").replaceChildren();
    find("legend").hidden = true;
    at = -1;
    bar();
  }
  if (how.quick) later = setTimeout(() => ask({still: true}), 500);  // it stands still: lay it out anew
}

function showError(error) {
  marks.bad = error.line;
  find("error-line").textContent = [error.line ? say("line", error.line) : "", error.kind && error.kind !== "stopped" ? error.called ?? error.kind : ""].filter(Boolean).join(" · ") + (error.line || error.kind ? ":" : "");
  find("error-text").textContent = error.text;
  find("error-fix").textContent = error.fix ? say("fix") + error.fix : "";
  find("error").hidden = false;
  const line = find("paint").children[error.line - 1];
  if (line && (line.offsetTop < text.scrollTop || line.offsetTop + line.offsetHeight > text.scrollTop + text.clientHeight)) {
    text.scrollTop = line.offsetTop - text.clientHeight / 2;
  }
  mark();
}

function hideError(line = 0) {
  find("error").hidden = true;
  marks.bad = line;
  mark();
}

function showNotes(notes) {
  find("notes").replaceChildren(...notes.map(note => {
    const li = document.createElement("li");
    li.textContent = (note.line ? say("line", note.line) + ": " : "") + note.text;
    return li;
  }));
}

// --- sliders ---

function showSliders(leaves, kept) {
  const box = find("sliders");
  if (kept && !leaves.length) return;  // while one types, the old ones stay
  const rows = [...box.querySelectorAll(".leaf")];
  const same = rows.length === leaves.length && leaves.length && leaves.every((leaf, k) => rows[k].dataset.key === leaf.key && rows[k].dataset.first === String(leaf.first));
  if (!same) box.replaceChildren(...leaves.map(row));
  if (!leaves.length) {
    const p = document.createElement("p");
    p.textContent = say("nothing");
    box.replaceChildren(p);
  }
  [...box.querySelectorAll(".leaf")].forEach((element, k) => {
    const leaf = leaves[k], [range, field] = element.querySelectorAll("input"), out = element.querySelector("output");
    if (document.activeElement !== range && !(leaf.key in values)) range.value = leaf.value;
    if (document.activeElement !== field) field.value = Number(leaf.value.toPrecision(4));
    element.classList.toggle("moved", leaf.key in values);
    const word = document.createElement("small"), grad = document.createElement("b");
    word.textContent = say("gradient");
    grad.textContent = leaf.gradient ?? "";
    out.replaceChildren(...(leaf.gradient == null ? [] : [word, grad]));
  });
  box.classList.toggle("few", leaves.length <= 6);
  box.classList.toggle("flat", leaves.every(leaf => leaf.gradient == null));
  find("reset").hidden = !Object.keys(values).length;
}

function row(leaf) {
  const element = document.createElement("div");
  element.className = "leaf";
  element.dataset.key = leaf.key;
  element.dataset.first = leaf.first;
  const label = document.createElement("label"), range = document.createElement("input"), field = document.createElement("input");
  const out = document.createElement("output");
  const [, name, index] = leaf.key.match(/^(.*?)(\[.*)?$/);
  label.append(name, document.createElement("wbr"), index ?? "");
  range.id = `leaf-${leaf.key}`;
  label.htmlFor = range.id;
  Object.assign(range, {type: "range", min: leaf.min, max: leaf.max, step: leaf.step, value: leaf.value});
  Object.assign(field, {type: "number", step: "any", value: leaf.value});
  field.setAttribute("aria-label", say("value", leaf.key));
  range.addEventListener("input", () => { field.value = Number(range.value); move(leaf.key, Number(range.value)); });
  field.addEventListener("input", () => {
    const x = Number(field.value);
    if (field.value === "" || !Number.isFinite(x)) return;
    range.value = x;
    move(leaf.key, x);
  });
  label.title = say("reset");
  label.addEventListener("dblclick", () => { delete values[leaf.key]; range.value = field.value = leaf.first; ask({}); });
  element.append(label, range, field, out);
  return element;
}

function move(key, x) {
  values[key] = x;
  ask({quick: true, began: performance.now()});
}

find("reset").addEventListener("click", () => {
  values = {};
  document.querySelectorAll(".leaf").forEach(e => e.querySelectorAll("input").forEach(input => { input.value = e.dataset.first; }));
  ask({});
});

// --- the drawing, and its steps ---

function draw(svg) {
  find("drawing").innerHTML = svg;
  find("legend").hidden = !answer.lines?.length;
  fit();
  find("drawing").querySelectorAll(".box").forEach(box => {
    const line = answer.lines?.[Number(box.id.slice(1))];
    if (!line) return;
    const point = k => () => { marks.now = k; mark(); };
    box.addEventListener("pointerenter", point(line));
    box.addEventListener("pointerleave", point(0));
  });
}

function fit() {  // the whole drawing, if it can be read then, or if that is asked for; at most twice its size
  const svg = find("drawing").firstElementChild, room = find("graph");
  if (!svg) return;
  const {width, height} = svg.viewBox.baseVal, font = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const wide = (room.clientWidth - 12) / width, high = (room.clientHeight - 12) / height;
  const least = fitted || document.body.classList.contains("wide") ? 0 : Math.max(Math.min(wide, 0.7 * font), 0.45 * font);
  const scale = zoom * Math.min(2 * font, Math.max(Math.min(wide, high), least));
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
}
let zoom = 1, fitted = false;
function enlarge(by) {
  const room = find("graph"), x = (room.scrollLeft + room.clientWidth / 2) / room.scrollWidth;
  const y = (room.scrollTop + room.clientHeight / 2) / room.scrollHeight;
  zoom = Math.min(5, Math.max(0.3, zoom * by));
  fit();
  room.scrollTo(x * room.scrollWidth - room.clientWidth / 2, y * room.scrollHeight - room.clientHeight / 2);
}
find("smaller").addEventListener("click", () => enlarge(1 / 1.25));
find("larger").addEventListener("click", () => enlarge(1.25));
new ResizeObserver(fit).observe(find("graph"));

function bar() {
  const count = parts ? parts.steps.length : 0;
  for (const id of ["first", "back", "next", "last"]) find(id).disabled = !answer;
  find("at").disabled = !answer;
  find("whole").disabled = !answer;
  find("at").max = Math.max(count - 1, 1);
  find("count").textContent = at < 0 ? "" : `${at + 1} / ${count}`;
  if (at < 0) {
    find("at").value = find("at").max;
    find("rule").textContent = "";
    find("sum").textContent = answer ? say("steps") : "";
    find("sum").classList.remove("wrong");
    marks.now = 0;
    mark();
  }
}

function goTo(k) {
  if (!parts) return;
  at = Math.max(0, Math.min(parts.steps.length - 1, k));
  bar();
  find("at").value = at;
  const step = parts.steps[at];
  find("step-css").textContent = parts.css;
  new Function("steps", "at", "find", parts.show)(parts.steps, at, find);  // the drawing's own, of tinydawn/viz/steps.py
  find("rule").textContent = (step.phase ? step.phase + ":  " : "") + step.rule;
  find("sum").textContent = step.sum;
  marks.now = parts.lines?.[step.box] || 0;
  mark();
  const box = find("drawing").querySelector(".box.now");
  if (box) box.scrollIntoView({block: "nearest", inline: "nearest"});
}

// k steps on, or to one of the ends; the steps are asked for when they are first wanted.
function go(how) {
  if (!answer) return;
  if (parts) return goTo(how === "first" ? 0 : how === "last" ? parts.steps.length - 1 : at + how);
  if (busy || !ready) { document.addEventListener("drawn", () => go(how), {once: true}); return; }
  call("steps", "", made => {
    if (!made) { find("sum").textContent = say("nosteps"); return; }
    parts = {...made, lines: answer.lines};
    draw(made.svg);
    goTo(how === "last" || how < 0 ? made.steps.length - 1 : 0);
    document.dispatchEvent(new CustomEvent("drawn", {detail: {took: 0, answer}}));
  });
}

function whole() {  // out of the steps, and all of it to be seen
  zoom = 1;
  fitted = true;
  if (at < 0) return fit();
  at = -1;
  parts = null;
  ask({});
}

find("first").addEventListener("click", () => go("first"));
find("last").addEventListener("click", () => go("last"));
find("back").addEventListener("click", () => go(-1));
find("next").addEventListener("click", () => go(1));
find("whole").addEventListener("click", whole);
find("at").addEventListener("input", () => parts ? goTo(Number(find("at").value)) : go("last"));
document.addEventListener("keydown", event => {
  if (event.target.closest("textarea, input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = {ArrowRight: 1, ArrowLeft: -1, Home: "first", End: "last"}[event.key];
  if (to !== undefined) { event.preventDefault(); go(to); }
  if (event.key === "Escape" && at >= 0) whole();
  if (event.key === "+" || event.key === "=") enlarge(1.25);
  if (event.key === "-") enlarge(1 / 1.25);
});

// --- links, examples, buttons ---

const to64 = bytes => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const from64 = s => Uint8Array.from(atob(s.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0));
const through = async (bytes, stream) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

async function hashOf(program, moved) {  // as link.py writes it
  const z = to64(await through(new TextEncoder().encode(program), new CompressionStream("deflate-raw")));
  return `#z=${z}` + (Object.keys(moved).length ? `&v=${to64(new TextEncoder().encode(JSON.stringify(moved)))}` : "");
}

async function opened(hash) {
  const given = new URLSearchParams(hash.slice(1));
  if (given.get("example")) {
    const found = examples.find(e => e.name === given.get("example"));
    if (!found) throw new Error("no such example");
    return [found.program, {}];
  }
  if (!given.get("z")) return null;
  const program = new TextDecoder().decode(await through(from64(given.get("z")), new DecompressionStream("deflate-raw")));
  const moved = given.get("v") ? JSON.parse(new TextDecoder().decode(from64(given.get("v")))) : {};
  return [program, Object.fromEntries(Object.entries(moved ?? {}).filter(([, x]) => Number.isFinite(x)))];
}

function take(program, moved = {}) {
  zoom = 1;
  fitted = false;
  text.value = program.slice(0, LETTERS);
  values = moved;
  at = -1;
  parts = null;
  marks.bad = marks.now = 0;
  find("error").hidden = true;
  find("example").value = examples.find(e => e.program === program)?.name ?? "";
  paint();
  text.scrollTop = 0;
  ask({});
}

async function takeHash() {
  try {
    const found = await opened(location.hash);
    if (found) { take(...found); return true; }
  } catch {
    const told = () => showError({line: 0, text: say("bad"), fix: say("bad-fix")});
    if (answer && !busy) told();
    else afterwards(told);  // the page begins with something else
  }
  return false;
}

let examples = [];
function list() {
  const options = [["", say("none")], ...examples.map(e => [e.name, e[look.lang]]), ...(draft() ? [["draft", say("draft")]] : [])];
  const chosen = find("example").value;
  find("example").replaceChildren(...options.map(([value, words]) => new Option(words, value)));
  find("example").value = chosen;
}

const draft = () => { try { return localStorage.getItem(DRAFT); } catch { return null; } };

let pointed = false;  // an example chosen with the mouse: arrow keys then go through its steps
find("example").addEventListener("pointerdown", () => { pointed = true; });
find("example").addEventListener("keydown", () => { pointed = false; });
find("example").addEventListener("change", () => {
  const name = find("example").value;
  const program = name === "draft" ? draft() ?? "" : examples.find(e => e.name === name)?.program;
  if (program === undefined) return;
  take(program);
  if (pointed) find("graph").focus();
  if (name === "draft") find("example").value = "draft";
  history.replaceState(null, "", location.pathname + location.search + (name === "draft" ? "" : `#example=${name}`));
});
find("run").addEventListener("click", () => ask({now: true}));
find("stop").addEventListener("click", () => busy && ended(say("stopped"), ""));
find("close").addEventListener("click", () => { find("error").hidden = true; text.focus(); });
find("copy").addEventListener("click", async () => {
  history.replaceState(null, "", location.pathname + location.search + await hashOf(text.value, values));
  try {
    await navigator.clipboard.writeText(location.href);
    status(say("copied"));
  } catch { status(say("address")); }
});
find("save").addEventListener("click", () => {
  if (!answer || busy || !ready) return;
  call("svg", "", svg => {
    const a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob([svg], {type: "image/svg+xml"}));
    a.download = (find("example").value || "graph") + ".svg";
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 1000);
  });
});
find("theme").addEventListener("click", () => { look.theme = look.theme === "dark" ? "light" : "dark"; dress(); ask({}); });
find("language").addEventListener("click", () => {
  look.lang = look.lang === "zh" ? "en" : "zh";
  dress();
  list();
  find("sliders").replaceChildren();
  ask({});
});
find("detail").addEventListener("change", () => { look.detail = find("detail").value; parts = null; at = -1; dress(); ask({}); });
find("wide").addEventListener("click", () => {
  const on = document.body.classList.toggle("wide");
  find("wide").setAttribute("aria-pressed", on);
  ask({});
});
addEventListener("hashchange", takeHash);
addEventListener("resize", paint);

async function begin() {
  dress();
  wait(say("python"));
  bar();
  paint();
  try {
    [config, examples] = await Promise.all(["config.json", "examples.json"].map(async url => (await fetch(url)).json()));
  } catch {
    return wait(say("server"));
  }
  const absolute = url => new URL(url, location.href).href;
  config = {pyodide: absolute(config.pyodide), viz: absolute(config.viz), wheels: config.wheels.map(absolute), source: absolute("playground.py"),
    worker: absolute("worker.js")};
  startPython();
  list();
  if (!await takeHash()) take(draft() ?? examples[0].program);
}

begin();
