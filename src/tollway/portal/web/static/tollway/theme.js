// Light or dark, before the first paint: as chosen, else as the system is. Loaded without `defer`.
const chosen = localStorage.getItem("theme");
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.bsTheme = chosen || (dark ? "dark" : "light");
