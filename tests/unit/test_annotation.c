/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of rules: what they render to (the numbers are those of Prometheus' own functions), and what stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "alerts/annotation.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"

static const struct label label_items[] = {
    {"empty_not", "x y"},        {"host", "db1.example.com:5432"},
    {"instance", "10.0.0.5:80"}, {"job", "postgres"},
    {"size", "1234567"},         {"v6", "[::1]:80"},
};
static const struct label external_items[] = {{"cluster", "eu"}};

static const struct annotation_data data = {
    .labels = {label_items, ARRAY_LEN(label_items)},
    .value = 1234567,
    .external_labels = {external_items, 1},
    .external_url = "https://hd.example.com",
};

struct story {
    const char *text, *rendered;
};

static const struct story stories[] = {
    {"", ""},
    {"plain", "plain"},
    {"{{ $labels.job }} is down", "postgres is down"},
    {"{{$labels.job}}/{{  $labels.instance  }}", "postgres/10.0.0.5:80"},
    {"{{ .Labels.job }} {{ .Value }}", "postgres 1.234567e+06"},
    {"{{ $labels.none }}", ""},
    {"{{ $labels }}", "map[empty_not:x y host:db1.example.com:5432 "
                      "instance:10.0.0.5:80 job:postgres size:1234567 v6:[::1]:80]"},
    {"{{ $value }}", "1.234567e+06"},
    {"{{ $value | humanize }}", "1.235M"},
    {"{{ humanize $value }}", "1.235M"},
    {"{{ $value | humanize1024 }}", "1.177Mi"},
    {"{{ $labels.size | humanize }}", "1.235M"},
    {"{{ $labels.job | humanize }}", "postgres"},
    {"{{ humanizePercentage 0.4567 }}", "45.67%"},
    {"{{ 0.00001234 | humanize }}", "12.34u"},
    {"{{ humanize 0 }} {{ humanize -999 }} {{ humanize 1e30 }}", "0 -999 1e+06Y"},
    {"{{ humanize1024 1 }} {{ humanize1024 2048 }} {{ humanize1024 -1048576 }}",
     "1 2ki -1Mi"},
    {"{{ humanizeDuration 0 }} {{ humanizeDuration 1.5 }}", "0s 1.5s"},
    {"{{ humanizeDuration 61 }} {{ humanizeDuration 3661 }}", "1m 1s 1h 1m 1s"},
    {"{{ humanizeDuration 90061.7 }}", "1d 1h 1m 1s"},
    {"{{ humanizeDuration -3661 }}", "-1h 1m 1s"},
    {"{{ humanizeDuration 0.0123 }}", "12.3ms"},
    {"{{ humanizeDuration 1e300 }}", "106751991167300d 15h 30m 7s"},
    {"{{ humanizeTimestamp 1425038720 }}", "2015-02-27 12:05:20 +0000 UTC"},
    {"{{ humanizeTimestamp 1425038720.25 }}", "2015-02-27 12:05:20.25 +0000 UTC"},
    {"{{ printf \"%.2f\" $value }}", "1234567.00"},
    {"{{ $value | printf \"%.1f\" }}", "1234567.0"},
    {"{{ printf \"%s on %s: %.0f%%\" $labels.job $labels.v6 12.4 }}",
     "postgres on [::1]:80: 12%"},
    {"{{ printf \"%5.1f|%-6s|%06.2f|%+d|%v|%q|%.3s\" 1.25 \"ab\" -3.14159 7 0.5 `a\"b` "
     "\"h\xC3\xA4llo\" }}",
     "  1.2|ab    |-03.14|+7|0.5|\"a\\\"b\"|h\xC3\xA4l"},
    {"{{ printf \"%e %g %d\" 1234.5 0.1 2.6 }}", "1.234500e+03 0.1 3"},
    {"{{ printf \"%f\" $labels.size }}", "1234567.000000"},
    {"{{ printf \"%f\" $labels.job }}", "postgres"},
    {"{{ ($value | humanize) | toLower }}", "1.235m"},
    {"{{ toUpper $labels.job }} {{ title \"two words, it's\" }}",
     "POSTGRES Two Words, It's"},
    {"{{ $labels.host | stripPort }} {{ $labels.host | stripDomain }}",
     "db1.example.com db1:5432"},
    {"{{ $labels.instance | stripDomain }} {{ $labels.v6 | stripPort }}",
     "10.0.0.5:80 ::1"},
    {"{{ $externalLabels.cluster }} {{ $externalURL }}", "eu https://hd.example.com"},
    {"{{ index $labels \"job\" }}{{ index $labels \"no\" }}", "postgres"},
    {"{{ urlquery \"a b/c?\" }}", "a+b%2Fc%3F"},
    {"{{ print \"a\" 1 2 \"b\" }}", "a1 2b"},
    {"a  {{- \" b \" -}}  c", "a b c"},
    {"x{{/* a note */}}y", "xy"},
    {"{{ \"}}\" }}", "}}"},
    {"{{ `raw }} text` }}", "raw }} text"},
    {"} }} { {", "} }} { {"},
};

static const struct {
    const char *text;
    size_t offset;
    const char *why, *rendered;
} faults[] = {
    {"a {{ range query \"up\" }}b{{ end }}", 2, "'range' is not supported",
     "a {{ range query \"up\" }}b{{ end }}"},
    {"{{ if gt $value 1.0 }}x", 0, "'if' is not supported", "{{ if gt $value 1.0 }}x"},
    {"{{ $labels.job }} {{ with 1 }}", 18, "'with' is not supported",
     "postgres {{ with 1 }}"},
    {"{{ $x }}", 0, "the variables are", "{{ $x }}"},
    {"{{ .Foo }}", 0, "the fields are", "{{ .Foo }}"},
    {"{{ }}", 0, "a variable or a function is expected", "{{ }}"},
    {"{{ $value | }}", 0, "a variable or a function is expected", "{{ $value | }}"},
    {"{{ $value | 1 }}", 0, "a function is expected after |", "{{ $value | 1 }}"},
    {"{{ humanize }}", 0, "takes 1 arguments, not 0", "{{ humanize }}"},
    {"{{ humanize 1 2 }}", 0, "takes 1 arguments, not 2", "{{ humanize 1 2 }}"},
    {"{{ $value", 0, "'{{' without '}}'", "{{ $value"},
    {"{{ printf \"%y\" 1 }}", 0, "printf knows", "{{ printf \"%y\" 1 }}"},
    {"{{ printf \"%f %f\" 1 }}", 0, "not as many values", "{{ printf \"%f %f\" 1 }}"},
    {"{{ printf $value }}", 0, "as a text", "{{ printf $value }}"},
    {"{{ ((((((((((1)))))))))) }}", 0, "too deeply", "{{ ((((((((((1)))))))))) }}"},
    {"{{ (1 }}", 0, "does not end", "{{ (1 }}"},
    {"{{ \"a }}", 0, "does not end", "{{ \"a }}"},
    {"{{ $labels.job.x }}", 0, "a label's name", "{{ $labels.job.x }}"},
    {"{{ 1 2 }}", 0, "only one value", "{{ 1 2 }}"},
    {"{{ index $value 1 }}", 0, "index works on", "{{ index $value 1 }}"},
};

struct heard {
    size_t count, offset;
    char why[200];
};

static void hear(void *ctx, size_t offset, const char *why)
{
    struct heard *h = ctx;
    if (h->count++ == 0) {
        h->offset = offset;
        snprintf(h->why, sizeof(h->why), "%s", why);
    }
}

static void texts_render(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct arena *arena = arena_create(0);
        struct heard heard = {0};
        const struct annotation *a =
            annotation_compile(arena, stories[i].text, hear, &heard);
        if (heard.count)
            fail_msg("%s: %s", stories[i].text, heard.why);
        assert_string_equal(annotation_render(a, &data, arena), stories[i].rendered);
        assert_string_equal(annotation_source(a), stories[i].text);
        arena_destroy(arena);
    }
}

