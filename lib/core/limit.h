/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kind of probe can be given limits for: `limits: {disk_used: [80%, 92%]}` becomes rules that are shown, one with
 * two severities a limit. Rows of a const table beside the type (struct probe_type's limits); read by
 * lib/config/limit_conf.c and by the reference generator.
 */
#ifndef HEALTHD_CORE_LIMIT_H
#define HEALTHD_CORE_LIMIT_H

#include "lib/base/clock.h"

enum limit_unit {
    LIMIT_SHARE,    /* "80%" is 0.8 */
    LIMIT_BYTES,    /* "2GiB" */
    LIMIT_DURATION, /* "30s" is 30 */
    LIMIT_NUMBER
};
enum limit_side { LIMIT_ABOVE, LIMIT_BELOW }; /* which side of it is bad */

struct limit {
    const char *name;  /* disk_used */
    const char *alert; /* HostDiskUsed */
    /* PromQL of the value, in which $probe stands for the matcher of this probe:
     * 1 - node_filesystem_avail_bytes{$probe} / node_filesystem_size_bytes{$probe} */
    const char *expr;
    enum limit_unit unit;
    enum limit_side side;
    /* it ends only when the value is better than the limit by this share of it: 0.05 */
    double release;
    nsec hold_for;       /* the rule's `for` */
    const char *summary; /* the annotation, a template */
    const char *runbook; /* annotation runbook_url, or "" */
    const char *doc;
};

#endif
