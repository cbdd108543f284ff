/* SPDX-License-Identifier: MIT */
/*
 * The uiommufd command: subcommands and what they share.
 *
 * Exit status: 0 done and clean, 1 the run failed or left something behind, 2
 * the command line or an input file is wrong.
 */
#ifndef CLI_H
#define CLI_H

#include <glib.h>

#define EXIT_CLEAN 0
#define EXIT_UNCLEAN 1
#define EXIT_USAGE 2

struct subcommand {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

int cmd_abi_check(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_graph(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_vcmdq(int argc, char **argv);

/* Set: no message of the library is shown. */
extern gboolean cli_hush;

/*
 * Prints 'uiommufd NAME: message' to stderr and returns @status, so that a
 * caller can say 'return complain(...)'.
 */
int complain(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
