/* SPDX-License-Identifier: Apache-2.0 */
/* Where a fault of YAML's syntax is, and what to do about it in other words than the parser's. Pure. */
#ifndef HEALTHD_CORE_NODE_PROBLEM_H
#define HEALTHD_CORE_NODE_PROBLEM_H

#include <stddef.h>

#include "lib/base/bytes.h"

/* Line and column of the byte at offset, both from 1: libyaml tells no more of bytes that it cannot read. */
void node_problem_place(struct bytes text, size_t offset, int *ret_line, int *ret_column);
/* The first byte of the character at index: libyaml's marks count characters. 0 when there is none. */
char node_problem_byte(struct bytes text, size_t index);
/* problem, context: libyaml's words, context "" when it has none; at: the byte where it stopped. Never NULL. */
const char *node_problem_hint(const char *problem, const char *context, char at);

#endif
