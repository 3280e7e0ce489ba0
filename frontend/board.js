// Lets the cards of a board marked with `data-board` be dragged from column to column. Dropping one sends the form on it, which works without.

function start(board) {
  const columns = [...board.querySelectorAll("[data-stage]")];
  let dragged = null;

  for (const card of board.querySelectorAll("[data-card]")) {
    card.draggable = true;
    card.title = board.dataset.board;
    card.addEventListener("dragstart", (event) => {
      dragged = card;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", card.dataset.card);
      card.classList.add("dragged");
    });
    card.addEventListener("dragend", () => {
      dragged = null;
      card.classList.remove("dragged");
      for (const column of columns) column.classList.remove("target");
    });
  }

  for (const column of columns) {
    column.addEventListener("dragover", (event) => {
      if (!dragged || column.contains(dragged)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      column.classList.add("target");
    });
    column.addEventListener("dragleave", (event) => {
      if (!column.contains(event.relatedTarget)) column.classList.remove("target");
    });
    column.addEventListener("drop", (event) => {
      if (!dragged) return;
      event.preventDefault();
      const form = dragged.querySelector("form");
      form.querySelector("select").value = column.dataset.stage;
      form.requestSubmit(form.querySelector("button"));
    });
  }
}

for (const board of document.querySelectorAll("[data-board]")) start(board);
