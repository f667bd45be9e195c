/* SPDX-License-Identifier: Apache-2.0 */
/* What a notice consists of, as one table for writing, reading and copying. Included by notice.c and its table only. */
#ifndef HEALTHD_ALERTS_NOTICE_MEMBERS_H
#define HEALTHD_ALERTS_NOTICE_MEMBERS_H

#include <stddef.h>

enum notice_member_type {
    MEMBER_TEXT,   /* const char * */
    MEMBER_LABELS, /* struct labels */
    MEMBER_TIME,   /* struct wall, nanoseconds since the epoch */
    MEMBER_ID,     /* uint64_t, 16 hexadecimal digits */
    MEMBER_COUNT,  /* size_t */
    MEMBER_FLAG,   /* bool */
    MEMBER_NUMBER  /* double, as text */
};

struct notice_member {
    const char *name;
    enum notice_member_type type;
    size_t offset;
};

/* Each ended by {0}. */
extern const struct notice_member notice_members[], notice_alert_members[];

#endif
