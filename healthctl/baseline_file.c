/* SPDX-License-Identifier: Apache-2.0 */
/* A baseline as a JSON file: written whole, read with care. See baseline.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "healthctl/baseline.h"
#include "lib/core/whole_file.h"

enum { LIST_MAX = 1000 };

/* ---- writing ---- */

/* Microseconds are finer than any clock of a network. */
static json_t *rounded(double seconds)
{
    return json_real((double)(int64_t)(seconds * 1e6 + 0.5) / 1e6);
}

static json_t *seconds_to_json(const struct answer_record *a)
{
    json_t *object = json_object();
    for (int m = 0; m < MEASURES; m++) {
        const struct seconds s = a->seconds[m];
        if (!s.count)
            continue;
        json_t *samples = json_array();
        for (size_t i = 0; i < s.count; i++)
            json_array_append_new(samples, rounded(s.items[i]));
        json_object_set_new(
            object, measure_name(m),
            json_pack("{s:o, s:o}", "p95", rounded(seconds_p95(s)), "samples", samples));
    }
    return object;
}

static json_t *answer_to_json(const struct answer_record *a)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:o}", "step", a->step, "probe", a->probe,
                               "type", a->type, "seconds", seconds_to_json(a));
    json_t *shapes = json_object();
    for (size_t i = 0; i < a->shape_count; i++)
        json_object_set_new(shapes, a->shapes[i].name, shape_to_json(a->shapes[i].shape));
    if (json_object_size(shapes))
        json_object_set(object, "shapes", shapes);
    json_decref(shapes);
    return object;
}

json_t *baseline_to_json(const struct baseline *b)
{
    char at[WALL_TEXT_SIZE];
    json_t *flows = json_array();
    for (size_t i = 0; i < b->count; i++) {
        json_t *answers = json_array();
        for (size_t k = 0; k < b->flows[i].count; k++)
            json_array_append_new(answers, answer_to_json(&b->flows[i].answers[k]));
        json_array_append_new(
            flows, json_pack("{s:s, s:I, s:o}", "flow", b->flows[i].flow, "runs",
                             (json_int_t)b->flows[i].runs, "answers", answers));
    }
    return json_pack("{s:i, s:s, s:s, s:o}", "healthctl_baseline", BASELINE_VERSION,
                     "recorded", wall_format(b->recorded, at), "release", b->release,
                     "flows", flows);
}

