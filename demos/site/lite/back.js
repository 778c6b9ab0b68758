// The way back to the course's start page, above what Jupyter shows.
addEventListener("DOMContentLoaded", () => {
  const link = document.createElement("a");
  link.href = "../../index.html";
  link.textContent = "← tinydawn";
  link.title = "Back to the course";
  link.id = "tinydawn-back";
  document.body.append(link);
  const style = document.createElement("style");
  style.textContent = `
    #tinydawn-back { position: fixed; z-index: 900; top: 0; right: 0; padding: 10px 16px; font: 600 14px system-ui, sans-serif;
                     line-height: 20px; text-decoration: none; color: var(--jp-content-font-color1, #333); }
    #tinydawn-back:hover, #tinydawn-back:focus-visible { text-decoration: underline; }`;
  document.head.append(style);
});
