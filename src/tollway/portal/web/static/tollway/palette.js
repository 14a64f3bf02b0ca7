// Ctrl-K: a dialog that finds things. The server writes the options; this asks for them while
// somebody types, moves among them, and opens the chosen one. Focus stays in the field.
(() => {
  const PAUSE_MS = 120;
  const $ = (selector, within) => within.querySelector(selector);
  let asking, waiting;
  let busy = false, opens = false; // an answer is on its way; Enter was pressed meanwhile

  const palette = () => document.getElementById("palette");
  const field = (dialog) => $("input[name=q]", dialog);
  const options = (dialog) => [...dialog.querySelectorAll("[role=option]")];
  const chosen = (dialog) => $("[role=option][aria-selected=true]", dialog);

  function choose(dialog, option, scroll = true) {
    for (const each of options(dialog)) each.setAttribute("aria-selected", String(each === option));
    if (option) field(dialog).setAttribute("aria-activedescendant", option.id);
    else field(dialog).removeAttribute("aria-activedescendant");
    if (option && scroll) option.scrollIntoView({ block: "nearest" });
  }

  function put(dialog, html) {
    $("[role=listbox]", dialog).innerHTML = html;
    const found = options(dialog);
    found.forEach((option, index) => (option.id = `palette-hit-${index}`));
    choose(dialog, found[0]);
    $("[data-palette-status]", dialog).textContent = `${found.length} results`;
  }

  function open(dialog) {
    opens = busy;
    if (!busy) chosen(dialog)?.click();
  }

  async function ask(dialog) {
    asking?.abort();
    asking = new AbortController();
    busy = true;
    const body = new FormData($("form", dialog));
    body.set("here", location.pathname);
    try {
      const answer = await fetch(dialog.dataset.palette, { method: "POST", body, signal: asking.signal });
      if (answer.redirected || answer.status === 403) return location.reload(); // signed out
      if (!answer.ok) throw new Error(answer.status);
      put(dialog, await answer.text());
      busy = false;
      if (opens) open(dialog);
    } catch (error) {
      if (error.name === "AbortError") return;
      busy = opens = false;
      put(dialog, '<li class="head" role="presentation">The search does not answer. Type again in a moment.</li>');
    }
  }

  const askSoon = (dialog) => {
    clearTimeout(waiting);
    asking?.abort();
    busy = true;
    opens = false;
    waiting = setTimeout(() => ask(dialog), PAUSE_MS);
  };

  function move(dialog, step) {
    const all = options(dialog);
    if (all.length) choose(dialog, all[(all.indexOf(chosen(dialog)) + step + all.length) % all.length]);
  }

  document.addEventListener("keydown", (event) => {
    const dialog = palette();
    if (!dialog) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector(".modal.show:not(#palette)")) bootstrap.Modal.getOrCreateInstance(dialog).toggle();
    } else if (event.target === field(dialog)) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(dialog, event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter") {
        event.preventDefault();
        open(dialog);
      }
    }
  });

  document.addEventListener("submit", (event) => {
    if (event.target.closest("#palette")) event.preventDefault();
  });
  document.addEventListener("input", (event) => {
    const dialog = event.target.closest("#palette");
    if (dialog) askSoon(dialog);
  });
  document.addEventListener("mousemove", (event) => {
    const option = event.target.closest("#palette [role=option]");
    if (option && option.getAttribute("aria-selected") !== "true") choose(palette(), option, false);
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-text]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copyText);
    $("[data-palette-status]", palette()).textContent = "Copied";
    $(".sub", button).textContent = `Copied ${button.dataset.copyText}`;
  });

  document.addEventListener("shown.bs.modal", ({ target }) => {
    if (target !== palette()) return;
    field(target).focus();
    ask(target);
  });
  // What was typed may be a key: it does not stay.
  document.addEventListener("hidden.bs.modal", ({ target }) => {
    if (target !== palette()) return;
    asking?.abort();
    clearTimeout(waiting);
    busy = opens = false;
    field(target).value = "";
    put(target, "");
  });
})();
