// Passwords that are chosen: shown on demand, and how hard they are to guess, while they are typed.
(() => {
  const WORDS = {
    weak: "Weak: quickly guessed",
    fair: "Fair: longer is better",
    strong: "Strong",
  };

  // Length is what counts; few different signs count as a short one.
  function level(text, least) {
    if (text.length < least) return "short";
    const variety = new Set(text).size;
    if (text.length >= 15 && variety >= 8) return "strong";
    return text.length >= 10 && variety >= 6 ? "fair" : "weak";
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-show]");
    if (!button) return;
    const input = document.getElementById(button.dataset.show);
    const shows = input.type === "password";
    input.type = shows ? "text" : "password";
    button.setAttribute("aria-pressed", String(shows));
  });

  // What was wrong with a field is no longer said of what is typed now.
  document.addEventListener("input", ({ target }) => {
    target.classList.remove("is-invalid");
    target.removeAttribute("aria-invalid");
    document.getElementById(`${target.id}_error`)?.remove();
  });

  document.addEventListener("input", ({ target }) => {
    const said = document.querySelector(`[data-strength="${target.id}"]`);
    if (!target.id || !said) return;
    const least = Number(target.dataset.least);
    const found = target.value ? level(target.value, least) : "";
    if (said.dataset.level === found) return; // read out when it changes, not at each key
    said.dataset.level = found;
    said.textContent = found === "short" ? `Too short: at least ${least} characters` : (WORDS[found] ?? "");
  });

  // What is sent is sent as a password, so that browsers do not keep it among texts.
  document.addEventListener("submit", ({ target }) => {
    for (const button of target.querySelectorAll('[data-show][aria-pressed="true"]')) button.click();
  });
})();
