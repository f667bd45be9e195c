/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that were, as pages: host/<name>.tree holds the files of one's /proc and /sys ("==> path" before each), and
 * host/<name>.prom what the collectors make of them. What asks the kernel itself (uname, adjtimex, clocks, statfs) is left out.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "golden.h"
#include "lib/core/regex.h"
#include "lib/core/registry.h"
#include "probes/host.h"

#define PATH_SIZE 512
#define MAX_TREE ((size_t)1 << 20)

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

static struct bytes read_tree(struct arena *arena, const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof(path), "tests/golden/host/%s.tree", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = arena_alloc(arena, MAX_TREE);
    const size_t len = fread(text, 1, MAX_TREE, file);
    fclose(file);
    assert_true(len < MAX_TREE);
    return (struct bytes){text, len};
}

static void unpack(struct bytes tree, const char *root)
{
    struct bytes line;
    FILE *out = NULL;
    bytes_line(&tree, &line); /* what it is */
    while (bytes_line(&tree, &line)) {
        if (!bytes_starts(line, "==> ")) {
            assert_non_null(out);
            fprintf(out, "%.*s\n", (int)line.len, line.ptr);
            continue;
        }
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%s/%.*s", root, (int)(line.len - 4), line.ptr + 4);
        make_parents(path);
        if (out)
            fclose(out);
        out = fopen(path, "wb");
        assert_non_null(out);
    }
    if (out)
        fclose(out);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

/* Without how long collectors took, and without where the tree was unpacked. */
static void show(struct batch *batch, struct buf *out)
{
    struct buf page = BUF_MAX(MAX_TREE);
    page_of_batch(batch, &page);
    struct bytes text = buf_bytes(&page), line;
    while (bytes_line(&text, &line)) {
        if (bytes_starts(line, "node_scrape_collector_duration_seconds{"))
            continue;
        buf_add_bytes(out, line);
        buf_add_byte(out, '\n');
    }
    buf_finish(&page);
}

static void show_mounts(const struct host_scan *scan, struct buf *out)
{
    for (const struct host_mount *m = scan->mounts; m; m = m->next)
        buf_printf(out, "# mount %s of %s at %s (%s:%s)%s\n", m->fstype, m->device,
                   m->mountpoint, m->major, m->minor, m->is_readonly ? " read-only" : "");
}

static void conf_make(struct host_conf *ret_conf, struct arena *arena, const char *root)
{
    static const char *const live[] = {"uname", "time", "timex"};
    struct err e;
    *ret_conf = (struct host_conf){0};
    opt_defaults(host_opts, ret_conf, arena);
    ret_conf->root = root;
    ret_conf->exclude = (struct texts){live, ARRAY_LEN(live)};
    assert_true(host_validate(ret_conf, arena, &e));
}

static void assert_page(const char *name)
{
    char root[] = "/tmp/healthd-golden-host-XXXXXX", golden[64];
    struct arena *arena = arena_create(0);
    struct host_conf conf;
    struct host_scan scan;
    assert_non_null(mkdtemp(root));
    unpack(read_tree(arena, name), root);
    conf_make(&conf, arena, root);
    struct host_kept *kept = host_kept_create(&conf);
    struct buf out = BUF_MAX(MAX_TREE);
    host_scan_init(&scan, arena, kept, (struct wall){1700000500 * NSEC_PER_SEC});
    host_scan_run(&scan);
    show(scan.batch, &out);
    show_mounts(&scan, &out);
    snprintf(golden, sizeof(golden), "host/%s.prom", name);
    golden_check(golden, buf_bytes(&out));
    buf_finish(&out);
    host_kept_destroy(kept);
    arena_destroy(arena);
    assert_int_equal(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void a_server_with_a_new_kernel(void **state)
{
    assert_page("k6");
}

static void a_machine_with_an_old_kernel(void **state)
{
    assert_page("k418");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_a_new_kernel),
        cmocka_unit_test(a_machine_with_an_old_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
