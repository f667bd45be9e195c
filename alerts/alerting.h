/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that a generation says about alerting. Made by lib/config (rule_conf.c, receiver_conf.c, route_conf.c), all or
 * nothing, never written afterwards.
 */
#ifndef HEALTHD_ALERTS_ALERTING_H
#define HEALTHD_ALERTS_ALERTING_H

#include "alerts/notify.h"
#include "alerts/route.h"
#include "alerts/rule.h"
#include "lib/core/labels.h"
#include "lib/core/opt.h"
#include "lib/core/zone.h"
#include "lib/query/history.h"
#include "lib/query/promql.h"

struct alerting {
    const char *site, *external_url;
    /* the top level's: on every alert unless it has them */
    struct labels external_labels;
    struct texts probes; /* their names */
    const struct zone *zone;
    enum promql_compat compat; /* promql: {compat: 2|3} */
    struct history_limits history;
    struct receivers receivers;
    struct rules rules;
    struct routing routing;
};

#endif
