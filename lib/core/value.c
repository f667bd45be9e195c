/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of expressions: made by probe types and the evaluator, printed for captures (exactly)
 * and for sentences (briefly). Never interprets text.
 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/core/expr_tree.h"

enum { BRIEF_CHARS = 80, BRIEF_ITEMS = 8, PRINT_DEPTH_MAX = 16 };

static const struct {
    const char *name, *phrase;
} type_words[] = {
    [VALUE_NONE] = {"nothing", "nothing"},
    [VALUE_NULL] = {"null", "null"},
    [VALUE_BOOL] = {"bool", "a bool"},
    [VALUE_NUMBER] = {"number", "a number"},
    [VALUE_DURATION] = {"duration", "a duration"},
    [VALUE_SIZE] = {"size", "a size"},
    [VALUE_PERCENT] = {"percentage", "a percentage"},
    [VALUE_TIME] = {"time", "a time"},
    [VALUE_TEXT] = {"text", "text"},
    [VALUE_LIST] = {"list", "a list"},
    [VALUE_MAP] = {"map", "a map"},
    [VALUE_JSON] = {"JSON", "a JSON list or object"},
};

const char *value_type_name(enum value_type type)
{
    return type_words[type].name;
}

const char *type_phrase(enum value_type type)
{
    return type_words[type].phrase;
}

struct value value_bool(bool truth)
{
    return (struct value){.type = VALUE_BOOL, .truth = truth};
}

struct value value_number(double number)
{
    return (struct value){.type = VALUE_NUMBER, .number = number};
}

struct value value_duration(nsec d)
{
    return (struct value){.type = VALUE_DURATION, .ns = d};
}

struct value value_time(struct wall at)
{
    return (struct value){.type = VALUE_TIME, .ns = at.ns};
}

struct value value_text(struct bytes text)
{
    return (struct value){.type = VALUE_TEXT, .text = text};
}

struct value value_json(const json_t *json)
{
    return (struct value){.type = json ? VALUE_JSON : VALUE_NONE, .json = json};
}

struct value value_take(struct value v)
{
    if (v.type != VALUE_JSON)
        return v;
    switch (json_typeof(v.json)) {
    case JSON_NULL:
        return (struct value){.type = VALUE_NULL};
    case JSON_TRUE:
    case JSON_FALSE:
        return value_bool(json_is_true(v.json));
    case JSON_INTEGER:
    case JSON_REAL:
        /* json stays: an integer beyond 2^53 is printed and compared by it */
        return (struct value){
            .type = VALUE_NUMBER, .number = json_number_value(v.json), .json = v.json};
    case JSON_STRING:
        return value_text(
            (struct bytes){json_string_value(v.json), json_string_length(v.json)});
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return v;
}

/* ---- numbers ---- */

void number_print(const struct value *v, struct buf *out)
{
    const double number = v->number;
    if (json_is_integer(v->json)) {
        buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v->json));
        return;
    }
    if (floor(number) == number && fabs(number) < 1e15) {
        buf_printf(out, "%.0f", number + 0.0 == 0 ? 0.0 : number);
        return;
    }
    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        struct buf text = BUF_MAX(64);
        double back = 0;
        buf_printf(&text, "%.*g", digits, number);
        const bool exact = bytes_to_double(buf_bytes(&text), &back) && back == number;
        if (exact || digits == DBL_DECIMAL_DIG)
            buf_add_bytes(out, buf_bytes(&text));
        buf_finish(&text);
        if (exact)
            return;
    }
}

static void duration_print(nsec d, void (*print)(struct buf *, nsec), struct buf *out)
{
    if (d < 0)
        buf_add_byte(out, '-');
    if (d == INT64_MIN)
        d++;
    print(out, d < 0 ? -d : d);
}

static void size_print(double bytes, void (*print)(struct buf *, uint64_t),
                       struct buf *out)
{
    if (bytes < 0)
        buf_add_byte(out, '-');
    bytes = fabs(bytes);
    print(out, bytes < 1.8e19 ? (uint64_t)bytes : UINT64_MAX);
}

/* ---- exactly ---- */

static int add_dumped(const char *ptr, size_t len, void *out)
{
    struct buf *buf = out;
    buf_add(buf, ptr, len);
    return buf->overflow ? -1 : 0;
}

static void print_at(const struct value *v, unsigned depth, struct buf *out);

static void print_list(const struct value *v, unsigned depth, struct buf *out)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < v->count && depth < PRINT_DEPTH_MAX && !out->overflow; i++) {
        const struct value item = value_take(v->items[i]);
        if (i > 0)
            buf_add_byte(out, ',');
        if (item.type == VALUE_TEXT)
            buf_add_json(out, item.text);
        else
            print_at(&item, depth + 1, out);
    }
    buf_add_byte(out, ']');
}

