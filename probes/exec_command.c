/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exec probe starts: words of a command line, and the environment they run in. Called when a configuration
 * loads and when a run starts. Replaces nothing in a word: that is a shell's work, and only with `shell: true`.
 */
#include <string.h>

#include "probes/exec.h"

#define MAX_WORDS 1000

struct splitter {
    const char *at;
    char *out; /* where the next character of the word goes */
    bool has_word, is_cut;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* From behind the quote to behind its partner; within double quotes a backslash holds for \ and ". */
static void take_quoted(struct splitter *s, char quote)
{
    for (; *s->at && *s->at != quote; s->at++) {
        if (quote == '"' && *s->at == '\\' && (s->at[1] == '"' || s->at[1] == '\\'))
            s->at++;
        *s->out++ = *s->at;
    }
    s->is_cut |= !*s->at;
    s->at += *s->at != '\0';
}

static void take_word(struct splitter *s)
{
    while (*s->at && !is_blank(*s->at)) {
        const char c = *s->at++;
        s->has_word = true;
        if (c == '\'' || c == '"') {
            take_quoted(s, c);
        } else if (c == '\\') {
            s->is_cut |= !*s->at;
            if (*s->at)
                *s->out++ = *s->at++;
        } else {
            *s->out++ = c;
        }
    }
    *s->out++ = '\0';
}

const char *const *command_split(const char *text, struct arena *arena, struct err *e)
{
    const char **words = arena_alloc(arena, (MAX_WORDS + 1) * sizeof(*words));
    struct splitter s = {.at = text, .out = arena_alloc(arena, 2 * strlen(text) + 2)};
    for (size_t count = 0; count < MAX_WORDS; count++) {
        while (is_blank(*s.at))
            s.at++;
        if (!*s.at)
            return words;
        words[count] = s.out;
        take_word(&s);
        if (s.is_cut) {
            err_set(e, "'%.80s': a quote or backslash at its end has no partner", text);
            return NULL;
        }
    }
    err_set(e, "'%.80s…' has more than %d words", text, MAX_WORDS);
    return NULL;
}

static const char *const *in_shell(const char *text, struct arena *arena)
{
    const char **words = arena_alloc(arena, 4 * sizeof(*words));
    words[0] = "/bin/sh";
    words[1] = "-c";
    words[2] = text;
    return words;
}

static const char *const *listed(const struct texts *texts, struct arena *arena)
{
    const char **words = arena_alloc(arena, (texts->count + 1) * sizeof(*words));
    for (size_t i = 0; i < texts->count; i++)
        words[i] = texts->items[i];
    return words;
}

static bool check_environment(const struct exec_conf *c, struct err *e)
{
    for (size_t i = 0; i < c->env.count; i++) {
        const char *name = c->env.items[i].key;
        if (!*name || strchr(name, '='))
            return err_set(e, "env: '%.40s' is no name of a variable", name);
    }
    return true;
}

bool exec_validate(void *conf, struct arena *arena, struct err *e)
{
    struct exec_conf *c = conf;
    if (c->command.count == 0 || !c->command.items[0][0])
        return err_set(e,
                       "say what to run: `command: \"check_disk -w 10%%\"`, or a list of "
                       "words");
    if (c->shell && c->command.count > 1)
        return err_set(e,
                       "`shell: true` takes one text, which the shell takes apart; this "
                       "is a list of %zu",
                       c->command.count);
    if (c->shell)
        c->argv = in_shell(c->command.items[0], arena);
    else if (c->command.count > 1)
        c->argv = listed(&c->command, arena);
    else
        c->argv = command_split(c->command.items[0], arena, e);
    if (!c->argv || !check_environment(c, e))
        return false;
    return c->argv[0] ||
           err_set(e, "the command has no words: '%.40s'", c->command.items[0]);
}

/* Nothing of ours gets in: what healthd's own environment holds is often secret. */
const char *const *exec_environment(const struct exec_conf *c, struct arena *arena)
{
    const char **list = arena_alloc(arena, (c->env.count + 4) * sizeof(*list));
    size_t count = 0;
    list[count++] = arena_printf(arena, "PATH=%s", c->path);
    list[count++] = "LANG=C.UTF-8";
    list[count++] = "HOME=/";
    for (size_t i = 0; i < c->env.count; i++)
        list[count++] =
            arena_printf(arena, "%s=%s", c->env.items[i].key, c->env.items[i].value);
    return list;
}
