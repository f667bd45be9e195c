/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays story files (story.h) and compares what receivers heard with what they should have heard. Given files (patterns): one
 * TAP line a tale. SCENARIO_SHOW=1 prints what was heard, ready to be read and pasted; SCENARIO_ONLY=TEXT plays only tales
 * with that in their title; SCENARIO_LOG=1 shows healthd's own log.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/world.h"

/* Spaces between words do not count. */
static struct bytes next_word(struct bytes *line)
{
    struct bytes word = {0};
    *line = bytes_trim(*line);
    bytes_token(line, ' ', &word);
    return word;
}

static bool is_same_line(struct bytes a, struct bytes b)
{
    while (a.len > 0 || b.len > 0) {
        if (!bytes_equal(next_word(&a), next_word(&b)))
            return false;
        a = bytes_trim(a);
        b = bytes_trim(b);
    }
    return true;
}

/* The number of the first line that differs; 0: none. */
static size_t compare(struct bytes wanted, struct bytes heard)
{
    for (size_t line = 1; wanted.len > 0 || heard.len > 0; line++) {
        struct bytes a = {0}, b = {0};
        const bool has_a = bytes_line(&wanted, &a), has_b = bytes_line(&heard, &b);
        if (has_a != has_b || !is_same_line(a, b))
            return line;
    }
    return 0;
}

static void print_comment(struct bytes text)
{
    struct bytes line;
    while (bytes_line(&text, &line))
        printf("#     %.*s\n", (int)line.len, line.ptr);
}

static bool tell(const struct story *s, const struct world *w, bool was_played)
{
    const size_t line = compare(s->expected, buf_bytes(&w->heard));
    if (getenv("SCENARIO_SHOW")) {
        print_comment(buf_bytes(&w->heard));
        return was_played && line == 0;
    }
    if (!was_played)
        printf("# %s: %s\n", s->path, w->e.text);
    else if (line > 0)
        printf("# %s: what was heard differs from line %zu on. Expected:\n", s->title,
               line);
    if (was_played && line > 0) {
        print_comment(s->expected);
        printf("# heard:\n");
    }
    if (!was_played || line > 0)
        print_comment(buf_bytes(&w->heard));
    return was_played && line == 0;
}

static bool play(const struct story *s)
{
    struct world *w = calloc(1, sizeof(*w));
    if (!w)
        abort();
    const bool was_played = world_play(w, s);
    const bool ok = tell(s, w, was_played);
    world_finish(w);
    free(w);
    return ok;
}

struct tally {
    int count, failed;
    const char *only; /* a part of the titles that are wanted; NULL: all */
};

static void play_file(const char *path, struct tally *t)
{
    struct arena *arena = arena_create(0);
    struct story_file *file = arena_alloc(arena, sizeof(*file));
    struct err e = {0};
    if (!story_read(arena, path, file, &e)) {
        printf("# %s: %s\nnot ok %d - %s\n", path, e.text, ++t->count, path);
        t->failed++;
    }
    for (size_t i = 0; i < file->count; i++) {
        const struct story *s = &file->stories[i];
        if (t->only && !strstr(s->title, t->only))
            continue;
        const bool ok = play(s);
        t->failed += !ok;
        printf("%s %d - %s:%d %s\n", ok ? "ok" : "not ok", ++t->count, path, s->line,
               s->title);
        fflush(stdout);
    }
    arena_destroy(arena);
}

int main(int argc, char **argv)
{
    setenv("SCENARIO_SECRET", "t0k3n-of-a-story", 1); /* for ${env:SCENARIO_SECRET} */
    struct tally t = {.only = getenv("SCENARIO_ONLY")};
    for (int i = 1; i < argc; i++) {
        glob_t files;
        if (glob(argv[i], 0, NULL, &files) != 0) {
            printf("not ok %d - there is no %s\n", ++t.count, argv[i]);
            t.failed++;
            continue;
        }
        for (size_t k = 0; k < files.gl_pathc; k++)
            play_file(files.gl_pathv[k], &t);
        globfree(&files);
    }
    printf("1..%d\n", t.count);
    return t.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
