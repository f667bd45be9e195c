/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthctl: finds the command in the table, reads its words, runs it, and prints what it had to say
 * in the format asked for. Standard output stays pure; errors go to standard error.
 */
#include "healthctl/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "healthctl/command.h"
#include "healthctl/help.h"
#include "healthctl/writer.h"
#include "lib/base/glob.h"
#include "lib/base/log.h"

static int print(const struct invocation *in, int code, struct buf *text)
{
    if (in && in->secrets)
        secrets_redact(in->secrets, text);
    const bool ok =
        fwrite(buf_text(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0;
    const int error = errno;
    const bool overflow = text->overflow;
    buf_finish(text);
    if (overflow)
        return complain(in, CODE_UNKNOWN, "the answer is too large to be shown");
    /* Whoever read it (head, less) has had enough. */
    if (!ok && error != EPIPE)
        return complain(in, CODE_UNKNOWN, "standard output: %s", strerror(error));
    return code;
}

static int print_help(struct arena *arena, const struct command *c, const char *type)
{
    struct buf text = BUF_MAX(1 << 20);
    if (c)
        help_command(arena, c, type, &text);
    else
        help_overview(&text);
    return print(NULL, CODE_PASS, &text);
}

static int print_manual(struct arena *arena)
{
    struct buf text = BUF_MAX(1 << 20);
    help_manual(arena, &text);
    return print(NULL, CODE_PASS, &text);
}

static int unknown_command(const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; commands[i] && count + 1 < ARRAY_LEN(names); i++) {
        if (!commands[i]->is_hidden)
            names[count++] = commands[i]->name;
    }
    names[count] = NULL;
    const char *near = nearest_word(name, names);
    if (near)
        return complain(NULL, CODE_USAGE, "there is no command '%s'; did you mean '%s'?",
                        name, near);
    return complain(NULL, CODE_USAGE,
                    "there is no command '%s'; `healthctl help` lists them", name);
}

/* Options of every command may stand before it: how many words they take, or -1. */
static int leading_flags(int argc, char **argv)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-') {
        const struct flag *f = common_flags;
        const size_t len = strcspn(argv[i], "=");
        while (f->name && (strlen(f->name) + 2 != len ||
                           strncmp(argv[i] + 2, f->name, len - 2) != 0))
            f++;
        if (!f->name)
            return -1;
        i += f->operand && !argv[i][len] ? 2 : 1;
    }
    return i <= argc ? i - 1 : argc - 1;
}

static int run(struct invocation *in)
{
    const char *format = invocation_flag(in, "format");
    const struct screen screen = screen_read(invocation_flag(in, "color"));
    in->screen = &screen;
    in->out = writer_create(in->arena, writer_type_find(format ? format : "text"),
                            &screen, wall_read());
    const int code = in->command->run(in);
    struct buf text = BUF_MAX(64u << 20);
    /* A command that could not do its work has said so, and has nothing for standard output. */
    if (!writer_is_empty(in->out))
        writer_render(in->out, &text);
    return print(in, code, &text);
}

static void destroy_secrets(void *secrets)
{
    secrets_destroy(secrets);
}

static int run_command(struct arena *arena, const struct command *c, int argc,
                       char **argv)
{
    struct invocation in = {.command = c, .arena = arena};
    struct err e = {0};
    if (!invocation_parse(&in, argc, argv, &e)) {
        complain(NULL, CODE_USAGE, "%s: %s", c->name, e.text);
        return complain(NULL, CODE_USAGE, "`healthctl help %s` explains it", c->name);
    }
    if (invocation_flag(&in, "help"))
        return print_help(arena, c,
                          in.operand_count && c->more_flags ? in.operands[0] : NULL);
    in.secrets = secrets_create();
    arena_cleanup(arena, destroy_secrets, in.secrets);
    return run(&in);
}

int healthctl_main(int argc, char **argv)
{
    struct arena *arena = arena_create(0);
    int code;
    log_set(LOG_LEVEL_WARNING, LOG_FORMAT_LOGFMT);
    screen_read(NULL);
    const int leading = leading_flags(argc, argv);
    const char *first = argc > 1 ? argv[1] : "";
    const char *name = leading >= 0 && leading + 1 < argc ? argv[leading + 1] : NULL;
    const struct command *c = name ? command_find(name) : NULL;
    if (argc < 2) {
        struct buf text = BUF_MAX(64 << 10);
        help_overview(&text);
        code = complain_text(NULL, CODE_USAGE, buf_text(&text));
        buf_finish(&text);
    } else if (!strcmp(first, "--version")) {
        puts("healthctl " HEALTHD_VERSION);
        code = CODE_PASS;
    } else if (!strcmp(first, "--man")) {
        code = print_manual(arena);
    } else if (!c && (!strcmp(first, "--help") || !strcmp(first, "-h"))) {
        code = print_help(arena, NULL, NULL);
    } else if (c) {
        /* The flags before the command and the words after it, without the command. */
        char **words = arena_alloc(arena, (size_t)argc * sizeof(*words));
        memcpy(words, argv + 1, (size_t)leading * sizeof(*words));
        memcpy(words + leading, argv + leading + 2,
               (size_t)(argc - leading - 2) * sizeof(*words));
        code = run_command(arena, c, argc - 2, words);
    } else if (name) {
        code = unknown_command(name);
    } else {
        code =
            complain(NULL, CODE_USAGE,
                     "%s: a command comes first: healthctl COMMAND [OPTION...]", first);
    }
    arena_destroy(arena);
    return code;
}
