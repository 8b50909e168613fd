# Completion of BIN in bash: source <(BIN completion bash)
_jobctl() {
    local words=() word rest=$COMP_LINE i
    # `=` and `:` end a word for readline, and not for BIN: words without a gap between them belong together.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 0)) && [[ $rest != [[:space:]]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
    done
    local last=$((${#words[@]} - 1)) current=${words[${#words[@]} - 1]}
    COMPREPLY=()
    IFS=$'\013' read -r -d '' -a COMPREPLY < <(
        VARIABLE=bash _CLAP_IFS=$'\013' _CLAP_COMPLETE_INDEX=$last COMPLETER -- "${words[@]}" 2>/dev/null
    )
    # What stands before the last of these signs is on the line already.
    local before=${current%"${current##*[=:]}"}
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$before"}
    done
    [[ ${COMPREPLY-} == *[=/] ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o bashdefault -F _jobctl BIN
