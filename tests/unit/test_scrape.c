/* SPDX-License-Identifier: Apache-2.0 */
/* Which samples of a page a scrape takes, under which labels and families, and what stops it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/core/diag.h"
#include "lib/core/registry.h"
#include "probes/scrape.h"

static const struct label own[] = {{"environment", "prod"}, {"workflow_id", "w"}};

/* The conf that these lines of YAML make; NULL (and e) when it is refused. */
static const struct scrape_conf *conf_of(struct arena *arena, const char *yaml,
                                         struct err *e)
{
    struct diag *diag = diag_create(arena);
    const struct opt_ctx ctx = {.arena = arena, .diag = diag};
    const struct opt_part part = {scrape_opts, sizeof(struct scrape_conf)};
    const struct node *node = node_parse(arena, "test", bytes_of(yaml), diag);
    struct template *t = template_load(&ctx, &part, 1, node, NULL);
    const void *conf;
    if (!t || !template_fill(t, NULL, NULL, arena, &conf, e))
        return NULL;
    struct scrape_conf *copy = arena_memdup(arena, conf, sizeof(*copy));
    return scrape_validate(copy, arena, e) ? copy : NULL;
}

static void read_page(struct scrape_page *page, struct arena *arena, const char *yaml,
                      const char *text)
{
    struct err e = {0};
    *page = (struct scrape_page){.arena = arena,
                                 .conf = conf_of(arena, yaml, &e),
                                 .own = {own, ARRAY_LEN(own)},
                                 .body = bytes_of(text)};
    assert_non_null(page->conf);
    scrape_page_read(page);
}

static void samples_are_taken_as_configured(void **state)
{
    static const struct {
        const char *yaml, *page, *expected;
    } cases[] = {
        {"{url: h}", "a 1\nb{x=\"1\"} 2\n",
         "# TYPE a untyped\na 1\n# TYPE b untyped\nb{x=\"1\"} 2\n"},
        {"{url: h, keep: [\"^a\"], drop: [b$]}", "a 1\nab 2\nb 3\nac 4\n",
         "# TYPE a untyped\na 1\n# TYPE ac untyped\nac 4\n"},
        {"{url: h, keep_where: {m: \"^(GET|)$\"}, drop_where: {c: \"^5\"}}",
         "a{m=\"GET\",c=\"200\"} 1\na{m=\"POST\"} 2\na{m=\"GET\",c=\"500\"} 3\na 4\n",
         "# TYPE a untyped\na 4\na{c=\"200\",m=\"GET\"} 1\n"},
        {"{url: h}",
         "a{job=\"x\",probe=\"y\",exported_probe=\"z\",environment=\"e\",instance=\"i\"} "
         "1\n",
         "# TYPE a untyped\na{exported_environment=\"e\",exported_exported_probe=\"y\","
         "exported_instance=\"i\",exported_job=\"x\",exported_probe=\"z\"} 1\n"},
        {"{url: h, honor_labels: true}", "a{job=\"x\",environment=\"e\"} 1\n",
         "# TYPE a untyped\na{environment=\"e\",job=\"x\"} 1\n"},
        {"{url: h, remove_labels: [pod]}",
         "a{pod=\"1\",x=\"\",__meta=\"m\",z=\"2\",b=\"3\"} "
         "1\na{pod=\"2\",z=\"2\",b=\"3\"} "
         "9\n",
         "# TYPE a untyped\na{b=\"3\",z=\"2\"} 1\n"},
        {"{url: h, drop: [_sum$]}",
         "# HELP h Time.\n# TYPE h histogram\nh_bucket{le=\"1\"} "
         "2\nh_bucket{le=\"+Inf\"} "
         "3\nh_sum 9\nh_count 3\n",
         "# HELP h Time.\n# TYPE h histogram\nh_bucket{le=\"1\"} "
         "2\nh_bucket{le=\"+Inf\"} "
         "3\nh_count 3\n"},
        {"{url: h}", "", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct scrape_page page;
        struct buf out = BUF_MAX(1 << 16);
        read_page(&page, arena, cases[i].yaml, cases[i].page);
        assert_true(page.is_whole);
        page_of_batch(page.batch, &out);
        assert_string_equal(buf_text(&out), cases[i].expected);
        buf_finish(&out);
        arena_destroy(arena);
    }
}

static void a_page_is_taken_whole_or_not(void **state)
{
    static const struct {
        const char *yaml, *page, *why;
        bool is_over_cap;
    } cases[] = {
        {"{url: h}", "a 1\n<b>\n",
         "line 2: column 1: expected a metric's name, got \"<b>\"", false},
        {"{url: h, sample_limit: 2}", "a 1\nb 2\nc 3\n",
         "line 3: more than 2 samples; `sample_limit` lets more in, `keep` and `drop` "
         "leave some out",
         true},
        {"{url: h, label_limit: 1}", "a{b=\"\",c=\"\"} 1\n",
         "line 1: column 8: more than 1 labels", true},
        {"{url: h, label_name_length_limit: 3}", "abcd 1\n",
         "line 1: column 1: a name of 4 bytes; at most 3 are read", true},
        {"{url: h, label_value_length_limit: 3}", "a{b=\"cdef\"} 1\n",
         "line 1: column 5: a label's value of 4 bytes; at most 3 are read", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct scrape_page page;
        read_page(&page, arena, cases[i].yaml, cases[i].page);
        assert_false(page.is_whole);
        assert_int_equal(page.is_over_cap, cases[i].is_over_cap);
        assert_string_equal(page.why.text, cases[i].why);
        assert_int_equal(page.batch->count, 0);
        assert_non_null(page.batch->first); /* the group is named: what was there ends */
        arena_destroy(arena);
    }
    /* What is left out does not count. */
    struct arena *arena = arena_create(0);
    struct scrape_page page;
    read_page(&page, arena, "{url: h, sample_limit: 1, keep: [b]}", "a 1\nb 2\nc 3\n");
    assert_true(page.is_whole);
    assert_int_equal(page.read, 3);
    assert_int_equal(page.kept, 1);
    arena_destroy(arena);
}

static void targets_are_read(void **state)
{
    static const struct {
        const char *yaml, *expected; /* the URL, or what is wrong */
    } cases[] = {
        {"h", "http://h/metrics"},
        {"\"h:8080\"", "http://h:8080/metrics"},
        {"https://h/", "https://h/"},
        {"\"https://u:p@h/x?y=z\"", "https://h/x?y=z"},
        {"{host: h, port: 1880, path: m, scheme: https}", "https://h:1880/m"},
        {"{host: \"::1\"}", "http://[::1]/metrics"},
        {"{host: h, url: g}",
         "url and host are two ways to say one thing: keep one of them"},
        {"{}", "say what to ask: url, or host"},
        {"ftp://h/x", "url: the scheme is ftp; this probe asks over http and https"},
        {"{url: h, bearer_token: x, basic_auth: {username: y}}",
         "basic_auth, authorization and bearer_token exclude each other: keep one"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        const struct scrape_conf *conf = conf_of(arena, cases[i].yaml, &e);
        assert_string_equal(conf ? conf->target.text : e.text, cases[i].expected);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_taken_as_configured),
        cmocka_unit_test(a_page_is_taken_whole_or_not),
        cmocka_unit_test(targets_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
