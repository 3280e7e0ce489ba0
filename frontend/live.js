// Shows what would match a listing while its form is written, in the place marked with `data-live`. The form works without it: a button there
// does the same on the server.

const PAUSE = 700;
const FIELDS = ["title", "summary", "problem", "one_sentence", "advantage", "applications", "keywords", "field"];

function start(place) {
  const { live: address, liveFound: found, liveNone: none } = place.dataset;
  const form = place.closest("form");
  const list = place.querySelector("ul");
  const status = place.querySelector("[role=status]");
  let timer = 0;
  let asked = new AbortController();
  let last = "";

  const ask = async () => {
    const said = new URLSearchParams();
    for (const name of FIELDS) {
      const value = form.elements.namedItem(name)?.value?.trim();
      if (value) said.append(name, value);
    }
    if (said.toString() === last) return;
    last = said.toString();
    asked.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(address, { method: "POST", body: said, signal: asked.signal });
      if (!answer.ok) return;
      const { matches } = await answer.json();
      list.replaceChildren(
        ...matches.map(({ title, organisation, href }) => {
          const item = document.createElement("li");
          const link = document.createElement("a");
          link.href = href;
          // What is being written stays open.
          link.target = "_blank";
          link.rel = "noopener";
          link.textContent = title;
          const owner = document.createElement("span");
          owner.className = "hint";
          owner.textContent = organisation;
          item.append(link, " ", owner);
          return item;
        }),
      );
      status.textContent = matches.length ? found.replace("{n}", matches.length) : none;
    } catch (error) {
      if (error.name !== "AbortError") last = "";
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  ask();
}

document.querySelectorAll("[data-live]").forEach(start);
