/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the flag tables of commands that run flows: smoke, deploy, baseline. Written once, so that they mean and say
 * the same everywhere.
 */
#ifndef HEALTHD_HEALTHCTL_FLOW_FLAGS_H
#define HEALTHD_HEALTHCTL_FLOW_FLAGS_H

#include "healthctl/command.h"
#include "healthctl/config_file.h"

/* Where flows come from, and what they are given: flow_choice.h reads these. */
#define FLOW_FLAGS                                                                      \
    {.name = "config",                                                                  \
     .operand = "FILE",                                                                 \
     .completes = COMPLETES_FILES,                                                      \
     .doc = "The configuration that has the flows and probes (default: " CONFIG_DEFAULT \
            ")."},                                                                      \
    {                                                                                   \
        .name = "var", .operand = "NAME=VALUE", .may_repeat = true,                     \
        .doc = "A variable of the flows, as in --var release=$SHA."                     \
    }

/* How they prove something: against.h and smoke_report.h read these. */
#define PROOF_FLAGS                                                                      \
    {.name = "repeat",                                                                   \
     .operand = "N",                                                                     \
     .doc = "Runs the flows so often, as long as they pass: for what fails now and "     \
            "then, and for --against."},                                                 \
        {.name = "against",                                                              \
         .operand = "BASELINE",                                                          \
         .completes = COMPLETES_FILES,                                                   \
         .doc = "Compares with a file of `healthctl baseline record`: each step is the " \
                "same, slower, "                                                         \
                "changed (a key of the answer's JSON is gone, or of another type) or "   \
                "broken. Exits 1 "                                                       \
                "for changed."},                                                         \
        {.name = "tolerance",                                                            \
         .operand = "PERCENT",                                                           \
         .doc = "How much slower the p95 of a phase may be (default: 25%; less than 10 " \
                "ms never "                                                              \
                "counts)."},                                                             \
        {.name = "fail-slower", .doc = "Exits 1 for slower, too."},                      \
    {                                                                                    \
        .name = "report", .operand = "[FORMAT=]FILE", .may_repeat = true,                \
        .completes = COMPLETES_FILES,                                                    \
        .doc = "Writes a report of the run besides: junit=out.xml, or a name that "      \
               "ends in .xml, .json or .tap."                                            \
    }

#endif
