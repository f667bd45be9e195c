/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same walk over the command table for a screen and for mdoc(7), with the options of a probe type where one is
 * named. Called by `help`, --help and the manual. Has no text of its own about a command.
 */
#include "healthctl/help.h"

#include <string.h>

#include "healthctl/command.h"
#include "healthctl/layout.h"
#include "probes/registry.h"

enum { WIDTH = 80, DOC_COLUMN = 26 };

static void add_wrapped(struct arena *arena, const char *text, size_t indent,
                        struct buf *out)
{
    const struct texts lines = text_wrap(arena, text, WIDTH - indent);
    for (size_t i = 0; i < lines.count; i++) {
        for (size_t n = 0; n < indent && *lines.items[i]; n++)
            buf_add_byte(out, ' ');
        buf_printf(out, "%s\n", lines.items[i]);
    }
}

void help_overview(struct buf *out)
{
    buf_add_text(out, "healthctl asks healthd, and asks as healthd does.\n\n"
                      "  healthctl COMMAND [OPTION...]\n");
    for (const char *const *group = command_groups; *group; group++) {
        buf_printf(out, "\n%s\n", *group);
        for (size_t i = 0; commands[i]; i++) {
            const struct command *c = commands[i];
            if (!c->is_hidden && !strcmp(c->group, *group))
                buf_printf(out, "  %-12s %s\n", c->name, c->summary);
        }
    }
    buf_add_text(out, "\nExit codes\n");
    for (size_t i = 0; exit_codes[i]; i++)
        buf_printf(out, "  %zu  %s\n", i, exit_codes[i]);
    buf_add_text(
        out,
        "\nhealthctl help COMMAND explains one; healthctl --version prints the version.\n"
        "Manual: healthctl(1), healthd.yml(5).\n");
}

static void add_flag(struct arena *arena, const struct flag *f, struct buf *out)
{
    struct buf head = BUF_MAX(256);
    if (f->letter)
        buf_printf(&head, "-%c, ", f->letter);
    buf_printf(&head, f->has_off ? "--[no-]%s" : "--%s", f->name);
    if (f->operand)
        buf_printf(&head, " %s", f->operand);
    const char *words = "";
    if (f->row && f->words) {
        struct buf list = BUF_MAX(512);
        for (const char *const *word = f->words; *word; word++)
            buf_printf(&list, "%s%s",
                       !**word    ? ""
                       : list.len ? ", "
                                  : " One of: ",
                       *word);
        words = arena_printf(arena, "%s.", buf_text(&list));
        buf_finish(&list);
    }
    const char *def = f->row && f->row->def != OPT_NONE ? f->row->def : NULL;
    def = def && *def && !f->prefix && (f->operand || f->has_off)
              ? arena_printf(arena, " Default: %s.", def)
              : "";
    const struct texts lines = text_wrap(
        arena, arena_printf(arena, "%s%s%s", f->doc, words, def), WIDTH - DOC_COLUMN);
    if (head.len > DOC_COLUMN - 4)
        buf_printf(out, "  %s\n%*s", buf_text(&head), DOC_COLUMN, "");
    else
        buf_printf(out, "  %-*s", DOC_COLUMN - 2, buf_text(&head));
    for (size_t i = 0; i < lines.count; i++)
        buf_printf(out, "%s%s\n", i ? arena_printf(arena, "%*s", DOC_COLUMN, "") : "",
                   lines.items[i]);
    buf_finish(&head);
}

static void add_flags(struct arena *arena, const char *title, const struct flag *flags,
                      const struct flag *but, struct buf *out)
{
    buf_printf(out, "\n%s\n", title);
    for (const struct flag *f = flags; f->name; f++) {
        bool is_overridden = f->is_off;
        for (const struct flag *own = but; own && own->name; own++)
            is_overridden |= !strcmp(own->name, f->name);
        if (!is_overridden)
            add_flag(arena, f, out);
    }
}

static void add_verbs(struct arena *arena, const struct command *c, struct buf *out)
{
    buf_add_text(out, "\nWhat it does\n");
    for (const struct verb *v = c->verbs; v->name; v++) {
        buf_printf(out, "  %s%s%s\n", v->name, *v->operands ? " " : "", v->operands);
        add_wrapped(arena, v->summary, 6, out);
    }
}

static void add_types(struct buf *out)
{
    buf_add_text(out, "\nTypes\n");
    for (size_t i = 0; probe_types[i]; i++)
        buf_printf(out, "  %-12s %s\n", probe_types[i]->name, probe_types[i]->summary);
}

static void add_examples(const struct example *examples, struct buf *out)
{
    buf_add_text(out, "\nExamples\n");
    for (const struct example *e = examples; e->line; e++)
        buf_printf(out, "  %s\n      %s\n", e->line, e->meaning);
}

static void add_example_of(const struct probe_type *type, struct buf *out)
{
    struct bytes rest = bytes_of(type->example), line;

    buf_add_text(out, "\nIn a configuration\n");
    while (bytes_token(&rest, '\n', &line))
        buf_printf(out, "  %.*s\n", (int)line.len, line.ptr);
}

void help_command(struct arena *arena, const struct command *c, const char *type,
                  struct buf *out)
{
    /* What stands behind a command is that command's. */
    const bool is_first = strstr(c->operands, "CMD") != NULL;
    buf_printf(out, "%s.\n\n  healthctl %s%s%s%s%s\n\n", c->summary, c->name,
               is_first ? " [OPTION...]" : "", *c->operands ? " " : "", c->operands,
               is_first ? "" : " [OPTION...]");
    add_wrapped(arena, c->doc, 0, out);
    if (c->verbs)
        add_verbs(arena, c, out);
    const struct flag *more = c->more_flags ? c->more_flags(arena, type) : NULL;
    if (more)
        add_flags(arena, arena_printf(arena, "Options of type %s", type), more, NULL,
                  out);
    else if (c->more_flags)
        add_types(out);
    if (c->flags)
        add_flags(arena, "Options", c->flags, NULL, out);
    if (c->needs_daemon)
        add_flags(arena, "Where healthd is", daemon_flags, NULL, out);
    add_flags(arena, "For every command", common_flags, c->flags, out);
    if (more)
        add_example_of(probe_type_find(type), out);
    else if (c->examples)
        add_examples(c->examples, out);
}

static int run_help(struct invocation *in)
{
    struct buf text = BUF_MAX(256 << 10);
    const char *name = in->operand_count ? in->operands[0] : NULL;
    const char *type = in->operand_count > 1 ? in->operands[1] : NULL;
    const struct command *c = name ? command_find(name) : NULL;
    if (name && !c)
        return complain(in, CODE_USAGE,
                        "there is no command '%s'; `healthctl help` lists them", name);
    if (type && c && !c->more_flags)
        return complain(in, CODE_USAGE, "'%s' is one word too many", type);
    if (type && !probe_type_find(type))
        return complain(in, CODE_USAGE,
                        "there is no probe type '%s'; `healthctl help probe` lists them",
                        type);
    if (c)
        help_command(in->arena, c, type, &text);
    else
        help_overview(&text);
    fputs(buf_text(&text), stdout);
    buf_finish(&text);
    return CODE_PASS;
}

const struct command command_help = {
    .name = "help",
    .group = GROUP_LEARNING,
    .run = run_help,
    .summary = "Explain a command, or the options of a probe type",
    .operands = "[COMMAND [TYPE]]",
    .most = 2,
    .completes = COMPLETES_COMMANDS,
    .doc = "The same as COMMAND --help.",
    .examples =
        (const struct example[]){
            {"healthctl help probe http", "Every option of an HTTP probe"}, {0}},
};
