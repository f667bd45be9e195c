// SPDX-License-Identifier: Apache-2.0
// Whether this tab may look and act here, and the token that lets it: asked for when it is needed first.

import { get, keepToken, token } from "./api.js";
import { ask } from "./dialog.js";
import { model, refreshMe } from "./model.js";

// What acts is shown only where it can succeed.
export function mayAct() {
  return Boolean(model.me && (model.me.may_act || model.me.token_would_help));
}

// Keeps the token if it does what is wanted; else the former one, which may still let one look.
async function use(wanted, isEnough, why) {
  const before = token();
  keepToken(wanted.trim());
  try {
    if (isEnough(await get("api/me"))) return true;
  } catch (error) {
    keepToken(before);
    throw error;
  }
  keepToken(before);
  throw new Error(why);
}

function askToken(title, note, submit, isEnough, why) {
  return ask({
    title, note: `${note} It is kept until this tab is closed.`, submit,
    fields: [{ name: "token", label: "Token", type: "password", required: true }],
    onSubmit: (form) => use(form.token, isEnough, why),
  });
}

// For a listener that shows nothing without credentials.
export function askEntry() {
  return askToken("Who are you?", "This healthd asks for a token before it shows anything.", "Enter", () => true);
}

// True once this caller may act.
export async function authorize() {
  if (model.me && model.me.may_act) return true;
  const isGiven = await askToken("Token", "Here you may look. A token with the right to act is needed: `act_token`, or one of `tokens` with `rights: act`.",
    "Use it", (me) => me.may_act, "With this token healthd does not let you act.");
  if (isGiven) await refreshMe();
  return Boolean(isGiven);
}

// The name that the token has in the configuration, as a person's would be.
export function tokenName() {
  const name = model.me?.who.match(/^token (.+)$/)?.[1] || "";
  return name === "act_token" ? "" : name;
}
