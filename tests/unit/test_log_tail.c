/* SPDX-License-Identifier: Apache-2.0 */
/* A followed file, and what is done to files: stories of acts and of the lines that are read then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "probes/log.h"

/* "+ NAME TEXT" appends (| is a line's end), "mv A B", "cut NAME" truncates, "rm NAME", "again" is another process with the
 * memo, "late NAME" is written to after all others. "= LINES" is what a run reads ("a,b"; "" for none), "? WORD" says
 * missing, behind, rotated N or skipped N. */
struct story {
    const char *name, *file;
    const char *lines[22];
};

static const struct story stories[] = {
    {"the end is where it begins",
     "a.log",
     {"+ a.log old|", "= ", "+ a.log one|two|", "= one,two", "= ", NULL}},
    {"a line that has not ended waits",
     "a.log",
     {"+ a.log ", "= ", "+ a.log on", "= ", "+ a.log e|tw", "= one", "again", "= ",
      "+ a.log o|", "= two", NULL}},
    {"missing, then there",
     "a.log",
     {"= ", "? missing", "+ a.log first|", "= first", NULL}},
    {"rotated by a new name",
     "a.log",
     {"+ a.log ", "= ", "+ a.log one|", "= one", "+ a.log two|", "mv a.log a.log.1",
      "+ a.log three|", "= two,three", "? rotated 1", "+ a.log.1 late|", "= late", NULL}},
    {"rotated, and nothing new yet",
     "a.log",
     {"+ a.log ", "= ", "+ a.log one|", "mv a.log a.log.1", "= one", "? missing",
      "+ a.log.1 two|", "= two", "+ a.log three|", "= three", NULL}},
    {"truncated in place",
     "a.log",
     {"+ a.log 0123456789|", "= ", "+ a.log one|", "= one", "cut a.log", "+ a.log two|",
      "= two", "? rotated 1", NULL}},
    {"truncated, and longer than before",
     "a.log",
     {"+ a.log one|", "= ", "+ a.log two|", "= two", "cut a.log",
      "+ a.log three|four|five|", "= three,four,five", "? rotated 1", NULL}},
    {"another process goes on",
     "a.log",
     {"+ a.log old|", "= ", "+ a.log one|", "= one", "+ a.log two|", "again", "= two",
      NULL}},
    {"rotated while nobody looked",
     "a.log",
     {"+ a.log old|", "= ", "+ a.log one|", "= one", "+ a.log two|", "mv a.log a.log.1",
      "+ a.log three|", "again", "= two,three", "= ", NULL}},
    {"the newest of a pattern",
     "*.log",
     {"+ a.log old|", "+ b.log old|", "= ", "+ b.log one|", "late b.log", "= one",
      "+ c.log two|", "late c.log", "= two", "+ b.log three|", "late b.log", "= three",
      "+ c.log.gz junk|", "late c.log.gz", "= ", NULL}},
    {"more than a run may read",
     "a.log",
     {"+ a.log ", "= ", "+ a.log 0123456789012345678901234567890123456789|x|", "= ",
      "? behind", "= 0123456789012345678901234567890…,x", NULL}},
    {"far behind",
     "a.log",
     {"+ a.log ", "= ",
      "+ a.log 012345678|012345678|012345678|012345678|012345678|012345678|012345678|"
      "012345678|012345678|last|",
      "= 012345678,012345678,last", "? skipped 63", NULL}},
};

#define MAX_READ 32
#define MAX_LINE 31
#define MAX_BEHIND 64

struct telling {
    const struct story *story;
    char folder[64];
    struct log_keeper *keeper;
    struct buf memo;
    int minutes; /* each written file is newer than those before */
};

static void finish_tail(void *tail)
{
    log_tail_finish(tail);
}

static void begin_process(struct telling *t)
{
    struct arena *arena = arena_create(0);
    struct log_keeper *k = arena_alloc(arena, sizeof(*k));
    const struct pair all = {"all", "."};
    k->arena = arena;
    log_conf_copy(arena,
                  &(struct log_conf){.file = t->story->file,
                                     .root = arena_printf(arena, "%s/", t->folder),
                                     .container = "",
                                     .docker = "",
                                     .level = "",
                                     .patterns = {&all, 1},
                                     .max_values = 1,
                                     .max_line = MAX_LINE,
                                     .max_read = MAX_READ,
                                     .max_behind = MAX_BEHIND},
                  &k->conf);
    log_counts_init(&k->counts, arena, &k->conf);
    log_tail_init(&k->tail, arena, &k->conf, &k->counts, buf_bytes(&t->memo));
    arena_cleanup(arena, finish_tail, &k->tail);
    t->keeper = k;
}

static void end_process(struct telling *t)
{
    buf_clear(&t->memo);
    buf_add_text(&t->memo, "log 1\n");
    log_places_print(&t->keeper->tail.places, &t->memo);
    arena_destroy(t->keeper->arena);
}

static const char *path_of(const struct telling *t, const char *name)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s/%s", t->folder, name);
    return path;
}

static void append(const struct telling *t, const char *name, const char *text)
{
    FILE *f = fopen(path_of(t, name), "a");
    assert_non_null(f);
    for (; *text; text++)
        fputc(*text == '|' ? '\n' : *text, f);
    fclose(f);
}

