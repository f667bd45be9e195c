/* SPDX-License-Identifier: Apache-2.0 */
/* Which line of a mountinfo a path belongs to, and what it says. No file system is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/disk.h"

static const char mountinfo[] =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "23 22 0:20 / /proc rw - proc proc rw\n"
    "broken\n"
    "24 22 8:1 / /mnt/my\\040disk ro,noatime - xfs /dev/sda1 rw\n"
    "25 22 8:17 / /data rw - ext4 /dev/sdb1 ro,errors=remount-ro\n"
    "26 22 254:0 /srv /srv/bind rw - ext4 /dev/vda rw\n"
    "27 22 0:30 / /nfs rw - nfs4 nas:/x rw,emergency_ro";

static void the_mount_is_found(void **state)
{
    static const struct {
        uint64_t id; /* 0: the kernel did not tell */
        const char *device;
        const char *point; /* NULL: none */
        const char *source, *fstype;
        bool is_readonly;
    } cases[] = {
        {22, "254:0", "/", "/dev/vda", "ext4", false},
        {26, "254:0", "/srv/bind", "/dev/vda", "ext4", false},
        {24, "8:1", "/mnt/my disk", "/dev/sda1", "xfs", false}, /* only for us */
        {25, "8:17", "/data", "/dev/sdb1", "ext4", true},
        {27, "0:30", "/nfs", "nas:/x", "nfs4", true},
        {0, "8:17", "/data", "/dev/sdb1", "ext4", true},
        {0, "254:0", "/srv/bind", "/dev/vda", "ext4", false}, /* the last */
        {99, "8:17", "/data", "/dev/sdb1", "ext4", true},
        {99, "9:9", NULL, NULL, NULL, false},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct disk_mount found;
        const bool is_found = disk_mount_find(arena, bytes_of(mountinfo), cases[i].id,
                                              cases[i].device, &found);
        assert_int_equal(is_found, cases[i].point != NULL);
        if (!is_found)
            continue;
        assert_string_equal(found.point, cases[i].point);
        assert_string_equal(found.device, cases[i].source);
        assert_string_equal(found.fstype, cases[i].fstype);
        assert_int_equal(found.is_readonly, cases[i].is_readonly);
    }
    arena_destroy(arena);
}

static void use_is_what_users_cannot_write(void **state)
{
    static const struct {
        struct disk_look look;
        double used;
    } cases[] = {
        {{.size = 100, .free = 30, .available = 25}, 0.75},
        {{.size = 0}, 0},
        {{.size = 100, .available = 0}, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_true(disk_used(&cases[i].look) == cases[i].used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mount_is_found),
        cmocka_unit_test(use_is_what_users_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
