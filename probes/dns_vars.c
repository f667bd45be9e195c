/* SPDX-License-Identifier: Apache-2.0 */
/* What expectations may name of a DNS answer: its code and flags, and its records. Called after the answer is there. */
#include "probes/dns.h"

static const struct dns_message *answer_of(struct run *run, struct err *why)
{
    const struct dns_state *state = run_state(run);

    if (!state->answer)
        err_set(why, "there was no answer");
    return state->answer;
}

static bool get_rcode(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const struct dns_message *m = answer_of(run, why);

    if (m)
        *ret_value = value_text(bytes_of(dns_rcode_name(m->rcode, arena)));
    return m != NULL;
}

static bool get_authoritative(struct run *run, struct arena *arena,
                              struct value *ret_value, struct err *why)
{
    const struct dns_message *m = answer_of(run, why);

    if (m)
        *ret_value = value_bool(m->is_authoritative);
    return m != NULL;
}

static bool get_truncated(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    const struct dns_message *m = answer_of(run, why);

    if (m)
        *ret_value = value_bool(m->is_truncated);
    return m != NULL;
}

static bool get_serial(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct dns_message *m = answer_of(run, why);

    if (m)
        *ret_value = value_number(dns_serial(m));
    return m != NULL;
}

/* The shortest time that an answer may be kept. */
static bool get_ttl(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    const struct dns_message *m = answer_of(run, why);
    uint32_t least = UINT32_MAX;

    if (!m)
        return false;
    if (!m->counts[DNS_ANSWER])
        return err_set(why, "there are no answers");
    for (size_t i = 0; i < m->counts[DNS_ANSWER]; i++) {
        const uint32_t ttl = m->records[DNS_ANSWER][i].ttl;
        least = ttl < least ? ttl : least;
    }
    *ret_value = value_duration((nsec)least * NSEC_PER_SEC);
    return true;
}

static bool get_section(struct run *run, struct arena *arena, enum dns_section section,
                        bool is_whole, struct value *ret_value, struct err *why)
{
    const struct dns_message *m = answer_of(run, why);

    if (!m)
        return false;
    const size_t count = m->counts[section];
    struct value *items = arena_alloc(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        const struct dns_record *record = &m->records[section][i];
        items[i] = value_text(bytes_of(is_whole ? record->text : record->data));
    }
    *ret_value = (struct value){.type = VALUE_LIST, .items = items, .count = count};
    return true;
}

static bool get_answers(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    return get_section(run, arena, DNS_ANSWER, false, ret_value, why);
}

static bool get_records(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    return get_section(run, arena, DNS_ANSWER, true, ret_value, why);
}

static bool get_authority(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    return get_section(run, arena, DNS_AUTHORITY, true, ret_value, why);
}

static bool get_additional(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    return get_section(run, arena, DNS_ADDITIONAL, true, ret_value, why);
}

const struct var dns_vars[] = {
    {"rcode", VALUE_TEXT, "Code of the answer: \"NOERROR\", \"NXDOMAIN\".", get_rcode},
    {"answers", VALUE_LIST,
     "Data of the answers: answers.exists(x, x == \"10.0.0.9\"), size(answers) > 1.",
     get_answers},
    {"records", VALUE_LIST, "The answers, whole, as dig prints them.", get_records},
    {"authority", VALUE_LIST, "The authority records, whole.", get_authority},
    {"additional", VALUE_LIST, "The additional records, whole.", get_additional},
    {"ttl", VALUE_DURATION, "The shortest time to live of the answers.", get_ttl},
    {"serial", VALUE_NUMBER,
     "Serial number of the SOA among the answers; 0: there is none.", get_serial},
    {"authoritative", VALUE_BOOL, "Whether the server speaks for the zone.",
     get_authoritative},
    {"truncated", VALUE_BOOL, "Whether the answer did not fit.", get_truncated},
    {0},
};
