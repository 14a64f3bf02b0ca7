// The page of mapping rules: rows are moved by dragging their handle or with the arrow keys on it,
// and those that the tester matched are marked.
(() => {
  const rowOf = (element) => element.closest("tr[data-rule]");
  let dragged = null;

  // One POST for one move; htmx brings the table back in its new order, and the focus stays.
  function move(row, position) {
    const form = document.querySelector("form[data-move]");
    form.elements.rule.value = row.dataset.rule;
    form.elements.position.value = position;
    form.requestSubmit();
  }

  document.addEventListener("dragstart", (event) => {
    if (!event.target.closest?.("[data-handle]")) return;
    dragged = rowOf(event.target);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(dragged, 0, 0);
    dragged.classList.add("tw-dragged");
  });

  document.addEventListener("dragover", (event) => {
    const over = dragged && rowOf(event.target);
    if (!over || over.parentNode !== dragged.parentNode) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    over.parentNode.insertBefore(dragged, event.clientY < top + height / 2 ? over : over.nextSibling);
  });

  document.addEventListener("drop", (event) => dragged && event.preventDefault());

  document.addEventListener("dragend", () => {
    if (!dragged) return;
    const row = dragged, first = Math.min(...[...row.parentNode.children].map((each) => each.dataset.position));
    const position = first + [...row.parentNode.children].indexOf(row);
    dragged = null;
    row.classList.remove("tw-dragged");
    if (position !== Number(row.dataset.position)) move(row, position);
  });

  document.addEventListener("keydown", (event) => {
    const handle = event.target.closest?.("[data-handle]");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!handle || !by) return;
    event.preventDefault();
    const row = rowOf(handle);
    move(row, Math.max(1, Number(row.dataset.position) + by));
  });

  function mark() {
    const matches = document.querySelector("[data-matches]")?.dataset.matches.split(" ") ?? [];
    document.querySelectorAll("tr[data-rule]").forEach((row) => {
      const on = matches.includes(row.dataset.rule);
      row.setAttribute("aria-selected", on);
      row.querySelector("[data-mark]").hidden = !on;
    });
  }

  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("htmx:after:swap", (event) => {
    mark();
    if (event.target.id !== "trial") document.querySelector("#tester")?.dispatchEvent(new Event("input"));
  });
})();
