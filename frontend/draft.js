// Keeps what is typed into a form on the server, a moment after each pause, where an element in it is marked with `data-draft`. The form works
// without it: a button there does the same.

const PAUSE = 1500;

function start(place) {
  const { draftSaved: saved, draftFailed: failed } = place.dataset;
  const form = place.closest("form");
  let timer = 0;
  let sent = new AbortController();

  const keep = async () => {
    const typed = new URLSearchParams(new FormData(form));
    typed.set("action", "autosave");
    sent.abort();
    sent = new AbortController();
    try {
      // Buttons named `action` hide the property of that name.
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: typed, redirect: "manual", signal: sent.signal });
      // The answer leads back to the form, which is here already; a session that ended leads elsewhere and is told when the form is sent.
      place.textContent = answer.type === "opaqueredirect" || answer.ok ? saved.replace("{time}", new Date().toLocaleTimeString()) : failed;
    } catch (error) {
      if (error.name !== "AbortError") place.textContent = failed;
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  });
  // What is sent by a button needs no keeping, and must not be kept after it was saved.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    sent.abort();
  });
}

document.querySelectorAll("[data-draft]").forEach(start);
