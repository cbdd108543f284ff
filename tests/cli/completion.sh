#!/bin/bash
# SPDX-License-Identifier: MIT
# Law: the completion offers what the command has.
# usage: completion.sh UIOMMUFD COMPLETION
. "$2" || exit 1
compopt() { :; }
failed=0
offers() {
	local wanted=$1
	shift
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	_uiommufd
	case " ${COMPREPLY[*]} " in
	*" $wanted "*) ;;
	*)
		echo "after '${*:2}' there is no $wanted: ${COMPREPLY[*]}"
		failed=1
		;;
	esac
}
offers vcmdq "$1" v
offers graph "$1" ""
offers --version "$1" --
offers --json= "$1" vcmdq --j
offers --policy= "$1" vcmdq --
offers --vcmdqs= "$1" vcmdq --
offers --why= "$1" graph --
offers --platform= "$1" run --pl
exit $failed
