// SPDX-License-Identifier: Apache-2.0
// A line of the last hour, one value a minute; a red tick where a run failed.

import { svg } from "./dom.js";
import { milliseconds } from "./words.js";

const WIDTH = 120, HEIGHT = 26, TOP = 3, BOTTOM = 23;

function scale(values) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0) || 1;
  return (value) => BOTTOM - (value / top) * (BOTTOM - TOP);
}

function pathOf(values, letters) {
  const y = scale(values);
  const step = WIDTH / (values.length - 1);
  let path = "", isDrawing = false;
  values.forEach((value, i) => {
    if (value === null || letters[i] === "x") {
      // A minute without a run is no gap in the line; one with a failure is.
      isDrawing = isDrawing && letters[i] !== "x";
      return;
    }
    path += `${isDrawing ? "L" : "M"}${(i * step).toFixed(1)} ${y(value).toFixed(1)}`;
    if (!isDrawing) path += "h0.01"; // a lone value is a dot
    isDrawing = true;
  });
  return path;
}

function failures(letters) {
  const step = WIDTH / (letters.length - 1);
  let path = "";
  for (let i = 0; i < letters.length; i++) {
    if (letters[i] === "x") path += `M${(i * step).toFixed(1)} ${BOTTOM - 7}v7`;
  }
  return path;
}

function describe(values, letters) {
  const good = values.filter((value, i) => value !== null && letters[i] !== "x");
  if (!good.length) return "no answer in the last hour";
  return `last hour: at most ${milliseconds(Math.max(...good))}`;
}

// An empty one, for drawSpark.
export function spark() {
  return svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    svg("title"), svg("path", { class: "spark-line" }), svg("path", { class: "spark-bad" }), svg("path", { class: "spark-base", d: `M0 ${BOTTOM}H${WIDTH}` }));
}

export function drawSpark(drawing, [values, letters]) {
  const [title, line, bad] = drawing.children;
  line.setAttribute("d", pathOf(values, letters));
  bad.setAttribute("d", failures(letters));
  title.textContent = describe(values, letters);
}
