// Shows a colour in the samples while it is typed: the server makes the tints, or none.
(() => {
  const field = document.getElementById("id_colour");
  const sheet = document.getElementById("brand-preview");
  const picker = document.getElementById("colour-picker");
  let waiting;
  field?.addEventListener("input", () => {
    clearTimeout(waiting);
    const colour = field.value.trim().replace(/^#/, "");
    if (!/^[0-9a-f]{6}$/i.test(colour)) return;
    picker.value = `#${colour}`;
    waiting = setTimeout(() => { sheet.href = `${sheet.dataset.base}?colour=${colour}`; }, 200);
  });
  picker.hidden = false;
  picker.addEventListener("input", () => {
    field.value = picker.value;
    field.dispatchEvent(new Event("input"));
  });
})();
