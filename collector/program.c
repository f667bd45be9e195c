/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthd: reads its command line and configuration, says everything that is wrong with them in one go, and
 * hands over to the daemon. Exit codes: 0 stopped in order, 1 the system stood in the way, 2 usage or configuration.
 */
#include "collector/program.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "collector/daemon.h"
#include "collector/system.h"
#include "collector/web.h"
#include "lib/base/log.h"
#include "lib/core/loop.h"
#include "lib/core/secret.h"

#define DEFAULT_CONFIG "/etc/healthd/healthd.yml"

enum { EXIT_USAGE = 2 };

struct command_line {
    const char *config;
    bool print_config;
};

static void print_help(FILE *to)
{
    fputs("healthd watches a production stack, and tells people what is wrong with it.\n"
          "\n"
          "  healthd [--config FILE] [--print-config]\n"
          "\n"
          "  --config FILE    read FILE (default: " DEFAULT_CONFIG
          ", or a built-in default when there is none)\n"
          "  --print-config   print the effective configuration, every default included, "
          "and exit\n"
          "  --log-level L    debug, info, warning or error (default: info)\n"
          "  --version        print the version and exit\n"
          "  --help           print this and exit\n"
          "\n"
          "SIGHUP reads the configuration again, SIGUSR1 reopens log files, SIGTERM "
          "stops within 2 s.\n"
          "healthctl asks a running healthd; `healthctl validate` checks a file. Manual: "
          "healthd.yml(5).\n",
          to);
}

static bool set_log_level(const char *name)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!strcmp(name, names[i])) {
            log_set((enum log_level)i,
                    isatty(STDERR_FILENO) ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON);
            return true;
        }
    }
    fprintf(stderr, "healthd: --log-level is debug, info, warning or error, not '%s'\n",
            name);
    return false;
}

/* Returns an exit code, or -1 to go on. */
static int parse_command_line(int argc, char **argv, struct command_line *ret_line)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"print-config", no_argument, NULL, 'p'},
                                            {"log-level", required_argument, NULL, 'l'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (letter) {
        case 'c':
            ret_line->config = optarg;
            break;
        case 'p':
            ret_line->print_config = true;
            break;
        case 'l':
            if (!set_log_level(optarg))
                return EXIT_USAGE;
            break;
        case 'v':
            puts("healthd " HEALTHD_VERSION);
            return 0;
        case 'h':
            print_help(stdout);
            return 0;
        default:
            print_help(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr,
                "healthd: '%s' is not understood; the configuration is given with "
                "--config FILE\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

/* Every line of healthd's own log passes here: secrets are taken out, and nobody is waited for. */
static void write_log(void *ctx, struct buf *line)
{
    secrets_redact(ctx, line);
    const ssize_t written = write(STDERR_FILENO, line->ptr, line->len);
    (void)written;
}

static struct generation *load(const char *path, struct secrets *secrets)
{
    struct arena *arena = arena_create(0);
    struct diag *diag = diag_create(arena);
    struct generation *g = generation_load(path, secrets, diag);
    struct buf text = BUF_MAX(256 << 10);
    diag_render(diag, &text, isatty(STDERR_FILENO));
    secrets_redact(secrets, &text);
    fputs(buf_text(&text), stderr);
    buf_finish(&text);
    arena_destroy(arena);
    return g;
}

static int print_config(const struct generation *g, const struct secrets *secrets)
{
    struct buf text = BUF_MAX(16 << 20);
    generation_print(g, &text);
    secrets_redact(secrets, &text);
    const bool ok =
        fwrite(buf_text(&text), 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    buf_finish(&text);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void greet(const struct daemon *d)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr,
                "\n  healthd " HEALTHD_VERSION
                " is watching %zu probe%s\n  %s/metrics\n\n",
                d->generation->probe_count, d->generation->probe_count == 1 ? "" : "s",
                web_address(d->web));
}

static int serve(struct daemon *d, struct generation *g)
{
    struct err e = {0};
    d->frame.loop = loop_create(&e);
    if (!d->frame.loop) {
        fprintf(stderr, "healthd: %s\n", e.text);
        return EXIT_FAILURE;
    }
    if (!daemon_start(d, g, &e)) {
        struct buf text = BUF_MAX(ERR_TEXT_SIZE + 64);
        buf_printf(&text, "healthd: %s\n", e.text);
        secrets_redact(d->frame.secrets, &text);
        fputs(buf_text(&text), stderr);
        buf_finish(&text);
        loop_destroy(d->frame.loop);
        return EXIT_USAGE;
    }
    greet(d);
    daemon_run(d);
    loop_destroy(d->frame.loop);
    return EXIT_SUCCESS;
}

int healthd_main(int argc, char **argv)
{
    struct command_line line = {0};
    log_set(LOG_LEVEL_INFO, isatty(STDERR_FILENO) ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON);
    const int early = parse_command_line(argc, argv, &line);
    if (early >= 0)
        return early;

    system_harden();
    if (!line.print_config)
        system_become_child_of_init();
    if (!line.config && access(DEFAULT_CONFIG, F_OK) == 0)
        line.config = DEFAULT_CONFIG;

    struct daemon d = {.lock_fd = -1, .config_path = line.config};
    d.frame.secrets = secrets_create();
    log_to(write_log, d.frame.secrets);
    struct generation *g = load(line.config, d.frame.secrets);
    if (!g)
        return EXIT_USAGE;

    const int code = line.print_config ? print_config(g, d.frame.secrets) : serve(&d, g);
    generation_unref(g);
    log_to(NULL, NULL);
    secrets_destroy(d.frame.secrets);
    return code;
}
