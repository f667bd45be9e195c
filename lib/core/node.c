/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML text to a tree of nodes, from libyaml's events; the one user of libyaml. Called by whatever
 * reads configuration. Bounds size, depth and the number of nodes that aliases stand for, so that
 * walkers need no bounds of their own. Never types a value and never opens a second file.
 */
#include "lib/core/node.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "lib/base/map.h"
#include "lib/core/node_build.h"
#include "lib/core/node_problem.h"
#include "lib/core/whole_file.h"

struct anchor {
    struct node *node;
    size_t weight; /* nodes it stands for, itself included */
    int height;    /* levels below it */
    bool is_open;  /* still being read: an alias to it would hold itself */
};

struct level { /* a list or mapping that is being read */
    struct node *node;
    struct node *last;
    const char *key; /* read, and waiting for its value */
    struct place key_at;
    bool has_merge; /* a plain `<<` was among the keys */
    size_t weight_before;
    int height;
    struct anchor *anchor;
};

struct reader {
    struct arena *arena;
    struct diag *diag;
    const char *file;
    struct bytes text;
    struct map *anchors; /* name → struct anchor * */
    struct node *root;
    struct level levels[NODE_MAX_DEPTH];
    int depth;
    size_t weight;
    int documents;
};

static struct place place_of(const struct reader *r, const yaml_mark_t *mark)
{
    return (struct place){r->file, (int)mark->line + 1, (int)mark->column + 1};
}

static struct level *top(struct reader *r)
{
    return r->depth > 0 ? &r->levels[r->depth - 1] : NULL;
}

static bool expects_key(struct reader *r)
{
    const struct level *level = top(r);
    return level && level->node->kind == NODE_MAP && !level->key;
}

/* Counts nodes, and long texts as several, so that aliases cannot multiply either. */
static bool weigh(struct reader *r, size_t weight, struct place at)
{
    r->weight += weight;
    if (r->weight <= NODE_MAX_COUNT)
        return true;
    return diag_error(r->diag, at,
                      "the document has more than %d parts (aliases count in full)",
                      NODE_MAX_COUNT);
}

static bool is_null_text(const char *text)
{
    return !*text || !strcmp(text, "~") || !strcmp(text, "null") ||
           !strcmp(text, "Null") || !strcmp(text, "NULL");
}

static bool put_key(struct reader *r, const struct node *n)
{
    struct level *level = top(r);
    if (n->kind != NODE_SCALAR && n->kind != NODE_NULL)
        return diag_error(r->diag, n->at, "a key must be a single word or text, not %s",
                          node_kind_name(n->kind));
    level->key = n->text;
    level->key_at = n->at;
    level->has_merge |= !n->quoted && !strcmp(n->text, "<<");
    return true;
}

static void put_value(struct reader *r, struct node *n, int height)
{
    struct level *level = top(r);
    if (!level) {
        r->root = n;
        return;
    }
    n->key = level->key;
    n->key_at = level->key_at;
    level->key = NULL;
    if (level->last)
        level->last->next = n;
    else
        level->node->first = n;
    level->last = n;
    level->node->count++;
    if (level->height < height + 1)
        level->height = height + 1;
}

static struct anchor *anchor_put(struct reader *r, const yaml_char_t *name,
                                 struct node *n)
{
    if (!name)
        return NULL;
    struct anchor *a = arena_alloc(r->arena, sizeof(*a));
    *a = (struct anchor){.node = n, .weight = 1};
    map_put(r->anchors, bytes_of((const char *)name), a);
    return a;
}

