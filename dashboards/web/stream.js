// SPDX-License-Identifier: Apache-2.0
// Keeps the model up: Server-Sent Events, read with fetch so that the token goes along; polling while they do not come.

import { ApiError, headers } from "./api.js";
import { age, refresh, setAlerts, setConnection, takeProbes } from "./model.js";

const SILENCE_MS = 40000; // healthd sends something every 15 s
const POLL_MS = 10000;
const RETRY_MS = 3000;
const RETRY_MAX_MS = 30000;
const HIDDEN_POLL_MS = 30000;
const AVAILABILITY_AGE = 300; // seconds; the stream tells of runs, and not what they make of a day

// A browser has six connections to one host: a tab that nobody sees gives its own back.
let stopFollowing = null;
let wakeUp = null;

function parse(block) {
  let event = "message", data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  return data ? { event, data: JSON.parse(data) } : null;
}

async function handle({ event, data }) {
  if (event === "hello") {
    if (data.page !== document.body.dataset.page) location.reload();
    await refresh();
    setConnection("live");
  } else if (event === "probes") {
    if (takeProbes(data) || age() > AVAILABILITY_AGE) await refresh();
  } else if (event === "alerts") {
    setAlerts(data);
  } else if (event === "generation") {
    await refresh();
  }
}

// Until it ends; throws when it breaks off or falls silent.
async function follow() {
  const stop = new AbortController();
  stopFollowing = () => stop.abort();
  let alarm = setTimeout(stopFollowing, SILENCE_MS);
  try {
    const answer = await fetch("api/stream", { headers: headers(), signal: stop.signal, cache: "no-store" });
    if (!answer.ok) throw new ApiError(answer.status, (await answer.text()).trim());
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(alarm);
      alarm = setTimeout(stopFollowing, SILENCE_MS);
      const blocks = (text + value).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const message = parse(block);
        if (message) await handle(message);
      }
    }
  } finally {
    clearTimeout(alarm);
    stop.abort();
    stopFollowing = null;
  }
}

// Ends early when the tab is looked at again.
function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wakeUp = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

function onVisibility() {
  if (document.hidden) stopFollowing?.();
  else wakeUp?.();
}

async function pollHidden() {
  while (document.hidden) {
    await poll("nobody looks at this tab");
    await pause(HIDDEN_POLL_MS);
  }
}

async function poll(why) {
  try {
    await refresh();
    setConnection("polling", why);
    return POLL_MS;
  } catch (error) {
    setConnection(error.status === 401 ? "locked" : "offline", error.message);
    return RETRY_MS;
  }
}

// For ever. onLocked is told when credentials are asked for, and resolves once there are some.
export async function keepUp(onLocked) {
  let tries = 0;
  document.addEventListener("visibilitychange", onVisibility);
  addEventListener("pagehide", () => stopFollowing?.());
  for (;;) {
    await pollHidden();
    let why = "the stream ended";
    try {
      await follow();
      tries = 0;
    } catch (error) {
      why = error.message;
      if (error.status === 401) {
        setConnection("locked", why);
        await onLocked();
        continue;
      }
    }
    if (document.hidden) continue;
    const wait = await poll(why);
    await pause(Math.min(wait * 1.5 ** tries++, RETRY_MAX_MS));
  }
}
