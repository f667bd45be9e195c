/* SPDX-License-Identifier: Apache-2.0 */
/* The closed list of reasons as words and sentences. Called by whatever shows a verdict. */
#include "lib/core/reason.h"

#include <assert.h>

static const char *const words[] = {
#define X(id, word, sentence) [REASON_##id] = (word),
    REASONS(X)
#undef X
};

static const char *const sentences[] = {
#define X(id, word, sentence) [REASON_##id] = (sentence),
    REASONS(X)
#undef X
};

const char *reason_word(enum reason reason)
{
    assert(reason < REASON_COUNT);
    return words[reason];
}

const char *reason_sentence(enum reason reason)
{
    assert(reason < REASON_COUNT);
    return sentences[reason];
}
