/* SPDX-License-Identifier: Apache-2.0 */
/* Text files of metrics: which are taken, what is shown of them, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/core/registry.h"
#include "probes/host.h"

struct file {
    const char *name, *text;
};
struct story {
    struct file files[3];
    const char *page; /* without mtimes; DIR stands for the folder */
    const char *note; /* part of what is said; "" when all is well */
};

static void write_file(const char *folder, const struct file *file)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, file->name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(file->text, out);
    fclose(out);
}

static void remove_file(const char *folder, const struct file *file)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, file->name);
    unlink(path);
}

/* A page's lines, without those of the mtimes and with DIR for the folder. */
static const char *shown(struct arena *arena, struct batch *batch, const char *folder)
{
    struct buf page = BUF_MAX(1 << 20), out = BUF_MAX(1 << 20);
    page_of_batch(batch, &page);
    struct bytes text = buf_bytes(&page), line;
    while (bytes_line(&text, &line)) {
        if (bytes_find(line, bytes_of("node_textfile_mtime_seconds")) >= 0 ||
            bytes_find(line, bytes_of(" node_textfile_scrape_error")) >= 0)
            continue;
        ptrdiff_t at;
        while ((at = bytes_find(line, bytes_of(folder))) >= 0) {
            buf_add_bytes(&out, bytes_slice(line, 0, (size_t)at));
            buf_add_text(&out, "DIR");
            line = bytes_slice(line, (size_t)at + strlen(folder), line.len);
        }
        buf_add_bytes(&out, line);
        buf_add_byte(&out, '\n');
    }
    const char *copy = arena_strdup(arena, buf_text(&out));
    buf_finish(&page);
    buf_finish(&out);
    return copy;
}

static void assert_story(const struct story *story)
{
    char folder[] = "/tmp/healthd-textfile-XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < ARRAY_LEN(story->files) && story->files[i].name; i++)
        write_file(folder, &story->files[i]);
    const char *const folders[] = {folder};
    const struct host_conf conf = {.root = "",
                                   .procfs = "/nonexistent",
                                   .sysfs = "/nonexistent",
                                   .rootfs = "",
                                   .udev = "/nonexistent",
                                   .nodename = "",
                                   .textfile = {folders, 1}};
    struct host_kept *kept = host_kept_create(&conf);
    struct arena *arena = arena_create(0);
    struct host_scan scan;
    host_scan_init(&scan, arena, kept, (struct wall){0});
    assert_true(host_textfile_collect(&scan));
    assert_string_equal(shown(arena, scan.batch, folder), story->page);
    assert_non_null(strstr(scan.note.text, story->note));
    assert_int_equal(scan.note.text[0] != '\0', story->note[0] != '\0');
    arena_destroy(arena);
    host_kept_destroy(kept);
    for (size_t i = 0; i < ARRAY_LEN(story->files) && story->files[i].name; i++)
        remove_file(folder, &story->files[i]);
    rmdir(folder);
}

static void files_are_taken_whole_or_not(void **state)
{
    static const struct story stories[] = {
        {.page = "node_textfile_scrape_error 0\n", .note = ""},
        {.files = {{"a.prom", "# HELP backup_ok Last one.\n# TYPE backup_ok gauge\n"
                              "backup_ok{db=\"x\"} 1\n"},
                   {"b.prom", "other 2\n"},
                   {"c.txt", "<not read>"}},
         .page =
             "# HELP backup_ok Last one.\n# TYPE backup_ok gauge\nbackup_ok{db=\"x\"} 1\n"
             "node_textfile_scrape_error 0\n"
             "# HELP other Metric read from DIR/b.prom\n# TYPE other untyped\nother 2\n",
         .note = ""},
        {.files = {{"a.prom", "m{f=\"a\"} 1\n"}, {"b.prom", "m{f=\"b\"} 2\n"}},
         .page = "# HELP m Metric read from DIR/a.prom, DIR/b.prom\n# TYPE m untyped\n"
                 "m{f=\"a\"} 1\nm{f=\"b\"} 2\nnode_textfile_scrape_error 0\n",
         .note = ""},
        {.files = {{"a.prom", "m 1\nn 2 1395066363000\n"}, {"b.prom", "o 3\n"}},
         .page = "node_textfile_scrape_error 1\n# HELP o Metric read from DIR/b.prom\n"
                 "# TYPE o untyped\no 3\n",
         .note = "a.prom: line 2: a timestamp"},
        {.files = {{"a.prom", "m 1\n<cut"}},
         .page = "node_textfile_scrape_error 1\n",
         .note = "a.prom: line 2: column 1: expected a metric's name"},
        {.files = {{"a.prom", "# TYPE m gauge\nm{f=\"a\"} 1\n"},
                   {"b.prom", "# TYPE m counter\nm{f=\"b\"} 2\n"}},
         .page = "# HELP m Metric read from DIR/a.prom\n# TYPE m gauge\nm{f=\"a\"} 1\n"
                 "node_textfile_scrape_error 1\n",
         .note = "b.prom: line 2: m is a counter here and a gauge in"},
        {.files = {{"a.prom", "# TYPE m gauge\nm 1\n<"},
                   {"b.prom", "# TYPE m counter\nm 2\n"}},
         .page = "# HELP m Metric read from DIR/b.prom\n# TYPE m counter\nm 2\n"
                 "node_textfile_scrape_error 1\n",
         .note = "a.prom: line 3"},
        {.files = {{"a.prom", "m{x=\"1\",y=\"\"} 1\n"}, {"b.prom", "m{x=\"1\"} 2\n"}},
         .page = "# HELP m Metric read from DIR/a.prom\n# TYPE m untyped\nm{x=\"1\"} 1\n"
                 "node_textfile_scrape_error 1\n",
         .note = "m{x=\"1\"} is in another file as well"},
        {.files = {{"a.prom", "m 1\nm 2\n"}},
         .page = "node_textfile_scrape_error 1\n",
         .note = "is here twice"},
        {.files = {{"a.prom", "# TYPE node_load1 counter\nnode_load1 1\n"}},
         .page = "node_textfile_scrape_error 1\n",
         .note = "node_load1 is a counter here and a gauge of the host probe"},
        {.files = {{"a.prom", "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 2\n"
                              "h_count 1\n"}},
         .page = "# HELP h Metric read from DIR/a.prom\n# TYPE h histogram\n"
                 "h_bucket{le=\"+Inf\"} 1\nh_sum 2\nh_count 1\n"
                 "node_textfile_scrape_error 0\n",
         .note = ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(stories); i++)
        assert_story(&stories[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_taken_whole_or_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
