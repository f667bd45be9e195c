/* SPDX-License-Identifier: Apache-2.0 */
/* The page that comes of a tree of cgroups: version 2 with the systemd driver and rootless Podman, version 1 with
 * cgroupfs, also of a pod of Podman; without an engine, and with what an engine says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "golden.h"
#include "lib/core/batch.h"
#include "lib/core/registry.h"
#include "probes/containers_book.h"

#define TREE "tests/golden/containers"
#define NOW ((struct wall){1795751988 * NSEC_PER_SEC})

static const char list_json[] =
    "[{\"Id\":\"40d7c85c8c03cf592a106b0ad654a5335ad2a015200f72240b87bbcf577da9b4\","
    "\"Names\":[\"/web\"],\"Image\":\"shop/web:7\",\"ImageID\":\"sha256:1\","
    "\"Created\":1795751000,\"State\":\"running\",\"Status\":\"Up 3 minutes (healthy)\","
    "\"Labels\":{\"com.docker.compose.project\":\"shop\",\"com.docker.compose.service\":"
    "\"web\",\"org.label-schema.group\":\"monitoring\"}},"
    "{\"Id\":\"79d5810e71ee307ce04790138548e086fd12c1ec56a18576116705bcdff0cdc8\","
    "\"Names\":[\"/db\"],\"Image\":\"postgres:16\",\"State\":\"running\",\"Status\":\"Up "
    "2 "
    "hours\",\"HostConfig\":{\"NetworkMode\":\"container:web\"}}]";

struct look {
    struct arena *arena;
    struct containers_conf conf;
    struct containers_kept *kept;
    struct book book;
    struct buf page;
};

static void begin(struct look *l, const char *cgroupfs, const char *show_labels)
{
    struct err e = {0};
    *l = (struct look){.arena = arena_create(0), .page = BUF_MAX(1 << 20)};
    opt_defaults(containers_opts, &l->conf, l->arena);
    l->conf.procfs = TREE "/proc";
    l->conf.sysfs = TREE "/sys";
    l->conf.cgroupfs = cgroupfs;
    if (show_labels)
        assert_true(opt_set(opt_find(containers_opts, "show_labels"), &l->conf,
                            show_labels, l->arena, &e));
    l->kept = containers_kept_create(&l->conf);
    book_init(&l->book, &l->conf);
}

static void take_list(struct look *l)
{
    struct err e = {0};
    book_take_list(&l->book, docker_list_parse(bytes_of(list_json), NOW, &e), "", NOW);
}

/* The kernel's and our own version are left out: they differ from machine to machine. */
static void look_and_compare(struct look *l, const char *name)
{
    struct containers_scan scan;
    struct bytes text, line;
    struct buf kept = BUF_MAX(1 << 20);
    buf_clear(&l->page);
    containers_scan_init(&scan, l->arena, l->kept, NOW);
    scan.named = l->book.list ? book_names(&l->book, l->arena) : NULL;
    containers_scan_run(&scan);
    page_of_batch(scan.batch, &l->page);
    text = buf_bytes(&l->page);
    while (bytes_line(&text, &line)) {
        if (!bytes_starts(line, "cadvisor_version_info{"))
            buf_printf(&kept, "%.*s\n", (int)line.len, line.ptr);
    }
    golden_check(name, buf_bytes(&kept));
    buf_finish(&kept);
}

static void finish(struct look *l)
{
    book_finish(&l->book);
    containers_kept_destroy(l->kept);
    arena_destroy(l->arena);
    buf_finish(&l->page);
}

static void version_2_without_an_engine(void **state)
{
    struct look l;
    (void)state;
    begin(&l, TREE "/v2", NULL);
    look_and_compare(&l, "containers/v2_nameless.prom");
    look_and_compare(&l, "containers/v2_nameless.prom"); /* from files that stayed open */
    finish(&l);
}

static void version_2_with_names(void **state)
{
    struct look l;
    (void)state;
    begin(&l, TREE "/v2", NULL);
    take_list(&l);
    look_and_compare(&l, "containers/v2_named.prom");
    finish(&l);
}

static void version_1_with_all_labels(void **state)
{
    struct look l;
    (void)state;
    begin(&l, TREE "/v1", "*");
    take_list(&l);
    look_and_compare(&l, "containers/v1_named.prom");
    finish(&l);
}

static void no_tree_is_said(void **state)
{
    struct look l;
    struct containers_scan scan;
    (void)state;
    begin(&l, TREE "/proc", NULL);
    containers_scan_init(&scan, l.arena, l.kept, NOW);
    containers_scan_run(&scan);
    assert_false(scan.has_tree);
    assert_string_equal(scan.why.text,
                        "there are no cgroups below " TREE
                        "/proc: mount the host's there, or say where they are with "
                        "`cgroupfs`");
    finish(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_without_an_engine),
        cmocka_unit_test(version_2_with_names),
        cmocka_unit_test(version_1_with_all_labels),
        cmocka_unit_test(no_tree_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
