"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  /** An element with text alone: nothing that a server sent becomes markup. */
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
    return made;
  };

  // What was compressed into the page, once somebody asks for it.
  let opened;
  const data = () => (opened ??= (async () => {
    if (typeof DecompressionStream === "undefined") {
      throw new Error("This browser cannot open what is compressed in the page (DecompressionStream). Every browser since 2023 can.");
    }
    const bytes = Uint8Array.from(atob($("data").textContent), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const read = await new Response(plain).json();
    read.byRun = new Map(read.runs.map((run) => [`${run.scenario ?? ""} ${run.dialect ?? ""}`, run]));
    return read;
  })());

  // The fragment holds the filter and the check that is shown, so that a link leads back to both.
  const isPlace = () => /^#[a-z]+(-[0-9]+)?$/.test(location.hash);
  const state = () => new URLSearchParams(isPlace() ? "" : location.hash.slice(1));
  const link = (changes) => {
    const next = state();
    for (const [key, value] of Object.entries(changes)) {
      if (value) next.set(key, value); else next.delete(key);
    }
    return `#${next}`;
  };

  const form = $("filter");
  const rows = all(".checks tbody tr").map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
    sections: row.dataset.sections.split(" "),
    results: all(".result", row),
  }));

  /** True for the section itself and for what stands below it; `rfc7644#3.5.2` and `7644 3.5.2` are the same. */
  const isIn = (sections, wanted) => {
    const clean = wanted.toLowerCase().replace(/^rfc\s*/, "").replace(/[\s§#]+/, "#");
    return sections.some((section) => section === clean || section.startsWith(`${clean}.`) || (!clean.includes("#") && section.startsWith(`${clean}#`)));
  };

  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text, sections, results } of rows) {
      let any = false;
      for (const result of results) {
        const { dialect, status } = result.dataset;
        const fits = (!wanted.dialect || dialect === wanted.dialect) && (!wanted.status || status === wanted.status);
        result.hidden = Boolean(wanted.dialect) && dialect !== wanted.dialect;
        any ||= fits;
      }
      row.hidden = !(any && words.every((word) => text.includes(word))
        && (!wanted.suite || row.dataset.suite === wanted.suite)
        && (!wanted.level || row.dataset.level === wanted.level)
        && (!wanted.section || isIn(sections, wanted.section)));
      shown += !row.hidden;
    }
    $("shown").textContent = `${shown} of ${rows.length} checks`;
  };
  const keep = () => {
    filter();
    history.replaceState(null, "", link(Object.fromEntries(new FormData(form))));
  };
  form.addEventListener("input", keep);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(keep));

  /** Entra words booleans as texts in one of its dialects. */
  const plainly = (it) => (typeof it === "boolean" || /^(true|false)$/i.test(it) ? String(it).toLowerCase() : JSON.stringify(it));
  const isSame = (one, other) => plainly(one) === plainly(other);
  const value = (object, key) => {
    const name = Object.keys(object).find((known) => known.toLowerCase() === key.toLowerCase());
    return name === undefined ? undefined : object[name];
  };

  const parsed = (text) => { try { return JSON.parse(text); } catch { return undefined; } };
  const isObject = (it) => it !== null && typeof it === "object" && !Array.isArray(it);
  const nameIn = (object, key) => Object.keys(object).find((known) => known.toLowerCase() === key.toLowerCase()) ?? key;

  /** A resource after a PATCH, as far as the operations say it plainly: what else they touch is not known any more. */
  const patched = (before, operations) => {
    const after = { ...before };
    const write = (path, value, verb) => {
      const root = /^urn:/i.test(path) ? Object.keys(after).find((urn) => path.toLowerCase().startsWith(urn.toLowerCase())) : path.split(/[.[]/)[0];
      if (root === undefined) return;
      const name = nameIn(after, root);
      delete after[name];
      // Lists are merged, and a single value may come in a list of one.
      if (root === path && verb !== "remove" && value !== undefined && typeof value !== "object") after[name] = value;
    };
    for (const { op, path, value } of Array.isArray(operations) ? operations : []) {
      const verb = String(op).toLowerCase();
      if (path) write(path, value, verb);
      else if (isObject(value)) for (const [name, one] of Object.entries(value)) write(name, one, verb);
    }
    return after;
  };

  /** What a right server shows in the answer to each request of a run, by the exchange's number. */
  const written = (run) => {
    const known = new Map();
    const shown = new Map();
    for (const it of run.exchanges) {
      const path = it.path.split("?")[0];
      const sent = parsed(it.body);
      const succeeded = /^2/.test(it.status ?? "");
      if (it.method === "GET") {
        if (!/attributes=/i.test(it.path)) shown.set(it.number, known.get(path));
      } else if (succeeded && it.method === "DELETE") {
        known.delete(path);
      } else if (succeeded && it.method === "PATCH" && isObject(sent)) {
        const operations = sent[nameIn(sent, "Operations")];
        known.set(path, patched(known.get(path) ?? {}, operations));
        shown.set(it.number, known.get(path));
      } else if (succeeded && ["POST", "PUT"].includes(it.method) && isObject(sent) && !sent.Operations) {
        known.set(it.method === "PUT" ? path : `${path}/${parsed(it.answer)?.id}`, sent);
        shown.set(it.number, sent);
      }
    }
    return shown;
  };

  /** A body with indentation. What was written and the answer shows otherwise is marked. */
  const body = (text, sent) => {
    const shown = element("pre", { tabindex: "0" });
    const read = parsed(text);
    if (read === undefined) { shown.textContent = text; return [shown]; }
    if (!isObject(read) || !isObject(sent) || read.schemas?.some?.((it) => String(it).endsWith(":Error"))) {
      shown.textContent = JSON.stringify(read, null, 2);
      return [shown];
    }
    // The server's own, and what is the same as not being there (RFC 7643 §2.5 and §3.1).
    const isServers = (key) => ["id", "meta"].includes(key.toLowerCase());
    const isNothing = (it) => it === null || (Array.isArray(it) && !it.length);
    const names = Object.keys(sent).filter((key) => !isServers(key));
    const changed = names.filter((key) => value(read, key) !== undefined && !isSame(value(read, key), sent[key]));
    const missing = names.filter((key) => value(read, key) === undefined && !isNothing(sent[key]));
    const lines = JSON.stringify(read, null, 2).split("\n");
    let inside = false;
    for (const [place, line] of lines.entries()) {
      const key = /^ {2}"((?:[^"\\]|\\.)*)":/.exec(line)?.[1];
      if (key !== undefined) inside = changed.some((name) => name.toLowerCase() === key.toLowerCase());
      if (line === "}") inside = false;
      shown.append(inside ? element("mark", {}, line) : line, place + 1 < lines.length ? "\n" : "");
    }
    const told = [];
    if (changed.length) told.push(`not as it was written: ${changed.join(", ")}`);
    if (missing.length) told.push(`written and not returned: ${missing.join(", ")}`);
    return [told.length ? element("p", { class: "quiet" }, told.join("; ")) : null, shown];
  };

  const copyButton = (text) => element("button", { type: "button", class: "copy", "data-copy": text }, "copy curl");

  const exchange = (it, shows, sent) => {
    const refused = it.error || !/^2/.test(it.status ?? "");
    const head = element("summary", {},
      element("span", { class: "actor" }, it.actor), " ",
      element("code", {}, `${it.method} ${it.path}`), " → ",
      element("strong", { class: refused ? "refused" : "" }, it.error ?? it.status), " ",
      element("span", { class: "quiet" }, [it.ms === undefined ? "" : `${it.ms} ms`, it.step].filter(Boolean).join(", ")));
    const details = element("details", { open: shows }, head);
    // Bodies of hundreds of exchanges are made when they are looked at.
    const fill = () => {
      if (details.childElementCount > 1) return;
      details.append(element("p", {}, copyButton(it.curl)),
        ...(it.body === undefined ? [] : [element("p", { class: "quiet" }, "request"), ...body(it.body).filter(Boolean)]),
        ...(it.headers ? [element("p", { class: "quiet" }, "answer"),
          element("pre", { tabindex: "0" }, it.headers.map(([name, text]) => `${name}: ${text}`).join("\n"))] : []),
        ...(it.answer === undefined ? [] : body(it.answer, sent).filter(Boolean)));
    };
    if (shows) fill();
    details.addEventListener("toggle", fill);
    return element("li", { class: shows ? "shows" : "", "data-number": it.number }, details);
  };

  const sequence = (run, shown) => {
    const sent = written(run);
    return element("div", {},
      element("h4", {}, run.scenario ? `${run.scenario} [${run.dialect}]` : "before the first scenario"),
      element("ol", { class: "sequence" }, run.exchanges.map((it) => exchange(it, shown.some(([begin, end]) => it.number >= begin && it.number <= end), sent.get(it.number)))));
  };

  const paragraph = (label, text) => (text ? [element("dt", {}, label), element("dd", {}, text)] : []);

  const finding = (it, dialect, read, about) => {
    const met = it.met.filter((place) => read.byRun.has(`${place.scenario} ${place.dialect}`));
    return element("article", { class: `cause ${it.level}` },
      element("p", {}, element("span", { class: `level ${it.level}` }, it.level), " ", it.message,
        " ", element("span", { class: "quiet" }, [dialect, it.times > 1 ? `${it.times} times` : "", it.waived ? `known: ${it.waived}` : ""].filter(Boolean).join(", "))),
      element("dl", {},
        it.expected ? [element("dt", {}, "expected"), element("dd", {}, element("ins", {}, it.expected))] : [],
        it.actual ? [element("dt", {}, "actual"), element("dd", {}, element("del", {}, it.actual))] : [],
        paragraph("fix", it.fix === about?.fix ? "" : it.fix),
        met.length ? [element("dt", {}, "met in"), element("dd", {}, met.map((place, index) => [index ? ", " : "",
          element("a", { href: link({ check: place.scenario, at: `${place.dialect}:${place.begins}-${place.ends ?? ""}` }) }, `${place.scenario} [${place.dialect}]`)]).flat())] : []));
  };

  const show = async (id) => {
    const dialog = $("detail");
    const place = $("detail-body");
    $("detail-title").textContent = id;
    place.replaceChildren(element("p", {}, "Opening …"));
    if (!dialog.open) dialog.showModal();
    let read;
    try { read = await data(); } catch (problem) {
      place.replaceChildren(element("p", {}, String(problem.message)));
      return;
    }
    const about = read.abouts[id];
    const results = read.checks.filter((check) => check.id === id);
    const findings = results.flatMap((check) => (check.findings ?? []).map((it) => [it, check.dialect]));
    const [, only, begin, end] = /^(.*):([0-9]+)-([0-9]*)$/.exec(state().get("at") ?? "") ?? [];
    const runs = read.runs.filter((run) => run.scenario === id);
    const marks = (run) => {
      const own = findings.flatMap(([it]) => it.met).filter((met) => met.scenario === run.scenario && met.dialect === run.dialect && met.ends !== undefined).map((met) => [met.begins, met.ends]);
      return only === run.dialect && end ? [[Number(begin), Number(end)]] : own;
    };
    place.replaceChildren(
      about ? element("div", {},
        element("p", {}, element("strong", {}, about.title)),
        element("dl", {}, paragraph("demand", about.what === about.title ? "" : about.what), paragraph("why", about.why), paragraph("in Entra", about.entra), paragraph("fix", about.fix), paragraph("see", about.refs.join("; ")))) : "",
      findings.length ? element("h3", {}, "Found") : "",
      ...findings.map(([it, dialect]) => finding(it, dialect, read, about)),
      runs.length ? element("h3", {}, "What was sent and answered") : "",
      element("div", { class: "columns" }, runs.map((run) => sequence(run, marks(run)))));
    if (!about && !results.length) place.replaceChildren(element("p", {}, "This run has no such check."));
    const first = place.querySelector(".shows");
    if (only && first) first.scrollIntoView({ block: "center" });
    dialog.dataset.ready = id;
  };

  const follow = () => {
    if (isPlace()) {
      const cause = document.querySelector(location.hash);
      const details = cause?.querySelector(":scope > details");
      if (details) { details.open = true; cause.scrollIntoView(); }
      return;
    }
    const wanted = state();
    for (const field of form.elements) if (field.name) field.value = wanted.get(field.name) ?? "";
    filter();
    const check = wanted.get("check");
    if (check) show(check); else if ($("detail").open) $("detail").close();
  };
  $("detail").addEventListener("close", () => {
    if (state().get("check")) history.replaceState(null, "", link({ check: "", at: "" }));
    delete $("detail").dataset.ready;
  });
  $("close").addEventListener("click", () => $("detail").close());

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const before = copy.textContent;
      try { await navigator.clipboard.writeText(copy.dataset.copy); copy.textContent = "copied"; } catch {
        // A page from a file may not write to the clipboard everywhere; what is selected can be copied.
        const text = copy.parentElement.querySelector("code");
        if (text) getSelection().selectAllChildren(text);
        copy.textContent = text ? "selected" : "cannot copy";
      }
      setTimeout(() => { copy.textContent = before; }, 1500);
      return;
    }
    // A link to a check keeps the filter. Those that the script made have all of it already.
    const to = event.target.closest('a[href^="#check="]');
    if (to && !to.getAttribute("href").includes("&")) {
      event.preventDefault();
      location.hash = link({ check: decodeURIComponent(to.getAttribute("href").slice(7)), at: "" });
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !$("detail").open) {
      event.preventDefault();
      form.elements.text.focus();
    }
  });

  const themes = ["", "light", "dark"];
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const next = themes[(themes.indexOf(root.dataset.theme ?? "") + 1) % themes.length];
    if (next) root.dataset.theme = next; else delete root.dataset.theme;
    $("theme").title = next || "as the system";
  });

  addEventListener("beforeprint", () => all("details").forEach((it) => { it.open = true; }));
  addEventListener("hashchange", follow);
  filter();
  follow();
})();
