/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the options of a type that has a row of every kind, then filled in with an operand. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/core/opt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
    const char *text;
    nsec wait;
    struct secret key;
};

struct conf {
    bool flag;
    int64_t count;
    double ratio, share;
    nsec wait;
    uint64_t room;
    const char *url;
    int choice;
    struct secret key;
    const struct regex *pattern;
    struct texts words;
    struct ints codes;
    struct regexes patterns;
    struct pairs headers, passwords;
    struct part part;
    struct sections parts;
    const struct node *rest;
};

static const struct opt_choice choices[] = {{"one", 1, "1"}, {"two", 2, "2"}, {0}};

#define OPT_STRUCT struct part
static const struct opt part_opts[] = {
    OPT_ROW_TEXT("text", text, NULL, "T", .flags = OPT_SHORTHAND | OPT_LATE),
    OPT_ROW_DURATION("wait", wait, "1s", 0, 60, "D"),
    OPT_ROW_SECRET("key", key, OPT_NONE, "K"),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct conf
static const struct opt conf_opts[] = {
    OPT_ROW_BOOL("flag", flag, "true", "B"),
    OPT_ROW_INT("count", count, "1", 0, 100, "I"),
    OPT_ROW_NUMBER("ratio", ratio, "0", -1, 1, "N"),
    OPT_ROW_PERCENT("share", share, "5%", "P"),
    OPT_ROW_DURATION("wait", wait, "1s", 0, 60, "D"),
    OPT_ROW_SIZE("room", room, "1KiB", 0, 1e9, "S"),
    OPT_ROW_TEXT("url", url, OPT_NONE, "U", .flags = OPT_SHORTHAND),
    OPT_ROW_CHOICE("choice", choice, "one", choices, "C"),
    OPT_ROW_SECRET("key", key, OPT_NONE, "K"),
    OPT_ROW_REGEX("pattern", pattern, OPT_NONE, "R"),
    OPT_ROW_TEXTS("words", words, OPT_NONE, "W"),
    OPT_ROW_INTS("codes", codes, OPT_NONE, 0, 999, "I"),
    OPT_ROW_REGEXES("patterns", patterns, OPT_NONE, "R"),
    OPT_ROW_PAIRS("headers", headers, OPT_NONE, "H"),
    OPT_ROW_SECRET_PAIRS("passwords", passwords, OPT_NONE, "P"),
    OPT_ROW_SECTION("part", part, struct part, part_opts, "S"),
    OPT_ROW_SECTIONS("parts", parts, struct part, part_opts, "S"),
    OPT_ROW_NODE("rest", rest, "N"),
    {0},
};
#undef OPT_STRUCT

static bool anything(void *ctx, struct bytes name, struct arena *arena,
                     struct bytes *ret_value, struct err *e)
{
    *ret_value = name;
    return name.len < 20 || err_set(e, "too long");
}

/* What is printed of a fixed template must be read back, to the same text. */
static void read_back(const struct opt_ctx *ctx, const struct template *t,
                      const struct opt_part *part)
{
    struct buf printed = BUF_MAX(4 << 20), again = BUF_MAX(4 << 20);
    struct diag *d = diag_create(ctx->arena);
    const struct opt_ctx second = {
        .arena = ctx->arena, .diag = d, .secrets = ctx->secrets};
    template_print(t, 0, &printed);
    if (printed.len < NODE_MAX_BYTES) {
        const struct node *n = node_parse(ctx->arena, "printed", buf_bytes(&printed), d);
        const struct template *same = n ? template_load(&second, part, 1, n, NULL) : NULL;
        if (!same)
            abort();
        template_print(same, 0, &again);
        if (!bytes_equal(buf_bytes(&printed), buf_bytes(&again)))
            abort();
    }
    buf_finish(&printed);
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct secrets *secrets = secrets_create();
    const struct opt_part part = {conf_opts, sizeof(struct conf)};
    const struct opt_ctx ctx = {arena, diag_create(arena), secrets, false};
    const struct scope scope = {.lookup = anything};
    const struct node *n =
        node_parse(arena, "fuzz", (struct bytes){(const char *)data, size}, ctx.diag);
    const struct template *t = n ? template_load(&ctx, &part, 1, n, NULL) : NULL;
    if ((t == NULL) != (diag_error_count(ctx.diag) > 0))
        abort();
    if (t) {
        const void *conf;
        struct err e;
        (void)template_fill(t, &scope, NULL, arena, &conf, &e);
        (void)template_fill(t, &scope, "http://${x}", arena, &conf, &e);
        read_back(&ctx, t, &part);
    }
    secrets_destroy(secrets);
    arena_destroy(arena);
    return 0;
}
