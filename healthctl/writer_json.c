/* SPDX-License-Identifier: Apache-2.0 */
/* The writer for programs: one JSON object, whose keys are documented and stable. Called through
 * writer.h only; never shortens, colours or aligns. */
#include <assert.h>
#include <stdlib.h>

#include "healthctl/writer_impl.h"

static void add(struct writer *w, const char *key, json_t *value)
{
    json_t *top = w->stack[w->depth];
    /* A peer's bytes need not be UTF-8: jansson then gives no value. */
    value = value ? value : json_string("");
    if (json_is_array(top))
        json_array_append_new(top, value);
    else
        json_object_set_new(top, key, value);
}

static void push(struct writer *w, const char *key, json_t *value)
{
    add(w, key, value);
    w->stack[++w->depth] = value;
}

static void json_begin(struct writer *w, const char *key, const char *title)
{
    if (key || json_is_array(w->stack[w->depth])) {
        push(w, key, json_object());
        return;
    }
    w->stack[w->depth + 1] = w->stack[w->depth];
    w->depth++;
}

static void json_list(struct writer *w, const char *key)
{
    push(w, key, json_array());
}

static void json_end(struct writer *w)
{
    w->depth--;
}

static json_t *cell_value(struct cell c)
{
    char text[WALL_TEXT_SIZE];
    switch (c.kind) {
    case CELL_NONE:
        return json_null();
    case CELL_TEXT:
        return json_string(c.text);
    case CELL_COUNT:
        return json_integer(c.number);
    case CELL_BOOL:
        return json_boolean(c.number);
    case CELL_DURATION:
        return json_real(nsec_to_sec(c.number));
    case CELL_TIME:
    case CELL_AGE:
        return json_string(wall_format((struct wall){c.number}, text));
    }
    return NULL;
}

static void json_field(struct writer *w, const char *key, const char *label,
                       struct cell value)
{
    if (key)
        add(w, key, cell_value(value));
}

static void json_say(struct writer *w, enum tone tone, const char *text)
{
}

static void json_table(struct writer *w, const struct table *t)
{
    if (!t->key)
        return;
    json_t *rows = json_array();
    for (size_t row = 0; row < t->row_count; row++) {
        json_t *object = json_object();
        for (size_t i = 0; i < t->column_count; i++) {
            json_t *value = cell_value(t->cells[row * t->column_count + i]);
            if (t->columns[i].key)
                json_object_set_new(object, t->columns[i].key,
                                    value ? value : json_string(""));
            else
                json_decref(value);
        }
        json_array_append_new(rows, object);
    }
    add(w, t->key, rows);
}

static void json_waterfall(struct writer *w, const char *key, const struct waterfall *f)
{
    if (!key)
        return;
    json_t *object = json_object();
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        if (f->phases[i] > 0)
            json_object_set_new(object, phase_name((enum phase)i),
                                json_real(nsec_to_sec(f->phases[i])));
    }
    add(w, key, object);
}

static void json_value(struct writer *w, const char *key, json_t *value)
{
    if (key) {
        add(w, key, value);
        return;
    }
    json_object_update(w->stack[w->depth], value);
    json_decref(value);
}

static void json_page(struct writer *w, const char *text)
{
}

static bool json_is_empty(const struct writer *w)
{
    return json_object_size(w->stack[0]) == 0;
}

static void json_render(struct writer *w, struct buf *out)
{
    char *text = json_dumps(w->stack[0], JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    assert(text);
    buf_add_text(out, text);
    buf_add_byte(out, '\n');
    free(text);
}

const struct writer_type writer_json = {
    .name = "json",
    .begin = json_begin,
    .end = json_end,
    .list = json_list,
    .field = json_field,
    .say = json_say,
    .table = json_table,
    .waterfall = json_waterfall,
    .json = json_value,
    .page = json_page,
    .is_empty = json_is_empty,
    .render = json_render,
};
