/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lines mean: which patterns they match, how bad they say they are, what is in their fields. Called by log_tail.c
 * and log.c, on a run's thread. Everything that lines decide has a cap.
 */
#include <math.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/words.h"
#include "probes/log.h"

#define MAX_NESTING 32 /* of JSON; a thread's stack is small */
#define KEY_MAX ((size_t)LOG_MAX_FIELDS * (LOG_MAX_VALUE + 1) + 16)

/* ---- made once ---- */

static void destroy_map(void *map)
{
    map_destroy(map);
}

static struct map *map_in(struct arena *arena)
{
    struct map *m = map_create();
    arena_cleanup(arena, destroy_map, m);
    return m;
}

static void add_pattern(struct log_counts *c, const struct pair *row)
{
    struct err judged;
    const struct log_matches *last =
        c->match_count ? &c->matches[c->match_count - 1] : NULL;
    if (!last || strcmp(last->name, row->key) != 0)
        c->matches[c->match_count++].name = row->key;
    c->patterns[c->pattern_count++] =
        (struct log_pattern){c->matches[c->match_count - 1].name,
                             regex_compile(c->arena, row->value, &judged)};
}

void log_counts_init(struct log_counts *c, struct arena *arena,
                     const struct log_conf *conf)
{
    struct err judged;
    *c = (struct log_counts){.arena = arena, .conf = conf, .messages = map_in(arena)};
    for (size_t i = 0; i < conf->patterns.count; i++)
        add_pattern(c, &conf->patterns.items[i]);
    for (size_t i = 0; i < conf->ignore.count; i++)
        c->ignored[c->ignored_count++] =
            regex_compile(arena, conf->ignore.items[i], &judged);
    for (size_t i = 0; i < conf->fields.count; i++)
        c->values[i] = map_in(arena);
    for (size_t i = 0; i < conf->values.count; i++)
        c->numbers[i].path = conf->values.items[i];
    c->excerpt = excerpt_create(arena, LOG_EXCERPT_LINES);
}

void log_counts_begin(struct log_counts *c, struct wall now)
{
    c->now = now;
    c->lines_in_run = c->bytes_in_run = 0;
    memset(c->levels_in_run, 0, sizeof(c->levels_in_run));
    for (size_t i = 0; i < c->match_count; i++)
        c->matches[i].in_run = 0;
}

const struct log_matches *log_matches_of(const struct log_counts *c, struct bytes name)
{
    for (size_t i = 0; i < c->match_count; i++) {
        if (bytes_is(name, c->matches[i].name))
            return &c->matches[i];
    }
    return NULL;
}

/* ---- patterns ---- */

static bool matches(struct log_counts *c, const struct regex *regex, struct bytes text)
{
    const enum regex_result result = regex_match(regex, text);
    c->gave_up += result == REGEX_LIMIT;
    return result == REGEX_MATCH;
}

static bool is_ignored(struct log_counts *c, struct bytes text)
{
    for (size_t i = 0; i < c->ignored_count; i++) {
        if (matches(c, c->ignored[i], text))
            return true;
    }
    return false;
}

/* Once for each name, whichever of its expressions it is. */
static bool count_matches(struct log_counts *c, struct bytes text)
{
    bool any = false;
    size_t at = 0;
    for (size_t i = 0; i < c->match_count; i++) {
        struct log_matches *m = &c->matches[i];
        bool is_match = false;
        for (; at < c->pattern_count && c->patterns[at].name == m->name; at++)
            is_match = is_match || matches(c, c->patterns[at].regex, text);
        if (!is_match)
            continue;
        m->total++;
        m->in_run++;
        m->last = c->now;
        any = true;
    }
    return any;
}

/* ---- fields ---- */

static bool is_too_deep(struct bytes text)
{
    size_t depth = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < text.len && depth <= MAX_NESTING; i++) {
        const char ch = text.ptr[i];
        if (is_quoted && ch == '\\')
            i++;
        else if (ch == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && (ch == '{' || ch == '['))
            depth++;
        else if (!is_quoted && (ch == '}' || ch == ']') && depth)
            depth--;
    }
    return depth > MAX_NESTING;
}

