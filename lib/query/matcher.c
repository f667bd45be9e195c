/* SPDX-License-Identifier: Apache-2.0 */
/* See matcher.h. Matching, and Alertmanager's way of writing matchers down. */
#include "lib/query/matcher.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/core/regex.h"

bool matcher_matches(const struct matcher *m, const char *value)
{
    const char *text = value ? value : "";
    switch (m->op) {
    case MATCH_EQUAL:
        return !strcmp(text, m->value);
    case MATCH_NOT_EQUAL:
        return strcmp(text, m->value) != 0;
    case MATCH_REGEX:
        return regex_match(m->regex, bytes_of(text)) == REGEX_MATCH;
    case MATCH_NOT_REGEX:
        return regex_match(m->regex, bytes_of(text)) != REGEX_MATCH;
    }
    return false;
}

bool matchers_match(struct matchers m, struct labels l)
{
    for (size_t i = 0; i < m.count; i++) {
        if (!matcher_matches(&m.items[i], labels_get(l, m.items[i].name)))
            return false;
    }
    return true;
}

void matchers_print(struct matchers m, struct buf *out)
{
    static const char *const signs[] = {"=", "!=", "=~", "!~"};
    buf_add_byte(out, '{');
    for (size_t i = 0; i < m.count; i++) {
        buf_printf(out, "%s%s%s", i ? "," : "", m.items[i].name, signs[m.items[i].op]);
        buf_add_json(out, bytes_of(m.items[i].value));
    }
    buf_add_byte(out, '}');
}
