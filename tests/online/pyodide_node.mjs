// Runs Python in Pyodide under node: node pyodide_node.mjs PYODIDE CODE [FOLDER=PLACE ...] [+PACKAGE ...]
//
// PYODIDE is a folder with Pyodide and its packages, CODE a file of Python.
// Each FOLDER of this machine is at PLACE inside. NumPy is loaded, and each PACKAGE. What CODE ends with is the exit status.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// What viz-js asks for where it finds that it is under node.
Object.assign(globalThis, { require: createRequire(import.meta.url), __filename: fileURLToPath(import.meta.url), __dirname: "." });
const [pyodideFolder, code, ...rest] = process.argv.slice(2);
const base = resolve(pyodideFolder) + "/";
const { loadPyodide } = await import(pathToFileURL(base + "pyodide.mjs"));
const pyodide = await loadPyodide({ indexURL: base });
const packages = rest.filter((x) => x.startsWith("+")).map((x) => x.slice(1));
await pyodide.loadPackage(["numpy", ...packages], { messageCallback: () => {} });
for (const [folder, place] of rest.filter((x) => !x.startsWith("+")).map((x) => x.split("="))) {
  pyodide.FS.mkdirTree(place);
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: resolve(folder) }, place);
}
try {
  process.exit(Number((await pyodide.runPythonAsync(readFileSync(code, "utf-8"))) ?? 0));
} catch (error) {
  console.error(error.message); // and not the whole line of Pyodide's own code that node shows, of a megabyte
  process.exit(1);
}
