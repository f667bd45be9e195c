/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the mongodb probe, and the faults that no single one shows. Called when a configuration loads, and for runs
 * whose connection string is filled in late.
 */
#include <string.h>

#include "probes/mongodb.h"

#define OPT_STRUCT struct mongodb_conf

static const struct opt_choice mechanism_choices[] = {
    {"default", MECHANISM_DEFAULT,
     "What the connection string says, or the strongest that the user has."},
    {"SCRAM-SHA-256", MECHANISM_SHA_256, "User and password."},
    {"SCRAM-SHA-1", MECHANISM_SHA_1, "The same, for users of before MongoDB 4.0."},
    {"MONGODB-X509", MECHANISM_X509, "The client certificate is the user."},
    {"PLAIN", MECHANISM_PLAIN, "Password as it is, for LDAP; over TLS only."},
    {0}};

const struct opt mongodb_opts[] = {
    OPT_ROW_TEXT("uri", uri, "",
                 "As applications have it: mongodb://user:password@host:27017/db?…, "
                 "mongodb+srv://…, or host:port. Options that only a driver can use are "
                 "ignored.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("username", username, "", "User to log in as, instead of the uri's."),
    OPT_ROW_SECRET("password", password, "", "Its password, instead of the uri's."),
    OPT_ROW_TEXT("auth_source", auth_source, "",
                 "Database that knows the user, instead of the uri's; admin when nobody "
                 "says."),
    OPT_ROW_CHOICE("auth_mechanism", auth_mechanism, "default", mechanism_choices,
                   "How to log in, instead of the uri's."),
    OPT_ROW_TEXT("replica_set", replica_set, "",
                 "Name of the set that it has to be a member of, instead of the uri's."),
    OPT_ROW_TEXTS(
        "collect", collect, OPT_NONE,
        "Groups of numbers to ask for: server (serverStatus), replica "
        "(replSetGetStatus), oplog, databases (dbStats); all when left out, none "
        "for the ping alone."),
    OPT_ROW_TEXTS("databases", databases, OPT_NONE,
                  "Databases whose dbStats are asked for; all when left out."),
    OPT_ROW_INT("max_databases", max_databases, "50", 1, 1000,
                "Databases above this are left out, and that is said."),
    OPT_ROW_SECTIONS("metrics", metrics, struct mongodb_query, mongodb_query_opts,
                     "Metrics of one's own: a count, find or aggregate whose documents "
                     "become samples."),
    {0},
};

static int group_named(const char *name)
{
    for (int i = 0; i < GROUP_COUNT; i++) {
        if (!strcmp(mongodb_group_names[i], name))
            return i;
    }
    return -1;
}

static bool read_collect(struct mongodb_conf *conf, struct err *e)
{
    conf->collects = conf->collect.count ? 0 : (1u << GROUP_COUNT) - 1;
    for (size_t i = 0; i < conf->collect.count; i++) {
        const char *name = conf->collect.items[i];
        const int group = group_named(name);
        if (!strcmp(name, "none") && conf->collect.count == 1)
            return true;
        if (group < 0)
            return err_set(e,
                           "collect: '%.60s' is no group; there are server, replica, "
                           "oplog and databases, or none alone",
                           name);
        conf->collects |= 1u << group;
    }
    return true;
}

bool mongodb_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct mongodb_conf *conf = ctx;
    struct mongodb_target *target = arena_alloc(arena, sizeof(*target));

    if (!read_collect(conf, e) || !mongodb_target_read(conf, arena, target, e))
        return false;
    conf->target = target;
    if (!custom_metrics_check(&conf->metrics, sizeof(struct mongodb_query), e))
        return err_wrap(e, "metrics");
    for (size_t i = 0; i < conf->metrics.count; i++) {
        const struct mongodb_query *q = conf->metrics.items;
        if (!mongodb_query_check(&q[i], arena, e))
            return false;
    }
    return true;
}
