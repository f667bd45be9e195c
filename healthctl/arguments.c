/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of a command line against the command's table: flags, their values, operands. Pure but for
 * complain, the one way to say something on stderr. Called by main and by completion's tests.
 */
#include "healthctl/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/glob.h"

enum { CANDIDATES_MAX = 512 };

bool flag_is(const struct flag *f, const char *name)
{
    const char *own = f->name;
    for (; *own && *name; own++, name++) {
        const char a = *own == '_' ? '-' : *own;
        const char b = *name == '_' ? '-' : *name;
        if (a != b)
            return false;
    }
    return !*own && !*name;
}

struct flag_tables {
    const struct flag *tables[4];
    size_t count;
};

static struct flag_tables tables_of(const struct invocation *in)
{
    const struct command *c = in->command;
    struct flag_tables t = {0};
    if (c->flags)
        t.tables[t.count++] = c->flags;
    if (c->more_flags) {
        const char *operand = in->operand_count ? in->operands[0] : NULL;
        const struct flag *more = c->more_flags(in->arena, operand);
        if (more)
            t.tables[t.count++] = more;
    }
    if (c->needs_daemon)
        t.tables[t.count++] = daemon_flags;
    t.tables[t.count++] = common_flags;
    return t;
}

static const struct flag *find_long(const struct flag_tables *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        for (const struct flag *f = t->tables[i]; f->name; f++) {
            if (flag_is(f, name))
                return f;
        }
    }
    return NULL;
}

static const struct flag *find_letter(const struct flag_tables *t, char letter)
{
    for (size_t i = 0; i < t->count; i++) {
        for (const struct flag *f = t->tables[i]; f->name; f++) {
            if (f->letter == letter)
                return f;
        }
    }
    return NULL;
}

static bool unknown_flag(const struct invocation *in, const struct flag_tables *t,
                         const char *name, struct err *e)
{
    const char *candidates[CANDIDATES_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        for (const struct flag *f = t->tables[i]; f->name && count < CANDIDATES_MAX; f++)
            candidates[count++] = f->name;
    }
    candidates[count] = NULL;
    const char *near = nearest_word(name, candidates);
    err_set(e, "there is no option --%s", name);
    if (near)
        err_set(e, "there is no option --%s; did you mean --%s?", name, near);
    else if (in->command->more_flags && !in->operand_count)
        err_set(e, "there is no option --%s; options of a probe type follow the type",
                name);
    return false;
}

static bool value_allowed(const struct flag *f, const char *value, struct err *e)
{
    if (!f->words)
        return true;
    struct buf list = BUF_MAX(512);
    for (const char *const *word = f->words; *word; word++) {
        if (!strcmp(*word, value)) {
            buf_finish(&list);
            return true;
        }
        buf_printf(&list, "%s%s", word == f->words ? "" : word[1] ? ", " : " or ", *word);
    }
    err_set(e, "--%s is %s, not '%s'", f->name, buf_text(&list), value);
    buf_finish(&list);
    return false;
}

static bool add_given(struct invocation *in, const struct flag *f, const char *value,
                      struct err *e)
{
    if (value && !value_allowed(f, value, e))
        return false;
    for (size_t i = 0; i < in->given_count; i++) {
        if (in->given[i].flag->name == f->name && !f->may_repeat)
            return err_set(e, "--%s is given twice", f->name);
    }
    in->given[in->given_count++] = (struct given){f, value};
    return true;
}

/* A word that starts with "--" or "-". ret_used: words that it takes. */
static bool read_flag(struct invocation *in, int left, char *const *argv, int *ret_used,
                      struct err *e)
{
    const struct flag_tables tables = tables_of(in);
    const char *word = argv[0];
    const bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    const char *name = is_long ? word + 2 : word + 1;
    if (equals)
        name = arena_strndup(in->arena, name, (size_t)(equals - name));
    const struct flag *f =
        is_long ? find_long(&tables, name) : find_letter(&tables, word[1]);
    if (!f && is_long)
        return unknown_flag(in, &tables, name, e);
    if (!f)
        return err_set(e, "there is no option -%c", word[1]);

    const char *value = equals ? equals + 1 : !is_long && word[2] ? word + 2 : NULL;
    const bool is_switch = f->row && f->row->type == OPT_BOOL && !f->is_off;
    *ret_used = 1;
    if (!f->operand) {
        if (value && !is_switch)
            return err_set(e, "--%s takes no value", f->name);
        return add_given(in, f, value, e);
    }
    if (!value && left < 2)
        return err_set(e, "--%s needs a value: --%s %s", f->name, f->name, f->operand);
    if (!value) {
        value = argv[1];
        *ret_used = 2;
    }
    return add_given(in, f, value, e);
}

static bool operands_allowed(const struct invocation *in, struct err *e)
{
    const struct command *c = in->command;
    if (invocation_flag(in, "help"))
        return true;
    if (in->operand_count < c->least)
        return strchr(c->operands, ' ') ? err_set(e, "it needs %s", c->operands)
                                        : err_set(e, "%s is missing", c->operands);
    if (in->operand_count > c->most)
        return err_set(e, "'%s' is one word too many", in->operands[c->most]);
    for (size_t i = 0; c->words && i < in->operand_count; i++) {
        const char *const *word = c->words;
        while (*word && strcmp(*word, in->operands[i]))
            word++;
        if (!*word)
            return err_set(e, "'%s' is not one of %s", in->operands[i], c->operands);
    }
    return true;
}

bool invocation_parse(struct invocation *in, int argc, char *const *argv, struct err *e)
{
    in->operands = arena_alloc(in->arena, ((size_t)argc + 1) * sizeof(*in->operands));
    in->given = arena_alloc(in->arena, ((size_t)argc + 1) * sizeof(*in->given));
    bool only_operands = false;
    int used;
    for (int i = 0; i < argc; i += used) {
        used = 1;
        if (!only_operands && !strcmp(argv[i], "--")) {
            only_operands = true;
        } else if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
            in->operands[in->operand_count++] = argv[i];
        } else if (!read_flag(in, argc - i, argv + i, &used, e)) {
            return false;
        }
    }
    return operands_allowed(in, e);
}

const char *invocation_flag(const struct invocation *in, const char *name)
{
    for (size_t i = in->given_count; i > 0; i--) {
        const struct given *g = &in->given[i - 1];
        if (!g->flag->row && flag_is(g->flag, name))
            return g->value ? g->value : "";
    }
    return NULL;
}

const char *const *invocation_flags(const struct invocation *in, const char *name)
{
    const char **list = arena_alloc(in->arena, (in->given_count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < in->given_count; i++) {
        if (!in->given[i].flag->row && flag_is(in->given[i].flag, name))
            list[count++] = in->given[i].value;
    }
    return count ? list : NULL;
}

int complain_text(const struct invocation *in, int code, const char *text)
{
    struct buf out = BUF_MAX(1 << 20);
    buf_add_text(&out, text);
    if (out.len && out.ptr[out.len - 1] != '\n')
        buf_add_byte(&out, '\n');
    if (in && in->secrets)
        secrets_redact(in->secrets, &out);
    fputs(buf_text(&out), stderr);
    buf_finish(&out);
    return code;
}

int complain(const struct invocation *in, int code, const char *fmt, ...)
{
    struct buf out = BUF_MAX(1 << 16);
    va_list args;
    va_start(args, fmt);
    buf_add_text(&out, "healthctl: ");
    buf_vprintf(&out, fmt, args);
    va_end(args);
    complain_text(in, code, buf_text(&out));
    buf_finish(&out);
    return code;
}
