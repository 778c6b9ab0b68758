// Python in a thread of its own, so that the page answers while a program runs. An endless loop ends with this thread.
"use strict";

// Ways to other hosts, and to what other pages of the site keep in this browser: a student's notebooks. `import()`, which cannot be
// taken away, is held by the policy in index.html.
const SPEAK = ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "Worker", "importScripts",
  "indexedDB", "caches", "BroadcastChannel", "StorageManager"];
let python = null;

const seconds = () => Math.round(performance.now()) / 1000;
const tell = (what, more) => postMessage({what, ...more});

self.onmessage = async ({data}) => {
  try {
    if (data.start) return await start(data.start);
    const answer = data.call === "run" ? python.run(data.request) : python[data.call]();
    tell("answer", {id: data.id, answer});
  } catch (error) {
    tell("broken", {id: data.id, text: String(error.message || error).trim().split("\n").pop()});
  }
};

async function start({pyodide, wheels, viz, source}) {
  tell("stage", {stage: "python"});
  importScripts(pyodide + "pyodide.js");
  const archives = Promise.all([...wheels, source].map(async url => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.arrayBuffer();
  }));
  fetch(viz).catch(() => {});  // on its way while Python starts
  const [machine, files] = await Promise.all([loadPyodide({indexURL: pyodide, packages: ["numpy"]}), archives]);
  tell("stage", {stage: "tinydawn", seconds: seconds()});
  files.slice(0, -1).forEach(file => machine.unpackArchive(file, "wheel"));
  machine.FS.writeFile("/home/pyodide/playground.py", new Uint8Array(files.at(-1)));
  const {browser} = machine.pyimport("tinydawn.viz");
  await browser.start(viz);
  python = machine.pyimport("playground");
  for (const name of SPEAK) {  // a program out of somebody's link has nobody to speak to
    for (let holder = self; holder; holder = Object.getPrototypeOf(holder)) delete holder[name];
  }
  for (const name of ["storage", "locks"]) delete Object.getPrototypeOf(navigator)[name];
  tell("ready", {seconds: seconds()});
}
