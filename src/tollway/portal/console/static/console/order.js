// Rows whose order counts: each is moved by dragging its handle, or with the arrow keys on it.
//
//   <tr data-position="3"> … <button data-handle="ID" draggable="true">
//   <form data-move="NAME"> with the fields NAME, which takes the ID, and `position`
(() => {
  const rowOf = (element) => element.closest("tr[data-position]");
  let dragged = null;

  // One POST for one move; htmx brings the table back in its new order, and the focus stays.
  function move(row, position) {
    const form = document.querySelector("form[data-move]");
    form.elements[form.dataset.move].value = row.querySelector("[data-handle]").dataset.handle;
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
})();
