// SPDX-License-Identifier: Apache-2.0
// The forms: taking an alert, silencing, running a probe now.

import { post, remove } from "./api.js";
import { ask, tell } from "./dialog.js";
import { authorize, tokenName } from "./token.js";

const DURATIONS = { "15m": "15 minutes", "30m": "30 minutes", "1h": "1 hour", "2h": "2 hours", "4h": "4 hours", "8h": "8 hours", "24h": "1 day", "72h": "3 days", "168h": "1 week" };
const WHO = "healthd-who";

function who() {
  try {
    return localStorage.getItem(WHO) || "";
  } catch {
    return "";
  }
}

function keepWho(name) {
  try {
    localStorage.setItem(WHO, name);
  } catch {
    // it is asked for again
  }
}

const whoField = () => ({ name: "who", label: "Your name", value: who() || tokenName(), placeholder: "as your colleagues know you", required: true });
const durationField = (value) => ({ name: "duration", label: "For", options: DURATIONS, value });
const commentField = { name: "comment", label: "Why", placeholder: "a word for who comes next" };

export async function acknowledge(alert) {
  if (!await authorize()) return false;
  const done = await ask({
    title: `Take ${alert.labels.probe || alert.alertname}`, note: "Nobody is reminded of it until then.",
    fields: [commentField, durationField("4h"), whoField()], submit: "Acknowledge",
    onSubmit: async (form) => {
      keepWho(form.who);
      await post("api/acks", { alert: alert.key, comment: form.comment, duration: form.duration, who: form.who });
      return true;
    },
  });
  if (done) tell("Acknowledged.");
  return done;
}

export async function giveBack(alert) {
  if (!await authorize()) return;
  await remove(`api/acks/${encodeURIComponent(alert.key)}`);
  tell("Given back.");
}

export async function silence(matchers) {
  if (!await authorize()) return false;
  const done = await ask({
    title: "Silence", note: "What it matches is still seen here, and told to nobody.",
    fields: [
      { name: "matchers", label: "What", value: matchers, required: true, placeholder: "orders-db, or component=\"api\"",
        hint: "A probe's or alert's name, or matchers such as component=\"api\",severity!=\"critical\"" },
      durationField("1h"), { ...commentField, required: true }, whoField()],
    submit: "Silence",
    onSubmit: async (form) => {
      keepWho(form.who);
      await post("api/silences", { matchers: form.matchers, duration: form.duration, comment: form.comment, creator: form.who });
      return true;
    },
  });
  if (done) tell("Silenced.");
  return done;
}

export async function endSilence(id) {
  if (!await authorize()) return;
  await remove(`api/silences/${encodeURIComponent(id)}`);
  tell("The silence has ended.");
}

export async function runNow(name) {
  if (!await authorize()) return null;
  return post(`api/run/${encodeURIComponent(name)}`);
}

export async function outboxAct(id, verb) {
  if (!await authorize()) return;
  await post(`api/outbox/${id}/${verb}`);
  tell(verb === "retry" ? "It is sent again now." : "It is given up.");
}
