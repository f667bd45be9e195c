/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML (or JSON) document as a tree that knows where each part stood. Built from libyaml's events
 * with limits on size, depth, nodes and aliases; duplicate keys, a second document and bad UTF-8 are
 * faults with a place. Nothing is typed here: a scalar is its text.
 */
#ifndef HEALTHD_CORE_NODE_H
#define HEALTHD_CORE_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/core/diag.h"

enum node_kind { NODE_NULL, NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool quoted;      /* a scalar in quotes or a block: never null, bool or number */
    const char *text; /* a scalar's value, NUL-terminated */
    const char *key;  /* a map member's key, else NULL */
    struct place at, key_at; /* of the value and of its key */
    struct node *first, *next;
    size_t count; /* members of a list or map */
};

#define NODE_MAX_BYTES (1u << 20)
#define NODE_MAX_DEPTH 64
#define NODE_MAX_COUNT 200000

/* Reads one document. NULL after reporting every fault found to d. An empty document is a NODE_NULL.
 * Merge keys (`<<: *base`) are applied; anchors and aliases work within the limits. */
const struct node *node_parse(struct arena *arena, const char *file, struct bytes text,
                              struct diag *d);
/* Reads a file. The path is the name in faults. */
const struct node *node_load(struct arena *arena, const char *path, struct diag *d);

/* NULL when absent or no map. */
const struct node *node_get(const struct node *map, const char *key);
/* A ${name} stands somewhere in its values (tmpl_has). */
bool node_has_names(const struct node *n);
/* Where the byte at offset of a scalar's text stands in its file, as far as d has the file's text: within quotes, over
 * escapes and in blocks (node_place.c). n->at when that cannot be said. */
struct place node_text_place(const struct node *n, size_t offset, const struct diag *d);
/* Builders, for what does not come from a file: command-line flags, tests. */
struct node *node_map(struct arena *arena, struct place at);
void node_put(struct arena *arena, struct node *map, const char *key, struct node *value);
struct node *node_scalar(struct arena *arena, struct place at, const char *text);

/* The tree in one canonical text: equal for equal meaning (map order ignored). */
void node_canonical(const struct node *n, struct buf *out);
/* As YAML that parses back, for --print-config: whole lines, each indented by indent spaces. */
void node_print(const struct node *n, int indent, struct buf *out);
/* One text as a YAML scalar that is read back as this text: quoted when it must be. */
void node_print_text(const char *text, struct buf *out);
/* As JSON: a plain true, false, null or number is one, everything else a text (node_json.c). */
void node_json(const struct node *n, struct buf *out);
/* "nothing", "a value", "a list", "a mapping" */
const char *node_kind_name(enum node_kind kind);

#endif
