// SPDX-License-Identifier: Apache-2.0
// The bar at the top, the tab's title and its icon: which installation this is, whether it is live, where one can go.

import { byId, h, link, put, setText } from "./dom.js";
import { firing, model, subscribe } from "./model.js";
import { headline } from "./summary.js";

const PLACES = [["#/", "Overview"], ["#/alerts", "Alerts"], ["#/flows", "Flows"], ["#/machine", "Machine"], ["#/query", "Query"]];

const CONNECTION = {
  live: ["is-up", "Live"],
  polling: ["is-degraded", "Every 10 s"],
  connecting: ["is-unknown", "Connecting"],
  locked: ["is-degraded", "Locked"],
  offline: ["is-down", "No connection"],
};

const site = h("a", { class: "site", href: "#/" });
const badge = h("span", { class: "badge", hidden: true });
const connection = h("span", { class: "connection" });
let links = [];

export function makeHeader() {
  links = PLACES.map(([route, name]) => link(route, null, name, route === "#/alerts" ? badge : null));
  put(byId("bar"), site, h("nav", { "aria-label": "Pages" }, links), connection);
  subscribe(draw);
  draw();
}

export function markPlace(route) {
  const place = route.startsWith("#/probe/") ? "#/" : route;
  for (const a of links) {
    if (a.getAttribute("href") === place) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
}

function draw() {
  const name = (model.overview && model.overview.site) || "healthd";
  setText(site, name);
  const [kind, words] = CONNECTION[model.connection];
  connection.className = `connection ${kind}`;
  connection.title = model.connection === "live" ? "Changes are shown as they happen" : model.trouble;
  setText(connection, words);
  if (!model.overview) return;
  const count = firing().length;
  badge.hidden = count === 0;
  setText(badge, String(count));
  const [health, sentence] = headline();
  document.title = `${health === "up" ? "" : "● "}${sentence} · ${name}`;
  const icon = byId("icon"), href = `${icon.dataset.folder}icon-${model.connection === "offline" ? "unknown" : health}.svg`;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}
