/* SPDX-License-Identifier: Apache-2.0 */
/* See secret_name.h. Called by secret.c and by who reads headers. Never looks at a value. */
#include "lib/core/secret_name.h"

#include <string.h>
#include <strings.h>

#include "lib/core/secret.h"

bool secret_is_variable(struct bytes name)
{
    static const char *const words[] = {"KEY",  "TOKEN",   "SECRET", "PASS",
                                        "CRED", "WEBHOOK", "DSN",    "AUTH"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (bytes_has_nocase(name, words[i]))
            return true;
    }
    return false;
}

bool secret_is_header(const char *name)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "api-key", "www-authenticate"};
    static const char *const ends[] = {"-key", "-token", "-secret"};
    const size_t len = strlen(name);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!strcasecmp(names[i], name))
            return true;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        const size_t tail = strlen(ends[i]);
        if (len > tail && !strcasecmp(name + len - tail, ends[i]))
            return true;
    }
    return false;
}
