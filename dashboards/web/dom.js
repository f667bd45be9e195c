// SPDX-License-Identifier: Apache-2.0
// Building elements. All text goes in as text nodes: nothing in this page ever parses markup.

const SVG = "http://www.w3.org/2000/svg";

function apply(element, props) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

// h("p", {class: "quiet"}, "text", h("b", null, "more"))
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  apply(element, props);
  return append(element, children);
}

export function svg(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  apply(element, props);
  return append(element, children);
}

// Replaces what is in an element.
export function put(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

// Changes text only when it differs, so that a live page does not disturb a selection or a screen reader.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Text in which `words in backticks` are code.
export function coded(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", null, part) : part));
}

export function byId(id) {
  return document.getElementById(id);
}

export function link(route, props, ...children) {
  return h("a", { href: route, ...props }, ...children);
}

export function probeRoute(name) {
  return `#/probe/${encodeURIComponent(name)}`;
}
