// Light, dark or as the system has it: chosen with a button, remembered by the browser. This runs before anything is
// painted, so that nothing flashes. Gradio follows the system and nothing else; what was chosen is put back then.
(() => {
  "use strict";
  const KEY = "paperchat.theme";
  const THEMES = {
    system: "M4 5h16v11H4zM9 20h6M12 16v4",
    light:
      "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2" +
      "M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19",
    dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  };
  const NAMES = Object.keys(THEMES);
  const BUTTON =
    '<button id="theme" type="button"><svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" ' +
    'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path/></svg></button>';
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  let chosen = remembered();

  function remembered() {
    try {
      const name = localStorage.getItem(KEY);
      return NAMES.includes(name) ? name : "system";
    } catch {
      return "system"; // a browser may refuse to remember anything
    }
  }

  function remember() {
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // then it holds until the page is left
    }
  }

  function paint() {
    const dark = chosen === "system" ? darkness.matches : chosen === "dark";
    const other = dark ? "" : "-dark";
    root.style.colorScheme = dark ? "dark" : "light";
    for (const name of ["--bg", "--col"]) {
      // the colours of the page before its style sheet is there
      for (const scheme of ["", "-dark"]) root.style.removeProperty(name + scheme);
      if (chosen !== "system") root.style.setProperty(name + other, `var(${name}${dark ? "-dark" : ""})`);
    }
    const body = document.body;
    if (body && body.classList.contains("dark") !== dark) body.classList.toggle("dark", dark);
  }

  function offer() {
    document.querySelector("#site .ends").insertAdjacentHTML("beforeend", BUTTON);
    const button = document.getElementById("theme");
    const next = () => NAMES[(NAMES.indexOf(chosen) + 1) % NAMES.length];
    const label = () => {
      button.title = `Theme: ${chosen} (next: ${next()})`;
      button.setAttribute("aria-label", button.title);
      button.querySelector("path").setAttribute("d", THEMES[chosen]);
    };
    const choose = (name) => {
      chosen = name;
      remember();
      paint();
      label();
      window.paperchat?.announce(`Theme: ${chosen}`);
    };
    button.addEventListener("click", () => choose(next()));
    window.theme = { choose, chosen: () => chosen };
    label();
    paint();
    new MutationObserver(paint).observe(document.body, { attributeFilter: ["class"] });
  }

  paint();
  darkness.addEventListener("change", paint);
  addEventListener("DOMContentLoaded", offer);
})();
