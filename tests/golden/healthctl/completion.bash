# bash completion of healthctl; load it with: source <(healthctl completion bash)
_healthctl() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$2")
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done < <(healthctl complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _healthctl healthctl
