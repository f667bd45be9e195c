/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each shell needs to ask `healthctl complete` what may stand where the cursor is. Nothing about
 * healthctl is known to the scripts. See complete.h.
 */
#include <string.h>

#include "healthctl/complete.h"

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

const char *completion_script(const char *shell)
{
    if (!strcmp(shell, "bash"))
        return bash_script;
    return strcmp(shell, "zsh") ? fish_script : zsh_script;
}
