/* SPDX-License-Identifier: Apache-2.0 */
/* See mountinfo.h. Called on the threads of the host and disk probes; never reads the file itself. */
#include "lib/base/mountinfo.h"

#include "lib/base/words.h"

bool mountinfo_read(struct bytes line, struct mountinfo *ret_mount)
{
    struct bytes id, parent, root, word;
    struct mountinfo m;
    if (!words_next(&line, &id) || !bytes_to_u64(id, &m.id) ||
        !words_next(&line, &parent) || !words_next(&line, &m.number) ||
        !words_next(&line, &root) || !words_next(&line, &m.mountpoint) ||
        !words_next(&line, &m.options))
        return false;
    do {
        if (!words_next(&line, &word))
            return false;
    } while (!bytes_is(word, "-"));
    if (!words_next(&line, &m.fstype) || !words_next(&line, &m.source) ||
        !words_next(&line, &m.super_options))
        return false;
    *ret_mount = m;
    return true;
}

struct bytes mountinfo_path(struct arena *arena, struct bytes escaped)
{
    char *copy = arena_alloc(arena, escaped.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < escaped.len; i++) {
        const char *at = escaped.ptr + i;
        const bool is_escape = at[0] == '\\' && i + 3 < escaped.len && at[1] >= '0' &&
                               at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
                               at[3] >= '0' && at[3] <= '7';
        copy[len++] =
            is_escape ? (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'))
                      : at[0];
        i += is_escape ? 3 : 0;
    }
    return (struct bytes){copy, len};
}

static bool has_option(struct bytes options, const char *wanted)
{
    struct bytes option;
    while (bytes_token(&options, ',', &option)) {
        if (bytes_is(option, wanted))
            return true;
    }
    return false;
}

/* ext4 says emergency_ro when an error made it so. */
bool mountinfo_super_readonly(const struct mountinfo *mount)
{
    return has_option(mount->super_options, "ro") ||
           has_option(mount->super_options, "emergency_ro");
}

bool mountinfo_readonly(const struct mountinfo *mount)
{
    return has_option(mount->options, "ro") || mountinfo_super_readonly(mount);
}
