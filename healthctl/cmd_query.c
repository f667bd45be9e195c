/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl query`: PromQL over what healthd remembers, now or over a span, which is drawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/layout.h"
#include "healthctl/plot.h"
#include "healthctl/remote.h"
#include "healthctl/when.h"
#include "healthctl/writer.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/query/promql.h"

#define TIMEOUT (60 * NSEC_PER_SEC)
enum { AXIS = 12, ROWS = 8, USUAL_COLUMNS = 80, DRAWN_MAX = 20, POINTS_MAX = 11000 };

struct span {
    struct wall start, end;
    nsec step;
};

/* up{probe="payload"}; {} for none. */
static const char *series_name(struct arena *arena, const json_t *metric)
{
    struct buf text = BUF_MAX(16384);
    const char *name;
    json_t *value;
    bool is_first = true;
    buf_add_text(&text, remote_text(metric, "__name__"));
    const size_t bare = text.len;
    json_object_foreach ((json_t *)metric, name, value) {
        if (!strcmp(name, "__name__"))
            continue;
        buf_printf(&text, "%s%s=", is_first ? "{" : ", ", name);
        const char *shown = json_string_value(value);
        buf_add_json(&text, bytes_of(shown ? shown : ""));
        is_first = false;
    }
    if (!is_first || !bare)
        buf_add_text(&text, is_first ? "{}" : "}");
    return arena_keep(arena, &text);
}

/* A point is [seconds, "value"]. */
static const char *value_text(const json_t *point)
{
    const char *text = json_string_value(json_array_get(point, 1));
    return text ? text : "";
}

/* ---- nothing ---- */

/* The names that healthd has, NULL-terminated; NULL: they are not to be had. */
static const char *const *names_there(const struct invocation *in)
{
    struct answer a = {0};
    struct err e = {0};
    if (client_ask(in, "GET", "/api/v1/label/__name__/values", TIMEOUT, &a, &e) ||
        a.status != 200)
        return NULL;
    const json_t *list =
        json_object_get(json_read(in->arena, a.body, CLIENT_MAX_ANSWER, &e), "data");
    const size_t count = json_array_size(list);
    const char **names = arena_alloc(in->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        names[i] = name ? name : "";
    }
    return names;
}

static bool is_among(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (!strcmp(*names, name))
            return true;
    }
    return false;
}

static void say_missing_name(struct invocation *in, const struct selector *s,
                             const char *const *names)
{
    for (size_t i = 0; i < s->matchers.count; i++) {
        const struct matcher *m = &s->matchers.items[i];
        if (strcmp(m->name, "__name__") != 0 || m->op != MATCH_EQUAL ||
            is_among(names, m->value))
            continue;
        const char *near = nearest_word(m->value, names);
        write_say(in->out, TONE_PLAIN, "there is no %s%s%s%s", m->value,
                  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
}

/* Nothing may be the truth; a name that nothing here has is said. */
static void say_nothing(struct invocation *in)
{
    struct promql_fault fault;
    size_t count = 0;
    write_say(in->out, TONE_PLAIN, "nothing matches");
    const struct promql *q = promql_parse(in->arena, in->operands[0], &fault);
    const char *const *names = q ? names_there(in) : NULL;
    const struct selector *const *selectors = names ? promql_selectors(q, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        say_missing_name(in, selectors[i], names);
}

static void write_instant(struct invocation *in, const json_t *data)
{
    static const struct column columns[] = {{.title = "SERIES", .is_elastic = true},
                                            {.title = "VALUE", .is_right = true}};
    const json_t *result = json_object_get(data, "result");
    if (strcmp(remote_text(data, "resultType"), "vector") != 0) {
        write_say(in->out, TONE_STRONG, "%s", value_text(result));
        return;
    }
    const size_t count = json_array_size(result);
    struct cell *cells = arena_alloc(in->arena, (count * 2 + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(result, i);
        cells[i * 2] = cell_text(series_name(in->arena, json_object_get(item, "metric")));
        cells[i * 2 + 1] = cell_text(value_text(json_object_get(item, "value")));
    }
    if (!count)
        say_nothing(in);
    write_table(in->out, &(struct table){NULL, columns, 2, cells, count});
}

/* ---- drawing a span ---- */

static double *values_of(struct arena *arena, const json_t *points, const struct span *s,
                         size_t *ret_count)
{
    const size_t count = (size_t)((s->end.ns - s->start.ns) / s->step) + 1;
    double *values = arena_alloc(arena, count * sizeof(*values));
    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        const double at = json_number_value(json_array_get(point, 0));
        const double place = (at - wall_to_sec(s->start)) / nsec_to_sec(s->step);
        double value;
        if (place > -0.5 && place < (double)count - 0.5 &&
            bytes_to_double(bytes_of(value_text(point)), &value))
            values[lround(place)] = value;
    }
    *ret_count = count;
    return values;
}

static size_t plot_columns(const struct invocation *in)
{
    const size_t all = in->screen->columns ? in->screen->columns : USUAL_COLUMNS;
    return all > AXIS + 10 ? all - AXIS - 2 : 10;
}

/* The highest value at the top, the lowest at the bottom. */
static const char *axis_text(struct arena *arena, size_t row, struct plot_range range)
{
    if (row == 0 && range.high > range.low)
        return arena_printf(arena, "%*.4g", AXIS - 2, range.high);
    if (row == ROWS - 1 && range.high > range.low)
        return arena_printf(arena, "%*.4g", AXIS - 2, range.low);
    if (row == ROWS / 2 && range.high <= range.low)
        return arena_printf(arena, "%*.4g", AXIS - 2, range.high);
    return arena_printf(arena, "%*s", AXIS - 2, "");
}

static const char *minute_text(struct arena *arena, struct wall at)
{
    char text[WALL_TEXT_SIZE];
    wall_format(at, text);
    return arena_printf(arena, "%.10s %.5s", text, text + 11);
}

static void write_time_axis(struct invocation *in, const struct span *s)
{
    const size_t columns = plot_columns(in);
    const char *from = minute_text(in->arena, s->start);
    const char *to = arena_printf(in->arena, "%s UTC", minute_text(in->arena, s->end));
    const size_t used = strlen(from) + strlen(to);
    write_say(in->out, TONE_FAINT, "%*s%s%*s%s", AXIS, "", from,
              (int)(columns > used ? columns - used : 1), "", to);
}

static void write_plot(struct invocation *in, const json_t *series, const struct span *s)
{
    struct plot p = {
        .columns = plot_columns(in), .rows = ROWS, .has_utf8 = in->screen->has_utf8};
    p.values = values_of(in->arena, json_object_get(series, "values"), s, &p.count);
    const struct plot_range range = plot_range_of(p.values, p.count);
    struct buf drawn = BUF_MAX(256 << 10);
    write_say(in->out, TONE_STRONG, "%s",
              series_name(in->arena, json_object_get(series, "metric")));
    plot_draw(&p, range, &drawn);
    struct bytes rest = buf_bytes(&drawn), line;
    for (size_t row = 0; bytes_line(&rest, &line); row++)
        write_say(in->out, TONE_PLAIN, "%s %s%.*s", axis_text(in->arena, row, range),
                  p.has_utf8 ? "│" : "|", (int)line.len, line.ptr ? line.ptr : "");
    buf_finish(&drawn);
    write_time_axis(in, s);
}

static void write_span(struct invocation *in, const json_t *data, const struct span *s)
{
    const json_t *result = json_object_get(data, "result");
    const size_t count = json_array_size(result);
    if (!count)
        say_nothing(in);
    for (size_t i = 0; i < count && i < DRAWN_MAX; i++)
        write_plot(in, json_array_get(result, i), s);
    if (count > DRAWN_MAX)
        write_say(in->out, TONE_WARN,
                  "%zu more series are not drawn; a sum or topk() says it shorter",
                  count - DRAWN_MAX);
}

/* ---- asking ---- */

static int read_time(struct invocation *in, const char *flag, struct wall now,
                     struct wall usual, struct wall *ret)
{
    const char *text = invocation_flag(in, flag);
    struct err e = {0};
    *ret = usual;
    if (text && !when_parse(text, now, ret, &e))
        return complain(in, CODE_USAGE, "--%s: %s", flag, e.text);
    return CODE_PASS;
}

/* Two points a letter, as that is how many dots it has; whole seconds. */
static nsec usual_step(const struct invocation *in, nsec length)
{
    const nsec exact = length / (nsec)(plot_columns(in) * 2);
    const nsec seconds = (exact + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
    return seconds > 0 ? seconds * NSEC_PER_SEC : NSEC_PER_SEC;
}

static int read_span(struct invocation *in, struct span *ret)
{
    const struct wall now = wall_read();
    const char *step = invocation_flag(in, "step");
    struct err e = {0};
    int code = read_time(in, "end", now, now, &ret->end);
    if (!code)
        code =
            read_time(in, "start", now, wall_add(ret->end, -NSEC_PER_HOUR), &ret->start);
    if (code)
        return code;
    if (ret->start.ns >= ret->end.ns)
        return complain(in, CODE_USAGE, "--start has to be before --end");
    ret->step = usual_step(in, ret->end.ns - ret->start.ns);
    if (step && (!duration_parse(bytes_of(step), &ret->step, &e) || ret->step <= 0))
        return complain(in, CODE_USAGE, "--step is a duration such as 15s, not '%s'",
                        step);
    if ((ret->end.ns - ret->start.ns) / ret->step > POINTS_MAX)
        return complain(in, CODE_USAGE,
                        "that is more than %d points a series; make --step longer",
                        POINTS_MAX);
    return CODE_PASS;
}

static int ask(struct invocation *in, const char *path, json_t **ret_data)
{
    json_t *answer;
    const int code = client_ask_json(in, "GET", path, TIMEOUT, &answer);
    if (code)
        return code;
    const json_t *warnings = json_object_get(answer, "warnings");
    *ret_data = json_object_get(answer, "data");
    write_json(in->out, NULL, json_incref(*ret_data));
    for (size_t i = 0; i < json_array_size(warnings); i++)
        write_say(in->out, TONE_WARN, "%s",
                  json_string_value(json_array_get(warnings, i)));
    return CODE_PASS;
}

static bool is_over_span(const struct invocation *in)
{
    return invocation_flag(in, "start") || invocation_flag(in, "end") ||
           invocation_flag(in, "step");
}

static int run(struct invocation *in)
{
    struct span span = {0};
    json_t *data;
    const char *query = client_escape(in->arena, in->operands[0]);
    if (!is_over_span(in)) {
        const int code =
            ask(in, arena_printf(in->arena, "/api/v1/query?query=%s", query), &data);
        if (!code)
            write_instant(in, data);
        return code;
    }
    int code = read_span(in, &span);
    if (code)
        return code;
    code = ask(in,
               arena_printf(in->arena,
                            "/api/v1/query_range?query=%s&start=%.3f&end=%.3f&step=%.3f",
                            query, wall_to_sec(span.start), wall_to_sec(span.end),
                            nsec_to_sec(span.step)),
               &data);
    if (!code)
        write_span(in, data, &span);
    return code;
}

static const struct flag flags[] = {
    {.name = "start",
     .operand = "TIME",
     .doc = "Draw from here on: so long ago as 90m, a time, or seconds since 1970 "
            "(default: an hour before --end)."},
    {.name = "end", .operand = "TIME", .doc = "Draw up to here (default: now)."},
    {.name = "step",
     .operand = "DURATION",
     .doc = "Between two points (default: as many as the terminal can show)."},
    {0}};

const struct command command_query = {
    .name = "query",
    .group = GROUP_AT_NIGHT,
    .run = run,
    .needs_daemon = true,
    .summary = "Ask PromQL of what healthd remembers; a span is drawn",
    .operands = "EXPR",
    .least = 1,
    .most = 1,
    .flags = flags,
    .doc = "Without --start, --end and --step it is the value now. JSON is Prometheus' "
           "`data`. healthd remembers some hours, as far as its memory for that goes.",
    .examples =
        (const struct example[]){
            {"healthctl query 'probe_success == 0'", "What fails now"},
            {"healthctl query 'probe_duration_seconds{probe=\"payload\"}' --start 3h",
             "How it became slow"},
            {0}},
};
