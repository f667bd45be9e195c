/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about a fault of YAML's syntax, in other words than the parser's. */
#ifndef HEALTHD_CORE_NODE_PROBLEM_H
#define HEALTHD_CORE_NODE_PROBLEM_H

/* problem, context: libyaml's words, context "" when it has none; at: the byte where it stopped. Never NULL. */
const char *node_problem_hint(const char *problem, const char *context, char at);

#endif
