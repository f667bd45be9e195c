// SPDX-License-Identifier: Apache-2.0
// Scheduled flows: the last run of each, step by step.

import { get } from "./api.js";
import { h, put } from "./dom.js";
import { healthIcon } from "./icons.js";
import { now } from "./model.js";
import { clock, milliseconds, setting, since } from "./words.js";

const AGAIN_MS = 5000;
const HEALTH = { passed: "up", failed: "down", error: "down", warned: "degraded", degraded: "degraded", skipped: "unknown" };

function step(s) {
  return h("li", { class: "step" }, healthIcon(HEALTH[s.state] || "unknown", s.state),
    h("span", { class: "step-name" }, h("b", null, s.step), s.finally ? h("span", { class: "quiet" }, " always") : null),
    h("span", { class: "step-detail" }, s.detail || (s.state === "passed" ? "" : s.state), s.tries > 1 ? h("span", { class: "quiet" }, ` ${s.tries} tries`) : null),
    h("span", { class: "figure" }, s.state === "skipped" ? "–" : milliseconds(s.duration_seconds * 1000)));
}

function card(flow) {
  const run = flow.last_run, health = run ? HEALTH[run.result] || "unknown" : "unknown";
  const next = flow.is_running ? "runs now" : `next ${clock(flow.next_due, now())}`;
  return h("section", { class: `card is-${health}` },
    h("h2", null, healthIcon(health, ""), h("span", null, flow.flow, h("span", { class: "quiet" }, ` every ${setting(flow.schedule_seconds)}, ${next}`))),
    run ? h("p", { class: "when" }, h("b", null, run.result), h("span", { class: "quiet" }, ` ${since(run.started, now())} ago, took ${milliseconds(run.duration_seconds * 1000)}`))
      : h("p", { class: "quiet" }, "It has not run yet."),
    run ? h("ol", { class: "steps" }, run.steps.map(step)) : null);
}

export class FlowsView {
  constructor() {
    this.list = h("div", { class: "stack" });
    this.element = h("div", { class: "stack" }, h("h1", { tabindex: "-1" }, "Flows"), this.list);
    this.load();
    this.timer = setInterval(() => this.load(), AGAIN_MS);
  }

  close() {
    clearInterval(this.timer);
  }

  async load() {
    try {
      const { flows } = await get("api/flows");
      put(this.list, flows.length ? flows.map(card) : h("p", { class: "quiet" }, "No flow has a ", h("code", null, "schedule:"), ". A flow is a list of steps that healthd walks as a user would; ",
        h("code", null, "healthctl smoke"), " runs one by hand."));
    } catch (error) {
      put(this.list, h("p", { class: "alarm" }, error.message));
    }
  }
}
