/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel writes of a process, a process's name that tries to confuse, and counters when processes end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/process.h"

#define REST " 1 42 42 0 -1 4194560 100 0 7 0 250 50 0 0 20 0 3 0 12345 1048576 256 1 1"

static void stats_are_read(void **state)
{
    static const struct {
        const char *text, *comm;
        char kind; /* 0: a fault */
    } cases[] = {
        {"42 (nginx) S" REST, "nginx", 'S'},
        {"42 (a b) S" REST, "a b", 'S'},
        {"42 (x) R 1 (y) D" REST, "x) R 1 (y", 'D'},
        {"42 (()) Z" REST, "()", 'Z'},
        {"42 (t) t" REST, "t", 'O'},
        {"42 (nginx) S 1 2 3", "", 0},
        {"42 nginx S" REST, "", 0},
        {"42 (nginx", "", 0},
        {"42 (nginx)", "", 0},
        {")(", "", 0},
        {"", "", 0},
        {"42 (x) S a b c d e f g h i j k l m n o p q r s t u v w", "", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct process p = {0};
        struct bytes comm = {0};
        const bool ok = process_stat_read(bytes_of(cases[i].text), 100, 4096, &p, &comm);
        assert_int_equal(ok, cases[i].kind != 0);
        if (!ok)
            continue;
        assert_true(bytes_is(comm, cases[i].comm));
        assert_int_equal(p.state, cases[i].kind);
        assert_int_equal(p.started_ticks, 12345);
        assert_true(p.user_seconds == 2.5 && p.system_seconds == 0.5);
        assert_true(p.resident_bytes == 1048576 && p.virtual_bytes == 1048576);
        assert_true(p.threads == 3 && p.minor_faults == 100 && p.major_faults == 7);
    }
}

static void other_files_are_read(void **state)
{
    struct process p = {.read_bytes = -1};
    uid_t uid = 0;
    process_status_read(bytes_of("Name:\tx\nUid:\t33\t33\t33\t33\nVmSwap:\t     12 kB\n"
                                 "voluntary_ctxt_switches:\t5\n"
                                 "nonvoluntary_ctxt_switches:\t6"),
                        &p, &uid);
    assert_true(uid == 33 && p.swapped_bytes == 12288 && p.voluntary == 5 &&
                p.involuntary == 6);
    process_io_read(bytes_of("rchar: 1\nread_bytes: 4096\nwrite_bytes: 8192\n"), &p);
    assert_true(p.read_bytes == 4096 && p.written_bytes == 8192);
    assert_true(
        process_max_fds_read(bytes_of(
            "Limit  Soft Limit\nMax open files            1024      4096   files\n")) ==
        1024);
    assert_true(process_max_fds_read(bytes_of("Max open files   unlimited  unlimited")) <
                0);
    assert_true(process_max_fds_read(bytes_of("")) < 0);
    assert_true(process_boot_time_read(bytes_of("cpu 1 2\nbtime 1700000000\n")) ==
                1700000000);
}

static void cgroups_match_by_whole_parts(void **state)
{
    static const char v1[] = "12:pids:/system.slice/ssh.service\n1:name=systemd:/\n";
    static const struct {
        const char *text, *wanted;
        bool has;
    } cases[] = {
        {"0::/system.slice/nginx.service\n", "nginx.service", true},
        {"0::/system.slice/nginx.service", "/system.slice/nginx.service", true},
        {"0::/system.slice/nginx.service\n", "system.slice/nginx.service", true},
        {"0::/system.slice/nginx.service\n", "/system.slice", true},
        {"0::/system.slice/nginx.service\n", "nginx", false},
        {"0::/system.slice/nginx.service\n", "inx.service", false},
        {"0::/system.slice/nginx.service\n", "/nginx.service", false},
        {"0::/a.service/b\n", "a.service", true},
        {v1, "ssh.service", true},
        {v1, "pids", false},
        {"0::/\n", "x", false},
        {"", "x", false},
        {"garbage\n", "garbage", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (process_cgroup_has(bytes_of(cases[i].text), cases[i].wanted) != cases[i].has)
            fail_msg("'%s' in '%s'", cases[i].wanted, cases[i].text);
    }
}

static void users_have_numbers(void **state)
{
    static const char passwd[] =
        "root:x:0:0::/root:/bin/sh\n#\nwww-data:x:33:33::/:/x\nbad:x\n";
    uid_t uid = 7;
    assert_true(process_user_id(bytes_of(passwd), "www-data", &uid) && uid == 33);
    assert_true(process_user_id(bytes_of(passwd), "1000", &uid) && uid == 1000);
    assert_false(process_user_id(bytes_of(passwd), "www", &uid));
    assert_false(process_user_id(bytes_of(passwd), "bad", &uid));
    assert_int_equal(uid, 1000);
}

static void counters_go_on_when_processes_end(void **state)
{
    struct process_session s = {0};
    static const struct {
        struct process items[2];
        size_t count;
        double user; /* afterwards */
    } looks[] = {
        /* What was used before the first look is nobody's. */
        {{{.pid = 1, .started_ticks = 5, .user_seconds = 100}}, 1, 0},
        {{{.pid = 1, .started_ticks = 5, .user_seconds = 103}}, 1, 3},
        {{{.pid = 1, .started_ticks = 5, .user_seconds = 104},
          {.pid = 2, .started_ticks = 9, .user_seconds = 2}},
         2,
         6},
        {{{.pid = 2, .started_ticks = 9, .user_seconds = 2}}, 1, 6}, /* one has ended */
        /* The number came again: another process. */
        {{{.pid = 2, .started_ticks = 20, .user_seconds = 1}}, 1, 7},
        {{{0}}, 0, 7},
    };
    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        struct process items[2];
        memcpy(items, looks[i].items, sizeof(items));
        const struct process_found found = {.items = items, .count = looks[i].count};
        process_keep(&s, &found);
        assert_true(s.totals.user_seconds == looks[i].user);
    }
    arena_destroy(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stats_are_read),
        cmocka_unit_test(other_files_are_read),
        cmocka_unit_test(cgroups_match_by_whole_parts),
        cmocka_unit_test(users_have_numbers),
        cmocka_unit_test(counters_go_on_when_processes_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
