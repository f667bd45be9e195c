// SPDX-License-Identifier: Apache-2.0
// Deployments: marks on charts, and the latest in words.

import { get } from "./api.js";
import { h } from "./dom.js";
import { clock, exact, seconds, since } from "./words.js";

const SHOWN_MAX = 10;

function nameOf(deploy) {
  return [deploy.what, deploy.release].filter(Boolean).join(" ") || "a deployment";
}

export async function deploys() {
  return (await get("api/deploys")).sort((a, b) => (b.begun || "").localeCompare(a.begun || ""));
}

export async function deployMarks() {
  return (await deploys()).map((deploy) => ({ t: seconds(deploy.begun), label: `${nameOf(deploy)}, by ${deploy.who || "somebody"}, ${exact(deploy.begun)}` }));
}

function words(deploy, now) {
  if (!deploy.ended) return "under way";
  return `${deploy.failed ? "failed" : "ended"} after ${since(deploy.begun, seconds(deploy.ended))}`;
}

export function deployList(all, now) {
  if (!all.length) return null;
  return h("section", null, h("h2", null, "Deployments"), h("ul", { class: "lines" }, all.slice(0, SHOWN_MAX).map((deploy) => h("li", null,
    h("b", null, nameOf(deploy)), ` ${clock(deploy.begun, now)}`, h("span", { class: "quiet", title: exact(deploy.begun) }, `, ${words(deploy, now)}`,
      deploy.who ? `, by ${deploy.who}` : "", deploy.matchers && deploy.matchers !== "{}" ? `, holds ${deploy.matchers}` : "")))));
}
