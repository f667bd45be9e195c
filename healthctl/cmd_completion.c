/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl completion SHELL`: scripts that only ask `healthctl complete` what may stand where the
 * cursor is; and that command. Nothing about healthctl is known to the scripts.
 */
#include <stdio.h>
#include <string.h>

#include "healthctl/client.h"
#include "healthctl/cmd.h"
#include "healthctl/complete.h"
#include "healthctl/remote.h"

/* Somebody waits at the keyboard. */
#define PROBES_TIMEOUT (400 * NSEC_PER_MSEC)

static const char bash_script[] =
    "# bash completion of healthctl; load it with: source <(healthctl completion bash)\n"
    "_healthctl() {\n"
    "    local line\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        if [[ $line == :files ]]; then\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$2\")\n"
    "        else\n"
    "            COMPREPLY+=(\"${line%%$'\\t'*}\")\n"
    "        fi\n"
    "    done < <(healthctl complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _healthctl healthctl\n";

static const char zsh_script[] =
    "#compdef healthctl\n"
    "# zsh completion of healthctl; load it with: source <(healthctl completion zsh)\n"
    "_healthctl() {\n"
    "    local line\n"
    "    local -a found\n"
    "    for line in \"${(@f)$(healthctl complete -- \"${(@)words[2,CURRENT]}\" "
    "2>/dev/null)}\"; do\n"
    "        if [[ $line == :files ]]; then\n"
    "            _files\n"
    "        elif [[ -n $line ]]; then\n"
    "            found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "        fi\n"
    "    done\n"
    "    (( ${#found} )) && _describe -V healthctl found\n"
    "}\n"
    "(( $+functions[compdef] )) && compdef _healthctl healthctl\n"
    "[[ ${funcstack[1]} == _healthctl ]] && _healthctl \"$@\"\n";

static const char fish_script[] =
    "# fish completion of healthctl\n"
    "function __healthctl_complete\n"
    "    set -l words (commandline -opc)\n"
    "    for line in (healthctl complete -- $words[2..-1] (commandline -ct) "
    "2>/dev/null)\n"
    "        if test \"$line\" = :files\n"
    "            __fish_complete_path (commandline -ct)\n"
    "        else\n"
    "            echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c healthctl -f -a '(__healthctl_complete)'\n";

int cmd_completion(struct invocation *in)
{
    const char *shell = in->operands[0];
    fputs(!strcmp(shell, "bash")  ? bash_script
          : !strcmp(shell, "zsh") ? zsh_script
                                  : fish_script,
          stdout);
    return CODE_PASS;
}

static void add_probes(void *ctx, const char *prefix, struct buf *out)
{
    struct invocation *in = ctx;
    struct answer a;
    struct err e = {0};
    if (!client_ask(in, "GET", "/api/probes", PROBES_TIMEOUT, &a, &e) || a.status != 200)
        return;
    const json_t *answer = json_read(in->arena, a.body, CLIENT_MAX_ANSWER, &e);
    const json_t *probes = json_object_get(answer, "probes");
    for (size_t i = 0; i < json_array_size(probes); i++) {
        const json_t *probe = json_array_get(probes, i);
        const char *name = remote_text(probe, "name");
        if (*name && !strncmp(name, prefix, strlen(prefix)) && !strpbrk(name, "\t\r\n"))
            buf_printf(out, "%s\t%s, %s\n", name, remote_text(probe, "type"),
                       remote_text(probe, "health"));
    }
}

int cmd_complete(struct invocation *in)
{
    struct buf out = BUF_MAX(1 << 20);
    complete_words(in->arena, in->operands, in->operand_count, add_probes, in, &out);
    fputs(buf_text(&out), stdout);
    buf_finish(&out);
    return CODE_PASS;
}
