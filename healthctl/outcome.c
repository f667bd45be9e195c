/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table from reasons to exit codes, and which of two codes is the worse. Called by commands that end with a
 * verdict. Prints nothing.
 */
#include "healthctl/outcome.h"

#include <string.h>

/* Of a target that is down. A reason that is not here says that it answered, and not as it should. */
static const enum exit_code code_of_reason[REASON_COUNT] = {
    [REASON_NO_NAME] = CODE_UNREACHABLE,
    [REASON_DNS_ERROR] = CODE_UNREACHABLE,
    [REASON_DNS_TIMEOUT] = CODE_UNREACHABLE,
    [REASON_REFUSED] = CODE_UNREACHABLE,
    [REASON_UNREACHABLE] = CODE_UNREACHABLE,
    [REASON_RESET] = CODE_UNREACHABLE,
    [REASON_CLOSED] = CODE_UNREACHABLE,
    [REASON_TIMEOUT] = CODE_UNREACHABLE,
    [REASON_PROXY] = CODE_UNREACHABLE,
    [REASON_CONFIG] = CODE_USAGE,
    [REASON_SELF] = CODE_UNKNOWN,
};

enum exit_code outcome_code(enum health health, enum reason reason)
{
    switch (health) {
    case HEALTH_UP:
    case HEALTH_DEGRADED:
        return CODE_PASS;
    case HEALTH_DOWN:
        return code_of_reason[reason] ? code_of_reason[reason] : CODE_FAILED;
    case HEALTH_UNKNOWN:
        return reason == REASON_CONFIG ? CODE_USAGE : CODE_UNKNOWN;
    }
    return CODE_UNKNOWN;
}

enum exit_code outcome_worse(enum exit_code a, enum exit_code b)
{
    static const enum exit_code order[] = {CODE_USAGE,       CODE_FAILED,
                                           CODE_UNREACHABLE, CODE_TEARDOWN,
                                           CODE_NOT_READY,   CODE_UNKNOWN};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return CODE_PASS;
}

enum health health_of_name(const char *name)
{
    for (int i = HEALTH_UNKNOWN; name && i <= HEALTH_DOWN; i++) {
        if (!strcmp(name, health_name((enum health)i)))
            return (enum health)i;
    }
    return HEALTH_UNKNOWN;
}

enum reason reason_of_word(const char *word)
{
    for (int i = 0; word && i < REASON_COUNT; i++) {
        if (!strcmp(word, reason_word((enum reason)i)))
            return (enum reason)i;
    }
    return REASON_NONE;
}
