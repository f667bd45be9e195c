// SPDX-License-Identifier: Apache-2.0
// A form that is asked in front of the page, and a word that comes and goes. What is asked and told is others'.

import { byId, coded, h, put } from "./dom.js";

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
        h("h2", { id: "dialog-title" }, title), note ? h("p", { class: "quiet" }, coded(note)) : null,
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

// Tells what came of it, where screen readers hear it too.
export function tell(message) {
  const note = h("p", { class: "toast" }, message);
  document.body.append(note);
  put(byId("said"), message);
  setTimeout(() => note.remove(), 5000);
}
