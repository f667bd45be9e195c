#compdef healthctl
# zsh completion of healthctl; load it with: source <(healthctl completion zsh)
_healthctl() {
    local line
    local -a found
    for line in "${(@f)$(healthctl complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == :files ]]; then
            _files
        elif [[ -n $line ]]; then
            found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done
    (( ${#found} )) && _describe -V healthctl found
}
(( $+functions[compdef] )) && compdef _healthctl healthctl
[[ ${funcstack[1]} == _healthctl ]] && _healthctl "$@"
