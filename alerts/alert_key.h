/* SPDX-License-Identifier: Apache-2.0 */
/* Who an alert is: its final labels, their fingerprint, and the key that ledger and lanes know it by. Pure. */
#ifndef HEALTHD_ALERTS_ALERT_KEY_H
#define HEALTHD_ALERTS_ALERT_KEY_H

#include <stdint.h>

#include "alerts/alert.h"
#include "alerts/annotation.h"
#include "alerts/rule.h"

#define ALERT_KEY_SIZE 41 /* 40 digits and a NUL */

/* In which every value is UTF-8: bytes that are none become U+FFFD. Rows and notices are JSON. In arena. */
struct labels alert_labels_clean(struct labels l, struct arena *arena);
/* The element's labels without its name, the rule's over them (an empty one removes), and alertname. In arena. */
struct labels alert_labels(const struct rule *r, const struct annotation_data *element,
                           struct arena *arena);
/* A runbook_url that is a path ("/runbooks/ProbeDown") becomes one of this healthd, when its address is known. */
struct labels alert_annotations(const struct rule *r,
                                const struct annotation_data *element,
                                struct arena *arena);
/* FNV-1a over name 0xff value 0xff of each, in order: as github.com/prometheus/common has it. */
uint64_t alert_fingerprint(struct labels l);
void alert_key(const char *rule_id, struct labels l, char ret_key[ALERT_KEY_SIZE]);
/* The order in which a rule's alerts are kept: by names, then by values. */
int alert_labels_order(struct labels a, struct labels b);

#endif