/* Only the tags of YAML's core schema mean something here; `!!str` and `!` make text. */
static bool tag_read(struct reader *r, const yaml_char_t *tag, struct place at,
                     bool *ret_is_text)
{
    static const char core[] = "tag:yaml.org,2002:";
    static const char *const known[] = {"int", "float", "bool", "null", "map", "seq"};
    const char *text = (const char *)tag;
    *ret_is_text = false;
    if (!text)
        return true;
    const char *name =
        !strncmp(text, core, sizeof(core) - 1) ? text + sizeof(core) - 1 : text;
    *ret_is_text = !strcmp(name, "!") || (name != text && !strcmp(name, "str"));
    if (*ret_is_text)
        return true;
    for (size_t i = 0; name != text && i < sizeof(known) / sizeof(*known); i++) {
        if (!strcmp(name, known[i]))
            return true;
    }
    diag_error(r->diag, at, "the tag '%s' is not known here", text);
    if (!strcmp(text, "!reset") || !strcmp(text, "!override"))
        diag_hint(r->diag, "it is Docker Compose's: `docker compose config > all.yml` "
                           "makes a file without it");
    else
        diag_hint(r->diag, "remove it; values from the environment or a file are written "
                           "\"${env:NAME}\" or \"${file:/path}\"");
    return false;
}

static bool read_scalar(struct reader *r, const yaml_event_t *event)
{
    const struct place at = place_of(r, &event->start_mark);
    const char *value = (const char *)event->data.scalar.value;
    const size_t len = event->data.scalar.length;
    bool is_text;
    if (memchr(value, 0, len))
        return diag_error(r->diag, at,
                          "the text holds a NUL byte (\\0), which cannot be kept");
    if (!tag_read(r, event->data.scalar.tag, at, &is_text) ||
        !weigh(r, 1 + len / 256, at))
        return false;
    struct node *n = node_scalar(r->arena, at, value);
    n->quoted = is_text || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    n->kind = !n->quoted && is_null_text(value) ? NODE_NULL : NODE_SCALAR;
    struct anchor *a = anchor_put(r, event->data.scalar.anchor, n);
    if (a)
        a->weight = 1 + len / 256;
    if (expects_key(r))
        return put_key(r, n);
    put_value(r, n, 0);
    return true;
}

static bool read_alias(struct reader *r, const yaml_event_t *event)
{
    const struct place at = place_of(r, &event->start_mark);
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *a = map_get(r->anchors, bytes_of(name));
    if (!a)
        return diag_error(r->diag, at, "'*%s' names no anchor: there is no '&%s' above",
                          name, name);
    if (a->is_open)
        return diag_error(r->diag, at, "'*%s' stands inside '&%s' and would hold itself",
                          name, name);
    if (r->depth + a->height > NODE_MAX_DEPTH)
        return diag_error(r->diag, at, "nesting is deeper than %d levels",
                          NODE_MAX_DEPTH);
    if (!weigh(r, a->weight, at))
        return false;
    if (expects_key(r))
        return put_key(r, a->node);
    struct node *copy = arena_memdup(r->arena, a->node, sizeof(*copy));
    copy->next = NULL;
    put_value(r, copy, a->height);
    return true;
}

static bool read_open(struct reader *r, const yaml_event_t *event, enum node_kind kind,
                      const yaml_char_t *anchor, const yaml_char_t *tag)
{
    const struct place at = place_of(r, &event->start_mark);
    bool is_text;
    if (r->depth == NODE_MAX_DEPTH)
        return diag_error(r->diag, at, "nesting is deeper than %d levels",
                          NODE_MAX_DEPTH);
    const size_t weight_before = r->weight;
    if (!tag_read(r, tag, at, &is_text) || !weigh(r, 1, at))
        return false;
    if (expects_key(r)) {
        diag_error(r->diag, at, "a key must be a single word or text, not %s",
                   node_kind_name(kind));
        diag_hint(r->diag, "put text that starts with { or [, such as ${...}, in quotes");
        return false;
    }
    struct node *n = arena_alloc(r->arena, sizeof(*n));
    n->kind = kind;
    n->at = at;
    n->text = "";
    struct anchor *a = anchor_put(r, anchor, n);
    if (a)
        a->is_open = true;
    r->levels[r->depth++] =
        (struct level){.node = n, .anchor = a, .weight_before = weight_before};
    return true;
}

