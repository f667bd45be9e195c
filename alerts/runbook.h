/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of docs/runbooks that belong to bundled rules, put into the program when it is built (tools/runbooks.py):
 * healthd serves them, healthctl prints them, and an annotation `runbook_url: /runbooks/NAME` leads to them. */
#ifndef HEALTHD_ALERTS_RUNBOOK_H
#define HEALTHD_ALERTS_RUNBOOK_H

#include "lib/base/bytes.h"

struct runbook {
    const char *name;  /* the alert's: "ProbeDown" */
    struct bytes text; /* Markdown, as written */
    struct bytes html; /* the same, to be put into a page */
};
extern const struct runbook runbooks[]; /* by name; ended by name NULL */

const struct runbook *runbook_find(const char *name); /* NULL: there is none */

#endif
