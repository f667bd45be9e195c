// SPDX-License-Identifier: Apache-2.0
// Acting: what a person does here. Shown only where it can succeed; the token is asked for when it is needed first.

import { get, keepToken } from "./api.js";
import { byId, h, put } from "./dom.js";
import { model, refreshMe } from "./model.js";

export function mayAct() {
  return Boolean(model.me && (model.me.may_act || model.me.token_would_help));
}

// A dialog with a form; resolves with what onSubmit gave once it succeeds, or null when it is closed. onSubmit may throw:
// the dialog stays and says why.
export function ask({ title, fields, submit, onSubmit, note }) {
  return new Promise((resolve) => {
    let result = null;
    const trouble = h("p", { class: "trouble", role: "alert" });
    const button = h("button", { type: "submit", class: "main" }, submit);
    const onsubmit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      put(trouble);
      try {
        result = { value: await onSubmit(Object.fromEntries(new FormData(event.target))) };
        dialog.close();
      } catch (error) {
        put(trouble, error.message);
      }
      button.disabled = false;
    };
    const before = document.activeElement;
    const onclose = () => {
      dialog.remove();
      before?.focus?.();
      resolve(result && result.value);
    };
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title", onclose },
      h("form", { onsubmit },
        h("h2", { id: "dialog-title" }, title), note ? h("p", { class: "quiet" }, note) : null,
        fields.map(fieldRow), trouble,
        h("p", { class: "buttons" }, button, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"))));
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[data-first]")?.focus();
  });
}

function fieldRow(field, i) {
  const id = `field-${field.name}`;
  const props = { id, name: field.name, value: field.value, required: field.required, autocomplete: "off", "data-first": i === 0 || null };
  const input = field.options
    ? h("select", props, Object.entries(field.options).map(([value, words]) => h("option", { value, selected: value === field.value }, words)))
    : h("input", { ...props, type: field.type || "text", placeholder: field.placeholder });
  return h("p", { class: "field" }, h("label", { for: id }, field.label), input,
    field.hint ? h("span", { class: "quiet" }, field.hint) : null);
}

async function useToken({ token }) {
  keepToken(token.trim());
  const me = await get("api/me").catch((error) => {
    keepToken("");
    throw error;
  });
  if (!me.may_act) {
    keepToken("");
    throw new Error("With this token healthd does not let you act. It is the `act_token` of `web:` in its configuration.");
  }
  await refreshMe();
  return true;
}

function askToken(why) {
  return ask({
    title: "Token", note: why || "This address only shows. With the `act_token` of the configuration you may act; it is kept until this tab is closed.",
    fields: [{ name: "token", label: "Act token", type: "password", required: true }], submit: "Use it", onSubmit: useToken,
  });
}

// For a listener that shows nothing without credentials.
export function askEntry() {
  return ask({
    title: "Who are you?", note: "This healthd asks for a token before it shows anything. It is kept until this tab is closed.",
    fields: [{ name: "token", label: "Token", type: "password", required: true }], submit: "Enter",
    onSubmit: async ({ token }) => {
      keepToken(token.trim());
      await get("api/me").catch((error) => {
        keepToken("");
        throw error;
      });
      return true;
    },
  });
}

// True once this caller may act.
export async function authorize() {
  if (model.me && model.me.may_act) return true;
  return Boolean(await askToken());
}

// Tells what came of it, where screen readers hear it too.
export function tell(message) {
  const note = h("p", { class: "toast" }, message);
  document.body.append(note);
  put(byId("said"), message);
  setTimeout(() => note.remove(), 5000);
}