static bool read_close(struct reader *r)
{
    assert(r->depth > 0); /* libyaml ends only what it began */
    struct level level = r->levels[--r->depth];
    bool ok = true;
    if (level.node->kind == NODE_MAP)
        ok = node_finish_map(r->arena, level.node, level.has_merge, r->diag);
    if (level.anchor) {
        level.anchor->is_open = false;
        level.anchor->weight = r->weight - level.weight_before;
        level.anchor->height = level.height;
    }
    put_value(r, level.node, level.height);
    return ok;
}

/* False stops the reading; what is wrong has been said. Faults that do not confuse the rest (a
 * duplicate key) are reported by read_close and do not stop. */
static bool read_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (r->documents++ == 0)
            return true;
        return diag_error(r->diag, place_of(r, &event->start_mark),
                          "a second document starts here; a file holds one");
    case YAML_ALIAS_EVENT:
        return read_alias(r, event);
    case YAML_SCALAR_EVENT:
        return read_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return read_open(r, event, NODE_LIST, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return read_open(r, event, NODE_MAP, event->data.mapping_start.anchor,
                         event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        read_close(r);
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static void report_problem(const struct reader *r, const yaml_parser_t *p)
{
    const char *problem = p->problem ? p->problem : "this is no YAML";
    if (p->error == YAML_READER_ERROR) {
        struct place bad = {.file = r->file};
        node_problem_place(r->text, p->problem_offset, &bad.line, &bad.column);
        diag_error(r->diag, bad, "%s", problem);
        diag_hint(r->diag, "the file must be UTF-8 text");
        return;
    }
    const struct place at = place_of(r, &p->problem_mark);
    if (p->context && p->context_mark.line != p->problem_mark.line)
        diag_error(r->diag, at, "%s %s that starts at line %zu", problem, p->context,
                   p->context_mark.line + 1);
    else if (p->context)
        diag_error(r->diag, at, "%s %s", problem, p->context);
    else
        diag_error(r->diag, at, "%s", problem);
    diag_hint(r->diag, "%s",
              node_problem_hint(problem, p->context ? p->context : "",
                                node_problem_byte(r->text, p->problem_mark.index)));
}

static void read_events(struct reader *r)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        diag_error(r->diag, (struct place){r->file, 0, 0}, "out of memory");
        return;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)r->text.ptr,
                                 r->text.len);
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            report_problem(r, &parser);
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT && read_event(r, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

const struct node *node_parse(struct arena *arena, const char *file, struct bytes text,
                              struct diag *d)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    const size_t errors = diag_error_count(d);
    diag_source(d, file, text);
    if (text.len > NODE_MAX_BYTES) {
        diag_error(d, (struct place){file, 0, 0}, "larger than %u bytes", NODE_MAX_BYTES);
        return NULL;
    }
    if (bytes_starts(text, byte_order_mark))
        text = bytes_slice(text, 3, text.len);
    struct reader *r = arena_alloc(arena, sizeof(*r));
    *r = (struct reader){.arena = arena,
                         .diag = d,
                         .file = arena_strdup(arena, file),
                         .text = text.ptr ? text : bytes_of(""),
                         .anchors = map_create()};
    read_events(r);
    map_destroy(r->anchors);
    if (diag_error_count(d) != errors)
        return NULL;
    if (r->root)
        return r->root;
    struct node *nothing = arena_alloc(arena, sizeof(*nothing));
    *nothing = (struct node){.kind = NODE_NULL, .text = "", .at = {r->file, 1, 1}};
    return nothing;
}

static const struct node *load(struct arena *arena, const char *path, int fd,
                               struct diag *d)
{
    const struct place at = {path, 0, 0};
    struct buf text = BUF_MAX(NODE_MAX_BYTES);
    const struct node *root = NULL;
    if (whole_fd_read(fd, &text))
        root = node_parse(arena, path, buf_bytes(&text), d);
    else if (errno == EFBIG)
        diag_error(d, at, "larger than %u bytes", NODE_MAX_BYTES);
    else
        diag_error(d, at, "cannot be read: %s", strerror(errno));
    buf_finish(&text);
    return root;
}

const struct node *node_load(struct arena *arena, const char *path, struct diag *d)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        diag_error(d, (struct place){path, 0, 0}, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    const struct node *root = load(arena, path, fd, d);
    close(fd);
    return root;
}