/* NULL: no object. Loggers write a name twice, so that is no fault here, and the last one counts. */
static json_t *read_object(const struct log_counts *c, const struct line *line)
{
    const struct bytes text = bytes_trim(line->text);
    if (c->conf->format == LOG_TEXT || line->is_cut || !bytes_starts(text, "{") ||
        is_too_deep(text))
        return NULL;
    json_t *root = json_loadb(text.ptr, text.len, 0, NULL);
    if (root && json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

/* A member by its name, or by the names on the way to it: "http.status". */
static const json_t *member(const json_t *object, const char *path)
{
    const json_t *whole = json_object_get(object, path);
    struct bytes left = bytes_of(path), name;
    while (!whole && object && bytes_token(&left, '.', &name)) {
        char key[LOG_MAX_VALUE];
        snprintf(key, sizeof(key), "%.*s", (int)name.len, name.ptr);
        object = json_object_get(object, key);
    }
    return whole ? whole : object;
}

/* "" for what is absent, or no scalar. */
static const char *scalar_text(const json_t *value, char *text, size_t size)
{
    text[0] = '\0';
    if (json_is_string(value)) {
        const struct bytes whole = {json_string_value(value), json_string_length(value)};
        const struct bytes cut = bytes_cut(whole, size - 1);
        snprintf(text, size, "%.*s", (int)cut.len, cut.ptr);
    } else if (json_is_integer(value)) {
        snprintf(text, size, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(text, size, "%.6g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(text, size, "%s", json_is_true(value) ? "true" : "false");
    }
    return text;
}

static enum log_level level_of(const struct log_counts *c, const json_t *object)
{
    static const char *const usual[] = {"level",     "severity", "lvl", "levelname",
                                        "log.level", "loglevel", "@l",  "s"};
    char text[LOG_MAX_VALUE];
    if (c->conf->level[0])
        return log_level_of(
            bytes_of(scalar_text(member(object, c->conf->level), text, sizeof(text))));
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        const json_t *value = member(object, usual[i]);
        if (value)
            return log_level_of(bytes_of(scalar_text(value, text, sizeof(text))));
    }
    return LOG_LEVEL_UNKNOWN;
}

static void add_numbers(struct log_counts *c, const json_t *object)
{
    for (size_t i = 0; i < c->conf->values.count; i++) {
        const json_t *value = member(object, c->numbers[i].path);
        if (!json_is_number(value))
            continue;
        c->numbers[i].count++;
        c->numbers[i].sum += json_number_value(value);
    }
}

/* ---- messages ---- */

/* The value as it is shown: one beyond the cap is "other". */
static const char *known_value(struct log_counts *c, size_t field, const char *text)
{
    struct map *known = c->values[field];
    const char *value = map_get(known, bytes_of(text));
    if (value || !*text)
        return value ? value : "";
    if (map_count(known) >= (size_t)c->conf->max_values)
        return LOG_OTHER;
    char *copy = arena_strdup(c->arena, text);
    map_put(known, bytes_of(text), copy);
    return copy;
}

static struct log_message *message_of(struct log_counts *c,
                                      const struct log_message *like)
{
    struct buf key = BUF_MAX(KEY_MAX);
    buf_printf(&key, "%d", (int)like->level);
    for (size_t i = 0; i < c->conf->fields.count; i++)
        buf_printf(&key, "%c%s", '\1', like->values[i]);
    struct log_message *m = map_get(c->messages, buf_bytes(&key));
    if (!m && map_count(c->messages) < LOG_MAX_SERIES + LOG_LEVEL_COUNT) {
        m = arena_memdup(c->arena, like, sizeof(*like));
        map_put(c->messages, buf_bytes(&key), m);
    }
    buf_finish(&key);
    return m;
}

/* object NULL: a line of plain text has no fields. */
static void count_message(struct log_counts *c, enum log_level level,
                          const json_t *object)
{
    struct log_message like = {.level = level};
    const bool is_full = map_count(c->messages) >= LOG_MAX_SERIES;
    char text[LOG_MAX_VALUE];
    for (size_t i = 0; i < c->conf->fields.count; i++) {
        const char *path = c->conf->fields.items[i].value;
        const char *value =
            object ? scalar_text(member(object, path), text, sizeof(text)) : "";
        like.values[i] = is_full ? LOG_OTHER : known_value(c, i, value);
    }
    struct log_message *m = message_of(c, &like);
    if (m)
        m->count++;
    c->levels[level]++;
    c->levels_in_run[level]++;
}

static void keep_excerpt(struct log_counts *c, struct bytes text)
{
    excerpt_add(c->excerpt, text);
    c->excerpted = c->now;
}

void log_counts_take(struct log_counts *c, const struct line *line)
{
    c->lines++;
    c->lines_in_run++;
    c->bytes += (double)line->text.len + 1;
    c->bytes_in_run += (double)line->text.len + 1;
    c->long_lines += line->is_cut;
    c->last_line = c->now;
    if (is_ignored(c, line->text))
        return;
    json_t *object = read_object(c, line);
    const enum log_level level = object                        ? level_of(c, object)
                                 : c->conf->format == LOG_JSON ? LOG_LEVEL_UNKNOWN
                                                               : log_level_in(line->text);
    count_message(c, level, object);
    if (object)
        add_numbers(c, object);
    json_decref(object);
    const bool is_match = count_matches(c, line->text);
    if (is_match || (!c->pattern_count && level >= LOG_LEVEL_ERROR))
        keep_excerpt(c, line->text);
}

static void take_line(void *ctx, const struct line *line)
{
    log_counts_take(ctx, line);
}

void log_counts_take_all(struct log_counts *c, struct bytes text)
{
    struct lines lines;
    lines_init(&lines, c->conf->max_line, take_line, c);
    lines_feed(&lines, text);
    lines_end(&lines);
    lines_finish(&lines);
}
