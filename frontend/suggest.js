// Offers ways to go on under search fields marked with `data-suggest`, as a combobox with a list. The form works without it.

const PAUSE = 150;

function option(list, text, note) {
  const item = document.createElement("li");
  item.id = `${list.id}-${list.children.length}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.append(text);
  if (note) {
    const small = document.createElement("span");
    small.className = "suggestion-note";
    small.textContent = note;
    item.append(" ", small);
  }
  list.append(item);
  return item;
}

function start(input) {
  const { suggest: address, suggestLabel: label, suggestFound: found } = input.dataset;
  const list = document.createElement("ul");
  list.id = `${input.id}-suggestions`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  const status = document.createElement("span");
  status.className = "hidden-text";
  status.setAttribute("role", "status");
  input.after(list, status);
  const attributes = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);

  const does = new Map();
  let timer = 0;
  let asked = new AbortController();
  let current = -1;

  const mark = (place) => {
    const items = [...list.children];
    current = items.length ? (place + items.length + 1) % (items.length + 1) : -1;
    // One place past the end is the field itself.
    if (current === items.length) current = -1;
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === current)));
    if (current < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", items[current].id);
      items[current].scrollIntoView({ block: "nearest" });
    }
  };

  const close = () => {
    clearTimeout(timer);
    asked.abort();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  };

  const show = ({ words, listings }) => {
    list.replaceChildren();
    does.clear();
    for (const { text, count } of words) {
      does.set(option(list, text, count), () => {
        input.value = text;
        input.form.requestSubmit();
      });
    }
    for (const { title, href, number } of listings) does.set(option(list, title, number), () => location.assign(href));
    const n = list.children.length;
    list.hidden = n === 0;
    input.setAttribute("aria-expanded", String(n > 0));
    status.textContent = n ? found.replace("{n}", n) : "";
    mark(-1);
  };

  const ask = async () => {
    asked.abort();
    asked = new AbortController();
    const typed = input.value;
    if (!typed.trim()) return close();
    try {
      const answer = await fetch(`${address}&q=${encodeURIComponent(typed)}`, { signal: asked.signal });
      if (answer.ok && document.activeElement === input && input.value === typed) show(await answer.json());
    } catch {
      // Too late, or no connection: the form still searches.
    }
  };

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && list.hidden) {
      if (event.key === "ArrowDown") ask();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(event.key === "ArrowDown" ? current + 1 : current < 0 ? list.children.length - 1 : current - 1);
    } else if (event.key === "Enter" && current >= 0 && !list.hidden) {
      event.preventDefault();
      does.get(list.children[current])?.();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  // Before the field loses the focus, which would close the list.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => does.get(event.target.closest("li"))?.());
}

for (const input of document.querySelectorAll("[data-suggest]")) start(input);
