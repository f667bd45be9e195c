/* SPDX-License-Identifier: Apache-2.0 */
/* Stories of alerts and of who is told of them when: grouping, holding, windows, restarts, reloads, escalation, storms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/dispatch_teller.h"

static const char by_severity[] = "notify: {critical: [oncall, chat], warning: [chat]}";

#define GROUPED                                                        \
    "route: {receiver: chat, group_by: [alertname], group_wait: 30s, " \
    "group_interval: 5m, repeat_interval: 4h}"
#define OFFICE                                                                  \
    "time_intervals: [{name: office, time_intervals: [{times: [{start_time: "   \
    "'09:00', end_time: '18:00'}]}]}]\n"                                        \
    "route: {receiver: none, group_by: [alertname], group_wait: 30s, routes: [" \
    "{receiver: chat, active_time_intervals: [office], matchers: "              \
    "['severity!=\"critical\"']"
#define ESCALATING                                                \
    "route: {receiver: chat, group_by: [probe], group_wait: 0s, " \
    "repeat_interval: 0s, escalate: [{after: 15m, to: mail}, {after: 1h, to: web}]}"

static const struct story stories[] = {
    {"a critical alert pages at once, and ends where it began",
     {by_severity},
     {"0 fire Down/db severity=critical", "100 end Down/db", "1000 tick"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "100 oncall resolve Down db +0 -1\n"
     "100 chat resolve Down db +0 -1\n"},
    {"chat waits for its interval, a paging receiver never does",
     {by_severity},
     {"0 fire Down/db severity=critical", "20 end Down/db", "200 tick"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "20 oncall resolve Down db +0 -1\n"
     "60 chat resolve Down db +0 -1\n"},
    {"a critical alert is told again hourly, but not to who reminds by itself",
     {by_severity},
     {"0 fire Down/db severity=critical", "7300 tick"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "3600 chat reminder Down db +1 -0\n"
     "7200 chat reminder Down db +1 -0\n"},
    {"a warning waits, and is told again once a day",
     {by_severity},
     {"0 fire Slow/api severity=warning", "90000 tick"},
     "30 chat trigger Slow api +1 -0\n"
     "86430 chat reminder Slow api +1 -0\n"},
    {"alerts of one group share notices",
     {GROUPED},
     {"0 fire Down/a", "10 fire Down/b", "20 fire Slow/a", "40 fire Down/c",
      "60 end Down/a", "1000 end Down/b", "1000 end Down/c", "2000 tick"},
     "30 chat trigger Down: a, b +2 -0\n"
     "50 chat trigger Slow a +1 -0\n"
     "330 chat update Down: b, c +2 -1\n"
     "1000 chat resolve Down: b, c +0 -2\n"},
    {"one ends and the other fires still: an update first",
     {GROUPED},
     {"0 fire Down/a", "1 fire Down/b", "400 end Down/a", "900 end Down/b"},
     "30 chat trigger Down: a, b +2 -0\n"
     "400 chat update Down b +1 -1\n"
     "900 chat resolve Down b +0 -1\n"},
    {"it fired and ended while the group waited: both are said",
     {GROUPED},
     {"0 fire Down/a", "10 end Down/a", "100 tick"},
     "30 chat trigger Down a +1 -0\n"
     "30 chat resolve Down a +0 -1\n"},
    {"it came and went while another of the group stays",
     {GROUPED},
     {"0 fire Down/a", "5 fire Down/b", "10 end Down/a", "100 tick"},
     "30 chat trigger Down b +1 -1\n"},
    {"it ended and fired again before anybody was told of the end",
     {GROUPED},
     {"0 fire Down/a", "40 end Down/a", "50 fire Down/a", "1000 tick"},
     "30 chat trigger Down a +1 -0\n"},
    {"a flapping page: every begin and end, in order",
     {by_severity},
     {"0 fire Down/db severity=critical", "5 end Down/db", "9 fire Down/db", "400 tick"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "5 oncall resolve Down db +0 -1\n"
     "9 oncall trigger Down db +1 -0\n"},

    /* alertmanager#3664, icinga2#9054: an end is told whatever holds it by then */
    {"silenced after it was told, fixed meanwhile",
     {by_severity},
     {"0 fire Down/db severity=critical", "10 hold Down/db silenced", "100 end Down/db"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "100 oncall resolve Down db +0 -1\n"
     "100 chat resolve Down db +0 -1\n"},
    /* alertmanager#3367: not at the next repeat */
    {"silenced after it was told, and the silence ends first",
     {by_severity},
     {"0 fire Down/db severity=critical", "10 hold Down/db silenced", "5000 free Down/db",
      "6000 end Down/db"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "5000 oncall reminder Down db +1 -0\n"
     "5000 chat reminder Down db +1 -0\n"
     "6000 oncall resolve Down db +0 -1\n"
     "6000 chat resolve Down db +0 -1\n"},
    /* alertmanager#878: no end without a beginning */
    {"silenced all the time: nobody hears of it",
     {by_severity},
     {"0 hold-next silenced", "0 fire Down/db severity=critical", "100 end Down/db",
      "1000 tick"},
     ""},
    {"silenced when it began: told when the silence ends",
     {by_severity},
     {"0 hold-next silenced", "0 fire Slow/api severity=warning", "100 free Slow/api"},
     "100 chat trigger Slow api +1 -0\n"},
    {"held for a moment: group_wait still counts from the beginning",
     {by_severity},
     {"0 hold-next parent", "0 fire Slow/api severity=warning", "5 free Slow/api",
      "100 tick"},
     "30 chat trigger Slow api +1 -0\n"},
    {"the cause ends first: its children are told if they stay",
     {by_severity},
     {"0 fire Down/db severity=critical", "0 hold-next inhibited",
      "0 fire Slow/api severity=warning", "600 end Down/db", "600 also-free Slow/api",
      "700 end Slow/api", "1000 tick"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "600 oncall resolve Down db +0 -1\n"
     "600 chat resolve Down db +0 -1\n"
     "600 chat trigger Slow api +1 -0\n"
     "900 chat resolve Slow api +0 -1\n"},
    {"the cause and its child end together: of the child nothing is said",
     {by_severity},
     {"0 fire Down/db severity=critical", "0 hold-next inhibited",
      "0 fire Slow/api severity=warning", "600 end Down/db", "600 end Slow/api"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "600 oncall resolve Down db +0 -1\n"
     "600 chat resolve Down db +0 -1\n"},
    {"what inhibits comes late: what was told ends as usual, and is not repeated",
     {by_severity},
     {"0 fire Slow/api severity=warning", "40 hold Slow/api inhibited",
      "90000 end Slow/api"},
     "30 chat trigger Slow api +1 -0\n"
     "90000 chat resolve Slow api +0 -1\n"},

    /* windows: 09:00 is second 32400, 18:00 is 64800 */
    {"before office hours: told at nine if it is still true",
     {OFFICE "}]}"},
     {"0 fire Slow/api severity=warning", "40000 end Slow/api"},
     "32400 chat trigger Slow api +1 -0\n"
     "40000 chat resolve Slow api +0 -1\n"},
    {"before office hours: what came and went is told at nine, too",
     {OFFICE "}]}"},
     {"0 fire Slow/api severity=warning", "100 end Slow/api",
      "200 fire Slow/web severity=warning", "33000 tick"},
     "32400 chat trigger Slow web +1 -1\n"},
    {"before office hours: only what came and went",
     {OFFICE "}]}"},
     {"0 fire Slow/api severity=warning", "100 end Slow/api", "33000 tick"},
     "32400 chat trigger Slow api +1 -0\n"
     "32400 chat resolve Slow api +0 -1\n"},
    {"before office hours, dropped as Alertmanager does",
     {OFFICE ", on_inactive: drop}]}"},
     {"0 fire Slow/api severity=warning", "100 end Slow/api",
      "200 fire Slow/web severity=warning", "33000 tick"},
     "32400 chat trigger Slow web +1 -0\n"},
    {"told by day, fixed by night: the end is told at once",
     {OFFICE "}]}"},
     {"40000 fire Slow/api severity=warning", "70000 end Slow/api"},
     "40030 chat trigger Slow api +1 -0\n"
     "54430 chat reminder Slow api +1 -0\n"
     "70000 chat resolve Slow api +0 -1\n"},
    {"told by day, and true still the next morning",
     {OFFICE "}]}"},
     {"64000 fire Slow/api severity=warning", "118900 tick"},
     "64030 chat trigger Slow api +1 -0\n"
     "118800 chat reminder Slow api +1 -0\n"},

    /* restarts */
    {"restart while the group waits: the time left counts on",
     {by_severity},
     {"0 fire Slow/api severity=warning", "10 restart 0", "12 confirm Slow/api",
      "100 tick"},
     "30 chat trigger Slow api +1 -0\n"},
    {"restart while it waits, and it is over when we come back",
     {by_severity},
     {"0 fire Slow/api severity=warning", "10 restart 0", "12 end Slow/api", "100 tick"},
     "30 chat trigger Slow api +1 -0\n"
     "30 chat resolve Slow api +0 -1\n"},
    /* gatus#679, alertmanager#627: nothing is told twice */
    {"restart while it fires: nothing new",
     {by_severity},
     {"0 fire Down/db severity=critical", "100 restart 0", "110 confirm Down/db",
      "200 end Down/db"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "200 oncall resolve Down db +0 -1\n"
     "200 chat resolve Down db +0 -1\n"},
    /* alertmanager#2570, grafana#68162: the end is the first thing after a restart */
    {"it ended right before the stop: the end is told after the start",
     {by_severity},
     {"0 fire Down/db severity=critical", "20 end Down/db", "25 restart 0", "1000 tick"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "20 oncall resolve Down db +0 -1\n"
     "60 chat resolve Down db +0 -1\n"},
    {"the book lost it: whoever was told hears of an end",
     {by_severity},
     {"0 fire Down/db severity=critical", "100 lose Down/db", "100 restart 0"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "100 oncall resolve Down db +0 -1\n"
     "100 chat resolve Down db +0 -1\n"},
    {"silenced over a restart, and let go afterwards",
     {by_severity},
     {"0 hold-next silenced", "0 fire Slow/api severity=warning", "50 restart 0",
      "60 confirm Slow/api", "70 free Slow/api"},
     "70 chat trigger Slow api +1 -0\n"},
    /* alertmanager#4064: not before what inhibits had its turn */
    {"after a start rules come first",
     {by_severity},
     {"0 wait 15", "0 fire Down/db severity=critical", "10 hold Down/db inhibited",
      "30 tick"},
     ""},
    {"after a start rules come first, then it pages",
     {by_severity},
     {"0 wait 15", "0 fire Down/db severity=critical", "30 tick"},
     "15 oncall trigger Down db +1 -0\n"
     "15 chat trigger Down db +1 -0\n"},
    {"not told while nobody has seen it again",
     {by_severity},
     {"0 hold-next silenced", "0 fire Down/db severity=critical", "50 restart 0",
      "60 free Down/db", "70 confirm Down/db"},
     "70 oncall trigger Down db +1 -0\n"
     "70 chat trigger Down db +1 -0\n"},

    /* reloads */
    {"reload of the same: nothing is told again",
     {by_severity},
     {"0 fire Down/db severity=critical", "10 reload 0", "20 reload 0",
      "100 end Down/db"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "100 oncall resolve Down db +0 -1\n"
     "100 chat resolve Down db +0 -1\n"},
    {"other groups for the same receiver: nothing is told again, the end is",
     {by_severity, "route: {receiver: [oncall, chat], group_by: [job], group_wait: 0s}"},
     {"0 fire Down/db severity=critical", "100 reload 1", "200 end Down/db", "900 tick"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "200 oncall resolve Down db +0 -1\n"
     "300 chat resolve Down db +0 -1\n"},
    {"what waited goes where it would go now",
     {GROUPED, "route: {receiver: chat, group_by: [probe], group_wait: 60s}"},
     {"0 fire Down/a", "10 fire Slow/a", "20 reload 1", "200 tick"},
     "80 chat trigger Down a, Slow a +2 -0\n"},
    {"another receiver is told, the former one hears of the end",
     {"route: {receiver: chat, group_wait: 0s}",
      "route: {receiver: mail, group_wait: 0s}"},
     {"0 fire Down/db", "100 reload 1", "900 end Down/db", "100000 tick"},
     "0 chat trigger Down db +1 -0\n"
     "100 mail trigger Down db +1 -0\n"
     "900 chat resolve Down db +0 -1\n"
     "900 mail resolve Down db +0 -1\n"},
    {"who is not routed any more is not reminded",
     {"route: {receiver: chat, group_wait: 0s, repeat_interval: 1h}",
      "route: {receiver: none}"},
     {"0 fire Down/db", "100 reload 1", "9000 end Down/db"},
     "0 chat trigger Down db +1 -0\n"
     "9000 chat resolve Down db +0 -1\n"},

    /* pairs */
    {"a pair gets worse, and better, on one lane",
     {by_severity},
     {"0 fire Disk:warning/host severity=warning",
      "100 fire Disk:critical/host "
      "severity=critical",
      "100 also-hold Disk:warning/host inhibited", "300 end Disk:critical/host",
      "300 also-free Disk:warning/host", "600 end Disk:warning/host", "1200 tick"},
     "30 chat trigger Disk host +1 -0\n"
     "100 chat update Disk host +1 -0\n"
     "100 oncall trigger Disk host +1 -0\n"
     "300 chat update Disk host +1 -1\n"
     "300 oncall resolve Disk host +0 -1\n"
     "600 chat resolve Disk host +0 -1\n"},
    {"a pair on a paging receiver: one lane, three notices",
     {"route: {receiver: oncall}"},
     {"0 fire Disk:warning/host severity=warning",
      "100 fire Disk:critical/host severity=critical",
      "100 also-hold Disk:warning/host inhibited", "300 end Disk:critical/host",
      "300 also-free Disk:warning/host", "600 end Disk:warning/host"},
     "0 oncall trigger Disk host +1 -0\n"
     "100 oncall update Disk host +1 -0\n"
     "300 oncall update Disk host +1 -1\n"
     "600 oncall resolve Disk host +0 -1\n"},

    /* acknowledgements and escalation */
    {"taken: no reminders until it is let go of",
     {by_severity},
     {"0 fire Down/db severity=critical", "60 ack Down/db", "8000 unack Down/db",
      "9000 end Down/db"},
     "0 oncall trigger Down db +1 -0\n"
     "0 chat trigger Down db +1 -0\n"
     "60 oncall ack Down db +1 -0\n"
     "60 chat ack Down db +1 -0\n"
     "8000 chat reminder Down db +1 -0\n"
     "9000 oncall resolve Down db +0 -1\n"
     "9000 chat resolve Down db +0 -1\n"},
    {"a second one dies while the first is taken: it pages again",
     {by_severity},
     {"0 fire Down/db1 severity=critical", "60 ack Down/db1",
      "120 fire Down/db2 severity=critical", "200 tick"},
     "0 oncall trigger Down db1 +1 -0\n"
     "0 chat trigger Down db1 +1 -0\n"
     "60 oncall ack Down db1 +1 -0\n"
     "60 chat ack Down db1 +1 -0\n"
     "120 oncall trigger Down db2 +1 -0\n"
     "120 chat trigger Down db2 +1 -0\n"},
    /* nagioscore#582: every step hears of the end */
    {"nobody takes it: others are told, and hear of the end",
     {ESCALATING},
     {"0 fire Down/db", "4000 end Down/db"},
     "0 chat trigger Down db +1 -0\n"
     "900 mail trigger Down db +1 -0\n"
     "3600 web trigger Down db +1 -0\n"
     "4000 chat resolve Down db +0 -1\n"
     "4000 mail resolve Down db +0 -1\n"
     "4000 web resolve Down db +0 -1\n"},
    {"taken in time: nobody else is told",
     {ESCALATING},
     {"0 fire Down/db", "800 ack Down/db", "5000 end Down/db"},
     "0 chat trigger Down db +1 -0\n"
     "800 chat ack Down db +1 -0\n"
     "5000 chat resolve Down db +0 -1\n"},
    {"escalation is due while we are down",
     {ESCALATING},
     {"0 fire Down/db", "600 down 2000", "2000 restart 0", "2010 confirm Down/db",
      "2100 tick"},
     "0 chat trigger Down db +1 -0\n"
     "2010 mail trigger Down db +1 -0\n"},
    {"escalation is due during maintenance: it waits for its end",
     {ESCALATING},
     {"0 fire Down/db", "600 hold Down/db maintenance", "2000 free Down/db", "2100 tick"},
     "0 chat trigger Down db +1 -0\n"
     "2000 chat reminder Down db +1 -0\n"
     "2000 mail trigger Down db +1 -0\n"},
    {"the steps begin anew with the next time",
     {ESCALATING},
     {"0 fire Down/db", "1000 end Down/db", "5000 fire Down/db", "6000 tick"},
     "0 chat trigger Down db +1 -0\n"
     "900 mail trigger Down db +1 -0\n"
     "1000 chat resolve Down db +0 -1\n"
     "1200 mail resolve Down db +0 -1\n"
     "5000 chat trigger Down db +1 -0\n"
     "5900 mail trigger Down db +1 -0\n"},

    /* storms */
    {"five at once are one page that names each",
     {"route: {receiver: oncall}"},
     {"0 fire Down/a severity=critical", "0 also Down/b severity=critical",
      "0 also Down/c severity=critical", "0 also Down/d severity=critical",
      "0 also Down/e severity=critical", "100 end Down/a", "100 also-end Down/b",
      "200 end Down/c", "200 also-end Down/d", "200 also-end Down/e", "900 tick"},
     "0 oncall trigger 5 critical alerts at once: Down: a, b, c, d, e +5 -0\n"
     "100 oncall update 3 critical alerts at once: Down: c, d, e +3 -2\n"
     "200 oncall resolve 3 critical alerts at once: Down: c, d, e +0 -3\n"},
    {"four ring, the fifth begins the digest, and what follows joins it",
     {"route: {receiver: oncall}"},
     {"0 fire Down/a severity=critical", "5 fire Down/b severity=critical",
      "10 fire Down/c severity=critical", "15 fire Down/d severity=critical",
      "20 fire Down/e severity=critical", "25 fire Slow/f severity=critical",
      "100 fire Down/g severity=critical", "101 end Down/a", "110 end Down/e",
      "120 end Slow/f"},
     "0 oncall trigger Down a +1 -0\n"
     "5 oncall trigger Down b +1 -0\n"
     "10 oncall trigger Down c +1 -0\n"
     "15 oncall trigger Down d +1 -0\n"
     "20 oncall trigger more critical alerts at once: Down e +1 -0\n"
     "25 oncall update 2 critical alerts at once: Down e, Slow f +2 -0\n"
     "100 oncall trigger Down g +1 -0\n"
     "101 oncall resolve Down a +0 -1\n"
     "110 oncall update more critical alerts at once: Slow f +1 -1\n"
     "120 oncall resolve more critical alerts at once: Slow f +0 -1\n"},
    {"a storm of warnings is none: they page one by one",
     {"route: {receiver: oncall}"},
     {"0 fire Down/a severity=warning", "0 also Down/b severity=warning",
      "0 also Down/c severity=warning", "0 also Down/d severity=warning",
      "0 also Down/e severity=warning"},
     "0 oncall trigger Down a +1 -0\n"
     "0 oncall trigger Down b +1 -0\n"
     "0 oncall trigger Down c +1 -0\n"
     "0 oncall trigger Down d +1 -0\n"
     "0 oncall trigger Down e +1 -0\n"},
    {"the digest survives a restart",
     {"route: {receiver: oncall}"},
     {"0 fire Down/a severity=critical", "0 also Down/b severity=critical",
      "0 also Down/c severity=critical", "0 also Down/d severity=critical",
      "0 also Down/e severity=critical", "50 restart 0", "60 end Down/a",
      "60 also-end Down/b", "60 also-end Down/c", "60 also-end Down/d",
      "60 also-end Down/e"},
     "0 oncall trigger 5 critical alerts at once: Down: a, b, c, d, e +5 -0\n"
     "60 oncall resolve 5 critical alerts at once: Down: a, b, c, d, e +0 -5\n"},

    /* the clock */
    {"the clock jumps an hour ahead: what waits is due",
     {GROUPED},
     {"0 fire Down/a", "3605 tick"},
     "30 chat trigger Down a +1 -0\n"},
    {"the clock goes back an hour while the group waits: it is due now",
     {GROUPED},
     {"4000 fire Down/a", "4010 back 410", "410 tick"},
     "410 chat trigger Down a +1 -0\n"},
    {"the clock goes back after it was told: no second notice, ends and repeats go on",
     {"route: {receiver: chat, group_wait: 0s, group_interval: 1m, repeat_interval: 1h}"},
     {"4000 fire Down/a", "4010 back 410", "410 tick", "4100 tick", "4200 end Down/a"},
     "4000 chat trigger Down a +1 -0\n"
     "4010 chat reminder Down a +1 -0\n"
     "4200 chat resolve Down a +0 -1\n"},

    /* receivers */
    {"one receiver on two routes is told once",
     {"route: {receiver: chat, routes: [{receiver: [mail, web], continue: true, "
      "group_wait: 0s}, {receiver: mail, group_wait: 0s}]}"},
     {"0 fire Down/db", "400 end Down/db"},
     "0 mail trigger Down db +1 -0\n"
     "0 web trigger Down db +1 -0\n"
     "400 mail resolve Down db +0 -1\n"
     "400 web resolve Down db +0 -1\n"},
    {"nobody is told of what no route takes",
     {"notify: {critical: [oncall]}"},
     {"0 fire Slow/api severity=warning", "100 end Slow/api"},
     ""},
    {"without routing nothing is told",
     {""},
     {"0 fire Slow/api severity=warning", "100 end Slow/api"},
     ""},
};

static void stories_are_told(void **state)
{
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++)
        wrong += !tell_story(&stories[i]);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
