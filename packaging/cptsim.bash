# packaging/cptsim.bash - completion for bash: commands, options and their values, from what cptsim prints of itself.
#
# Nothing is listed here a second time. An option whose text names a list of `cptsim list` is completed from it, as
# "instruction set, of `cptsim list kernels`"; a key of --set KEY=VALUE by its line of `cptsim list keys`.

# The list that words on stdin name, if they name one.
_cptsim_list()
{
    sed -n "s/.*cptsim list \([a-z-]*\).*/\1/p" | head -n 1
}

# What --help says of one option: its lines, to the next option.
_cptsim_option_text()
{
    awk -v option="$1" '
        /^  +-/ { mine = 0; n = split($0, word, /[ ,=[]+/); for (i = 1; i <= n; i++) if (word[i] == option) mine = 1 }
        /^$/ { mine = 0 }
        mine' | tr -s ' \n' ' '
}

# Names of what an argument can be, by its word in "Usage: cptsim COMMAND [OPTION...] WORD".
_cptsim_argument()
{
    local usage
    usage=$(sed -n '1s/.*\[OPTION\.\.\.\] *//p')
    case $usage in
    MODEL*) cptsim list models --names && echo layer ;;
    FORMAT*) cptsim list formats --names | sed 's/[[<].*//' ;;
    SCHEDULE*) cptsim list schedules --names ;;
    "[KIND]"*) cptsim list --help | sed -n '/^Tables:/,$p' | tr -d ',.' | tr -s ' ' '\n' ;;
    esac
}

_cptsim()
{
    local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} help list
    local IFS=$' \t\n'

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "$(cptsim list commands --names 2>/dev/null) --help --version" -- "$current"))
        return
    fi
    help=$(cptsim "$command" --help 2>/dev/null) || return

    # bash splits words at '=': "--kernels=a" is three of them, "--set model=a" four.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $option == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ $option != -* && " ${COMP_WORDS[COMP_CWORD]} ${COMP_WORDS[COMP_CWORD - 1]} " == *" = "* ]]; then
        list=$(cptsim list keys 2>/dev/null | grep -F "  $option " | _cptsim_list)
        [[ -n $list ]] && COMPREPLY=($(compgen -W "$(cptsim list "$list" --names)" -- "$current"))
        return
    fi
    if [[ $option == -* ]]; then
        list=$(_cptsim_option_text "$option" <<<"$help" | _cptsim_list)
        if [[ $list == keys || $list == knobs ]]; then
            COMPREPLY=($(compgen -S = -W "$(cptsim list "$list" --names)" -- "$current"))
            compopt -o nospace 2>/dev/null
            return
        elif [[ -n $list ]]; then
            COMPREPLY=($(compgen -W "$(cptsim list "$list" --names)" -- "$current"))
            return
        fi
    fi
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$(sed -n 's/^ *\(-.,\)\{0,1\} *\(--[a-z-]*\).*/\2/p' <<<"$help")" -- "$current"))
        return
    fi
    COMPREPLY=($(compgen -W "$(_cptsim_argument <<<"$help")" -- "$current") $(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
}

complete -F _cptsim cptsim
