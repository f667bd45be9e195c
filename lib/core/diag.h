/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is wrong with what a person wrote, collected and then said in one go: place,
 * sentence, hint, and the line with a caret below it. Used by all that reads configuration. Everything
 * given is copied: a rejected configuration may be freed before its faults are shown.
 */
#ifndef HEALTHD_CORE_DIAG_H
#define HEALTHD_CORE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"

struct place {
    const char *file; /* as the user named it; "command line" for flags; NULL: nowhere */
    int line, column; /* 1-based; 0: not known */
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

struct diag;
struct diagnosis {
    enum severity severity;
    struct place at;
    const char *text;
    const char *hint; /* what to do, or NULL */
    struct diagnosis *next;
};

struct diag *diag_create(struct arena *arena); /* lives and ends with the arena */
/* Keeps a copy of a file's text, so that its lines can be shown. */
void diag_source(struct diag *d, const char *file, struct bytes text);
/* That text; empty when there is none. */
struct bytes diag_source_text(const struct diag *d, const char *file);

/* Always false. */
bool diag_error(struct diag *d, struct place at, const char *fmt, ...) PRINTF_LIKE(3, 4);
void diag_warning(struct diag *d, struct place at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void diag_note(struct diag *d, struct place at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Attaches what to do to the newest diagnosis. */
void diag_hint(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

size_t diag_error_count(const struct diag *d);
size_t diag_warning_count(const struct diag *d);
const struct diagnosis *diag_first(const struct diag *d); /* in order of report */
/* Puts all in the order of the files as they were read, of lines and of columns; a note stays behind what it explains,
 * and what was said twice of one place is there once. For whoever has read everything. */
void diag_sort(struct diag *d);

/* "healthd.yml:12:5: error: …", the line, a caret, "hint: …"; at most 20 errors, then a count. */
void diag_render(const struct diag *d, struct buf *out, bool colour);

#endif
