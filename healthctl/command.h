/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command of healthctl is: one const table at the end of its file. Parsing, help, the man page and
 * completion read it, and nothing about a command is written down anywhere else.
 */
#ifndef HEALTHD_HEALTHCTL_COMMAND_H
#define HEALTHD_HEALTHCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/err.h"
#include "lib/core/opt.h"
#include "lib/core/secret.h"

enum exit_code { /* documented in help and in healthctl(1): exit_codes[] */
                 CODE_PASS = 0,
                 CODE_FAILED =
                     1, /* it answered, and not as it should; or something is down */
                 CODE_USAGE = 2,       /* usage or configuration */
                 CODE_NOT_READY = 3,   /* not by the deadline */
                 CODE_UNREACHABLE = 4, /* no answer at all */
                 CODE_UNKNOWN = 5,     /* we could not ask */
                 CODE_TEARDOWN = 6
};
extern const char *const exit_codes[]; /* their meanings, by number; NULL-terminated */

enum completes { /* what may stand there, for completion */
                 COMPLETES_NOTHING,
                 COMPLETES_FILES,
                 COMPLETES_PROBES, /* names that a running healthd knows */
                 COMPLETES_TYPES,
                 COMPLETES_COMMANDS,
                 COMPLETES_WORDS /* flag.words */
};

struct flag {            /* an option of a command: --name */
    const char *name;    /* with hyphens; an underscore typed for one is understood */
    char letter;         /* 0: none */
    const char *operand; /* what follows, as help shows it; NULL: nothing does */
    const char *doc;
    enum completes completes;
    const char *const *words; /* the only values allowed, NULL-terminated; NULL: any */
    bool may_repeat;
    /* Of a probe type's row (type_flags.h): */
    const struct opt *row;
    const char *path;   /* "tls_config.ca_file" */
    const char *prefix; /* "env", "file": the value names where a secret is; else NULL */
    bool has_off; /* a switch that is on by default: --no-NAME follows in the table */
    bool is_off;  /* that one */
};

struct given { /* a flag as it was typed */
    const struct flag *flag;
    const char *value; /* NULL when it takes none */
};

struct writer;
struct screen;
struct invocation { /* one command, as it was typed */
    const struct command *command;
    struct arena *arena;
    struct secrets *secrets;
    const char **operands;
    size_t operand_count;
    struct given *given;
    size_t given_count;
    struct writer *out;
    const struct screen *screen;
};

struct example {
    const char *line, *meaning;
};

struct verb {             /* what a command does, when its first operand says it */
    const char *name;     /* "list" */
    const char *operands; /* those after it: "ID" */
    size_t least, most;   /* of them */
    enum completes completes;
    const char *summary;
    int (*run)(struct invocation *in); /* operands are those after the verb */
    const char *also; /* what other programs call it, for a hint; may be NULL */
};

#define GROUP_DEPLOYING "Deploying"
#define GROUP_AT_NIGHT "At night"
#define GROUP_WRITING "Writing configuration"
#define GROUP_LEARNING "Learning"

struct command {
    const char *name, *group, *summary;
    const char *operands;           /* "[FILE…]" */
    size_t least, most;             /* operands */
    enum completes completes;       /* of its operands */
    const char *const *words;       /* allowed operands, NULL-terminated; NULL: any */
    const char *doc;                /* paragraphs, separated by empty lines */
    const struct example *examples; /* {0}-terminated */
    const struct flag *flags;
    bool needs_daemon; /* then it has daemon_flags too */
    bool is_hidden;
    /* Flags that depend on the first operand (or NULL); NULL when there are none. */
    const struct flag *(*more_flags)(struct arena *arena, const char *operand);
    int (*run)(struct invocation *in); /* verbs_run when there are verbs */
    const struct verb *verbs;          /* {0}-terminated; NULL: none */
    /* the verb that is meant without any operand; NULL: one is needed */
    const char *bare;
    /* the verb that is meant when the first word is none; NULL: an error */
    const char *other;
};

extern const struct command *const commands[]; /* in the order of help; NULL-terminated */
extern const char *const command_groups[];     /* NULL-terminated */
extern const struct flag common_flags[], daemon_flags[]; /* {0}-terminated */

const struct command *command_find(const char *name); /* NULL: there is none */
/* Reads the words after the command's name. e says what is wrong and what comes near. */
bool invocation_parse(struct invocation *in, int argc, char *const *argv, struct err *e);
/* Runs the verb that the operands name. */
int verbs_run(struct invocation *in);
/* Value of the last one given; NULL: not given. For flags without operand: "". */
const char *invocation_flag(const struct invocation *in, const char *name);
/* All values of a flag that may repeat, in order, NULL-terminated; NULL: not given. */
const char *const *invocation_flags(const struct invocation *in, const char *name);
/* Hyphens and underscores are the same. */
bool flag_is(const struct flag *f, const char *name);

/* "healthctl: …" on stderr, without secrets. Returns code. */
int complain(const struct invocation *in, int code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same for a text of several lines. */
int complain_text(const struct invocation *in, int code, const char *text);

#endif
