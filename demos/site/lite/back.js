// The way back: Jupyter's logo becomes the name of the course, and leads to its start page.
addEventListener("DOMContentLoaded", () => {
  const link = document.createElement("a");
  link.href = "../../index.html";
  link.textContent = "← tinydawn";
  link.title = "Back to the course";
  link.id = "tinydawn-back";
  document.body.append(link);
  const style = document.createElement("style");
  style.textContent = `
    #top-panel { left: 110px !important; width: calc(100% - 110px) !important; }
    #tinydawn-back { position: fixed; z-index: 900; top: 0; left: 0; padding: 10px 16px; font: 600 14px system-ui, sans-serif;
                     line-height: 20px; text-decoration: none; color: var(--jp-content-font-color1, #333); }
    #tinydawn-back:hover, #tinydawn-back:focus-visible { text-decoration: underline; }`;
  document.head.append(style);
});
