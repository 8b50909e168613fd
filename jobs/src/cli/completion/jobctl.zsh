#compdef BIN
# Completion of BIN in zsh, behind compinit: source <(BIN completion zsh)
_jobctl() {
    local one
    local -a found begun whole
    found=("${(@f)$(VARIABLE=zsh _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) COMPLETER -- "${words[@]}" 2>/dev/null)}")
    for one in "${(@)found:#}"; do
        # What ends so goes on, and no space is put behind it.
        if [[ ${one%%:*} == *[=/] ]]; then begun+=("$one"); else whole+=("$one"); fi
    done
    (( $#begun )) && _describe -V values begun -S ''
    (( $#whole )) && _describe -V values whole
}
compdef _jobctl BIN
