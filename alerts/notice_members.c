/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a notice that are plain fields: their names in JSON, types and places. Read by notice.c. */
#include "alerts/notice_members.h"

#include "alerts/notice.h"

/* The offset of a field, checked to have this C type. */
#define AT(of, field, ctype) _Generic(((of *)0)->field, ctype : offsetof(of, field))

#define TEXT(of, field)                                  \
    {                                                    \
#field, MEMBER_TEXT, AT(of, field, const char *) \
    }
#define LABELS(of, field)                                   \
    {                                                       \
#field, MEMBER_LABELS, AT(of, field, struct labels) \
    }
#define TIME(of, field)                                 \
    {                                                   \
#field, MEMBER_TIME, AT(of, field, struct wall) \
    }
#define ID(of, field)                              \
    {                                              \
#field, MEMBER_ID, AT(of, field, uint64_t) \
    }
#define COUNT(of, field)                            \
    {                                               \
#field, MEMBER_COUNT, AT(of, field, size_t) \
    }
#define FLAG(of, field)                          \
    {                                            \
#field, MEMBER_FLAG, AT(of, field, bool) \
    }
#define NUMBER(of, field)                            \
    {                                                \
#field, MEMBER_NUMBER, AT(of, field, double) \
    }

const struct notice_member notice_members[] = {
    ID(struct notice, id),
    TEXT(struct notice, receiver),
    TEXT(struct notice, lane),
    TEXT(struct notice, dedup_key),
    TEXT(struct notice, site),
    TEXT(struct notice, group_key),
    TEXT(struct notice, severity),
    TEXT(struct notice, reason),
    LABELS(struct notice, group_labels),
    LABELS(struct notice, common_labels),
    LABELS(struct notice, common_annotations),
    COUNT(struct notice, truncated),
    TEXT(struct notice, title),
    TEXT(struct notice, external_url),
    TEXT(struct notice, runbook),
    TEXT(struct notice, last_deploy),
    TEXT(struct notice, also),
    TEXT(struct notice, ack_hint),
    TEXT(struct notice, timezone),
    FLAG(struct notice, is_drill),
    TIME(struct notice, made),
    TIME(struct notice, first_since),
    {0},
};

const struct notice_member notice_alert_members[] = {
    TEXT(struct notice_alert, key),           ID(struct notice_alert, fingerprint),
    FLAG(struct notice_alert, is_firing),     LABELS(struct notice_alert, labels),
    LABELS(struct notice_alert, annotations), TIME(struct notice_alert, since),
    TIME(struct notice_alert, ended),         TEXT(struct notice_alert, end_reason),
    NUMBER(struct notice_alert, value),       TEXT(struct notice_alert, threshold),
    TEXT(struct notice_alert, detail),        TEXT(struct notice_alert, last_log),
    TEXT(struct notice_alert, expr),          {0},
};
