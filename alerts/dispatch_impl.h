/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of dispatch: groups, their members, and what is on its way. */
#ifndef HEALTHD_ALERTS_DISPATCH_IMPL_H
#define HEALTHD_ALERTS_DISPATCH_IMPL_H

#include "alerts/dispatch.h"
#include "alerts/severity.h"
#include "lib/base/list.h"
#include "lib/base/map.h"

#define LANE_SIZE 41 /* 40 hex digits and a NUL */

enum group_kind { /* by what alerts share a lane; the numbers are in the file: append only */
                  GROUP_LABELS = 1, /* a route's group_by */
                  GROUP_ALERT = 2,  /* one alert, or a warn/crit pair: paging receivers */
                  GROUP_DIGEST = 3  /* a storm of critical alerts */
};

struct member { /* an alert in a group */
    struct list link;
    struct alert_group *group;
    struct arena *arena;
    const char *key;      /* the alert's */
    const char *pair;     /* what a warn/crit pair has in common: 40 hex digits; "" */
    struct alert *alert;  /* the group holds it in the book; NULL: the book has lost it */
    struct labels labels; /* with the external ones */
    struct wall fired_at;
    bool is_routed;    /* the present configuration sends it here */
    bool is_told;      /* as firing, so it must be told the end */
    bool is_missed;    /* it came and went while the group waited: both must be told */
    bool was_held;     /* before it was told */
    bool is_renewed;   /* it was told and silenced, and still fires after the silence */
    char severity[32]; /* as it was told */
    const char *present_severity; /* the alert's; "" */

    struct wall judged_at;
    enum overlay_kind held; /* not told now */
    char held_by[200];
    struct wall held_until;
    const struct interval *rule_window; /* its rule waits for it; NULL: no */
};

struct alert_group {
    struct list link;
    struct arena *arena;
    enum group_kind kind;
    const char *id; /* "receiver/lane": the ledger's key */
    const char *receiver_name, *lane;
    const char *route_key; /* of the route that made it */
    struct labels labels;
    const struct route *route;       /* NULL: gone */
    const struct receiver *receiver; /* NULL: gone */
    struct list members;
    bool is_open; /* a trigger went out, and not yet its resolve */
    struct wall opened_at;
    struct wall flush_at;  /* then there is something to tell; 0: nothing */
    struct wall last_told; /* any notice */
    size_t escalated;      /* steps that were taken */
    bool is_escalation;    /* a step of another group told it: it takes none itself */
    bool is_changed;       /* since its row was written */
    bool is_muted;         /* by its route's windows */
    bool was_muted_open;   /* something was told when the window closed */
    struct wall muted_until;
    const struct interval *window; /* why it is muted */
    struct ledger_txn *in_flight;
};

struct failing {         /* what fires, for the notices that name what else does */
    struct arena *arena; /* NULL: not looked up */
    struct map *names;   /* probe, or alert that has none → size_t: how many alerts */
    size_t count;        /* alerts in names */
    struct book_cursor looked;
    bool is_whole;
};

struct dispatch {
    struct book *book;
    struct overlay *overlay;
    const struct routing *routing;
    struct dispatch_words words;
    struct list groups; /* in the order of their making */
    struct map *by_id;
    struct map *places; /* "receiver/alert key", "receiver/pair": struct member */
    struct wall wait_until;
    struct wall overlay_due;
    struct failing failing; /* looked up for the notices of one pass */
    bool is_passing;        /* one is under way */
};

/* group.c */
struct alert_group *group_create(struct dispatch *d, enum group_kind kind,
                                 const char *receiver_name, const char *lane,
                                 const char *route_key, struct labels labels);
void group_destroy(struct dispatch *d, struct alert_group *g);
struct alert_group *group_find(const struct dispatch *d, const char *receiver_name,
                               const char *lane);
struct member *member_add(struct dispatch *d, struct alert_group *g, const char *key,
                          const char *pair, struct labels labels, struct alert *alert);
void member_remove(struct dispatch *d, struct member *m);
void member_move(struct dispatch *d, struct member *m, struct alert_group *to);
/* Return where the alert, or its pair, is with this receiver, or NULL. */
struct member *member_find(const struct dispatch *d, const char *receiver_name,
                           const char *key);
struct member *pair_find(const struct dispatch *d, const char *receiver_name,
                         const char *pair);
void lane_of_parts(const char *const *parts, size_t count, char ret_lane[LANE_SIZE]);
const char *alert_pair(const struct alert *a, char ret_pair[LANE_SIZE]); /* "": none */
bool member_fires(const struct member *m);
const char *severity_of(struct labels labels);
#define MEMBER_OF(it) LIST_ITEM(it, struct member, link)
#define GROUP_OF(it) LIST_ITEM(it, struct alert_group, link)

/* group_row.c */
/* These three do what group_save does, member by member; begin makes out, end finishes it. */
void group_row_begin(const struct alert_group *g, struct buf *out);
void group_row_add(const struct member *m, struct buf *out);
void group_row_end(const struct alert_group *g, struct buf *out, struct ledger_txn *txn);
void group_save(const struct alert_group *g, struct ledger_txn *txn);
void group_forget(const struct alert_group *g, struct ledger_txn *txn);
bool group_read(struct dispatch *d, const char *key, const char *json, struct err *e);

