/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes over the words before the cursor, to know what is missing, and offers what begins like the one at it. Called
 * by cmd_completion.c. Sorts nothing and prints nothing.
 */
#include "healthctl/complete.h"

#include <string.h>

#include "probes/registry.h"

struct cursor { /* where the last word stands */
    struct arena *arena;
    const struct command *command;
    const char *operand; /* the first one */
    size_t operand_count;
    const struct flag *awaiting; /* whose value it is */
    bool only_operands;
    const char *word;
    void (*probes)(void *ctx, const char *prefix, struct buf *out);
    void *ctx;
    struct buf *out;
};

static void offer(const struct cursor *c, const char *before, const char *word,
                  const char *doc)
{
    const char *typed = c->word;
    const size_t len = strlen(before);
    if (strncmp(typed, before, strlen(typed) < len ? strlen(typed) : len) != 0)
        return;
    if (strlen(typed) > len && strncmp(word, typed + len, strlen(typed + len)) != 0)
        return;
    const size_t sentence = strcspn(doc, ".\n");
    buf_printf(c->out, "%s%s\t%.*s\n", before, word, (int)sentence, doc);
}

static void offer_words(const struct cursor *c, const char *before,
                        const char *const *words)
{
    for (; words && *words; words++) {
        if (**words)
            offer(c, before, *words, "");
    }
}

/* before is what stays of the word: "--format=". */
static void offer_values(const struct cursor *c, const char *before,
                         enum completes completes, const char *const *words)
{
    switch (completes) {
    case COMPLETES_NOTHING:
        break;
    case COMPLETES_FILES:
        buf_add_text(c->out, ":files\n");
        break;
    case COMPLETES_PROBES:
        if (c->probes)
            c->probes(c->ctx, c->word + strlen(before), c->out);
        break;
    case COMPLETES_TYPES:
        for (size_t i = 0; probe_types[i]; i++)
            offer(c, before, probe_types[i]->name, probe_types[i]->summary);
        break;
    case COMPLETES_COMMANDS:
        for (size_t i = 0; commands[i]; i++) {
            if (!commands[i]->is_hidden)
                offer(c, before, commands[i]->name, commands[i]->summary);
        }
        break;
    case COMPLETES_WORDS:
        offer_words(c, before, words);
        break;
    }
}

static size_t tables_of(const struct cursor *c, const struct flag **tables)
{
    size_t count = 0;
    const struct command *command = c->command;
    if (command && command->flags)
        tables[count++] = command->flags;
    if (command && command->more_flags && c->operand) {
        const struct flag *more = command->more_flags(c->arena, c->operand);
        if (more)
            tables[count++] = more;
    }
    if (command && command->needs_daemon)
        tables[count++] = daemon_flags;
    tables[count++] = common_flags;
    return count;
}

static const struct flag *find(const struct cursor *c, const char *word, size_t len)
{
    const struct flag *tables[4];
    const size_t count = tables_of(c, tables);
    for (size_t i = 0; i < count; i++) {
        for (const struct flag *f = tables[i]; f->name; f++) {
            if (len == 2 && word[0] == '-' && word[1] == f->letter)
                return f;
            if (len > 2 && flag_is(f, arena_strndup(c->arena, word + 2, len - 2)))
                return f;
        }
    }
    return NULL;
}

static void offer_flags(const struct cursor *c)
{
    const struct flag *tables[4];
    const size_t count = tables_of(c, tables);
    for (size_t i = 0; i < count; i++) {
        for (const struct flag *f = tables[i]; f->name; f++) {
            const bool is_overridden = tables[i] == common_flags &&
                                       find(c, arena_printf(c->arena, "--%s", f->name),
                                            strlen(f->name) + 2) != f;
            if (!is_overridden)
                offer(c, "--", f->name, f->doc);
        }
    }
    if (!c->command)
        offer(c, "--", "version", "Print the version");
}

/* One word that is complete. */
static void pass(struct cursor *c, const char *word)
{
    if (c->awaiting) {
        /* bash takes --name=value apart. */
        if (strcmp(word, "=") != 0)
            c->awaiting = NULL;
    } else if (!c->only_operands && !strcmp(word, "--")) {
        c->only_operands = true;
    } else if (!c->only_operands && word[0] == '-' && word[1]) {
        const struct flag *f = strchr(word, '=') ? NULL : find(c, word, strlen(word));
        c->awaiting = f && f->operand ? f : NULL;
    } else if (!c->command) {
        c->command = command_find(word);
        c->only_operands |= !c->command;
    } else {
        c->operand = c->operand_count++ ? c->operand : word;
    }
}

/* The verbs themselves, and what may follow the one that stands there. */
static void offer_after_verb(const struct cursor *c)
{
    for (const struct verb *v = c->command->verbs; v->name; v++) {
        if (!c->operand_count)
            offer(c, "", v->name, v->summary);
        else if (!strcmp(v->name, c->operand) && c->operand_count <= v->most)
            offer_values(c, "", v->completes, NULL);
    }
}

static void offer_operands(const struct cursor *c)
{
    const struct command *command = c->command;
    if (!command) {
        if (!c->only_operands)
            offer_values(c, "", COMPLETES_COMMANDS, NULL);
        return;
    }
    if (c->operand_count >= command->most)
        return;
    if (command->verbs)
        offer_after_verb(c);
    if (!strcmp(command->name, "help") && c->operand_count)
        offer_values(c, "",
                     !strcmp(c->operand, "probe") ? COMPLETES_TYPES : COMPLETES_NOTHING,
                     NULL);
    else if (command->completes == COMPLETES_FILES || !c->operand_count)
        offer_values(c, "", command->completes, command->words);
}

void complete_words(struct arena *arena, const char *const *words, size_t count,
                    void (*probes)(void *ctx, const char *prefix, struct buf *out),
                    void *ctx, struct buf *out)
{
    struct cursor c = {
        .arena = arena, .probes = probes, .ctx = ctx, .out = out, .word = ""};
    for (size_t i = 0; i + 1 < count; i++)
        pass(&c, words[i]);
    if (count)
        c.word = words[count - 1];
    if (c.awaiting) {
        if (!strcmp(c.word, "="))
            c.word = "";
        offer_values(&c, "", c.awaiting->completes, c.awaiting->words);
        return;
    }
    const char *equals = strchr(c.word, '=');
    if (!c.only_operands && c.word[0] == '-' && c.word[1] == '-' && equals) {
        const struct flag *f = find(&c, c.word, (size_t)(equals - c.word));
        const char *before = arena_strndup(arena, c.word, (size_t)(equals + 1 - c.word));
        if (f)
            offer_values(&c, before, f->completes, f->words);
    } else if (!c.only_operands && c.word[0] == '-') {
        offer_flags(&c);
    } else {
        offer_operands(&c);
    }
}
