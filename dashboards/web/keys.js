// SPDX-License-Identifier: Apache-2.0
// The keyboard: / to the query box, f to find, j and k or the arrows through a list, g and a letter to a page, ? for help.

import { byId, h } from "./dom.js";

const PLACES = { o: "#/", a: "#/alerts", f: "#/flows", m: "#/machine", q: "#/query" };
const HELP = [
  ["/", "Query box"], ["f", "Find a probe"], ["j k ↓ ↑", "Next, previous"], ["Enter", "Open"],
  ["a", "Acknowledge the chosen alert"], ["s", "Silence the chosen alert"], ["r", "Run this probe now"],
  ["g o, g a, g f, g m, g q", "Overview, alerts, flows, machine, query"], ["Esc", "Close, or leave a field"],
];

let awaitsPlace = false;

function isTyping(element) {
  return element && (element.isContentEditable || /^(input|select|textarea)$/i.test(element.tagName));
}

function go(route, then) {
  if (location.hash === route) {
    then();
    return;
  }
  addEventListener("hashchange", () => requestAnimationFrame(then), { once: true });
  location.hash = route;
}

function focusOn(id) {
  byId(id)?.focus();
}

// Through what is listed: the links of rows, or the cards of alerts.
function move(step) {
  const stops = [...byId("main").querySelectorAll(".row a.name, .alert")];
  if (!stops.length) return false;
  const here = stops.findIndex((stop) => stop === document.activeElement || stop.contains(document.activeElement));
  const next = stops[Math.min(Math.max(here + step, 0), stops.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// A button of the alert that has the focus, or of the page.
function press(key) {
  const near = document.activeElement.closest?.(".alert");
  const button = (near || byId("main")).querySelector(`button[data-key="${key}"]`);
  if (button) button.click();
  return Boolean(button);
}

function help() {
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "help-title", onclose: () => dialog.remove() },
    h("h2", { id: "help-title" }, "Keys"),
    h("dl", { class: "keys" }, HELP.map(([keys, words]) => [h("dt", null, h("kbd", null, keys)), h("dd", null, words)])),
    h("form", { method: "dialog" }, h("button", { autofocus: true }, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

const ACTS = {
  "/": () => go("#/query", () => focusOn("query")),
  f: () => go("#/", () => focusOn("filter")),
  j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
  a: () => press("a"), s: () => press("s"), r: () => press("r"),
  g: () => { awaitsPlace = true; },
  "?": help,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (awaitsPlace) {
    awaitsPlace = false;
    if (event.key in PLACES) location.hash = PLACES[event.key];
    return;
  }
  const act = ACTS[event.key];
  if (act && act() !== false) event.preventDefault();
}

export function listenToKeys() {
  addEventListener("keydown", onKey);
}
