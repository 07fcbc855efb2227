// The setup page's form: the theme holds at once, the rest becomes lines for config.yaml.
window.settings = (element) => {
  "use strict";
  const $ = (selector) => element.querySelector(selector);
  const quoted = (text) => JSON.stringify(text); // a string of JSON is one of YAML

  function lines(form) {
    const { mode, base_url, model, api_key_env } = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    const answer = `answer:\n  mode: ${mode}\n`;
    if (mode !== "llm") return answer;
    const server = base_url ? `  provider: openai-compatible\n  base_url: ${quoted(base_url)}\n` : "  provider: openai\n";
    const key = api_key_env ? `  api_key_env: ${quoted(api_key_env)}\n` : "";
    return `${answer}llm:\n${server}  model: ${quoted(model)}\n${key}`;
  }

  const shown = () => {
    const theme = $(`#themes [value="${window.theme?.chosen()}"]`);
    if (theme) theme.checked = true;
  };
  new MutationObserver(shown).observe(element, { childList: true, subtree: true });
  shown();
  element.addEventListener("change", (event) => event.target.name === "theme" && window.theme.choose(event.target.value));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    const model = form.elements.model;
    model.setCustomValidity("");
    if (form.elements.mode.value === "llm" && !model.value.trim()) {
      model.setCustomValidity("Name the model, as its server calls it.");
      return model.reportValidity();
    }
    $(".lines").hidden = false;
    $(".lines pre").textContent = lines(form);
    window.paperchat.announce("The lines for config.yaml are below; restart paperchat when they stand there.");
  });
  element.addEventListener("input", (event) => event.target.setCustomValidity?.(""));
};
