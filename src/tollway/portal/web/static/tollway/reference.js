// The API reference: Swagger UI over the document that `data-reference` names. `data-tries="no"` shows
// it without calling, `data-many` folds the operations of each tag. Credentials are asked for when the reader says so, and kept by the page alone.
(() => {
  const root = document.querySelector("[data-reference]");
  const page = document.documentElement;
  const shade = () => page.classList.toggle("dark-mode", page.dataset.bsTheme === "dark");
  shade();
  document.addEventListener("tw:theme", shade);

  // What screen readers and keyboards miss in what Swagger UI draws, each time it draws.
  const mend = () => {
    for (const part of root.querySelectorAll("main")) {
      part.setAttribute("role", "region");
      part.setAttribute("aria-label", "Operations");
    }
    for (const part of root.querySelectorAll("h1")) part.setAttribute("aria-level", "2");
    for (const part of root.querySelectorAll("pre")) part.tabIndex = 0;
    for (const part of root.querySelectorAll("#servers")) part.setAttribute("aria-label", "Server");
    for (const part of root.querySelectorAll(".operation-filter-input"))
      part.setAttribute("aria-label", "Filter by tag");
  };
  new MutationObserver(mend).observe(root, { childList: true, subtree: true });

  const button = document.querySelector("[data-reference-fill]");
  const many = "many" in root.dataset;
  const ui = SwaggerUIBundle({
    url: root.dataset.reference,
    domNode: root,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    tryItOutEnabled: true,
    supportedSubmitMethods:
      root.dataset.tries === "no" ? [] : ["get", "put", "post", "delete", "options", "head", "patch"],
    validatorUrl: null,
    docExpansion: many ? "none" : "list",
    filter: many,
    defaultModelsExpandDepth: many ? -1 : 0,
    // What a browser kept of a call by somebody else may not be read by this page.
    requestInterceptor: (request) => Object.assign(request, { cache: "no-store" }),
    onComplete: () => {
      if (button) button.disabled = false;
    },
  });

  const fill = ({ scheme, basic, names }, credentials) => {
    const values = names.map((name) => credentials[name] ?? "");
    if (basic) ui.preauthorizeBasic(scheme, values[0], values[1] ?? "");
    else ui.preauthorizeApiKey(scheme, values[0]);
  };

  button?.addEventListener("click", async () => {
    const choice = document.querySelector(button.dataset.referenceFill);
    const told = document.querySelector("[data-reference-told]");
    try {
      const answer = await fetch(choice.value, { cache: "no-store", redirect: "error" });
      if (!answer.ok) throw new Error(answer.statusText);
      const credentials = await answer.json();
      for (const each of JSON.parse(root.dataset.fills)) fill(each, credentials);
      told.textContent = `${choice.selectedOptions[0].text} calls now. Each call counts against its plan.`;
    } catch {
      told.textContent = "The credentials cannot be had. Load the page again; you may have to sign in.";
    }
  });
})();
