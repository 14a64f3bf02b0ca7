// The page of mapping rules: those that the tester matched are marked.
(() => {
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