/* group_join.c: routes one alert; it stays where it is already. */
void alert_join(struct dispatch *d, struct alert *a);
/* Does the same after a reload for an alert that fires; a member that was told stays where it is. */
void alert_rejoin(struct dispatch *d, struct alert *a);
struct alert_group *alert_join_receiver(struct dispatch *d, struct alert *a,
                                        const struct route *r, const struct receiver *to);

/* group_review.c: what there is to tell. */
struct review {
    size_t members;
    size_t fresh;      /* fire, and were not told */
    size_t ended;      /* were told, and fire no more */
    size_t missed;     /* came and went */
    size_t renewed;    /* were told, silenced, and fire still */
    size_t worse;      /* were told at another severity */
    size_t unseen;     /* fire, but no rule has seen it since the start: not yet told */
    size_t told;       /* were told, and fire: held or not */
    size_t remindable; /* of these: not held, not acknowledged, routed */
    struct wall
        released; /* since when the longest of the fresh ones fires that was held; 0: none was */
    struct wall
        window_next; /* when the window of a rule that one waits for changes; 0: none does */
};
struct reviewing { /* how far it is; {0} to begin with, and again when it is whole */
    struct list *member;
};
void group_look_at_windows(struct dispatch *d, struct alert_group *g, struct wall now);
/* Asks the overlay whether m is held, when its answer may have changed. */
void member_look(struct dispatch *d, struct member *m, struct wall now,
                 struct ledger_txn *txn, struct arena *arena);
bool member_is_held(const struct member *m);
/* Does both, for all members of g, in slices; *member is how far it is: NULL to begin with. */
bool group_judge(struct dispatch *d, struct alert_group *g, struct list **member,
                 struct wall now, struct ledger_txn *txn, struct arena *arena,
                 const struct slice *slice);
/* In slices: true when *ret is whole. */
bool group_review(struct reviewing *x, struct dispatch *d, const struct alert_group *g,
                  struct wall now, const struct slice *slice, struct review *ret);
bool review_has_news(const struct alert_group *g, const struct review *r);
/* Returns when news that is there now may be told. */
struct wall group_flush_time(const struct alert_group *g, const struct review *r,
                             struct wall now);
struct wall group_remind_time(const struct alert_group *g, const struct review *r);

/* group_flush.c: puts notices into txn and remembers what was told. Returns false when g is gone, since nothing is
 * left to tell. */
enum flush_cause { FLUSH_NEWS, FLUSH_ESCALATION };
/* Do the same in slices: call flush_go until it is true, then flush_end. r is of g as it is. */
struct flush;
struct flush *flush_begin(struct dispatch *d, struct alert_group *g,
                          const struct review *r, enum flush_cause cause, struct wall now,
                          struct ledger_txn *txn, struct arena *arena);
bool flush_go(struct flush *f, const struct slice *slice);
bool flush_end(struct flush *f);

/* storm.c: five or more critical alerts within 30 s on a paging receiver share a digest. */
struct storm { /* how far it is; {0} to begin with */
    const char *receiver;
    struct list *at; /* the group that comes next; NULL: none of this receiver */
    struct alert_group *digest;
};
bool storm_gather(struct storm *s, struct dispatch *d, struct wall now,
                  struct ledger_txn *txn, const struct slice *slice);
/* escalate.c: takes the steps of g that are due; true when they are taken, and *ret_next is when the next one is (0: none).
 * r is of g as it is. */
struct escalating {         /* how far it is; {0} to begin with */
    struct retelling *step; /* under way; NULL: none */
};
bool escalate(struct escalating *x, struct dispatch *d, struct alert_group *g,
              const struct review *r, struct wall now, struct ledger_txn *txn,
              struct arena *arena, const struct slice *slice, struct wall *ret_next);

struct notice_parts {
    enum notice_kind kind;
    const char *reason;
    struct member *const *firing; /* shown as firing … */
    size_t firing_count;
    struct member *const *ended; /* … and as ended */
    size_t ended_count;
};

/* dispatch_pass.c */
void dispatch_save_changed(struct dispatch *d, struct ledger_txn *txn);

/* also.c: "also failing: cache, payload", besides these alerts and what they hide; "" */
bool failing_look(struct dispatch *d, const struct slice *slice); /* true at the end */
void failing_forget(
    struct dispatch *d); /* what fires has changed, or nobody asks any more */
const char *also_failing(struct dispatch *d, const struct notice *n,
                         const struct notice_parts *parts, struct arena *arena);

/* notice_make.c */
const struct notice *notice_make(struct dispatch *d, const struct alert_group *g,
                                 const struct notice_parts *parts, struct wall now,
                                 struct arena *arena);
void dedup_key(const char *site, const char *receiver, const char *lane,
               char ret_key[LANE_SIZE + 3]);
/* notice_words.c */
const char *alert_subject(struct labels labels,
                          struct arena *arena); /* "PostgresDown orders-db" */
const char *rule_threshold(const char *expr, struct arena *arena); /* "> 0.9", or "" */
const char *notice_title(const struct notice *n, enum group_kind kind,
                         struct arena *arena);
const char *names_joined(const char *const *names, size_t count, size_t shown,
                         struct arena *arena); /* "a, b and 3 more" */

#endif
