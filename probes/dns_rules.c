/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a DNS answer is right: its code, and the records of each section against patterns, as blackbox_exporter judges.
 * Called with a whole answer. Pure.
 */
#include "lib/core/regex.h"
#include "probes/dns.h"

static const char *const section_names[] = {"answer", "authority record",
                                            "additional record"};

static bool is_valid_rcode(const struct dns_conf *conf, int rcode)
{
    for (size_t i = 0; i < conf->rcodes.count; i++) {
        if (conf->rcodes.items[i] == rcode)
            return true;
    }
    return false;
}

static enum talk wrong_rcode(struct run *run, const struct dns_message *m)
{
    const struct dns_conf *conf = run_conf(run);
    struct buf list = BUF_MAX(200);

    for (size_t i = 0; i < conf->rcodes.count; i++)
        buf_printf(&list, "%s%s", i ? " or " : "",
                   dns_rcode_name((int)conf->rcodes.items[i], run_arena(run)));
    run_down(run, REASON_STATUS, "expected %s for %s %s, got %s", buf_text(&list),
             conf->name, dns_type_name(conf->type, run_arena(run)),
             dns_rcode_name(m->rcode, run_arena(run)));
    buf_finish(&list);
    return TALK_DONE;
}

static bool matches(const struct regex *pattern, const struct dns_record *record)
{
    return regex_match(pattern, bytes_of(record->text)) == REGEX_MATCH;
}

/* The first record that a pattern fits (or does not fit); NULL: there is none. */
static const struct dns_record *find(const struct dns_record *records, size_t count,
                                     const struct regexes *patterns, bool wants_match,
                                     const struct regex **ret_pattern)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < patterns->count; k++) {
            if (matches(patterns->items[k], &records[i]) != wants_match)
                continue;
            *ret_pattern = patterns->items[k];
            return &records[i];
        }
    }
    return NULL;
}

static enum talk wrong_record(struct run *run, enum dns_section section,
                              const struct dns_record *record,
                              const struct regex *pattern, const char *verb)
{
    return run_down(run, REASON_BODY, "the %s %s %s /%s/", section_names[section],
                    run_quoted(run, bytes_of(record->text)), verb,
                    regex_pattern(pattern));
}

static enum talk judge_section(struct run *run, const struct dns_message *m,
                               enum dns_section section)
{
    const struct dns_conf *conf = run_conf(run);
    const struct dns_rules *const all[] = {&conf->answer_rules, &conf->authority_rules,
                                           &conf->additional_rules};
    const struct dns_rules *rules = all[section];
    const struct dns_record *records = m->records[section], *found;
    const size_t count = m->counts[section];
    const struct regex *pattern = NULL;

    if (!count && (rules->fail_if_not_matches.count || rules->fail_if_none_matches.count))
        return run_down(run, REASON_BODY,
                        "there is no %s, and one that fits was expected",
                        section_names[section]);
    if ((found = find(records, count, &rules->fail_if_matches, true, &pattern)))
        return wrong_record(run, section, found, pattern, "must not match");
    if ((found = find(records, count, &rules->fail_if_not_matches, false, &pattern)))
        return wrong_record(run, section, found, pattern, "does not match");
    /* As blackbox_exporter has it, which turns the name of the row round: it fails when not all match. */
    if ((found = find(records, count, &rules->fail_if_all_match, false, &pattern)))
        return wrong_record(run, section, found, pattern, "does not match");
    if (rules->fail_if_none_matches.count &&
        !find(records, count, &rules->fail_if_none_matches, true, &pattern))
        return run_down(
            run, REASON_BODY,
            "none of %zu records (%s) matches what `fail_if_none_matches_regexp` "
            "lists; the first is %s",
            count, section_names[section], run_quoted(run, bytes_of(records[0].text)));
    return TALK_MORE;
}

enum talk dns_judge(struct run *run, const struct dns_message *m)
{
    if (!is_valid_rcode(run_conf(run), m->rcode))
        return wrong_rcode(run, m);
    for (int section = 0; section < DNS_SECTION_COUNT; section++) {
        if (judge_section(run, m, (enum dns_section)section) == TALK_DONE)
            return TALK_DONE;
    }
    return run_up(run);
}

uint32_t dns_serial(const struct dns_message *m)
{
    uint32_t serial = 0;

    for (size_t i = 0; i < m->counts[DNS_ANSWER]; i++) {
        if (m->records[DNS_ANSWER][i].type == DNS_SOA)
            serial = m->records[DNS_ANSWER][i].serial;
    }
    return serial;
}
