"use strict";
(() => {
  const root = document.documentElement;
  const store = (key, value) => {
    try {
      if (value === undefined) return localStorage.getItem(key);
      localStorage.setItem(key, value);
    } catch { /* a file opened from disk may have no storage */ }
    return null;
  };
  const themes = ["auto", "light", "dark"];
  const titles = JSON.parse(document.getElementById("titles").textContent);

  const speak = (language) => {
    root.lang = language === "zh" ? "zh-Hans" : "en";
    document.title = titles[language];
    for (const b of document.querySelectorAll("[data-act=language]"))
      b.setAttribute("aria-pressed", String(b.dataset.value === language));
    dress(root.dataset.theme);
  };
  const dress = (theme) => {
    root.dataset.theme = theme;
    const button = document.querySelector("[data-act=theme]");
    const name = button.dataset[`${root.lang === "en" ? "en" : "zh"}${theme[0].toUpperCase()}${theme.slice(1)}`];
    button.setAttribute("aria-label", name);
    button.title = name;
  };
  const acts = {
    language: (b) => { speak(b.dataset.value); store("zhuoyu-language", b.dataset.value); },
    theme: () => {
      const next = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
      dress(next);
      store("zhuoyu-theme", next);
    },
    copy: async (b) => {
      const text = document.getElementById(b.dataset.value).innerText;
      const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
      try { await navigator.clipboard.writeText(lines.join("\n")); b.dataset.done = ""; } catch { getSelection().selectAllChildren(document.getElementById(b.dataset.value)); }
      setTimeout(() => delete b.dataset.done, 2000);
    },
  };

  root.classList.add("js");
  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-act]");
    if (b) acts[b.dataset.act](b);
  });
  const closed = [];
  let worn = null;
  addEventListener("beforeprint", () => {
    for (const d of document.querySelectorAll("details.print:not([open])")) { d.open = true; closed.push(d); }
    worn ??= root.dataset.theme;
    root.dataset.theme = "light"; // paper is white
  });
  addEventListener("afterprint", () => {
    while (closed.length) closed.pop().open = false;
    if (worn) root.dataset.theme = worn;
    worn = null;
  });

  const wanted = store("zhuoyu-theme");
  if (themes.includes(wanted)) root.dataset.theme = wanted;
  const spoken = store("zhuoyu-language");
  speak(["en", "zh"].includes(spoken) ? spoken : root.lang === "en" ? "en" : "zh");

  const links = [...document.querySelectorAll(".toc a")];
  const seen = new IntersectionObserver((entries) => {
    for (const e of entries) if (e.isIntersecting)
      for (const a of links) a.hash === `#${e.target.id}` ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current");
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const s of document.querySelectorAll("main section[id]")) seen.observe(s);
})();