/* Beside its place first; a file that is there stays until the new one is whole. */
static bool write_file(const char *path, const struct buf *text, struct err *e)
{
    struct buf beside = BUF_MAX(4096);
    buf_printf(&beside, "%s.%ld.new", path, (long)getpid());
    const char *name = buf_text(&beside);
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                        S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    bool ok = file && fwrite(buf_text(text), 1, text->len, file) == text->len;
    ok = ok && fflush(file) == 0 && fsync(fd) == 0;
    int error = errno;
    if (file && fclose(file) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (ok && rename(name, path) != 0) {
        ok = false;
        error = errno;
    }
    if (!ok && fd >= 0)
        unlink(name);
    buf_finish(&beside);
    return ok || err_errno(e, error, "%s", path);
}

bool baseline_save(const struct baseline *b, const char *path, struct secrets *secrets,
                   struct err *e)
{
    json_t *root = baseline_to_json(b);
    char *dump = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    struct buf text = BUF_MAX(BASELINE_MAX_BYTES);
    buf_add_text(&text, dump ? dump : "");
    buf_add_byte(&text, '\n');
    secrets_redact(secrets, &text);
    const bool ok =
        text.overflow ? err_set(e, "%s would be larger than %u bytes: record fewer flows",
                                path, BASELINE_MAX_BYTES)
                      : write_file(path, &text, e);
    buf_finish(&text);
    free(dump);
    json_decref(root);
    return ok;
}

/* ---- reading ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool read_samples(const json_t *measure, struct arena *arena, struct seconds *ret,
                         struct err *e)
{
    const json_t *samples = json_object_get(measure, "samples");
    const size_t count = json_array_size(samples);
    if (!json_is_array(samples) || !count || count > BASELINE_SAMPLES_MAX)
        return err_set(e, "'samples' is a list of 1 to %d seconds", BASELINE_SAMPLES_MAX);
    double *items = arena_alloc(arena, count * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(samples, i);
        items[i] = json_number_value(one);
        if (!json_is_number(one) || items[i] < 0 || items[i] > 1e9)
            return err_set(e, "a sample is a number of seconds");
    }
    *ret = (struct seconds){items, count};
    return true;
}

static bool read_shapes(const json_t *shapes, struct arena *arena,
                        struct answer_record *a, struct err *e)
{
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)(uintptr_t)shapes, name, schema) {
        if (a->shape_count == BASELINE_SHAPES_MAX)
            return err_set(e, "an answer has at most %d shapes", BASELINE_SHAPES_MAX);
        struct shape *shape = shape_from_json(schema, arena, e);
        if (!shape)
            return err_wrap(e, "shapes.%.60s", name);
        a->shapes[a->shape_count++] =
            (struct answer_shape){arena_strdup(arena, name), shape};
    }
    return true;
}

static bool read_answer(const json_t *object, struct arena *arena,
                        struct answer_record *ret, struct err *e)
{
    const json_t *seconds = json_object_get(object, "seconds");
    *ret = (struct answer_record){.step = arena_strdup(arena, text_of(object, "step")),
                                  .probe = arena_strdup(arena, text_of(object, "probe")),
                                  .type = arena_strdup(arena, text_of(object, "type"))};
    if (!*ret->step || !*ret->probe)
        return err_set(e, "an answer has a 'step' and a 'probe'");
    for (int m = 0; m < MEASURES; m++) {
        const json_t *measure = json_object_get(seconds, measure_name(m));
        if (measure && !read_samples(measure, arena, &ret->seconds[m], e))
            return err_wrap(e, "%.60s: %s", ret->step, measure_name(m));
    }
    return read_shapes(json_object_get(object, "shapes"), arena, ret, e) ||
           err_wrap(e, "%.60s", ret->step);
}

static bool read_flow(const json_t *object, struct arena *arena, struct flow_record *ret,
                      struct err *e)
{
    const json_t *answers = json_object_get(object, "answers");
    const json_int_t runs = json_integer_value(json_object_get(object, "runs"));
    const size_t count = json_array_size(answers);
    *ret = (struct flow_record){.flow = arena_strdup(arena, text_of(object, "flow")),
                                .runs = runs > 0 ? (size_t)runs : 0,
                                .count = count};
    if (!*ret->flow || !runs || !json_is_array(answers) || count > LIST_MAX)
        return err_set(e,
                       "a flow has its name in 'flow', 'runs', and at most %d 'answers'",
                       LIST_MAX);
    ret->answers = arena_alloc(arena, (count + 1) * sizeof(*ret->answers));
    for (size_t i = 0; i < count; i++) {
        if (!read_answer(json_array_get(answers, i), arena, &ret->answers[i], e))
            return err_wrap(e, "flow '%.60s'", ret->flow);
    }
    return true;
}

struct baseline *baseline_from_json(const json_t *root, struct arena *arena,
                                    struct err *e)
{
    const json_t *version = json_object_get(root, "healthctl_baseline");
    const json_t *flows = json_object_get(root, "flows");
    const size_t count = json_array_size(flows);
    struct baseline *b = arena_alloc(arena, sizeof(*b));
    *b = (struct baseline){.release = arena_strdup(arena, text_of(root, "release")),
                           .count = count};
    if (!json_is_integer(version)) {
        err_set(e, "it is no baseline: `healthctl baseline record` writes one");
        return NULL;
    }
    if (json_integer_value(version) != BASELINE_VERSION) {
        err_set(e, "it has version %d, and this healthctl reads %d: record it anew",
                (int)json_integer_value(version), BASELINE_VERSION);
        return NULL;
    }
    wall_parse(bytes_of(text_of(root, "recorded")), &b->recorded);
    if (!count || count > LIST_MAX) {
        err_set(e, "'flows' has 1 to %d flows", LIST_MAX);
        return NULL;
    }
    b->flows = arena_alloc(arena, count * sizeof(*b->flows));
    for (size_t i = 0; i < count; i++) {
        if (!read_flow(json_array_get(flows, i), arena, &b->flows[i], e))
            return NULL;
    }
    return b;
}

static bool read_file(const char *path, struct buf *text, struct err *e)
{
    if (whole_file_read(path, text))
        return true;
    return errno == EFBIG ? err_set(e, "%s: a baseline has at most %u bytes", path,
                                    BASELINE_MAX_BYTES)
                          : err_errno(e, errno, "%s", path);
}

struct baseline *baseline_load(const char *path, struct arena *arena, struct err *e)
{
    struct buf text = BUF_MAX(BASELINE_MAX_BYTES);
    struct baseline *b = NULL;
    if (read_file(path, &text, e)) {
        const json_t *root = json_read(arena, buf_bytes(&text), BASELINE_MAX_BYTES, e);
        b = root ? baseline_from_json(root, arena, e) : NULL;
        if (!b)
            err_wrap(e, "%s", path);
    }
    buf_finish(&text);
    return b;
}
