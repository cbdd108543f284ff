# SPDX-License-Identifier: MIT
# bash completion for uiommufd: commands and options as --help lists them, so
# that nothing has to be kept in step.

_uiommufd_words() {
	"$@" --help-all 2>/dev/null | sed -n 's/^ *\(-., \)\?\(--[a-z-]*=\?\).*/\2/p'
}

_uiommufd() {
	local cur=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]}
	local command=${COMP_WORDS[1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "--help --version $("$program" --help |
			sed -n 's/^  \([a-z-]*\)  .*/\1/p')" -- "$cur"))
	elif [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(_uiommufd_words "$program" \
			"$command")" -- "$cur"))
		[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
	else
		COMPREPLY=($(compgen -f -- "$cur"))
		[ "$command" = run ] || [ "$command" = graph ] &&
			COMPREPLY+=($(compgen -c -- "$cur"))
		compopt -o filenames
	fi
}

complete -F _uiommufd uiommufd
