/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the dns probe share; nobody else includes it. dns.c asks and reads; dns_options.c says what can be
 * asked, and of whom; dns_rules.c judges an answer; dns_vars.c names what is in it.
 */
#ifndef HEALTHD_PROBES_DNS_H
#define HEALTHD_PROBES_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/dns_message.h"
#include "lib/core/expr.h"
#include "lib/core/opt.h"
#include "lib/core/run.h"

enum dns_transport { DNS_OVER_UDP, DNS_OVER_TCP };

struct dns_rules { /* of one section's records, as text */
    struct regexes fail_if_matches, fail_if_all_match, fail_if_not_matches,
        fail_if_none_matches;
};

struct dns_conf {
    const char *target, *server, *query_name, *query_type, *query_class;
    bool wants_recursion, is_tls;
    int transport; /* enum dns_transport */
    struct texts valid_rcodes;
    struct dns_rules answer_rules, authority_rules, additional_rules;

    /* Of these, by validate: */
    const char *name; /* that is asked for */
    const char *host; /* of the server; NULL: `host` */
    int port;         /* 0: not said */
    uint16_t type, class;
    struct ints rcodes;
};

struct dns_state {
    uint16_t id;
    const struct dns_message *answer; /* in the run's arena; NULL before it came */
};

/* Answers the run: what of the message is not as it should be. */
enum talk dns_judge(struct run *run, const struct dns_message *m);
/* Of the last SOA among the answers; 0: there is none. */
uint32_t dns_serial(const struct dns_message *m);

bool dns_validate(void *conf, struct arena *arena, struct err *e);
bool dns_aim(const void *conf, struct arena *arena, struct dial *ret_dial, struct err *e);
extern const struct opt dns_opts[];
extern const struct var dns_vars[];

#endif
