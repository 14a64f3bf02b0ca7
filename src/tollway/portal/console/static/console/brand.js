// Shows a colour in the samples while it is typed: the server makes the tints, or none.
(() => {
  const field = document.getElementById("id_colour");
  const sheet = document.getElementById("brand-preview");
  let waiting;
  field?.addEventListener("input", () => {
    clearTimeout(waiting);
    const colour = field.value.trim().replace(/^#/, "");
    if (!/^[0-9a-f]{6}$/i.test(colour)) return;
    waiting = setTimeout(() => { sheet.href = `${sheet.dataset.base}?colour=${colour}`; }, 200);
  });
})();