/* What one run reads, by the excerpt, which holds no more than five lines. */
static void run(struct telling *t, const char *wanted)
{
    struct log_keeper *k = t->keeper;
    struct arena *arena = arena_create(0);
    const atomic_bool is_unwanted = false;
    k->counts.excerpt = excerpt_create(arena, 9);
    log_counts_begin(&k->counts, (struct wall){NSEC_PER_SEC});
    const double long_lines = k->counts.long_lines;
    log_tail_read(&k->tail, mono_add(mono_read(), NSEC_PER_MINUTE), &is_unwanted);
    assert_int_equal(k->tail.trouble, 0);
    char *said = arena_strdup(arena, excerpt_text(k->counts.excerpt, NULL, arena));
    for (char *at = said; *at; at++)
        *at = *at == '\n' ? ',' : *at;
    const char *cut = strstr(wanted, "…");
    char plain[200];
    snprintf(plain, sizeof(plain), "%.*s%s", cut ? (int)(cut - wanted) : 199, wanted,
             cut ? cut + strlen("…") : "");
    assert_int_equal(k->counts.long_lines - long_lines, cut != NULL);
    if (strcmp(said, plain) != 0)
        print_error("%s:\n", t->story->name);
    assert_string_equal(said, plain);
    k->counts.excerpt = excerpt_create(k->arena, 9);
    arena_destroy(arena);
}

static void ask(const struct telling *t, const char *question)
{
    const struct log_tail *tail = &t->keeper->tail;
    char word[16] = "";
    int number = 0;
    sscanf(question, "%15s %d", word, &number);
    if (!strcmp(word, "missing"))
        assert_true(tail->is_missing);
    else if (!strcmp(word, "behind"))
        assert_true(tail->is_behind && tail->unread > 0);
    else if (!strcmp(word, "rotated"))
        assert_int_equal(tail->rotations, number);
    else
        assert_int_equal(tail->skipped, number);
}

static void act(struct telling *t, const char *line)
{
    char verb[16] = "", first[64] = "", second[64] = "";
    sscanf(line, "%15s %63s %63s", verb, first, second);
    if (!strcmp(verb, "=")) {
        run(t, line + 2);
    } else if (!strcmp(verb, "?")) {
        ask(t, line + 2);
    } else if (!strcmp(verb, "+")) {
        append(t, first, strchr(line + 2, ' ') ? strchr(line + 2, ' ') + 1 : "");
    } else if (!strcmp(verb, "mv")) {
        char from[200];
        snprintf(from, sizeof(from), "%s", path_of(t, first));
        assert_int_equal(rename(from, path_of(t, second)), 0);
    } else if (!strcmp(verb, "cut")) {
        assert_int_equal(truncate(path_of(t, first), 0), 0);
    } else if (!strcmp(verb, "late")) {
        const struct timespec at = {2000000000 + 60 * ++t->minutes, 0};
        assert_int_equal(
            utimensat(AT_FDCWD, path_of(t, first), (const struct timespec[]){at, at}, 0),
            0);
    } else {
        assert_string_equal(verb, "again");
        end_process(t);
        begin_process(t);
    }
}

static void remove_folder(const struct telling *t)
{
    static const char *const names[] = {"a.log", "b.log", "c.log", "a.log.1", "c.log.gz"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(path_of(t, names[i]));
    assert_int_equal(rmdir(t->folder), 0);
}

static void what_cannot_be_searched_is_told(void **state)
{
    static const struct {
        const char *file;
        nsec time;
        int trouble;
        bool is_missing;
    } cases[] = {
        {"*.log", NSEC_PER_MINUTE, 0, true},
        {"no/*.log", NSEC_PER_MINUTE, 0, true},
        {"*.log", 0, ETIME, false},
        {"*/", NSEC_PER_MINUTE, 0, true},
        {"*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/"
         "*/*"
         "/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*",
         NSEC_PER_MINUTE, E2BIG, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct story story = {.name = cases[i].file, .file = cases[i].file};
        struct telling t = {
            .story = &story, .folder = "/tmp/hd-log-tail-XXXXXX", .memo = BUF_MAX(4096)};
        const atomic_bool is_unwanted = false;
        assert_non_null(mkdtemp(t.folder));
        begin_process(&t);
        struct log_tail *tail = &t.keeper->tail;
        log_tail_read(tail, mono_add(mono_read(), cases[i].time), &is_unwanted);
        assert_int_equal(tail->trouble, cases[i].trouble);
        assert_int_equal(tail->is_missing, cases[i].is_missing);
        end_process(&t);
        buf_finish(&t.memo);
        assert_int_equal(rmdir(t.folder), 0);
    }
}

static void files_are_followed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct telling t = {.story = &stories[i],
                            .folder = "/tmp/hd-log-tail-XXXXXX",
                            .memo = BUF_MAX(4096)};
        assert_non_null(mkdtemp(t.folder));
        begin_process(&t);
        for (size_t j = 0; stories[i].lines[j]; j++)
            act(&t, stories[i].lines[j]);
        end_process(&t);
        buf_finish(&t.memo);
        remove_folder(&t);
    }
}

static void what_is_no_file_is_said(void **state)
{
    const struct story folder = {"a folder", ".", {NULL}};
    struct telling t = {
        .story = &folder, .folder = "/tmp/hd-log-tail-XXXXXX", .memo = BUF_MAX(4096)};
    const atomic_bool is_unwanted = false;
    (void)state;
    assert_non_null(mkdtemp(t.folder));
    begin_process(&t);
    log_tail_read(&t.keeper->tail, mono_add(mono_read(), NSEC_PER_MINUTE), &is_unwanted);
    assert_int_equal(t.keeper->tail.trouble, EISDIR);
    end_process(&t);
    buf_finish(&t.memo);
    remove_folder(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_followed),
        cmocka_unit_test(what_cannot_be_searched_is_told),
        cmocka_unit_test(what_is_no_file_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
