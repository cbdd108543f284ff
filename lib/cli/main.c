// SPDX-License-Identifier: MIT
/*
 * Entry of the uiommufd command: picks the subcommand.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct subcommand subcommands[] = {
	{ "abi-check", "compare our ABI header with a kernel's", cmd_abi_check },
	{ "explore", "run scenarios through every ordering and failure",
	  cmd_explore },
	{ "graph", "show the object graph of a program", cmd_graph },
	{ "replay", "run the calls of a trace again and compare", cmd_replay },
	{ "run", "run a program whose /dev/iommu is simulated", cmd_run },
	{ "vcmdq", "drive a simulated Tegra241 CMDQV as a guest would", cmd_vcmdq },
};

int complain(int status, const char *format, ...)
{
	va_list args;

	fputs("uiommufd: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static void usage(FILE *out)
{
	fputs("usage: uiommufd COMMAND [OPTIONS]\n\ncommands:\n", out);
	for (gsize i = 0; i < G_N_ELEMENTS(subcommands); i++)
		fprintf(out, "  %-9s  %s\n", subcommands[i].name,
			subcommands[i].summary);
	fputs("\n'uiommufd COMMAND --help' explains a command.  With\n"
	      "UIOMMUFD_VERBOSE=1 the drivers' messages are shown.\n", out);
}

gboolean cli_hush;

/* The driver's messages about errors that a command provokes on purpose. */
static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields,
				  gsize count, gpointer unused)
{
	if (cli_hush)
		return G_LOG_WRITER_HANDLED;
	if (level > G_LOG_LEVEL_CRITICAL && !g_getenv("UIOMMUFD_VERBOSE"))
		return G_LOG_WRITER_HANDLED;
	return g_log_writer_default(level, fields, count, NULL);
}

/* No file opened later comes to be standard output; writes there still fail. */
static void occupy_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_CLOEXEC |
			     (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

/* What was printed is not lost in silence. */
static int flush_output(int status)
{
	gboolean failed = ferror(stdout);

	errno = 0;
	if (!fflush(stdout) && !failed)
		return status;
	complain(0, "standard output: %s",
		 errno ? g_strerror(errno) : "not all of it was written");
	return status ? status : EXIT_UNCLEAN;
}

static int run_subcommand(const struct subcommand *subcommand, int argc,
			  char **argv)
{
	g_autofree char *program = g_strconcat("uiommufd ", argv[0], NULL);

	g_set_prgname(program);		/* what usage texts begin with */
	return flush_output(subcommand->run(argc, argv));
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	occupy_standard_descriptors();
	g_log_set_writer_func(write_log, NULL, NULL);

	if (!strcmp(name, "--help") || !strcmp(name, "help")) {
		usage(stdout);
		return EXIT_CLEAN;
	}
	if (!strcmp(name, "--version")) {
		puts("uiommufd " UIOMMUFD_VERSION);
		return EXIT_CLEAN;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(subcommands); i++)
		if (!strcmp(name, subcommands[i].name))
			return run_subcommand(&subcommands[i], argc - 1,
					      argv + 1);
	if (*name)
		complain(EXIT_USAGE, "no command '%s'", name);
	usage(stderr);
	return EXIT_USAGE;
}
