// SPDX-License-Identifier: Apache-2.0
// What is known of the certificate that a probe saw, from its metrics.

import { query } from "./api.js";
import { h } from "./dom.js";
import { now } from "./model.js";
import { exact, span } from "./words.js";

const SOON = 14 * 86400;

export async function certificate(probe) {
  const found = await query(`{__name__=~"probe_ssl_earliest_cert_expiry|probe_ssl_last_chain_info|probe_tls_version_info",probe=${JSON.stringify(probe)}}`);
  const of = (name) => found.find((series) => series.metric.__name__ === name);
  const ends = of("probe_ssl_earliest_cert_expiry");
  if (!ends || !(Number(ends.value[1]) > 0)) return null;
  const at = Number(ends.value[1]), left = at - now();
  const chain = of("probe_ssl_last_chain_info")?.metric || {}, version = of("probe_tls_version_info")?.metric.version;
  const state = left < 0 ? "is-down" : left < SOON ? "is-degraded" : "is-up";
  const rows = [["subject", chain.subject], ["for", chain.subjectalternative], ["issuer", chain.issuer], ["SHA-256", chain.fingerprint_sha256], ["protocol", version]];
  return h("div", { class: "certificate" }, h("h3", null, "Certificate"),
    h("p", { class: `told ${state}`, title: exact(at * 1000) }, left < 0 ? `ended ${span(-left)} ago` : `ends in ${span(left)}, on ${new Date(at * 1000).toLocaleDateString([], { dateStyle: "long" })}`),
    h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", null, name), h("dd", { class: "mono" }, value)])));
}
