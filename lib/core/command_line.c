/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See command_line.h. Pure; any thread.
 */
#include "lib/core/command_line.h"

#include <string.h>

#include "lib/base/bytes.h"

#define MAX_WORDS 1000

struct splitter {
    const char *at;
    char *out; /* where the next character of the word goes */
    bool has_word, is_cut;
};

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
    while (*s->at && !byte_is_space(*s->at)) {
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
    for (size_t count = 0; count <= MAX_WORDS; count++) {
        while (byte_is_space(*s.at))
            s.at++;
        if (!*s.at)
            return words;
        if (count == MAX_WORDS)
            break;
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

static const char *const *listed(const struct texts *texts, struct arena *arena)
{
    const char **words = arena_alloc(arena, (texts->count + 1) * sizeof(*words));
    for (size_t i = 0; i < texts->count; i++)
        words[i] = texts->items[i];
    return words;
}

const char *const *command_words(const struct texts *command, struct arena *arena,
                                 struct err *e)
{
    const char *const *words = command->count > 1
                                   ? listed(command, arena)
                                   : command_split(command->items[0], arena, e);
    if (!words || words[0])
        return words;
    err_set(e, "the command has no words: '%.40s'", command->items[0]);
    return NULL;
}

bool command_check_environment(struct pairs variables, struct err *e)
{
    for (size_t i = 0; i < variables.count; i++) {
        const char *name = variables.items[i].key;
        if (!*name || strchr(name, '='))
            return err_set(e, "env: '%.40s' is no name of a variable", name);
    }
    return true;
}

static bool has_variable(struct pairs variables, struct bytes line)
{
    struct bytes name;
    bytes_token(&line, '=', &name);
    for (size_t i = 0; i < variables.count; i++) {
        if (bytes_is(name, variables.items[i].key))
            return true;
    }
    return false;
}

const char *const *command_environment(const char *path, struct pairs variables,
                                       struct arena *arena)
{
    const char *const ours[] = {arena_printf(arena, "PATH=%s", path), "LANG=C.UTF-8",
                                "HOME=/"};
    const char **list = arena_alloc(arena, (variables.count + 4) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (!has_variable(variables, bytes_of(ours[i])))
            list[count++] = ours[i];
    }
    for (size_t i = 0; i < variables.count; i++)
        list[count++] = arena_printf(arena, "%s=%s", variables.items[i].key,
                                     variables.items[i].value);
    return list;
}
