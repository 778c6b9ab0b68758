// Where one is in the list of pages is seen without looking for it; a picture that is clicked is shown as large as the screen.
addEventListener("DOMContentLoaded", () => {
  const here = document.querySelector(".sidebar-tree .current-page > a");
  const list = document.querySelector(".sidebar-scroll");
  if (here && list) list.scrollTop = here.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 3;

  const large = document.createElement("dialog");
  large.className = "large";
  large.addEventListener("click", () => large.close());
  document.body.append(large);
  for (const picture of document.querySelectorAll("img.drawn")) {
    picture.tabIndex = 0;
    picture.title = "Enlarge";
    const show = () => {
      large.replaceChildren(picture.cloneNode());
      large.showModal();
    };
    picture.addEventListener("click", show);
    picture.addEventListener("keydown", (event) => { if (event.key === "Enter") show(); });
  }
});