static void print_at(const struct value *v, unsigned depth, struct buf *out)
{
    char time[WALL_TEXT_SIZE];
    switch (v->type) {
    case VALUE_NONE:
    case VALUE_MAP:
        break;
    case VALUE_NULL:
        buf_add_text(out, "null");
        break;
    case VALUE_BOOL:
        buf_add_text(out, v->truth ? "true" : "false");
        break;
    case VALUE_NUMBER:
        number_print(v, out);
        break;
    case VALUE_DURATION:
        duration_print(v->ns, duration_format, out);
        break;
    case VALUE_SIZE:
        size_print(v->number, size_format, out);
        break;
    case VALUE_PERCENT:
        number_print(v, out);
        buf_add_byte(out, '%');
        break;
    case VALUE_TIME:
        buf_add_text(out, wall_format((struct wall){v->ns}, time));
        break;
    case VALUE_TEXT:
        buf_add_bytes(out, v->text);
        break;
    case VALUE_LIST:
        print_list(v, depth, out);
        break;
    case VALUE_JSON:
        json_dump_callback(v->json, add_dumped, out, JSON_COMPACT | JSON_ENCODE_ANY);
        break;
    }
}

void value_print(const struct value *v, struct buf *out)
{
    const struct value taken = value_take(*v);
    print_at(&taken, 0, out);
}

/* ---- briefly ---- */

/* One line: control characters and what is not UTF-8 are escaped, the rest is cut. */
static void brief_text(struct bytes text, struct buf *out)
{
    buf_add_byte(out, '"');
    size_t at = 0;
    for (size_t chars = 0; at < text.len && chars < BRIEF_CHARS; chars++) {
        const unsigned char c = (unsigned char)text.ptr[at];
        const size_t len = bytes_utf8(bytes_slice(text, at, text.len));
        static const char names[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
        const char *name = c ? strchr(names, (char)c) : NULL;
        if (name)
            buf_printf(out, "\\%c", letters[name - names]);
        else if (len == 0 || c < ' ' || c == 0x7f)
            buf_printf(out, "\\x%02x", c);
        else
            buf_add(out, text.ptr + at, len);
        at += len ? len : 1;
    }
    buf_add_text(out, at < text.len ? "…\"" : "\"");
}

/* What was calculated is not shown to the last bit: 29.155, not 29.154999999999998. */
static void brief_number(const struct value *v, struct buf *out)
{
    if (v->json || fabs(v->number) >= 1e15 || floor(v->number) == v->number)
        number_print(v, out);
    else
        buf_printf(out, "%.10g", v->number);
}

static void brief_time(struct wall at, struct buf *out)
{
    char text[WALL_TEXT_SIZE];
    const struct bytes whole = bytes_of(wall_format(at, text));
    const bool plain = bytes_ends(whole, ".000Z");
    buf_add_bytes(out, bytes_slice(whole, 0, plain ? whole.len - 5 : whole.len));
    buf_add_text(out, plain ? "Z" : "");
}

static void brief_at(const struct value *v, struct arena *arena, unsigned depth,
                     struct buf *out)
{
    const struct value taken = value_take(*v);
    switch (taken.type) {
    case VALUE_TEXT:
        brief_text(taken.text, out);
        break;
    case VALUE_DURATION:
        duration_print(taken.ns, duration_format_short, out);
        break;
    case VALUE_SIZE:
        size_print(taken.number, size_format_short, out);
        break;
    case VALUE_JSON:
        buf_add_text(out, json_brief(taken.json, arena, BRIEF_CHARS));
        break;
    case VALUE_MAP:
        buf_add_text(out, "a map");
        break;
    case VALUE_LIST:
        buf_add_byte(out, '[');
        for (size_t i = 0; i < taken.count && i < BRIEF_ITEMS && depth < 2; i++) {
            if (i > 0)
                buf_add_text(out, ", ");
            brief_at(&taken.items[i], arena, depth + 1, out);
        }
        buf_add_text(out, taken.count > BRIEF_ITEMS ? ", …]" : "]");
        break;
    case VALUE_NONE:
        buf_add_text(out, "nothing");
        break;
    case VALUE_NUMBER:
        brief_number(&taken, out);
        break;
    case VALUE_TIME:
        brief_time((struct wall){taken.ns}, out);
        break;
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_PERCENT:
        print_at(&taken, 0, out);
        break;
    }
}

const char *value_brief(const struct value *v, struct arena *arena)
{
    struct buf out = BUF_MAX(1024);
    brief_at(v, arena, 0, &out);
    const char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}
