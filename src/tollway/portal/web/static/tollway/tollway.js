// What all pages do. Each part listens at the document for its data- attribute, so that parts of a
// page that htmx brings later work too.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const TOAST_MS = 6000;

  const onClick = (selector, act) =>
    document.addEventListener("click", (event) => {
      const element = event.target.closest(selector);
      if (element) act(element, event);
    });

  onClick("[data-theme-toggle]", () => {
    const root = document.documentElement;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.bsTheme);
    document.dispatchEvent(new Event("tw:theme"));
  });

  // Copies what an element says; a masked key is copied in full.
  onClick("[data-copy]", async (button) => {
    const source = $(button.dataset.copy);
    await navigator.clipboard.writeText(source.dataset.plain ?? source.innerText.trim());
    announce("Copied");
    const label = $("span", button);
    if (label && !label.dataset.was) {
      label.dataset.was = label.textContent;
      label.textContent = "Copied";
      setTimeout(() => {
        label.textContent = label.dataset.was;
        delete label.dataset.was;
      }, 1500);
    }
  });

  onClick("[data-reveal]", (button) => {
    const code = $(button.dataset.reveal);
    code.dataset.masked ??= code.textContent;
    const shown = button.getAttribute("aria-pressed") === "true";
    code.textContent = shown ? code.dataset.masked : code.dataset.plain;
    button.setAttribute("aria-pressed", String(!shown));
  });

  // Toasts go after a while, but not from under the pointer or the focus.
  onClick("[data-toast-close]", (button) => button.closest("[data-toast]").remove());
  const fade = (toast) => {
    if (toast.dataset.fading) return;
    toast.dataset.fading = "1";
    const go = () =>
      toast.matches(":hover, :focus-within") ? setTimeout(go, 1000) : toast.remove();
    setTimeout(go, TOAST_MS);
  };

  function announce(text) {
    let live = $("#announcements");
    if (!live) {
      live = Object.assign(document.createElement("div"), { id: "announcements", className: "visually-hidden" });
      live.setAttribute("role", "status");
      document.body.append(live);
    }
    live.textContent = text;
  }

  // A form is sent once: a second click on its button, while the first is on its way, does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // Lists: the bulk bar appears with the first ticked row.
  document.addEventListener("change", ({ target }) => {
    const list = target.closest("[data-bulk-list]");
    if (!list) return;
    const rows = $$("[data-check]", list), all = $("[data-check-all]", list);
    if (target === all) rows.forEach((row) => (row.checked = all.checked));
    const ticked = rows.filter((row) => row.checked).length;
    rows.forEach((row) => row.closest("tr").setAttribute("aria-selected", row.checked));
    all.checked = ticked === rows.length;
    all.indeterminate = ticked > 0 && ticked < rows.length;
    const bar = $("[data-bulk]", list);
    bar.hidden = ticked === 0;
    $("[data-bulk-count]", bar).textContent = ticked;
    every(list, false);
    const more = $("[data-bulk-more]", bar);
    if (more) more.hidden = !all.checked;
  });
  // Not the ticked rows, but all that the list is narrowed down to, also on its other pages.
  const every = (list, wanted) =>
    $$("[data-bulk-kept]", list).forEach((field) => (field.disabled = !wanted));
  onClick("[data-bulk-every]", (button) => {
    const list = button.closest("[data-bulk-list]");
    every(list, true);
    $("[data-bulk-count]", list).textContent = button.dataset.bulkEvery;
    button.closest("[data-bulk-more]").hidden = true;
    announce(`${button.dataset.bulkEvery} ticked`);
  });
  onClick("[data-bulk-clear]", (button) => {
    const all = $("[data-check-all]", button.closest("[data-bulk-list]"));
    all.checked = false;
    all.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // A menu of a row may stand out of its table, which scrolls.
  if (window.bootstrap) bootstrap.Dropdown.Default.popperConfig = { strategy: "fixed" };

  // Dialogs: the focus goes to what is marked, the least that can be done; Bootstrap brings it back.
  document.addEventListener("shown.bs.modal", ({ target }) => $("[data-first]", target)?.focus());

  // A tip under the pointer or the focus goes with Escape, too.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.target.closest?.(".tw-tip")?.classList.add("is-shut");
  });
  for (const type of ["focusout", "mouseout"])
    document.addEventListener(type, (event) =>
      event.target.closest?.(".tw-tip")?.classList.remove("is-shut"));

  // Cells of a matrix: a click or Enter opens one, Enter keeps, Escape does not, Tab goes on.
  // Each is a form with a button that shows its value and a field that changes it.
  const field = (form) => $("[data-cell-field]", form);
  function swapFor(form, editing) {
    $(".tw-cell-error", form)?.remove();
    field(form).classList.remove("is-invalid");
    field(form).removeAttribute("aria-invalid");
    field(form).value = field(form).defaultValue;
    $("[data-cell]", form).hidden = editing;
    field(form).hidden = !editing;
  }
  const shut = (form) => swapFor(form, false);
  function show(form, editing) {
    swapFor(form, editing);
    (editing ? field(form) : $("[data-cell]", form)).focus();
    if (editing) field(form).select();
  }
  let next = null; // where the focus goes once the answer is there
  function keep(form, then) {
    if (field(form).value.trim() === field(form).defaultValue) {
      show(form, false);
      return then && show(then, true);
    }
    next = { id: (then ?? form).id, editing: Boolean(then) };
    form.dataset.sent = "1";
    form.requestSubmit();
  }
  onClick("[data-cell]", (button) => show(button.form, true));
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-cell-field]")) return;
    const form = event.target.form;
    if (event.key === "Escape") show(form, false);
    else if (event.key === "Enter") keep(form);
    else if (event.key === "Tab") {
      const all = $$("form[data-cell-form]", form.closest("table"));
      const then = all[all.indexOf(form) + (event.shiftKey ? -1 : 1)];
      if (!then) return;
      keep(form, then);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("focusout", (event) => {
    const input = event.target;
    if (!input.matches("[data-cell-field]") || input.hidden || input.form.dataset.sent) return;
    if (input.value === input.dataset.refused) return; // it has been said what is wrong
    if (input.value.trim() === input.defaultValue) shut(input.form);
    else keep(input.form);
  });

  // A field that finds rows of a matrix by their names, as they are typed.
  document.addEventListener("input", ({ target }) => {
    const table = target.dataset?.rowsOf && document.getElementById(target.dataset.rowsOf);
    if (!table) return;
    const wanted = target.value.trim().toLowerCase();
    $$("tbody[id]", table).forEach((row) => (row.hidden = !$("th", row).textContent.toLowerCase().includes(wanted)));
  });

  // What asks again and again rests while nobody looks.
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden && event.target.matches?.("[data-poll]")) event.preventDefault();
  });

  // What htmx could not get is said in a toast; nothing on the page has changed then.
  const failed = () => {
    const copy = $("#failed")?.content.cloneNode(true);
    if (copy) $("#toasts").append(copy);
    $$("form[data-sent]").forEach((form) => delete form.dataset.sent);
    settle();
  };
  document.addEventListener("htmx:error", failed);
  document.addEventListener("htmx:response:error", ({ detail }) => detail.ctx.response.status >= 500 && failed());

  // A toast whose Undo has been answered in place has said what it had to.
  document.addEventListener("htmx:after:request", ({ target }) => target.closest("[data-toast]")?.remove());

  // Of changes of one cell the last can be undone: it says what the others have become.
  const supersede = () => {
    const said = new Set();
    $$("[data-toast]").reverse().forEach((toast) => {
      const undo = $("form[hx-post]", toast)?.getAttribute("hx-post");
      if (undo && said.has(undo)) toast.remove();
      said.add(undo);
    });
  };

  function settle() {
    supersede();
    $$("[data-toast]").forEach(fade);
    const form = next && document.getElementById(next.id);
    if (form && $("[data-cell]", form)) next.editing ? show(form, true) : $("[data-cell]", form).focus();
    next = null;
    $$("[data-refused]").forEach((input) => (input.value = input.dataset.refused));
    const wanted = $("[data-focus]");
    wanted?.removeAttribute("data-focus");
    wanted?.focus();
  }
  document.addEventListener("DOMContentLoaded", settle);
  document.addEventListener("htmx:after:swap", settle);
})();