static void strange_actions_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct arena *arena = arena_create(0);
        struct heard heard = {0};
        const struct annotation *a =
            annotation_compile(arena, faults[i].text, hear, &heard);
        if (!heard.count || !strstr(heard.why, faults[i].why))
            fail_msg("%s: '%s' instead of '%s'", faults[i].text, heard.why,
                     faults[i].why);
        assert_int_equal(heard.offset, faults[i].offset);
        assert_string_equal(annotation_render(a, &data, arena), faults[i].rendered);
        arena_destroy(arena);
    }
}

static void odd_values_render(void **state)
{
    static const struct {
        double value;
        const char *text;
    } values[] = {
        {NAN, "NaN NaN NaN% NaN NaN"},
        {INFINITY, "+Inf +Inf +Inf% +Inf +Inf"},
        {-INFINITY, "-Inf -Inf -Inf% -Inf -Inf"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct arena *arena = arena_create(0);
        const struct annotation_data odd = {.value = values[i].value};
        const struct annotation *a = annotation_compile(
            arena,
            "{{ humanize $value }} {{ humanize1024 $value }} {{ humanizePercentage "
            "$value "
            "}} {{ humanizeDuration $value }} {{ printf \"%.2f\" $value }}",
            NULL, NULL);
        assert_string_equal(annotation_render(a, &odd, arena), values[i].text);
        arena_destroy(arena);
    }
}

static void long_texts_are_cut(void **state)
{
    struct arena *arena = arena_create(0);
    struct buf text = BUF_MAX(1 << 20);
    (void)state;
    for (size_t i = 0; i < 9000; i++)
        buf_add_text(&text, "\xC3\xA4\xC3\xA4");
    struct heard heard = {0};
    const struct annotation *a = annotation_compile(arena, buf_text(&text), hear, &heard);
    const char *shown = annotation_render(a, &data, arena);
    assert_int_equal(strlen(shown), ANNOTATION_MAX_RENDERED);
    assert_true(bytes_is_utf8(bytes_of(shown)));
    assert_true(annotation_is_fixed(a));
    buf_finish(&text);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_render),
        cmocka_unit_test(strange_actions_stay),
        cmocka_unit_test(odd_values_render),
        cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
