// What the notebooks' kernel takes for Pyodide: it loads Pyodide, and adds this site's packages to its list of packages.
// PYODIDE is written here when the site is built: a folder of the site, or the address of Pyodide's public network.
const pyodide = new URL("PYODIDE", self.location.href.replace(/\/lite\/.*/, "/")).href;
importScripts(pyodide + "pyodide.js");
const plain = self.loadPyodide;
self.loadPyodide = async (options) => {
  const ours = new URL("packages.json", options.lockFileURL);
  const [list, own] = await Promise.all([pyodide + "pyodide-lock.json", ours].map(async (url) => (await fetch(url)).json()));
  for (const [name, entry] of Object.entries(own)) {
    list.packages[name] = { ...entry, file_name: new URL(entry.file_name, ours).href };
  }
  const lockFileURL = URL.createObjectURL(new Blob([JSON.stringify(list)], { type: "application/json" }));
  return plain({ ...options, indexURL: pyodide, lockFileURL });
};
