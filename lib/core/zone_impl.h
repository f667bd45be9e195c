/* SPDX-License-Identifier: Apache-2.0 */
/* Between zone.c, zone_file.c and zone_rule.c: what a zone is. Seconds are since the Unix epoch, UTC. */
#ifndef HEALTHD_CORE_ZONE_IMPL_H
#define HEALTHD_CORE_ZONE_IMPL_H

#include <stdint.h>

#include "lib/core/zone.h"

#define ZONE_MAX_BYTES (256u << 10)
#define ZONE_MAX_OFFSET (26 * 3600) /* RFC 8536 §3.2 keeps below; either sign */
#define ZONE_NEVER INT64_MAX

struct zone_type { /* one way in which the clock stood */
    int offset;    /* seconds east of UTC */
    const char *abbreviation;
};

struct zone_day { /* when a rule changes the clock, each year */
    enum { DAY_JULIAN, DAY_ZERO_BASED, DAY_OF_WEEK } kind;
    int day;         /* 1-365 without 29 February; 0-365; or the weekday, 0 = Sunday */
    int month, week; /* DAY_OF_WEEK: 1-12; 1-5, 5 the last */
    int time;        /* seconds after local midnight, up to 167 h either way */
};

struct zone_rule { /* a POSIX TZ string, with RFC 8536 §3.3.1's extension */
    struct zone_type standard, summer;
    bool has_summer;
    struct zone_day begins, ends; /* of summer */
};

struct zone {
    const char *name;
    const int64_t *changes; /* rising; types[change_types[i]] holds from changes[i] on */
    const unsigned char *change_types;
    size_t change_count;
    const struct zone_type *types;
    const struct zone_type *first; /* before the first change */
    bool has_rule;                 /* holds from the last change on */
    struct zone_rule rule;
};

/* zone_rule.c */
bool zone_rule_parse(struct arena *arena, struct bytes text, struct zone_rule *ret,
                     struct err *e);
const struct zone_type *zone_rule_type(const struct zone_rule *r, int64_t at);
/* The first change after `at`; ZONE_NEVER when there is none. */
int64_t zone_rule_next(const struct zone_rule *r, int64_t at);

#endif
